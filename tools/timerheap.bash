# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of timerheap's command line, for bash-completion.
# shellcheck shell=bash

_timerheap_words() {
	if ((COMP_CWORD == 1)); then
		echo info stat hist top trace doctor inject --help --version
		return
	fi
	case ${COMP_WORDS[1]} in
	info) echo --json --help ;;
	stat) echo -i --interval --json --help ;;
	doctor) echo --root --measure --json --help ;;
	top) echo -i --interval --help ;;
	trace) echo --over --duration --on-threshold --json --help ;;
	hist) echo --cpu --json --help ;;
	inject) echo --json --help delay step off ;;
	esac
}

_timerheap() {
	local word=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	# What only the user knows.
	-i | --interval | --cpu | --measure | --over | --duration | \
		--on-threshold | delay | step | off) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$(_timerheap_words)" -- "$word")
}

complete -F _timerheap timerheap
