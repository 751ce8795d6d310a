// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "clock.h"
#include "cpu.h"
#include "file.h"
#include "params.h"
#include "queue.h"

/* An open file: no queue yet, then one until it is released. */
struct th_file {
	struct mutex setup_lock;
	struct th_queue *queue;
};

static struct th_queue *queue_of(struct file *file)
{
	struct th_file *own = file->private_data;

	/* Pairs with the release in setup(): the queue is complete. */
	return smp_load_acquire(&own->queue);
}

/*
 * Copy in a structure that starts with its size and its flags, which must be
 * 0; @known is the size of its first version and of the one known here.
 */
static int copy_in(void *to, const void __user *from, size_t known)
{
	struct {
		u32 size;
		u32 flags;
	} *head = to;
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < known)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(to, known, from, size);
	if (err)
		return err;
	head->size = known;
	return head->flags ? -EINVAL : 0;
}

static int copy_out(void __user *to, const void *from, size_t known)
{
	return copy_to_user(to, from, known) ? -EFAULT : 0;
}

static u32 ready(const struct th_queue *queue)
{
	return th_ring_ready(&queue->engine.ring,
			     READ_ONCE(queue->engine.header->cq_head));
}

/* The home CPU must be one that the caller may run on itself. */
static int check_cpu(int cpu)
{
	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;
	if (!cpumask_test_cpu(cpu, current->cpus_ptr) &&
	    !capable(CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

static int check_setup(struct timerheap_setup *setup)
{
	if (setup->__resv || !th_clock_known(setup->clockid) ||
	    !setup->nslots || setup->nslots > th_max_slots ||
	    setup->ring_entries > TIMERHEAP_RING_MAX)
		return -EINVAL;
	if (setup->cpu == TIMERHEAP_CPU_CURRENT)
		setup->cpu = raw_smp_processor_id();
	return check_cpu(setup->cpu);
}

/* The user is told before the queue is there: then a fault undoes it all. */
static int make_queue(struct th_file *own, const struct timerheap_setup *setup,
		      void __user *arg)
{
	struct th_queue *queue = th_queue_create(setup);
	int err;

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	err = th_cpu_attach(queue);
	if (err)
		goto destroy_queue;
	err = copy_out(arg, &queue->setup, sizeof(queue->setup));
	if (err)
		goto detach_queue;
	/* Pairs with the acquire in queue_of(). */
	smp_store_release(&own->queue, queue);
	return 0;

detach_queue:
	th_cpu_detach(queue);
destroy_queue:
	th_queue_destroy(queue);
	return err;
}

static int setup(struct file *file, void __user *arg)
{
	struct th_file *own = file->private_data;
	struct timerheap_setup setup;
	int err = copy_in(&setup, arg, sizeof(setup));

	if (err)
		return err;
	mutex_lock(&own->setup_lock);
	err = -EBUSY;
	if (!own->queue) {
		err = check_setup(&setup);
		if (!err)
			err = make_queue(own, &setup, arg);
	}
	mutex_unlock(&own->setup_lock);
	return err;
}

static int info(void __user *arg)
{
	struct timerheap_info info;
	int err = copy_in(&info, arg, sizeof(info));

	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	info.abi_version = TIMERHEAP_ABI_VERSION;
	info.max_slots = th_max_slots;
	info.max_ring = TIMERHEAP_RING_MAX;
	info.budget = READ_ONCE(th_budget);
	info.min_period_ns = th_min_period_ns;
	if (th_inject)
		info.features |= TIMERHEAP_FEATURE_INJECT;
	th_clock_info(&info);
	th_cpu_inject_info(&info);
	return copy_out(arg, &info, sizeof(info));
}

static int arm_one(struct th_queue *queue, const struct timerheap_arm *arm,
		   bool *kick)
{
	if (arm->slot >= queue->setup.nslots || !arm->expires_ns ||
	    arm->flags & ~TIMERHEAP_SLOT_RESTART || arm->__resv)
		return -EINVAL;
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
		th_cpu_kick(queue);
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

static int batch(struct file *file, void __user *arg,
		 int (*do_all)(struct th_queue *, struct timerheap_batch *))
{
	struct timerheap_batch __user *user = arg;
	struct timerheap_batch batch;
	int err = copy_in(&batch, arg, sizeof(batch));

	if (err)
		return err;
	batch.done = 0;
	err = do_all(queue_of(file), &batch);
	if (put_user(batch.done, &user->done))
		return -EFAULT;
	return err;
}

static int sleep_until_ready(struct th_queue *queue, u32 wanted, u64 deadline)
{
	u64 now;
	int err;

	if (deadline == TIMERHEAP_NEVER)
		return wait_event_interruptible(queue->wait,
						ready(queue) >= wanted);
	/* Again when the clock was set back meanwhile. */
	do {
		now = th_clock_now(queue->clockid);
		if (ready(queue) >= wanted || now >= deadline)
			return 0;
		err = wait_event_interruptible_hrtimeout(queue->wait,
				ready(queue) >= wanted,
				min_t(u64, deadline - now, KTIME_MAX));
	} while (err == -ETIME);
	return err;
}

static int wait(struct file *file, void __user *arg)
{
	struct th_queue *queue = queue_of(file);
	struct timerheap_wait wait;
	int err = copy_in(&wait, arg, sizeof(wait));

	if (err)
		return err;
	if (wait.min_expiries > queue->setup.ring_entries)
		return -EINVAL;
	th_cpu_kick(queue);
	err = sleep_until_ready(queue, wait.min_expiries, wait.deadline_ns);
	if (err)
		return err;
	wait.ready = ready(queue);
	return copy_out(arg, &wait, sizeof(wait));
}

/* Figures of the file's own queue, or, without one, of the CPU asked for. */
static int stats(struct th_queue *queue, void __user *arg)
{
	struct timerheap_stats *stats;
	int err;

	stats = kmalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	err = copy_in(stats, arg, sizeof(*stats));
	if (err)
		goto free_stats;
	if (queue)
		th_cpu_queue_stats(queue, stats);
	else
		err = th_cpu_stats(stats->cpu, stats);
	if (err)
		goto free_stats;
	stats->size = sizeof(*stats);
	err = copy_out(arg, stats, sizeof(*stats));
free_stats:
	kfree(stats);
	return err;
}

static int inject(void __user *arg)
{
	struct timerheap_inject inject;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!th_inject)
		return -EOPNOTSUPP;
	err = copy_in(&inject, arg, sizeof(inject));
	if (err)
		return err;
	if (inject.delay_min_ns > inject.delay_max_ns ||
	    inject.delay_max_ns > TIMERHEAP_INJECT_MAX_NS)
		return -EINVAL;
	th_cpu_inject_delay(inject.delay_min_ns, inject.delay_max_ns);
	if (inject.step_ns)
		th_clock_inject_step(inject.step_ns);
	return 0;
}

/* The calls that need a queue; there is one. */
static long queue_ioctl(struct file *file, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case TIMERHEAP_IOC_KICK:
		th_cpu_kick(queue_of(file));
		return 0;
	case TIMERHEAP_IOC_WAIT:
		return wait(file, arg);
	case TIMERHEAP_IOC_ARM:
		return batch(file, arg, arm_all);
	case TIMERHEAP_IOC_CANCEL:
		return batch(file, arg, cancel_all);
	case TIMERHEAP_IOC_STATS:
		return stats(queue_of(file), arg);
	case TIMERHEAP_IOC_RESET_STATS:
		th_cpu_reset_stats(queue_of(file));
		return 0;
	default:
		return -ENOTTY;
	}
}

static long th_ioctl(struct file *file, unsigned int cmd, unsigned long value)
{
	void __user *arg = (void __user *)value;

	switch (cmd) {
	case TIMERHEAP_IOC_SETUP:
		return setup(file, arg);
	case TIMERHEAP_IOC_INFO:
		return info(arg);
	case TIMERHEAP_IOC_CPU_STATS:
		return stats(NULL, arg);
	case TIMERHEAP_IOC_INJECT:
		return inject(arg);
	case TIMERHEAP_IOC_KICK:
	case TIMERHEAP_IOC_WAIT:
	case TIMERHEAP_IOC_ARM:
	case TIMERHEAP_IOC_CANCEL:
	case TIMERHEAP_IOC_STATS:
	case TIMERHEAP_IOC_RESET_STATS:
		return queue_of(file) ? queue_ioctl(file, cmd, arg) : -ENXIO;
	default:
		return -ENOTTY;
	}
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

static ssize_t th_read(struct file *file, char __user *to, size_t count,
		       loff_t *pos)
{
	struct th_queue *queue = queue_of(file);
	u32 most = min_t(size_t, count / sizeof(struct timerheap_expiry),
			 TIMERHEAP_RING_MAX);
	ssize_t n = 0;
	int err;

	if (!queue)
		return -ENXIO;
	if (!most)
		return -EINVAL;
	while (!n) {
		if (!ready(queue) && file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(queue->wait, ready(queue));
		if (err)
			return err;
		if (mutex_lock_interruptible(&queue->read_lock))
			return -ERESTARTSYS;
		n = take_records(queue, to, most);
		mutex_unlock(&queue->read_lock);
	}
	return n;
}

static __poll_t th_poll(struct file *file, poll_table *table)
{
	struct th_queue *queue = queue_of(file);

	if (!queue)
		return EPOLLERR;
	poll_wait(file, &queue->wait, table);
	/* Pairs with wq_has_sleeper() in th_env_wake(). */
	smp_mb();
	return ready(queue) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int th_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct th_queue *queue = queue_of(file);

	return queue ? th_queue_map(queue, vma) : -ENXIO;
}

static int th_open(struct inode *inode, struct file *file)
{
	struct th_file *own = kzalloc(sizeof(*own), GFP_KERNEL_ACCOUNT);

	if (!own)
		return -ENOMEM;
	mutex_init(&own->setup_lock);
	file->private_data = own;
	return stream_open(inode, file);
}

static int th_release(struct inode *inode, struct file *file)
{
	struct th_file *own = file->private_data;

	if (own->queue) {
		th_cpu_detach(own->queue);
		th_queue_destroy(own->queue);
	}
	kfree(own);
	return 0;
}

const struct file_operations th_file_operations = {
	.owner = THIS_MODULE,
	.open = th_open,
	.release = th_release,
	.unlocked_ioctl = th_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = th_read,
	.poll = th_poll,
	.mmap = th_mmap,
};
