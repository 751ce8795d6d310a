// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a workload costs by itself, subtracted from the others' figures; and
 * clock_nanosleep(2), which is what sleeps when nothing else is there.
 */
#include "bench.h"
#include "loops.h"
#include "times.h"

static void open_none(uint32_t n)
{
	(void)n;
}

static void close_none(void)
{
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	__asm__ volatile("" : : "r"(timer), "r"(deadline_ns));
	return 0;
}

static inline int cancel_one(uint32_t timer)
{
	__asm__ volatile("" : : "r"(timer));
	return 0;
}

BENCH_LOOPS(arm_one, cancel_one)

static void settle(void)
{
}

static void sleep_until(uint64_t deadline_ns)
{
	const struct timespec deadline = timespec_of(deadline_ns);

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
}

const struct bench_peer bench_nothing = {
	.name = "nothing",
	.open = open_none,
	.close = close_none,
	.arm = arm,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.sleep_until = sleep_until,
};
