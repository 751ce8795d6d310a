/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loops that are timed, compiled into each peer, so that what a caller's
 * compiler can inline is inlined.  They are the same for all, and
 * peers/nothing.c has them with nothing inside.
 */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#include "bench.h"

/* What a peer's operations are on, for a register rather than for each turn. */
#ifndef BENCH_SELF
#define BENCH_SELF
#endif

/* Both return a negative number when they fail. */
#define BENCH_LOOPS(arm_one, cancel_one)                                       \
	static void arm_each(const uint32_t *order, const uint64_t *deadlines, \
			     uint32_t n)                                       \
	{                                                                      \
		BENCH_SELF                                                     \
		int failed = 0;                                                \
                                                                               \
		for (uint32_t i = 0; i < n; i++)                               \
			failed |= arm_one(order[i], deadlines[i]);             \
		bench_check(failed >= 0, "arm");                               \
	}                                                                      \
                                                                               \
	static void cancel_each(const uint32_t *order, uint32_t n)             \
	{                                                                      \
		BENCH_SELF                                                     \
		int failed = 0;                                                \
                                                                               \
		for (uint32_t i = 0; i < n; i++)                               \
			failed |= cancel_one(order[i]);                        \
		bench_check(failed >= 0, "cancel");                            \
	}                                                                      \
                                                                               \
	static void arm(uint32_t timer, uint64_t deadline_ns)                  \
	{                                                                      \
		BENCH_SELF                                                     \
		bench_check(arm_one(timer, deadline_ns) >= 0, "arm");          \
	}

#endif
