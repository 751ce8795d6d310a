// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/time_namespace.h>
#include <linux/timerfd.h>
#include <linux/uaccess.h>

#include "timerfd_file.h"

/* From the clock of the caller's time namespace to the host's. */
static ktime_t to_host(clockid_t clockid, ktime_t expires)
{
	const struct timens_offsets *offsets;
	ktime_t offset;

	if (!IS_ENABLED(CONFIG_TIME_NS))
		return expires;
	offsets = &current->nsproxy->time_ns->offsets;
	if (clockid == CLOCK_MONOTONIC)
		offset = timespec64_to_ktime(offsets->monotonic);
	else if (clockid == CLOCK_BOOTTIME || clockid == CLOCK_BOOTTIME_ALARM)
		offset = timespec64_to_ktime(offsets->boottime);
	else
		return expires;
	/* From before that clock's 0: it has passed. */
	return expires < offset ? 0 : ktime_sub(expires, offset);
}

/* @timerfd's timer is stopped; -ECANCELED, and it is started all the same. */
static int restart(struct th_timerfd *timerfd, unsigned int flags,
		   const struct itimerspec64 *value)
{
	bool absolute = flags & TFD_TIMER_ABSTIME;
	ktime_t expires = timespec64_to_ktime(value->it_value);
	struct th_tick *tick = &timerfd->tick;

	th_tick_clear(tick);
	tick->interval = timespec64_to_ktime(value->it_interval);
	if (expires) {
		if (absolute)
			expires = to_host(tick->clockid, expires);
		th_tick_start(tick, expires, absolute);
		if (th_timerfd_was_canceled(timerfd))
			return -ECANCELED;
	}
	timerfd->settime_flags = flags;
	return 0;
}

void th_timerfd_get_value(const struct th_tick *tick,
			  struct itimerspec64 *value)
{
	value->it_value = ktime_to_timespec64(th_tick_remaining(tick));
	value->it_interval = ktime_to_timespec64(tick->interval);
}

int th_timerfd_settime(struct th_timerfd *timerfd,
		       const struct timerheap_timerfd_time *time)
{
	unsigned int flags = time->settime_flags;
	struct th_tick *tick = &timerfd->tick;
	struct itimerspec64 value, old;
	int err;

	if (get_itimerspec64(&value, u64_to_user_ptr(time->value)))
		return -EFAULT;
	if ((flags & ~TFD_SETTIME_FLAGS) || !itimerspec64_valid(&value))
		return -EINVAL;
	if (th_tick_is_alarm(tick) && !capable(CAP_WAKE_ALARM))
		return -EPERM;
	th_tick_stop(tick);
	th_timerfd_set_cancels(timerfd, flags);
	th_tick_forward(tick);
	th_timerfd_get_value(tick, &old);
	err = restart(timerfd, flags, &value);
	spin_unlock_irq(&tick->wait.lock);
	if (err)
		return err;
	if (time->old_value &&
	    put_itimerspec64(&old, u64_to_user_ptr(time->old_value)))
		return -EFAULT;
	return 0;
}

int th_timerfd_gettime(struct th_timerfd *timerfd,
		       const struct timerheap_timerfd_time *time)
{
	struct th_tick *tick = &timerfd->tick;
	struct itimerspec64 value;

	spin_lock_irq(&tick->wait.lock);
	th_timerfd_notice(timerfd);
	tick->ticks += th_tick_go_on(tick);
	th_timerfd_get_value(tick, &value);
	spin_unlock_irq(&tick->wait.lock);
	return put_itimerspec64(&value, u64_to_user_ptr(time->old_value)) ?
		-EFAULT : 0;
}

