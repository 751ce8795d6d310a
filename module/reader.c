// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "clock.h"
#include "compat.h"
#include "copy.h"
#include "kick.h"
#include "reader.h"

/**
 * th_reader_ready - how many expiries wait
 * @queue: the queue
 *
 * Return: 0 to the ring's size.
 */
u32 th_reader_ready(const struct th_queue *queue)
{
	return th_ring_ready(&queue->engine.ring,
			     READ_ONCE(queue->engine.header->cq_head));
}

/*
 * As wait_event_interruptible() does, but who was woken looks for what it
 * waited for before it queues again, which it hardly ever has to.
 */
static int sleep_for(struct th_queue *queue, u32 wanted,
		     const struct hrtimer_sleeper *timeout)
{
	DEFINE_WAIT(entry);
	int err = 0;

	do {
		/* Its full barrier pairs with the one in th_env_wake(). */
		prepare_to_wait(queue->wait, &entry, TASK_INTERRUPTIBLE);
		if (th_reader_ready(queue) >= wanted ||
		    (timeout && !READ_ONCE(timeout->task)))
			break;
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		schedule();
	} while (th_reader_ready(queue) < wanted);
	finish_wait(queue->wait, &entry);
	return err;
}

/* The time-out follows the queue's clock, wherever that is set. */
static int sleep_until_ready(struct th_queue *queue, u32 wanted, u64 deadline)
{
	struct hrtimer_sleeper timeout;
	int err;

	if (th_reader_ready(queue) >= wanted ||
	    th_clock_now(queue->clockid) >= deadline)
		return 0;
	if (deadline == TIMERHEAP_NEVER)
		return sleep_for(queue, wanted, NULL);
	hrtimer_setup_sleeper_on_stack(&timeout, queue->clockid,
				       HRTIMER_MODE_ABS);
	hrtimer_set_expires(&timeout.timer,
			    ns_to_ktime(min_t(u64, deadline, KTIME_MAX)));
	hrtimer_sleeper_start_expires(&timeout, HRTIMER_MODE_ABS);
	err = sleep_for(queue, wanted, &timeout);
	hrtimer_cancel(&timeout.timer);
	destroy_hrtimer_on_stack(&timeout.timer);
	return err;
}

/* The size that is known here, and what is returned: no more has changed. */
static int put_ready(struct timerheap_wait __user *to, u32 ready)
{
	return put_user((u32)sizeof(*to), &to->size) ||
		put_user(ready, &to->ready) ? -EFAULT : 0;
}

/**
 * th_reader_wait - TIMERHEAP_IOC_WAIT: kick, then sleep
 * @queue: the queue
 * @arg: struct timerheap_wait
 *
 * Return: 0; -EINVAL; -EFAULT; -ERESTARTSYS, and the deadline being absolute
 * the call can be restarted.
 */
int th_reader_wait(struct th_queue *queue, void __user *arg)
{
	struct timerheap_wait wait;
	int err = th_copy_in(&wait, arg, sizeof(wait));

	if (err)
		return err;
	if (wait.min_expiries > queue->setup.ring_entries)
		return -EINVAL;
	th_kick(queue);
	err = sleep_until_ready(queue, wait.min_expiries, wait.deadline_ns);
	if (err)
		return err;
	return put_ready(arg, th_reader_ready(queue));
}

/**
 * th_reader_reaped - TIMERHEAP_IOC_REAPED: for those who trace
 * @queue: the queue
 */
void th_reader_reaped(struct th_queue *queue)
{
	trace_timerheap_reap(&queue->engine.name,
			     READ_ONCE(queue->engine.header->cq_head),
			     queue->engine.name.queue);
}

/* Copy out records from @head on; the ring may wrap once. */
static int copy_records(const struct th_ring *ring, struct iov_iter *to,
			u32 head, u32 n)
{
	u32 first = head & ring->mask;
	u32 until_wrap = min(n, ring->mask + 1 - first);
	size_t size = sizeof(*ring->entries);

	if (copy_to_iter(&ring->entries[first], until_wrap * size, to) <
	    until_wrap * size)
		return -EFAULT;
	n -= until_wrap;
	return copy_to_iter(ring->entries, n * size, to) < n * size ?
		-EFAULT : 0;
}

/* Consume up to @most records for the user; 0 when another reader did. */
static ssize_t take_records(struct th_queue *queue, struct iov_iter *to,
			    u32 most)
{
	struct timerheap_header *header = queue->engine.header;
	u32 head = READ_ONCE(header->cq_head);
	u32 n = min(th_ring_ready(&queue->engine.ring, head), most);
	int err = copy_records(&queue->engine.ring, to, head, n);

	if (err)
		return err;
	trace_timerheap_read(&queue->engine.name, head, n,
			     queue->engine.name.queue);
	/* Pairs with the acquire in th_ring_full(). */
	smp_store_release(&header->cq_head, head + n);
	return n * sizeof(struct timerheap_expiry);
}

/* Wait for records and for the turn to take them. */
static int lock_when_ready(struct th_queue *queue, bool nonblock)
{
	int err;

	if (nonblock) {
		if (th_reader_ready(queue) && mutex_trylock(&queue->read_lock))
			return 0;
		return -EAGAIN;
	}
	err = th_reader_ready(queue) ? 0 : sleep_for(queue, 1, NULL);
	if (err)
		return err;
	return mutex_lock_interruptible(&queue->read_lock) ? -ERESTARTSYS : 0;
}

/**
 * th_reader_read - copy out expiries, sleeping until there are some
 * @queue: the queue
 * @to: where to
 * @nonblock: do not sleep
 *
 * Return: bytes, whole records; -EINVAL: no room for one; -EAGAIN; -EFAULT,
 * and nothing was consumed; -ERESTARTSYS.
 */
ssize_t th_reader_read(struct th_queue *queue, struct iov_iter *to,
		       bool nonblock)
{
	u32 most = min_t(size_t, TIMERHEAP_RING_MAX, iov_iter_count(to) /
			 sizeof(struct timerheap_expiry));
	ssize_t n = 0;

	if (!most)
		return -EINVAL;
	while (!n) {
		int err = lock_when_ready(queue, nonblock);

		if (err)
			return err;
		n = take_records(queue, to, most);
		mutex_unlock(&queue->read_lock);
	}
	/* Between cq_head and flags; pairs with the barrier in has_room(). */
	smp_mb();
	if (READ_ONCE(queue->engine.header_flags) & TIMERHEAP_HDR_STALLED)
		th_kick(queue);
	return n;
}
