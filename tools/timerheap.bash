# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of timerheap's command line, for bash-completion.
# shellcheck shell=bash

_timerheap_words() {
	if ((COMP_CWORD == 1)); then
		echo info stat hist top record heatmap trace doctor export \
			inject run --help --version
		return
	fi
	case ${COMP_WORDS[1]} in
	info) echo --json --help ;;
	stat) echo -i --interval --json --help ;;
	doctor) echo --root --measure --json --help ;;
	top) echo -i --interval --help ;;
	export) echo --listen --file -i --interval --pages --help ;;
	hist) echo --cpu --file --json --help ;;
	record) echo --duration --json --help ;;
	heatmap) echo --log --cpu -o --output --help ;;
	trace) echo --over --rate --duration --on-threshold --json --help ;;
	inject) echo --json --help delay step off ;;
	run) echo --verbose --help ;;
	esac
}

_timerheap() {
	local word=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--file)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--root | --pages)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--file | -o | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	# What only the user knows.
	--duration | -i | --interval | --cpu | --measure | --listen | --over | \
		--on-threshold | delay | step | off)
		return
		;;
	esac
	if [[ ${COMP_WORDS[1]} == run && $word != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(_timerheap_words)" -- "$word")
	case ${COMP_WORDS[1]}:$word in
	record:-* | heatmap:-*) ;;
	record:* | heatmap:*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}

complete -F _timerheap timerheap
