# SPDX-License-Identifier: GPL-2.0-only
#
# What changed from $a to $b, both as tests/bench/run writes them: one line a
# figure.
def key: "\(.workload) \(.peer) n=\(.n) cpus=\(.cpus) \(.mode)";
def pad($width): tostring | (" " * ([$width - length, 0] | max)) + .;
def padr($width): tostring | . + (" " * ([$width - length, 0] | max));
def short: . * 100 | round / 100;

($a[0] | map({key: key, value: .}) | from_entries) as $old |
($b[0] | map({key: key, value: .}) | from_entries) as $new |
($b[0] | map(key) + ($a[0] | map(key) | map(select($new[.] == null)))) as $keys |
$keys[] | . as $key | $old[$key] as $o | $new[$key] as $n |
(if $o == null then "new"
elif $n == null then "gone"
elif $o.value == 0 then (if $n.value == 0 then "same" else "was 0" end)
else ($n.value / $o.value - 1) * 100 | if fabs < 0.05 then "same"
	else (if . > 0 then "+" else "" end) + "\(. * 10 | round / 10)%" end
end) as $change |
"\($key | padr(54)) \($o.value // 0 | short | pad(12)) \($n.value // 0 |
	short | pad(12)) \($change | pad(9))  \(($n // $o).unit)"
