/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU's own counter: th_counter_read(), th_counter_hz() (0: not known),
 * th_counter_keeps_time() (it is the clocksource) and th_counter_flags()
 * (TIMERHEAP_CLOCK_* but that and the verdict).
 */
#ifndef TH_COUNTER_H
#define TH_COUNTER_H

#include <linux/timekeeping.h>
#include <linux/timerheap.h>
#include <linux/timex.h>

#include "compat.h"

#if defined(CONFIG_X86)

#include <asm/cpufeature.h>
#include <asm/tsc.h>

static inline u64 th_counter_read(void)
{
	return rdtsc_ordered();
}

static inline u64 th_counter_hz(void)
{
	return (u64)tsc_khz * 1000;
}

/* The clocksource is the TSC when its value lies between two readings. */
static inline bool th_counter_keeps_time(void)
{
	struct system_time_snapshot snapshot;
	u64 before = rdtsc_ordered();

	ktime_get_snapshot_id(CLOCK_MONOTONIC, &snapshot);
	return snapshot.cycles >= before && snapshot.cycles <= rdtsc_ordered();
}

static inline u32 th_counter_flags(void)
{
	u32 flags = 0;

	if (boot_cpu_has(X86_FEATURE_CONSTANT_TSC))
		flags |= TIMERHEAP_CLOCK_CONSTANT;
	if (boot_cpu_has(X86_FEATURE_NONSTOP_TSC))
		flags |= TIMERHEAP_CLOCK_NONSTOP;
	if (!check_tsc_unstable())
		flags |= TIMERHEAP_CLOCK_STABLE;
	return flags;
}

#elif defined(CONFIG_ARM64)

#include <asm/arch_timer.h>
#include <linux/clocksource_ids.h>

static inline u64 th_counter_read(void)
{
	return get_cycles();
}

static inline u64 th_counter_hz(void)
{
	return arch_timer_get_cntfrq();
}

static inline bool th_counter_keeps_time(void)
{
	struct system_time_snapshot snapshot;

	ktime_get_snapshot_id(CLOCK_MONOTONIC, &snapshot);
	return snapshot.cs_id == CSID_ARM_ARCH_COUNTER;
}

/* By the architecture: fixed rate, always on, the same on each CPU. */
static inline u32 th_counter_flags(void)
{
	return TIMERHEAP_CLOCK_CONSTANT | TIMERHEAP_CLOCK_NONSTOP |
		TIMERHEAP_CLOCK_STABLE;
}

#else

static inline u64 th_counter_read(void)
{
	return 0;
}

static inline u64 th_counter_hz(void)
{
	return 0;
}

static inline bool th_counter_keeps_time(void)
{
	return false;
}

static inline u32 th_counter_flags(void)
{
	return 0;
}

#endif

#endif
