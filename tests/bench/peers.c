// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stddef.h>

#include "bench.h"

extern const struct bench_peer bench_timerheap, bench_timerfd, bench_heap,
	bench_posix, bench_io_uring, bench_libuv, bench_libevent, bench_bpf;

const struct bench_peer *const bench_peers[] = {
	&bench_timerheap, &bench_timerfd, &bench_heap,	   &bench_posix,
	&bench_io_uring,  &bench_libuv,	  &bench_libevent, &bench_bpf,
	&bench_nothing,	  NULL,
};
