// SPDX-License-Identifier: GPL-2.0-only
/* timerfd_settime(2): what it sets, what it returns, and what it refuses. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "timer.h"

#define NS_MAX 999999999L
/* The kernel's last moment. */
#define KTIME_MAX INT64_MAX

static void never_early(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t span, start;

	for (unsigned long i = 0; i < scaled(200); i++) {
		span = 50000 + i * 7919 % 3000000;
		start = mono_ns();
		REQUIRE_EQ(set(fd, 0, span, 0), 0);
		CHECK_EQ(take(fd), 1);
		CHECK_ORDER(mono_ns(), >=, start + span);
	}
}

static void not_much_later_either(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t best = UINT64_MAX, late, start;

	for (int i = 0; i < 20; i++) {
		start = mono_ns();
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
		CHECK_EQ(take(fd), 1);
		late = mono_ns() - start - MS;
		best = late < best ? late : best;
	}
	CHECK_ORDER(best, <, 10 * MS);
}

static void absolute(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t deadline = mono_ns() + 20 * MS;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
	CHECK_ORDER(get(fd).value, <=, 20 * MS);
	CHECK_EQ(take(fd), 1);
	CHECK_ORDER(mono_ns(), >=, deadline);
}

static void absolute_and_past(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, 1, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, mono_ns() - 1, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	CHECK_EQ(get(fd).value, 0);
}

static void periodic_from_the_past(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t start = mono_ns() - 55 * MS, before, after;
	int64_t n;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start, 10 * MS), 0);
	CHECK(is_ready(fd, 20000));
	before = mono_ns();
	n = take(fd);
	after = mono_ns();
	CHECK_ORDER((uint64_t)n, >=, (before - start) / (10 * MS) + 1);
	CHECK_ORDER((uint64_t)n, <=, (after - start) / (10 * MS) + 1);
	/* It stays on the grid. */
	CHECK_ORDER(get(fd).value, <=, 10 * MS);
	CHECK_EQ(take_later(fd) >= 1, true);
	CHECK_ORDER((mono_ns() - start) % (10 * MS), <, 10 * MS);
}

static void grid_does_not_drift(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t start = mono_ns() + 10 * MS;
	int64_t total = 0;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start, 3 * MS), 0);
	for (int i = 0; i < 50; i++) {
		total += take(fd);
		CHECK_ORDER(mono_ns(), >=, start + (total - 1) * 3 * MS);
	}
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK_ORDER((uint64_t)total, >=, 50UL);
}

static void old_value(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct setting old;

	REQUIRE_EQ(set_old(fd, 0, 100 * SEC, 7 * SEC, &old), 0);
	CHECK_EQ(old.value, 0);
	CHECK_EQ(old.interval, 0);
	REQUIRE_EQ(set_old(fd, 0, 0, 0, &old), 0);
	CHECK_ORDER(old.value, <=, 100 * SEC);
	CHECK_ORDER(old.value, >, 60 * SEC);
	CHECK_EQ(old.interval, 7 * SEC);
	REQUIRE_EQ(set_old(fd, 0, 1, 0, &old), 0);
	CHECK_EQ(old.value, 0);
	CHECK_EQ(old.interval, 0);
	CHECK(is_ready(fd, 20000));
	REQUIRE_EQ(set_old(fd, 0, 0, 0, &old), 0);
	CHECK_EQ(old.value, 0);
}

static void old_value_of_an_unread_period(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct setting old;

	REQUIRE_EQ(set(fd, 0, MS, 50 * MS), 0);
	CHECK(is_ready(fd, 20000));
	sleep_ms(120);
	REQUIRE_EQ(set_old(fd, 0, 0, 0, &old), 0);
	CHECK_ORDER(old.value, >, 0UL);
	CHECK_ORDER(old.value, <=, 50 * MS);
	CHECK_EQ(old.interval, 50 * MS);
	CHECK_EQ(take(fd), -EAGAIN);
}

/* The new value is taken before the old one is written. */
static void both_in_one_place(void)
{
	struct itimerspec both = spec_of(100 * SEC, 3 * SEC);
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, 50 * SEC, 2 * SEC), 0);
	REQUIRE(!timerfd_settime(fd, 0, &both, &both));
	CHECK_EQ(both.it_interval.tv_sec, 2);
	CHECK_EQ(both.it_value.tv_sec, 49);
	CHECK_ORDER(get(fd).value, >, 90 * SEC);
	CHECK_EQ(get(fd).interval, 3 * SEC);
}

static void zero_disarms(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, 20 * MS, 20 * MS), 0);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK_EQ(get(fd).value, 0);
	CHECK_EQ(get(fd).interval, 0);
	CHECK(!is_ready(fd, 60));
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, 20, 20 * MS), 0);
	CHECK(is_ready(fd, 20000));
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, 0, 0), 0);
	CHECK(!is_ready(fd, 60));
}

/* An interval alone arms nothing, but is there to be seen. */
static void interval_without_value(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, 0, MS), 0);
	CHECK(!is_ready(fd, 30));
	CHECK_EQ(get(fd).value, 0);
	CHECK_EQ(get(fd).interval, MS);
}

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

static void set_again_and_again(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct setting old = { 0 };
	uint64_t before = 0;

	for (unsigned long i = 0; i < scaled(3000); i++) {
		uint64_t value = (i % 50 + 1) * SEC;

		REQUIRE_EQ(set_old(fd, 0, value, i, &old), 0);
		if (i) {
			CHECK_ORDER(old.value, <=, before);
			CHECK_EQ(old.interval, i - 1);
		}
		before = value;
	}
	CHECK_EQ(take(fd), -EAGAIN);
}

/* As it expires: it has, or it has not, but never both. */
static void set_as_it_expires(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct setting old;

	for (unsigned long i = 0; i < scaled(500); i++) {
		uint64_t deadline = mono_ns() + 200000;

		REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
		while (mono_ns() < deadline - i * 97 % 20000)
			;
		REQUIRE_EQ(set_old(fd, 0, 60 * SEC, 0, &old), 0);
		CHECK_ORDER(old.value, <=, 200000UL);
		CHECK_EQ(take(fd), -EAGAIN);
	}
}

static const struct test_case cases[] = {
	CASE(never_early),
	CASE(not_much_later_either),
	CASE(absolute),
	CASE(absolute_and_past),
	CASE(periodic_from_the_past),
	CASE(grid_does_not_drift),
	CASE(old_value),
	CASE(old_value_of_an_unread_period),
	CASE(both_in_one_place),
	CASE(zero_disarms),
	CASE(interval_without_value),
	CASE(ranges),
	CASE(unknown_flags),
	CASE(no_memory),
	CASE(memory_first_then_flags_then_descriptor),
	CASE(no_timers),
	CASE(forever_saturates),
	CASE(nanosecond_intervals),
	CASE(set_again_and_again),
	CASE(set_as_it_expires),
};

TEST_MAIN(cases)
