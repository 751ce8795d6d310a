// SPDX-License-Identifier: GPL-2.0-only
/* What timerfd_settime(2) refuses, and what it takes at its limits. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "timer.h"

#define NS_MAX 999999999L
/* The kernel's last moment. */
#define KTIME_MAX INT64_MAX

static int set_spec(int fd, int flags, long sec, long ns, long isec, long ins)
{
	struct itimerspec new = { .it_value = { sec, ns },
				  .it_interval = { isec, ins } };
	struct itimerspec old;
	int rc;

	POISON(old);
	rc = value_of(timerfd_settime(fd, flags, &new, &old));
	CHECK_EQ(IS_POISON(old), rc != 0);
	return rc;
}

static void ranges(void)
{
	static const long bad[][4] = {
		{ 1, NS_MAX + 1, 0, 0 },
		{ 1, -1, 0, 0 },
		{ -1, 0, 0, 0 },
		{ LONG_MIN, 0, 0, 0 },
		{ 0, LONG_MAX, 0, 0 },
		{ 1, 0, 0, NS_MAX + 1 },
		{ 1, 0, 0, -1 },
		{ 1, 0, -1, 0 },
		{ 1, 0, 0, LONG_MIN },
		/* Even of one that is not armed. */
		{ 0, 0, -1, 0 },
		{ 0, 0, 0, NS_MAX + 1 },
	};
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, 100 * SEC, 5 * SEC), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const long *b = bad[i];

		CHECK_EQ(set_spec(fd, 0, b[0], b[1], b[2], b[3]), -EINVAL);
		CHECK_EQ(
			set_spec(fd, TFD_TIMER_ABSTIME, b[0], b[1], b[2], b[3]),
			-EINVAL);
	}
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	CHECK_EQ(get(fd).interval, 5 * SEC);
	CHECK_EQ(set_spec(fd, 0, 1, NS_MAX, 0, NS_MAX), 0);
	CHECK_EQ(get(fd).interval, (uint64_t)NS_MAX);
}

static void unknown_flags(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, 100 * SEC, 0), 0);
	for (int bit = 2; bit < 32; bit++) {
		CHECK_EQ(set(fd, (int)(1U << bit), SEC, 0), -EINVAL);
		CHECK_EQ(set(fd, (int)(1U << bit) | ON_SET, SEC, 0), -EINVAL);
	}
	CHECK_EQ(set(fd, -1, SEC, 0), -EINVAL);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	CHECK_EQ(set(fd, ON_SET, SEC, 0), 0);
}

static void no_memory(void)
{
	struct itimerspec second = spec_of(SEC, 0), old;
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec *edge = (void *)map_edge(sizeof(old) - 8);

	CHECK_EQ(value_of(timerfd_settime(fd, 0, nowhere, &old)), -EFAULT);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, KERNEL_ADDRESS, &old)),
		 -EFAULT);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, edge, &old)), -EFAULT);
	CHECK_EQ(get(fd).value, 0);
	/* The old value goes out when it is done. */
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &second, KERNEL_ADDRESS)),
		 -EFAULT);
	CHECK_ORDER(get(fd).value, >, 0UL);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &second, edge)), -EFAULT);
	CHECK_ORDER(get(fd).value, >, 0UL);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &second, nowhere)), 0);
}

static void memory_first_then_flags_then_descriptor(void)
{
	struct itimerspec bad = spec_of(SEC, 0);
	struct itimerspec good = bad;

	bad.it_value.tv_nsec = -1;
	CHECK_EQ(value_of(timerfd_settime(-1, 0, nowhere, NULL)), -EFAULT);
	CHECK_EQ(value_of(timerfd_settime(-1, -1, nowhere, NULL)), -EFAULT);
	CHECK_EQ(value_of(timerfd_settime(-1, 0, &bad, NULL)), -EINVAL);
	CHECK_EQ(value_of(timerfd_settime(-1, 4, &good, NULL)), -EINVAL);
	CHECK_EQ(value_of(timerfd_settime(-1, 0, &good, NULL)), -EBADF);
}

static void check_foreign(int fd, int error)
{
	struct itimerspec second = spec_of(SEC, 0), old;

	POISON(old);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &second, NULL)), error);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &second, &old)), error);
	CHECK_EQ(value_of(timerfd_gettime(fd, &old)), error);
	CHECK_EQ(value_of(timerfd_gettime(fd, nowhere)), error);
	CHECK(IS_POISON(old));
	CHECK_EQ(value_of(timerfd_settime(fd, 0, nowhere, NULL)), -EFAULT);
	CHECK_EQ(value_of(timerfd_settime(fd, 8, &second, NULL)), -EINVAL);
}

static void no_timers(void)
{
	int closed = timer(CLOCK_MONOTONIC, 0), pair[2];

	close(closed);
	check_foreign(closed, -EBADF);
	check_foreign(-1, -EBADF);
	check_foreign(INT_MAX, -EBADF);
	REQUIRE(!pipe(pair));
	check_foreign(pair[0], -EINVAL);
	check_foreign(pair[1], -EINVAL);
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check_foreign(pair[0], -EINVAL);
	check_foreign(socket(AF_INET, SOCK_DGRAM, 0), -EINVAL);
	check_foreign(eventfd(0, 0), -EINVAL);
	check_foreign(epoll_create1(0), -EINVAL);
	check_foreign(memfd_create("memory", 0), -EINVAL);
	check_foreign(open("/", O_RDONLY | O_DIRECTORY), -EINVAL);
	check_foreign(open("/dev/null", O_RDWR), -EINVAL);
	check_foreign(open("/dev/zero", O_RDWR), -EINVAL);
	check_foreign(open("/dev/timerheap", O_RDWR), -EINVAL);
	check_foreign(open("/dev/kmsg", O_RDONLY), -EINVAL);
	check_foreign(open("/proc/self/stat", O_RDONLY), -EINVAL);
	check_foreign(open("/", O_PATH), -EBADF);
}

static void forever_saturates(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t last = KTIME_MAX;

	CHECK_EQ(set_spec(fd, 0, LONG_MAX, 0, 0, 0), 0);
	CHECK_ORDER(get(fd).value, <=, last);
	CHECK_ORDER(get(fd).value, >, last - 1000000 * SEC);
	CHECK_EQ(set_spec(fd, 0, LONG_MAX, NS_MAX, LONG_MAX, NS_MAX), 0);
	CHECK_EQ(get(fd).interval, last);
	CHECK_EQ(set_spec(fd, TFD_TIMER_ABSTIME, LONG_MAX, NS_MAX, 0, 0), 0);
	CHECK_ORDER(get(fd).value, <, last);
	CHECK_ORDER(get(fd).value, >, last - 1000000 * SEC);
	CHECK_EQ(set_spec(fd, 0, KTIME_MAX / SEC, 854775807, 0, 0), 0);
	CHECK_EQ(set_spec(fd, 0, KTIME_MAX / SEC + 1, 0, 0, 0), 0);
	CHECK(!is_ready(fd, 30));
	/* A timer that has a long interval has a first expiry all the same. */
	CHECK_EQ(set_spec(fd, 0, 0, 1, LONG_MAX, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	CHECK_ORDER(get(fd).value, >, last - 1000000 * SEC);
	CHECK(!is_ready(fd, 30));
}

/* Hundreds of millions of ticks, counted and not worked through. */
static void nanosecond_intervals(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t start = mono_ns(), before, after;
	int64_t n;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start, 1), 0);
	sleep_ms(400);
	before = mono_ns();
	n = take(fd);
	after = mono_ns();
	CHECK_ORDER((uint64_t)n, >=, 400 * MS);
	CHECK_ORDER((uint64_t)n, >=, before - start);
	CHECK_ORDER((uint64_t)n, <=, after - start + 1);
	/* Not that long, even under emulation and its checkers. */
	CHECK_ORDER(after - before, <, 200 * MS);
	CHECK_ORDER(take_later(fd), >, 0L);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK_EQ(take(fd), -EAGAIN);
}

static const struct test_case cases[] = {
	CASE(ranges),
	CASE(unknown_flags),
	CASE(no_memory),
	CASE(memory_first_then_flags_then_descriptor),
	CASE(no_timers),
	CASE(forever_saturates),
	CASE(nanosecond_intervals),
};

TEST_MAIN(cases)
