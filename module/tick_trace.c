// SPDX-License-Identifier: GPL-2.0-only
/* What tracepoints tell of a timer that is no queue's. */
#include <linux/sched.h>
#include <linux/smp.h>

#include "queue.h"
#include "tick.h"

/* By which its deadline is one. */
static s32 clock_of(const struct th_tick *tick)
{
	switch (tick->clockid) {
	case CLOCK_REALTIME_ALARM:
		return CLOCK_REALTIME;
	case CLOCK_BOOTTIME_ALARM:
		return CLOCK_BOOTTIME;
	default:
		return tick->timer == &tick->timers[1] ? CLOCK_MONOTONIC :
							 tick->clockid;
	}
}

static u64 deadline(const struct th_tick *tick)
{
	return th_tick_is_alarm(tick) ? tick->alarm.node.expires :
					hrtimer_get_expires(tick->timer);
}

/* Its owner is who made it. */
void th_tick_name(struct th_tick *tick)
{
	tick->name.queue = th_queue_number();
	tick->name.pid = task_tgid_nr(current);
}

static noinline void trace_fire(struct th_tick *tick)
{
	u64 now = deadline(tick) - th_tick_until(tick);
	struct timerheap_expiry expiry = {
		.expires_ns = deadline(tick) + tick->overdue,
		.fired_ns = now,
		.cpu = raw_smp_processor_id(),
	};

	tick->name.clock = clock_of(tick);
	trace_timerheap_expire(&tick->name, &expiry, tick->fired, now,
			       tick->delay_ns);
	trace_timerheap_fire(&tick->name, expiry.expires_ns, now, now,
			     tick->delay_ns, tick->fired, 1, tick->name.queue);
}

/* It fires. */
void th_tick_trace_fire(struct th_tick *tick)
{
	if (trace_timerheap_expire_enabled() || trace_timerheap_fire_enabled())
		trace_fire(tick);
	tick->fired++;
}

/* The current task takes the count. */
void th_tick_trace_read(struct th_tick *tick)
{
	trace_timerheap_read(&tick->name, tick->taken,
			     tick->fired - tick->taken, tick->name.queue);
	tick->taken = tick->fired;
}
