/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where tracers can look on: a nop, and a note in the binary that says where
 * it is.  Built where systemtap's header is not at hand there is nothing.
 */
#ifndef TIMERHEAP_PROBE_H
#define TIMERHEAP_PROBE_H

#if __has_include(<sys/sdt.h>)

#include <sys/sdt.h>

/* Records were taken: of which queue, from which position on, how many. */
#define timerheap__probe_reap(queue, position, count) \
	STAP_PROBE3(timerheap, reap, queue, position, count)

#else

#define timerheap__probe_reap(queue, position, count) ((void)0)

#endif

#endif
