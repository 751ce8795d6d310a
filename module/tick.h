/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A timer that counts its expiries until somebody asks, as timerfd's do.  A
 * periodic one takes an interrupt only once the last was asked for.
 */
#ifndef TH_TICK_H
#define TH_TICK_H

#include <linux/alarmtimer.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/prandom.h>
#include <linux/time64.h>
#include <linux/wait.h>
#include <linux/timerheap.h>

#include "trace.h"

struct th_tick {
	wait_queue_head_t wait;	/* its lock is that of all below */

	/* under the lock */
	union {
		/* in the clock itself, and, for spans of it, CLOCK_MONOTONIC */
		struct hrtimer timers[2];
		struct alarm alarm;
	};
	struct hrtimer *timer;	/* the one in use; not of an alarm */
	struct hrtimer late;	/* an injected delay */
	struct rnd_state random;
	ktime_t interval;
	ktime_t overdue;	/* by how much it was so when it was set */
	u64 delay_ns;		/* injected, of the last expiry */
	u64 ticks;
	u32 fired;		/* interrupts, to be told by tracepoints, */
	u32 taken;		/* and of these what was read or forgotten */
	bool expired;		/* and not gone on to its next interval */
	int cpu;		/* where it was last set */

	/* set once */
	clockid_t clockid;
	struct th_name name;
};

static inline bool th_tick_is_alarm(const struct th_tick *tick)
{
	return tick->clockid == CLOCK_REALTIME_ALARM ||
		tick->clockid == CLOCK_BOOTTIME_ALARM;
}

void th_tick_init(struct th_tick *tick, clockid_t clockid);
void th_tick_destroy(struct th_tick *tick);

void th_tick_stop(struct th_tick *tick) __acquires(&tick->wait.lock);
void th_tick_start(struct th_tick *tick, ktime_t expires, bool absolute);
void th_tick_clear(struct th_tick *tick);
u64 th_tick_go_on(struct th_tick *tick);
void th_tick_forward(struct th_tick *tick);
ktime_t th_tick_remaining(const struct th_tick *tick);
ktime_t th_tick_until(const struct th_tick *tick);
void th_tick_hurry(struct th_tick *tick);

/* tick_figures.c */
int th_tick_init_figures(void);
void th_tick_exit_figures(void);
void th_tick_figures(struct timerheap_stats *stats);
void th_tick_count_expiry(u64 lateness_ns);
void th_tick_count_overruns(u64 n);
void th_tick_count_at(struct th_tick *tick, int cpu);

/* tick_trace.c, under the lock */
void th_tick_name(struct th_tick *tick);
void th_tick_trace_fire(struct th_tick *tick);
void th_tick_trace_read(struct th_tick *tick);

#endif
