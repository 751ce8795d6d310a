// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * timerfd_create(2), timerfd_settime(2) and timerfd_gettime(2) on timerheap, and
 * syscall(2) for these; to be preloaded (timerheap-run(1)).
 *
 * They are async-signal-safe, and no cancellation points, as the C library's
 * own are: no allocation, no lock, nothing kept but whether something has been
 * said.  A descriptor is asked whether it is timerheap's each time, since it may
 * have come from anywhere; and what is not is left to the kernel, and so are
 * the caller's pointers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/timerheap.h>

#include "kernel.h"

_Static_assert(sizeof(long) == 8 && sizeof(time_t) == 8,
	       "timerheap is for 64-bit kernels and programs");

#define DEVICE "/dev/timerheap"

static struct iovec part(const char *text)
{
	return (struct iovec){ (void *)(uintptr_t)text, strlen(text) };
}

/* Once in a process, and in one write, so that nothing comes between. */
static void say_why(int error)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	const char *verbose = getenv("TIMERHEAP_VERBOSE");
	const char *why = strerrordesc_np(error);
	struct iovec line[] = {
		part("timerheap: " DEVICE ": "),
		part(why ? why : "an unknown error"),
		part("; its timers are the kernel's own\n"),
	};

	if (!verbose || !*verbose || !strcmp(verbose, "0") ||
	    atomic_flag_test_and_set(&said))
		return;
	/* Not by writev(), in which a thread may be cancelled. */
	syscall(SYS_writev, STDERR_FILENO, line,
		sizeof(line) / sizeof(line[0]));
}

/* 0 or more, or -errno. */
static int value_of(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

/*
 * The new descriptor takes the place of the device's, which was the lowest that
 * was free; until then it is not to be inherited.
 */
static int create(clockid_t clock, int flags)
{
	struct timerheap_timerfd request = {
		.size = sizeof(request),
		.clockid = clock,
		.fd_flags = (uint32_t)flags | TFD_CLOEXEC,
	};
	int device, fd, rc;

	device = value_of(
		syscall(SYS_openat, AT_FDCWD, DEVICE, O_RDONLY | O_CLOEXEC, 0));
	if (device < 0)
		return device;
	fd = value_of(
		syscall(SYS_ioctl, device, TIMERHEAP_IOC_TIMERFD, &request));
	if (fd < 0) {
		syscall(SYS_close, device);
		return fd;
	}
	rc = value_of(syscall(SYS_dup3, fd, device, flags & TFD_CLOEXEC));
	syscall(SYS_close, fd);
	if (rc < 0)
		syscall(SYS_close, device);
	return rc;
}

/* Whatever is wrong, the kernel's own finds it wrong, too, or can do it. */
int timerfd_create(clockid_t clock, int flags)
{
	int saved = errno, fd = create(clock, flags), error = -fd;

	if (fd < 0) {
		fd = (int)kernel_call(SYS_timerfd_create,
				      (const long[6]){ clock, flags });
		if (fd < 0)
			return fd;
		say_why(error);
	}
	errno = saved;
	return fd;
}

/* Whether it has been done, or refused, by timerheap; then *@rc says so. */
static int done(int fd, unsigned long cmd, struct timerheap_timerfd_time *time,
		int *rc)
{
	int saved = errno;

	time->size = sizeof(*time);
	if (syscall(SYS_ioctl, fd, cmd, time)) {
		errno = saved;
		return 0;
	}
	*rc = 0;
	if (time->result) {
		errno = -time->result;
		*rc = -1;
	}
	return 1;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value,
		    struct itimerspec *old)
{
	struct timerheap_timerfd_time time = {
		.settime_flags = (uint32_t)flags,
		.value = (uintptr_t)value,
		.old_value = (uintptr_t)old,
	};
	int rc;

	if (done(fd, TIMERHEAP_IOC_TIMERFD_SETTIME, &time, &rc))
		return rc;
	return (int)kernel_call(
		SYS_timerfd_settime,
		(const long[6]){ fd, flags, (intptr_t)value, (intptr_t)old });
}

int timerfd_gettime(int fd, struct itimerspec *value)
{
	struct timerheap_timerfd_time time = { .old_value = (uintptr_t)value };
	int rc;

	if (done(fd, TIMERHEAP_IOC_TIMERFD_GETTIME, &time, &rc))
		return rc;
	return (int)kernel_call(SYS_timerfd_gettime,
				(const long[6]){ fd, (intptr_t)value });
}

/*
 * For programs that make one of the three so, and the others by their
 * functions: a descriptor is to be known to both.
 */
long syscall(long number, ...)
{
	long arg[6];
	va_list list;

	/* As many as there can be, whether they are there or not. */
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(list, long);
	va_end(list);
	switch (number) {
	case SYS_timerfd_create:
		return timerfd_create((clockid_t)arg[0], (int)arg[1]);
	case SYS_timerfd_settime:
		return timerfd_settime((int)arg[0], (int)arg[1],
				       (const struct itimerspec *)arg[2],
				       (struct itimerspec *)arg[3]);
	case SYS_timerfd_gettime:
		return timerfd_gettime((int)arg[0],
				       (struct itimerspec *)arg[1]);
	default:
		return kernel_call(number, arg);
	}
}
