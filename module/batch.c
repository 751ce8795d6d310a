// SPDX-License-Identifier: GPL-2.0-only
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "copy.h"
#include "kick.h"

static int arm_one(struct th_queue *queue, struct timerheap_arm *arm,
		   bool *kick)
{
	if (arm->slot >= queue->setup.nslots || !arm->expires_ns ||
	    arm->flags & ~TIMERHEAP_SLOT_RESTART || arm->__resv)
		return -EINVAL;
	arm->slot = array_index_nospec(arm->slot, queue->setup.nslots);
	*kick |= th_engine_arm(&queue->engine, arm);
	return 0;
}

static int arm_all(struct th_queue *queue, struct timerheap_batch *batch)
{
	struct timerheap_arm __user *entries = u64_to_user_ptr(batch->entries);
	bool kick = false;
	int err = 0;

	for (; batch->done < batch->count; batch->done++) {
		struct timerheap_arm arm;

		err = -EINTR;
		if (fatal_signal_pending(current))
			break;
		err = -EFAULT;
		if (copy_from_user(&arm, &entries[batch->done], sizeof(arm)))
			break;
		err = arm_one(queue, &arm, &kick);
		if (err)
			break;
		cond_resched();
	}
	if (kick)
		th_kick(queue);
	return err;
}

static int cancel_all(struct th_queue *queue, struct timerheap_batch *batch)
{
	struct timerheap_cancel __user *entries =
		u64_to_user_ptr(batch->entries);

	for (; batch->done < batch->count; batch->done++) {
		struct timerheap_cancel __user *entry = &entries[batch->done];
		u32 slot;

		if (fatal_signal_pending(current))
			return -EINTR;
		if (get_user(slot, &entry->slot))
			return -EFAULT;
		if (slot >= queue->setup.nslots)
			return -EINVAL;
		slot = array_index_nospec(slot, queue->setup.nslots);
		/* First what may fail: a cancel can't be undone. */
		if (put_user(0, &entry->result))
			return -EFAULT;
		if (put_user(th_engine_cancel(&queue->engine, slot),
			     &entry->result))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

static int batch(struct th_queue *queue, void __user *arg,
		 int (*do_all)(struct th_queue *, struct timerheap_batch *))
{
	struct timerheap_batch __user *user = arg;
	struct timerheap_batch batch;
	int err = th_copy_in(&batch, arg, sizeof(batch));

	if (err)
		return err;
	batch.done = 0;
	/* What cannot be reported is not begun. */
	if (put_user(batch.done, &user->done))
		return -EFAULT;
	err = do_all(queue, &batch);
	if (put_user(batch.done, &user->done))
		return -EFAULT;
	return err;
}

/**
 * th_batch_arm - TIMERHEAP_IOC_ARM
 * @queue: the queue
 * @arg: struct timerheap_batch
 *
 * Return: 0, or the errno of the entry that ended it.
 */
int th_batch_arm(struct th_queue *queue, void __user *arg)
{
	return batch(queue, arg, arm_all);
}

/**
 * th_batch_cancel - TIMERHEAP_IOC_CANCEL
 * @queue: the queue
 * @arg: struct timerheap_batch
 *
 * Return: 0, or the errno of the entry that ended it.
 */
int th_batch_cancel(struct th_queue *queue, void __user *arg)
{
	return batch(queue, arg, cancel_all);
}
