// SPDX-License-Identifier: GPL-2.0-only
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "env.h"
#include "tick.h"

/* Negative: the deadline has passed. */
ktime_t th_tick_until(const struct th_tick *tick)
{
	if (th_tick_is_alarm(tick))
		return alarm_expires_remaining(&tick->alarm);
	return hrtimer_expires_remaining(tick->timer);
}

static void fire(struct th_tick *tick)
{
	ktime_t late = -th_tick_until(tick) - tick->overdue;

	th_tick_count_expiry(max_t(ktime_t, late, 0));
	tick->expired = true;
	tick->ticks++;
	th_tick_trace_fire(tick);
	wake_up_locked_poll(&tick->wait, EPOLLIN);
}

/* The deadline has come. */
static void due(struct th_tick *tick)
{
	tick->delay_ns = th_env_draw_delay(&tick->random);
	if (tick->delay_ns)
		hrtimer_start(&tick->late, ns_to_ktime(tick->delay_ns),
			      HRTIMER_MODE_REL);
	else
		fire(tick);
}

static void lock_and(struct th_tick *tick, void (*act)(struct th_tick *tick))
{
	unsigned long flags;

	spin_lock_irqsave(&tick->wait.lock, flags);
	act(tick);
	spin_unlock_irqrestore(&tick->wait.lock, flags);
}

static enum hrtimer_restart own_clock_came(struct hrtimer *timer)
{
	lock_and(container_of(timer, struct th_tick, timers[0]), due);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart span_over(struct hrtimer *timer)
{
	lock_and(container_of(timer, struct th_tick, timers[1]), due);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart delay_over(struct hrtimer *timer)
{
	lock_and(container_of(timer, struct th_tick, late), fire);
	return HRTIMER_NORESTART;
}

static TH_ALARM_VERDICT alarm_came(struct alarm *alarm, ktime_t now)
{
	lock_and(container_of(alarm, struct th_tick, alarm), due);
	return TH_ALARM_DONE;
}

/*
 * The modes have no HARD: on PREEMPT_RT these run in a thread, like timerfd's,
 * and may take the lock of a wait queue.
 */
void th_tick_init(struct th_tick *tick, clockid_t clockid)
{
	init_waitqueue_head(&tick->wait);
	tick->clockid = clockid;
	tick->cpu = -1;
	th_tick_name(tick);
	prandom_seed_state(&tick->random, get_random_u64());
	hrtimer_setup(&tick->late, delay_over, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	if (th_tick_is_alarm(tick)) {
		alarm_init(&tick->alarm, clockid == CLOCK_REALTIME_ALARM ?
			   ALARM_REALTIME : ALARM_BOOTTIME, alarm_came);
	} else {
		hrtimer_setup(&tick->timers[0], own_clock_came, clockid,
			      HRTIMER_MODE_ABS);
		hrtimer_setup(&tick->timers[1], span_over, CLOCK_MONOTONIC,
			      HRTIMER_MODE_ABS);
		tick->timer = &tick->timers[0];
	}
	th_tick_count_at(tick, raw_smp_processor_id());
}

/* Whether neither of the two is set any more, or about to fire. */
static bool try_to_stop(struct th_tick *tick)
{
	int running = th_tick_is_alarm(tick) ?
		alarm_try_to_cancel(&tick->alarm) :
		hrtimer_try_to_cancel(tick->timer);

	/* The first may set the second, as long as it runs. */
	return running >= 0 && hrtimer_try_to_cancel(&tick->late) >= 0;
}

/* Without the lock, for which what runs may be waiting. */
static void wait_and_cancel(struct th_tick *tick)
{
	if (th_tick_is_alarm(tick)) {
		alarm_cancel(&tick->alarm);
	} else {
		hrtimer_cancel(&tick->timers[0]);
		hrtimer_cancel(&tick->timers[1]);
	}
	hrtimer_cancel(&tick->late);
}

/**
 * th_tick_stop - have it expire no more, until it is started
 * @tick: the timer
 *
 * Returns with the lock held and interrupts off.
 */
void th_tick_stop(struct th_tick *tick)
	__acquires(&tick->wait.lock)
{
	spin_lock_irq(&tick->wait.lock);
	while (!try_to_stop(tick)) {
		spin_unlock_irq(&tick->wait.lock);
		wait_and_cancel(tick);
		spin_lock_irq(&tick->wait.lock);
	}
}

void th_tick_destroy(struct th_tick *tick)
{
	wait_and_cancel(tick);
	th_tick_count_at(tick, -1);
}

/* As of a moment ago: no count, no interval, no deadline. */
void th_tick_clear(struct th_tick *tick)
{
	tick->expired = false;
	tick->ticks = 0;
	tick->taken = tick->fired;
	tick->interval = 0;
	/* An alarm's deadline stays to be seen in timerfd, too. */
	if (!th_tick_is_alarm(tick)) {
		tick->timer = &tick->timers[0];
		hrtimer_set_expires(tick->timer, 0);
	}
}

static void start(struct th_tick *tick, ktime_t expires, bool absolute)
{
	bool queued;

	if (th_tick_is_alarm(tick))
		queued = alarm_start_timer(&tick->alarm, expires, !absolute);
	else
		queued = hrtimer_start_range_ns_user(tick->timer, expires, 0,
						     absolute ?
						     HRTIMER_MODE_ABS :
						     HRTIMER_MODE_REL);
	tick->overdue = max_t(ktime_t, -th_tick_until(tick), 0);
	/* The kernel would not take an interrupt for what has passed. */
	if (!queued)
		due(tick);
}

/**
 * th_tick_start - have it expire
 * @tick: the timer, stopped and cleared; lock held
 * @expires: when
 * @absolute: by its clock; else in so long, which setting the clock does not
 *	change, but for alarms
 */
void th_tick_start(struct th_tick *tick, ktime_t expires, bool absolute)
{
	if (!absolute && tick->clockid == CLOCK_REALTIME)
		tick->timer = &tick->timers[1];
	th_tick_count_at(tick, raw_smp_processor_id());
	start(tick, expires, absolute);
}

/* To the first point of the grid that is ahead; how many that were. */
static u64 forward(struct th_tick *tick)
{
	if (th_tick_is_alarm(tick))
		return alarm_forward_now(&tick->alarm, tick->interval);
	return hrtimer_forward_now(tick->timer, tick->interval);
}

/* For what th_tick_remaining() says of one that will not go on. */
void th_tick_forward(struct th_tick *tick)
{
	if (tick->expired && tick->interval)
		forward(tick);
}

/**
 * th_tick_go_on - start what has expired for its next interval
 * @tick: the timer; lock held
 *
 * Cost: one start, however many intervals have passed.
 *
 * Return: intervals that passed without an interrupt; none for a timer that
 * has not expired or has no interval.  2^64 - 1, which takes back the one
 * expiry there was, when the clock has been set to before it.
 */
u64 th_tick_go_on(struct th_tick *tick)
{
	u64 passed;

	if (!tick->expired)
		return 0;
	tick->expired = false;
	if (!tick->interval)
		return 0;
	passed = forward(tick);
	if (passed > 1)
		th_tick_count_overruns(passed - 1);
	start(tick, th_tick_is_alarm(tick) ? tick->alarm.node.expires :
	      hrtimer_get_expires(tick->timer), true);
	return passed - 1;
}

ktime_t th_tick_remaining(const struct th_tick *tick)
{
	return max_t(ktime_t, th_tick_until(tick), 0);
}

/* When there is no delay any more: deliver what is held back by one. */
void th_tick_hurry(struct th_tick *tick)
{
	spin_lock_irq(&tick->wait.lock);
	if (!th_env_draw_delay(&tick->random) &&
	    hrtimer_try_to_cancel(&tick->late) > 0)
		fire(tick);
	spin_unlock_irq(&tick->wait.lock);
}
