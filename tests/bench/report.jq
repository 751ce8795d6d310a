# SPDX-License-Identifier: GPL-2.0-only
#
# Tables of what tests/bench/run measured, as text. --slurpfile goals;
# --arg part goals: only these, or another word: all but these.
def peers: ["timerheap", "timerfd", "heap", "posix", "io_uring", "libuv",
	"libevent", "bpf", "fetch_add", "mutex", "libuuid", "nothing"];

def pad($width): tostring | (" " * ([$width - length, 0] | max)) + .;
def padr($width): tostring | . + (" " * ([$width - length, 0] | max));

# Three digits that count.
def short:
	if . == null then "-"
	elif . < 0 then "-" + (-. | short)
	elif . >= 100 then round | tostring
	elif . >= 10 then . * 10 | round / 10 | tostring
	else . * 100 | round / 100 | tostring end;

def size: if . >= 1000000 then "\(. / 1000000)M"
	elif . >= 1000 then "\(. / 1000)k" else tostring end;

# A figure of a peer, with how many times timerheap's it is.
def cell($own):
	if . == null then "-"
	elif ($own // 0) <= 0 or $own == . then short
	else "\(short) (\(. / $own | short)x)" end;

def row: [.[0] | padr(34)] + (.[1:] | map(pad(13))) | join(" ");

def table($columns):
	(["workload, n, unit"] + $columns | row),
	(group_by([.order, .workload, .n])[] |
	(map({(.peer): .value}) | add) as $of |
	["\(.[0].workload) \(.[0].n | size), \(.[0].unit)"] +
	($columns | map($of[.] | cell(if $columns[0] == "timerheap" then
		$of.timerheap else null end))) | row);

def ratio($a; $b): "\($a | short) / \($b | short) = \($a / ([$b, 1e-9] |
	max) | short)";

# [whether it was met, of what, the figures, the goal], or nothing.
def verdict($all):
	. as $goal |
	def value($peer; $n; $cpus): first($all[] | select(
		.workload == $goal.workload and .mode == $goal.mode and
		.peer == $peer and .n == $n and ($cpus == null or
		.cpus == $cpus)) | .value) // null;
	value("timerheap"; $goal.n; $goal.cpus) as $own |
	"\($goal.workload) \($goal.n | size) \($goal.mode)" as $name |
	if $own == null then empty
	elif $goal.most != null then
		[$own <= $goal.most, $name, "\($own | short)",
		"at most \($goal.most)"]
	elif $goal.as_with then
		value("timerheap"; $goal.as_with; null) as $other |
		if $other == null then empty else
		[([$own / $other, $other / $own] | max) <= 1.05, $name,
		ratio($own; $other),
		"within 5% of that with \($goal.as_with | size)"] end
	elif $goal.over then
		value("timerheap"; $goal.n; $goal.over) as $other |
		if $other == null then empty else
		[$own >= $other * $goal.times, "\($name), \($goal.cpus) CPUs",
		ratio($own; $other),
		"at least \($goal.times) times \($goal.over) CPU"] end
	else
		value($goal.peer; $goal.n; $goal.cpus) as $other |
		if $other == null then empty else
		[$other >= $own * $goal.times, $name, ratio($other; $own),
		"\($goal.peer) / timerheap at least \($goal.times)"] end
	end;

($ARGS.named.part // "all") as $part |
to_entries | map(.value + {order: .key}) |
# Workloads in the order in which they were first seen.
(reduce .[] as $r ({}; .["\($r.mode) \($r.workload)"] //= $r.order)) as $first |
map(.order = $first["\(.mode) \(.workload)"]) |
. as $all |
(select($part != "goals") | group_by([.mode, .cpus])[] |
	"", "\(.[0].mode), CPUs: \(.[0].cpus)", "",
	(map(.peer) | unique) as $seen |
	table([peers[] | select(IN($seen[]))])),
(select($part | IN("all", "goals")) |
	[$goals[0][] | verdict($all)] | select(length > 0) |
	"", "goals", "",
	(.[] | [(if .[0] then "met" else "NOT MET" end | padr(8)),
	(.[1] | padr(32)), (.[2] | padr(26)), .[3]] | join(" ")))
