// SPDX-License-Identifier: GPL-2.0-only
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timerfd.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "compat.h"
#include "copy.h"
#include "timerfd.h"
#include "timerfd_file.h"

static bool has_ticks(struct th_timerfd *timerfd)
{
	th_timerfd_notice(timerfd);
	return timerfd->tick.ticks;
}

/* The two calls; what timerfd's would return is in the structure. */
static long own_ioctl(struct file *file, unsigned int cmd, unsigned long value)
{
	struct th_timerfd *timerfd = file->private_data;
	void __user *arg = (void __user *)value;
	struct timerheap_timerfd_time time;
	int err;

	if (cmd != TIMERHEAP_IOC_TIMERFD_SETTIME &&
	    cmd != TIMERHEAP_IOC_TIMERFD_GETTIME)
		return -ENOTTY;
	err = th_copy_in(&time, arg, sizeof(time));
	if (err)
		return err;
	if (cmd == TIMERHEAP_IOC_TIMERFD_SETTIME)
		time.result = th_timerfd_settime(timerfd, &time);
	else
		time.result = th_timerfd_gettime(timerfd, &time);
	return th_copy_out(arg, &time, sizeof(time));
}

static int set_ticks(struct th_timerfd *timerfd, const u64 __user *arg)
{
	struct th_tick *tick = &timerfd->tick;
	int err = 0;
	u64 ticks;

	if (copy_from_user(&ticks, arg, sizeof(ticks)))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	spin_lock_irq(&tick->wait.lock);
	th_timerfd_notice(timerfd);
	if (th_timerfd_was_canceled(timerfd)) {
		err = -ECANCELED;
	} else {
		tick->ticks = ticks;
		wake_up_locked_poll(&tick->wait, EPOLLIN);
	}
	spin_unlock_irq(&tick->wait.lock);
	return err;
}

static long timerfd_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	if (IS_ENABLED(CONFIG_CHECKPOINT_RESTORE) && cmd == TFD_IOC_SET_TICKS)
		return set_ticks(file->private_data, (u64 __user *)arg);
	return own_ioctl(file, cmd, arg);
}

/*
 * Takes the count; 0 of it, with a return of 0, when the clock was set to
 * before a periodic expiry.
 */
static int take_ticks(struct th_timerfd *timerfd, bool nonblock, u64 *ticks)
{
	struct th_tick *tick = &timerfd->tick;
	int err = -EAGAIN;

	*ticks = 0;
	spin_lock_irq(&tick->wait.lock);
	if (!nonblock)
		err = wait_event_interruptible_locked_irq(tick->wait,
							  has_ticks(timerfd));
	th_timerfd_notice(timerfd);
	if (th_timerfd_was_canceled(timerfd)) {
		tick->ticks = 0;
		tick->expired = false;
		err = -ECANCELED;
	} else if (tick->ticks) {
		*ticks = tick->ticks;
		tick->ticks = 0;
		th_tick_trace_read(tick);
		*ticks += th_tick_go_on(tick);
	}
	spin_unlock_irq(&tick->wait.lock);
	return err;
}

#ifdef TH_TIMERFD_HAS_READ_ITER

static ssize_t timerfd_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	bool nonblock = file->f_flags & O_NONBLOCK ||
		iocb->ki_flags & IOCB_NOWAIT;
	size_t copied;
	u64 ticks;
	int err;

	if (iov_iter_count(to) < sizeof(ticks))
		return -EINVAL;
	err = take_ticks(file->private_data, nonblock, &ticks);
	if (!ticks)
		return err;
	copied = copy_to_iter(&ticks, sizeof(ticks), to);
	return copied ? copied : -EFAULT;
}

#else

static ssize_t timerfd_read(struct file *file, char __user *to, size_t size,
			    loff_t *offset)
{
	u64 ticks;
	int err;

	if (size < sizeof(ticks))
		return -EINVAL;
	err = take_ticks(file->private_data, file->f_flags & O_NONBLOCK,
			 &ticks);
	if (!ticks)
		return err;
	return put_user(ticks, (u64 __user *)to) ? -EFAULT : sizeof(ticks);
}

#endif

static __poll_t timerfd_poll(struct file *file, poll_table *table)
{
	struct th_timerfd *timerfd = file->private_data;
	__poll_t events;

	poll_wait(file, &timerfd->tick.wait, table);
	spin_lock_irq(&timerfd->tick.wait.lock);
	events = has_ticks(timerfd) ? EPOLLIN : 0;
	spin_unlock_irq(&timerfd->tick.wait.lock);
	return events;
}

static void timerfd_show(struct seq_file *m, struct file *file)
{
	struct th_timerfd *timerfd = file->private_data;
	struct th_tick *tick = &timerfd->tick;
	struct itimerspec64 value;
	unsigned int flags;
	u64 ticks;

	spin_lock_irq(&tick->wait.lock);
	th_timerfd_notice(timerfd);
	th_timerfd_get_value(tick, &value);
	ticks = tick->ticks;
	flags = timerfd->settime_flags;
	spin_unlock_irq(&tick->wait.lock);
	seq_printf(m,
		   "clockid: %d\nticks: %llu\nsettime flags: 0%o\nit_value: (%lld, %ld)\nit_interval: (%lld, %ld)\n",
		   tick->clockid, ticks, flags,
		   value.it_value.tv_sec, value.it_value.tv_nsec,
		   value.it_interval.tv_sec, value.it_interval.tv_nsec);
}

static int timerfd_release(struct inode *inode, struct file *file)
{
	struct th_timerfd *timerfd = file->private_data;

	th_timerfd_delist(timerfd);
	th_tick_destroy(&timerfd->tick);
	kfree(timerfd);
	return 0;
}

static const struct file_operations timerfd_operations = {
	.owner = THIS_MODULE,
	.release = timerfd_release,
	.unlocked_ioctl = timerfd_ioctl,
	.compat_ioctl = own_ioctl,
#ifdef TH_TIMERFD_HAS_READ_ITER
	.read_iter = timerfd_read_iter,
#else
	.read = timerfd_read,
#endif
	.poll = timerfd_poll,
	.llseek = noop_llseek,
	.show_fdinfo = timerfd_show,
};

static struct file *make_file(const struct timerheap_timerfd *request)
{
	struct th_timerfd *timerfd = kzalloc(sizeof(*timerfd),
					     GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!timerfd)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("[timerfd]", &timerfd_operations, timerfd,
				  O_RDWR | (request->fd_flags & O_NONBLOCK));
	if (IS_ERR(file)) {
		kfree(timerfd);
		return file;
	}
	if (timerfd_operations.read_iter)
		file->f_mode |= FMODE_NOWAIT;
	th_tick_init(&timerfd->tick, request->clockid);
	th_timerfd_enlist(timerfd);
	return file;
}

static bool clock_known(clockid_t clockid)
{
	return clockid == CLOCK_REALTIME || clockid == CLOCK_MONOTONIC ||
		clockid == CLOCK_BOOTTIME || clockid == CLOCK_REALTIME_ALARM ||
		clockid == CLOCK_BOOTTIME_ALARM;
}

/**
 * th_timerfd_create - TIMERHEAP_IOC_TIMERFD
 * @arg: struct timerheap_timerfd
 *
 * Return: the descriptor, or what timerfd_create(2) fails with.
 */
int th_timerfd_create(void __user *arg)
{
	struct timerheap_timerfd request;
	struct file *file;
	int fd = th_copy_in(&request, arg, sizeof(request));

	if (fd)
		return fd;
	if ((request.fd_flags & ~TFD_CREATE_FLAGS) ||
	    !clock_known(request.clockid))
		return -EINVAL;
	if ((request.clockid == CLOCK_REALTIME_ALARM ||
	     request.clockid == CLOCK_BOOTTIME_ALARM) &&
	    !capable(CAP_WAKE_ALARM))
		return -EPERM;
	fd = get_unused_fd_flags(request.fd_flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = make_file(&request);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/* Adds to the figures of stats->cpu. */
void th_timerfd_add_stats(struct timerheap_stats *stats)
{
	th_tick_figures(stats);
}
