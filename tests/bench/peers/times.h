/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_TIMES_H
#define BENCH_TIMES_H

#include <time.h>

#include "bench.h"

static inline struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ (time_t)(ns / BENCH_SEC),
				  (long)(ns % BENCH_SEC) };
}

/* For calls that wait a relative time in ms; rounded up. */
static inline int ms_until(uint64_t until_ns)
{
	uint64_t now = bench_now();

	return until_ns > now
		? (int)((until_ns - now + BENCH_MS - 1) / BENCH_MS)
		: 0;
}

#endif
