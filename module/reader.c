// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "clock.h"
#include "compat.h"
#include "copy.h"
#include "cpu.h"
#include "reader.h"

static u32 ready(const struct th_queue *queue)
{
	return th_ring_ready(&queue->engine.ring,
			     READ_ONCE(queue->engine.header->cq_head));
}

/* The time-out follows the queue's clock, wherever that is set. */
static int sleep_until_ready(struct th_queue *queue, u32 wanted, u64 deadline)
{
	struct hrtimer_sleeper timeout;
	int err;

	if (ready(queue) >= wanted || th_clock_now(queue->clockid) >= deadline)
		return 0;
	hrtimer_setup_sleeper_on_stack(&timeout, queue->clockid,
				       HRTIMER_MODE_ABS);
	hrtimer_set_expires(&timeout.timer,
			    ns_to_ktime(min_t(u64, deadline, KTIME_MAX)));
	if (deadline != TIMERHEAP_NEVER)
		hrtimer_sleeper_start_expires(&timeout, HRTIMER_MODE_ABS);
	err = wait_event_interruptible(queue->wait, ready(queue) >= wanted ||
				       !READ_ONCE(timeout.task));
	hrtimer_cancel(&timeout.timer);
	destroy_hrtimer_on_stack(&timeout.timer);
	return err;
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
	th_cpu_kick(queue);
	err = sleep_until_ready(queue, wait.min_expiries, wait.deadline_ns);
	if (err)
		return err;
	wait.ready = ready(queue);
	return th_copy_out(arg, &wait, sizeof(wait));
}

/* Copy out records from @head on; the ring may wrap once. */
static int copy_records(struct th_queue *queue, void __user *to, u32 head,
			u32 n)
{
	const struct th_ring *ring = &queue->engine.ring;
	u32 first = head & ring->mask;
	u32 until_wrap = min(n, ring->mask + 1 - first);
	size_t bytes = until_wrap * sizeof(*ring->entries);

	if (copy_to_user(to, &ring->entries[first], bytes) ||
	    copy_to_user(to + bytes, ring->entries,
			 (n - until_wrap) * sizeof(*ring->entries)))
		return -EFAULT;
	return 0;
}

/* Consume up to @most records for the user; 0 when another reader did. */
static ssize_t take_records(struct th_queue *queue, void __user *to, u32 most)
{
	struct timerheap_header *header = queue->engine.header;
	u32 head = READ_ONCE(header->cq_head);
	u32 n = min(th_ring_ready(&queue->engine.ring, head), most);
	int err = copy_records(queue, to, head, n);

	if (err)
		return err;
	/* Pairs with the acquire in th_ring_full(). */
	smp_store_release(&header->cq_head, head + n);
	/* Pairs with the barrier in has_room(). */
	smp_mb();
	if (READ_ONCE(queue->engine.header_flags) & TIMERHEAP_HDR_STALLED)
		th_cpu_kick(queue);
	return n * sizeof(struct timerheap_expiry);
}

/* Wait for records and for the turn to take them. */
static int lock_when_ready(struct th_queue *queue, bool nonblock)
{
	int err;

	if (nonblock)
		return ready(queue) && mutex_trylock(&queue->read_lock) ?
			0 : -EAGAIN;
	err = wait_event_interruptible(queue->wait, ready(queue));
	if (err)
		return err;
	return mutex_lock_interruptible(&queue->read_lock) ? -ERESTARTSYS : 0;
}

/**
 * th_reader_read - copy out expiries, sleeping until there are some
 * @queue: the queue
 * @to: where to
 * @count: bytes
 * @nonblock: do not sleep
 *
 * Return: bytes, whole records; -EINVAL: no room for one; -EAGAIN; -EFAULT,
 * and nothing was consumed; -ERESTARTSYS.
 */
ssize_t th_reader_read(struct th_queue *queue, char __user *to, size_t count,
		       bool nonblock)
{
	u32 most = min_t(size_t, count / sizeof(struct timerheap_expiry),
			 TIMERHEAP_RING_MAX);
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
	return n;
}

/**
 * th_reader_poll - readable when the ring holds expiries
 * @queue: the queue
 * @file: its file
 * @table: the poller's
 *
 * Return: EPOLLIN | EPOLLRDNORM, or 0.
 */
__poll_t th_reader_poll(struct th_queue *queue, struct file *file,
			poll_table *table)
{
	poll_wait(file, &queue->wait, table);
	/* Pairs with wq_has_sleeper() in th_env_wake(). */
	smp_mb();
	return ready(queue) ? EPOLLIN | EPOLLRDNORM : 0;
}
