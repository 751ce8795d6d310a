// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "clock.h"
#include "copy.h"
#include "cpu.h"
#include "env.h"
#include "file.h"
#include "kick.h"
#include "params.h"
#include "reader.h"
#include "timerfd.h"

/* An open file: no queue yet, then one until it is released. */
struct th_file {
	struct mutex setup_lock;	/* one SETUP at a time */
	struct th_queue *queue;
	/* Of the file, since a poller may come before the queue. */
	wait_queue_head_t wait;
};

static struct th_queue *queue_of(struct file *file)
{
	struct th_file *own = file->private_data;

	/* Pairs with the release in setup(): the queue is complete. */
	return smp_load_acquire(&own->queue);
}

/* The home CPU must be one that the caller may run on itself. */
static int check_cpu(int cpu)
{
	if (cpu < 0 || cpu >= nr_cpu_ids)
		return -EINVAL;
	cpu = array_index_nospec(cpu, nr_cpu_ids);
	if (!cpu_online(cpu))
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
	struct th_queue *queue = th_queue_create(setup, &own->wait);
	int err;

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	err = th_cpu_attach(queue);
	if (err)
		goto destroy_queue;
	err = th_copy_out(arg, &queue->setup, sizeof(queue->setup));
	if (err)
		goto detach_queue;
	/* Pairs with the acquire in queue_of(). */
	smp_store_release(&own->queue, queue);
	wake_up(&own->wait);
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
	int err = th_copy_in(&setup, arg, sizeof(setup));

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
	int err = th_copy_in(&info, arg, sizeof(info));

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
	th_env_inject_info(&info);
	return th_copy_out(arg, &info, sizeof(info));
}

/* Figures of the file's own queue, or, without one, of the CPU asked for. */
static int stats(struct th_queue *queue, void __user *arg)
{
	struct timerheap_stats *stats;
	int err;

	stats = kmalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	err = th_copy_in(stats, arg, sizeof(*stats));
	if (err)
		goto free_stats;
	if (queue)
		th_cpu_queue_stats(queue, stats);
	else
		err = th_cpu_stats(stats->cpu, stats);
	if (err)
		goto free_stats;
	if (!queue)
		th_timerfd_add_stats(stats);
	stats->size = sizeof(*stats);
	err = th_copy_out(arg, stats, sizeof(*stats));
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
	err = th_copy_in(&inject, arg, sizeof(inject));
	if (err)
		return err;
	if (inject.delay_min_ns > inject.delay_max_ns ||
	    inject.delay_max_ns > TIMERHEAP_INJECT_MAX_NS)
		return -EINVAL;
	th_env_inject_delay(inject.delay_min_ns, inject.delay_max_ns);
	if (inject.step_ns)
		th_clock_inject_step(inject.step_ns);
	th_cpu_run_all();
	th_timerfd_injected(&inject);
	return 0;
}

/* The calls that need a queue. */
static long queue_ioctl(struct th_queue *queue, unsigned int cmd,
			void __user *arg)
{
	if (!queue)
		return -ENXIO;
	switch (cmd) {
	case TIMERHEAP_IOC_KICK:
		th_kick(queue);
		return 0;
	case TIMERHEAP_IOC_WAIT:
		return th_reader_wait(queue, arg);
	case TIMERHEAP_IOC_ARM:
		return th_batch_arm(queue, arg);
	case TIMERHEAP_IOC_CANCEL:
		return th_batch_cancel(queue, arg);
	case TIMERHEAP_IOC_STATS:
		return stats(queue, arg);
	case TIMERHEAP_IOC_RESET_STATS:
		th_cpu_reset_stats(queue);
		return 0;
	case TIMERHEAP_IOC_REAPED:
		th_reader_reaped(queue);
		if (arg)
			th_kick(queue);
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
	case TIMERHEAP_IOC_TIMERFD:
		return th_timerfd_create(arg);
	case TIMERHEAP_IOC_KICK:
	case TIMERHEAP_IOC_WAIT:
	case TIMERHEAP_IOC_ARM:
	case TIMERHEAP_IOC_CANCEL:
	case TIMERHEAP_IOC_STATS:
	case TIMERHEAP_IOC_RESET_STATS:
	case TIMERHEAP_IOC_REAPED:
		return queue_ioctl(queue_of(file), cmd, arg);
	default:
		return -ENOTTY;
	}
}

/* KICK by a shorter way: what was stored in the mapping takes effect. */
static int th_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct th_queue *queue = queue_of(file);

	if (!queue)
		return -ENXIO;
	th_kick(queue);
	return 0;
}

static ssize_t th_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct th_queue *queue = queue_of(iocb->ki_filp);

	if (!queue)
		return -ENXIO;
	return th_reader_read(queue, to,
			      iocb->ki_filp->f_flags & O_NONBLOCK ||
			      iocb->ki_flags & IOCB_NOWAIT);
}

static __poll_t th_poll(struct file *file, poll_table *table)
{
	struct th_file *own = file->private_data;
	struct th_queue *queue;

	poll_wait(file, &own->wait, table);
	/* Pairs with wq_has_sleeper() in th_env_wake(). */
	smp_mb();
	queue = queue_of(file);
	if (!queue)
		return EPOLLERR;
	return th_reader_ready(queue) ? EPOLLIN | EPOLLRDNORM : 0;
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
	init_waitqueue_head(&own->wait);
	file->private_data = own;
	file->f_mode |= FMODE_NOWAIT;
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
	.read_iter = th_read_iter,
	.poll = th_poll,
	.mmap = th_mmap,
	.fsync = th_fsync,
};
