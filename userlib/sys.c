// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

int timerheap__sys_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int timerheap__sys_ioctl(int fd, unsigned long request, void *arg)
{
	int rc = ioctl(fd, request, arg);

	return rc < 0 ? -errno : rc;
}

/*
 * TIMERHEAP_IOC_KICK; the kernel has a shorter way to a driver's fsync().  Not
 * by fdatasync(), in which a thread may be cancelled.
 */
int timerheap__sys_kick(int fd)
{
	return syscall(SYS_fdatasync, fd) ? -errno : 0;
}

int timerheap__sys_map(int fd, size_t size, void **map)
{
	*map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return *map == MAP_FAILED ? -errno : 0;
}

void timerheap__sys_unmap(void *map, size_t size)
{
	munmap(map, size);
}

void timerheap__sys_close(int fd)
{
	close(fd);
}

static struct timespec to_timespec(__u64 ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};
}

__u64 timerheap__sys_now(int clockid)
{
	struct timespec ts;

	clock_gettime(clockid, &ts);
	return (__u64)ts.tv_sec * NSEC_PER_SEC + (__u64)ts.tv_nsec;
}

int timerheap__sys_sleep(int clockid, __u64 until_ns)
{
	struct timespec until = to_timespec(until_ns);

	return -clock_nanosleep(clockid, TIMER_ABSTIME, &until, NULL);
}

int timerheap__sys_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? -errno : cpu;
}

/* The members of @set, ascending; how many, or -ENOMEM. */
static int list_cpus(const cpu_set_t *set, size_t size, int **cpus)
{
	int count = CPU_COUNT_S(size, set), n = 0;
	int *list = calloc((size_t)count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (int cpu = 0; n < count; cpu++)
		if (CPU_ISSET_S((size_t)cpu, size, set))
			list[n++] = cpu;
	*cpus = list;
	return count;
}

/* The caller's affinity mask as a list, for free(); how many, or -errno. */
int timerheap__sys_cpus(int **cpus)
{
	int rc = -EINVAL;

	/* EINVAL: the kernel's masks are larger. */
	for (size_t max = 1024; rc == -EINVAL && max <= 1 << 16; max *= 2) {
		size_t size = CPU_ALLOC_SIZE(max);
		cpu_set_t *set = CPU_ALLOC(max);

		if (!set)
			return -ENOMEM;
		if (sched_getaffinity(0, size, set))
			rc = -errno;
		else
			rc = list_cpus(set, size, cpus);
		CPU_FREE(set);
	}
	return rc;
}

int timerheap__sys_poll_create(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int timerheap__sys_poll_add(int pollfd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(pollfd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* Before Linux 5.11: milliseconds, rounded up. */
static int poll_wait_ms(int pollfd, __u64 timeout_ns)
{
	struct epoll_event event;
	int ms = -1;

	if (timeout_ns != TIMERHEAP_NEVER) {
		__u64 up = timeout_ns / NSEC_PER_MSEC +
			(timeout_ns % NSEC_PER_MSEC != 0);

		ms = up < INT32_MAX ? (int)up : INT32_MAX;
	}
	ms = epoll_wait(pollfd, &event, 1, ms);
	return ms < 0 ? -errno : ms;
}

/* 1: a descriptor is ready; 0: time ran out.  TIMERHEAP_NEVER: no limit. */
int timerheap__sys_poll_wait(int pollfd, __u64 timeout_ns)
{
#ifdef SYS_epoll_pwait2
	struct {
		long long sec, nsec;
	} ts = {
		.sec = (long long)(timeout_ns / NSEC_PER_SEC),
		.nsec = (long long)(timeout_ns % NSEC_PER_SEC),
	};
	struct epoll_event event;
	long rc = syscall(SYS_epoll_pwait2, pollfd, &event, 1,
			  timeout_ns == TIMERHEAP_NEVER ? NULL : &ts, NULL,
			  (size_t)0);

	if (rc >= 0)
		return (int)rc;
	if (errno != ENOSYS)
		return -errno;
#endif
	return poll_wait_ms(pollfd, timeout_ns);
}
