// SPDX-License-Identifier: GPL-2.0-only
/* TFD_TIMER_CANCEL_ON_SET: how a timer learns that the wall clock was set. */
#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/poll.h>
#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>
#include <linux/timerfd.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "timerfd.h"
#include "timerfd_file.h"

static DEFINE_MUTEX(timerfds_lock);
static LIST_HEAD(timerfds);

/* How often the wall clock was set. */
static atomic_t settings = ATOMIC_INIT(0);

/* Under the lock, and first: what it says holds from the setting on. */
void th_timerfd_notice(struct th_timerfd *timerfd)
{
	int now = atomic_read(&settings);

	if (!timerfd->cancels || timerfd->seen == now)
		return;
	timerfd->seen = now;
	timerfd->canceled = true;
	timerfd->tick.ticks++;
}

/* Whether to say ECANCELED, which is said once. */
bool th_timerfd_was_canceled(struct th_timerfd *timerfd)
{
	if (!timerfd->cancels || !timerfd->canceled)
		return false;
	timerfd->canceled = false;
	return true;
}

void th_timerfd_set_cancels(struct th_timerfd *timerfd, unsigned int flags)
{
	clockid_t clockid = timerfd->tick.clockid;
	bool cancels = (clockid == CLOCK_REALTIME ||
			clockid == CLOCK_REALTIME_ALARM) &&
		(flags & TFD_TIMER_ABSTIME) &&
		(flags & TFD_TIMER_CANCEL_ON_SET);

	th_timerfd_notice(timerfd);
	if (cancels && !timerfd->cancels)
		timerfd->seen = atomic_read(&settings);
	timerfd->cancels = cancels;
}

void th_timerfd_enlist(struct th_timerfd *timerfd)
{
	mutex_lock(&timerfds_lock);
	list_add_tail(&timerfd->node, &timerfds);
	mutex_unlock(&timerfds_lock);
}

void th_timerfd_delist(struct th_timerfd *timerfd)
{
	mutex_lock(&timerfds_lock);
	list_del(&timerfd->node);
	mutex_unlock(&timerfds_lock);
}

/* Wakes those who wait for a timer that was canceled meanwhile. */
static void wake_canceled(struct work_struct *work)
{
	struct th_timerfd *timerfd;

	mutex_lock(&timerfds_lock);
	list_for_each_entry(timerfd, &timerfds, node) {
		wait_queue_head_t *wait = &timerfd->tick.wait;

		spin_lock_irq(&wait->lock);
		th_timerfd_notice(timerfd);
		if (timerfd->cancels && timerfd->canceled)
			wake_up_locked_poll(wait, EPOLLIN);
		spin_unlock_irq(&wait->lock);
		cond_resched();
	}
	mutex_unlock(&timerfds_lock);
}

static DECLARE_WORK(wake_work, wake_canceled);

static void queue_wake_work(struct irq_work *work)
{
	queue_work(system_dfl_wq, &wake_work);
}

static DEFINE_IRQ_WORK(settings_work, queue_wake_work);

static void clock_was_set(void)
{
	atomic_inc(&settings);
	irq_work_queue(&settings_work);
}

/**
 * th_timerfd_injected - after what INJECT changed
 * @inject: that
 *
 * A step cancels as if there had been one, and moves no timer.
 */
void th_timerfd_injected(const struct timerheap_inject *inject)
{
	struct th_timerfd *timerfd;

	mutex_lock(&timerfds_lock);
	list_for_each_entry(timerfd, &timerfds, node) {
		th_tick_hurry(&timerfd->tick);
		cond_resched();
	}
	mutex_unlock(&timerfds_lock);
	if (inject->step_ns)
		clock_was_set();
}

/*
 * As in clock.c, but by CLOCK_MONOTONIC, against which a suspend sets the wall
 * clock, too.  The timekeeper's lock is held: whoever is woken from here might
 * ask for the time and wait for ever.
 */
static int timekeeper_updated(struct notifier_block *nb, unsigned long was_set,
			      void *timekeeper)
{
	const struct timekeeper *tk = timekeeper;
	static ktime_t offs_real;
	static bool known;

	if (!was_set)
		return NOTIFY_OK;
	if (known && tk->offs_real != offs_real)
		clock_was_set();
	offs_real = tk->offs_real;
	known = true;
	return NOTIFY_OK;
}

static struct notifier_block timekeeper_notifier = {
	.notifier_call = timekeeper_updated,
};

int th_timerfd_init(void)
{
	int err = th_tick_init_figures();

	if (!err)
		pvclock_gtod_register_notifier(&timekeeper_notifier);
	return err;
}

/* No file is open any more. */
void th_timerfd_exit(void)
{
	pvclock_gtod_unregister_notifier(&timekeeper_notifier);
	irq_work_sync(&settings_work);
	cancel_work_sync(&wake_work);
	th_tick_exit_figures();
}
