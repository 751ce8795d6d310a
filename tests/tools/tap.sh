# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For scripts that test thbeat in a guest: a case is a function, its output is
# shown when it fails, with what the programs said. $suite is the script's name.
# shellcheck shell=dash disable=SC2154

# What an emulated machine may take.
patience=60
n=0
failed=0

# check NAME COMMAND...
check() {
	name=$1
	shift
	n=$((n + 1))
	if "$@" >check.log 2>&1; then
		echo "ok $n - $suite: $name"
		return
	fi
	echo "not ok $n - $suite: $name"
	failed=1
	for file in check.log monitor.out monitor.err ./*.err; do
		echo "# $file"
		tail -n 15 "$file" | sed 's/^/#   /'
	done
}

# within COMMAND...: it succeeds, soon or late.
within() {
	end=$(($(date +%s) + patience))
	until "$@"; do
		if [ "$(date +%s)" -ge "$end" ]; then
			echo "never: $*"
			return 1
		fi
		usleep 50000
	done
}

# count STATE: of the peers of the monitor at /tmp/m, as status has it.
count() {
	thbeat status --json --socket /tmp/m |
		grep -o "\"state\":\"$1\"" | wc -l
}

# are STATE NUMBER
are() {
	[ "$(count "$1")" = "$2" ]
}

# ends_with STATUS PID
ends_with() {
	got=0
	wait "$2" || got=$?
	echo "it ended with $got"
	[ "$got" = "$1" ]
}

finish() {
	echo "1..$n"
	exit $failed
}
