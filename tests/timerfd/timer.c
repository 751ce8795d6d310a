// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "timer.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/timerheap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

void *nowhere = NULL;

bool column_is_timerheap(void)
{
	const char *column = getenv("COLUMN");

	return column && !strcmp(column, "timerheap");
}

bool is_timerheap(int fd)
{
	struct itimerspec now;
	struct timerheap_timerfd_time time = {
		.size = sizeof(time),
		.old_value = (uintptr_t)&now,
	};

	return !ioctl(fd, TIMERHEAP_IOC_TIMERFD_GETTIME, &time);
}

int timer(clockid_t clock, int flags)
{
	int fd = timerfd_create(clock, flags);

	REQUIRE(fd >= 0);
	REQUIRE_EQ(is_timerheap(fd), column_is_timerheap());
	return fd;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / SEC, .tv_nsec = ns % SEC };
}

static uint64_t ns_of(struct timespec t)
{
	CHECK_ORDER((uint64_t)t.tv_nsec, <, SEC);
	return t.tv_sec * SEC + t.tv_nsec;
}

struct itimerspec spec_of(uint64_t value, uint64_t interval)
{
	return (struct itimerspec){ .it_value = timespec_of(value),
				    .it_interval = timespec_of(interval) };
}

int64_t value_of(int64_t rc)
{
	return rc < 0 ? -errno : rc;
}

int set(int fd, int flags, uint64_t value, uint64_t interval)
{
	struct itimerspec new = spec_of(value, interval);

	return value_of(timerfd_settime(fd, flags, &new, NULL));
}

int set_old(int fd, int flags, uint64_t value, uint64_t interval,
	    struct setting *old)
{
	struct itimerspec new = spec_of(value, interval), former;
	int rc;

	POISON(former);
	rc = value_of(timerfd_settime(fd, flags, &new, &former));
	if (rc)
		CHECK(IS_POISON(former));
	else
		*old = (struct setting){ ns_of(former.it_value),
					 ns_of(former.it_interval) };
	return rc;
}

struct setting get(int fd)
{
	struct itimerspec now;

	POISON(now);
	REQUIRE_EQ(timerfd_gettime(fd, &now), 0);
	return (struct setting){ ns_of(now.it_value), ns_of(now.it_interval) };
}

int64_t take(int fd)
{
	uint64_t count = 0;
	int64_t rc = value_of(read(fd, &count, sizeof(count)));

	if (rc <= 0)
		return rc;
	CHECK_EQ(rc, sizeof(count));
	return count;
}

bool is_ready(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int rc = poll(&pollfd, 1, timeout_ms);

	CHECK(rc == 0 || (rc == 1 && pollfd.revents == POLLIN));
	return rc == 1;
}

int64_t take_later(int fd)
{
	return is_ready(fd, PATIENCE_NS / MS) ? take(fd) : -ETIME;
}

bool kernel_is_at_least(int major, int minor)
{
	int a = 0, b = 0;
	struct utsname name;

	uname(&name);
	REQUIRE_EQ(sscanf(name.release, "%d.%d", &a, &b), 2);
	return a > major || (a == major && b >= minor);
}

void drop_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	REQUIRE(!syscall(SYS_capget, &header, data));
	data[capability / 32].effective &= ~(1U << capability % 32);
	REQUIRE(!syscall(SYS_capset, &header, data));
}

int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void set_clock(uint64_t now)
{
	struct timespec ts = timespec_of(now);

	REQUIRE(!clock_settime(CLOCK_REALTIME, &ts));
}

void step_clock(int64_t by_ns)
{
	set_clock(now_ns(CLOCK_REALTIME) + by_ns);
}

void shift_clock(long seconds)
{
	struct timex change = { .modes = ADJ_SETOFFSET,
				.time = { .tv_sec = seconds } };

	REQUIRE(adjtimex(&change) >= 0);
}

static int64_t true_offset;

static void __attribute__((constructor)) note_offset(void)
{
	true_offset = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
}

void restore_clock(void)
{
	int64_t offset = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);

	if (llabs(offset - true_offset) > (int64_t)MS)
		step_clock(true_offset - offset);
}
