/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether time on this host can be trusted, and how the wall clock moves
 * against the others.
 */
#ifndef TH_CLOCK_H
#define TH_CLOCK_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/timerheap.h>

/*
 * Changes whenever one of the things below may have changed; queues compare
 * it in each run, and ask only then.
 */
extern atomic_t th_clock_generation;

int th_clock_init(void);
void th_clock_exit(void);

bool th_clock_known(clockid_t clockid);
u64 th_clock_other_now(clockid_t clockid);
s64 th_clock_wall_offset(clockid_t clockid);
u32 th_clock_steps(void);
bool th_clock_reliable(void);
void th_clock_inject_step(s64 step_ns);
s64 th_clock_injected_step(void);
void th_clock_changed(void);
void th_clock_info(struct timerheap_info *info);

/* Now; nearly always it is the first. */
static inline u64 th_clock_now(clockid_t clockid)
{
	if (likely(clockid == CLOCK_MONOTONIC))
		return ktime_get_ns();
	return th_clock_other_now(clockid);
}

#endif
