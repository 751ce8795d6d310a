// SPDX-License-Identifier: GPL-2.0-only
/* timerfd_gettime(2), before and after expiries, read and unread. */
#include <sys/mman.h>
#include <unistd.h>

#include "timer.h"

static void of_a_new_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	CHECK_EQ(get(fd).value, 0);
	CHECK_EQ(get(fd).interval, 0);
}

static void remaining_goes_down(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t start = mono_ns(), last = 100 * SEC, now;

	REQUIRE_EQ(set(fd, 0, 100 * SEC, 9), 0);
	for (int i = 0; i < 20; i++) {
		now = get(fd).value;
		CHECK_ORDER(now, <, last);
		CHECK_ORDER(now + mono_ns(), >=, start + 100 * SEC);
		CHECK_EQ(get(fd).interval, 9);
		last = now;
	}
}

static void relative_after_absolute(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t deadline = mono_ns() + 50 * SEC, before, left;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
	before = mono_ns();
	left = get(fd).value;
	CHECK_ORDER(left, <=, deadline - before);
	CHECK_ORDER(left, >=, deadline - mono_ns());
}

static void of_an_expired_one_shot(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(get(fd).value, 0);
	CHECK_EQ(get(fd).interval, 0);
	/* It takes nothing away. */
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(get(fd).value, 0);
	CHECK_EQ(take(fd), -EAGAIN);
}

static void of_an_unread_periodic_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t start = mono_ns() + MS, before, after;
	struct setting now;
	int64_t n;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start, 20 * MS), 0);
	for (int i = 0; i < 5; i++) {
		sleep_ms(30);
		now = get(fd);
		CHECK_ORDER(now.value, >, 0UL);
		CHECK_ORDER(now.value, <=, 20 * MS);
		CHECK_EQ(now.interval, 20 * MS);
	}
	/* What it counted meanwhile is not lost, and nothing is there twice. */
	before = mono_ns();
	n = take(fd);
	after = mono_ns();
	CHECK_ORDER((uint64_t)n, >=, (before - start) / (20 * MS) + 1);
	CHECK_ORDER((uint64_t)n, <=, (after - start) / (20 * MS) + 1);
}

static void of_a_read_periodic_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	REQUIRE_EQ(set(fd, 0, MS, 2 * SEC), 0);
	CHECK_EQ(take(fd), 1);
	CHECK_ORDER(get(fd).value, >, 0UL);
	CHECK_ORDER(get(fd).value, <=, 2 * SEC);
	CHECK_EQ(get(fd).interval, 2 * SEC);
}

static void descriptor_first_then_memory(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec *edge = (void *)map_edge(sizeof(*edge) - 1);

	CHECK_EQ(value_of(timerfd_gettime(-1, nowhere)), -EBADF);
	CHECK_EQ(value_of(timerfd_gettime(STDOUT_FILENO, nowhere)), -EINVAL);
	CHECK_EQ(value_of(timerfd_gettime(fd, nowhere)), -EFAULT);
	CHECK_EQ(value_of(timerfd_gettime(fd, KERNEL_ADDRESS)), -EFAULT);
	CHECK_EQ(value_of(timerfd_gettime(fd, edge)), -EFAULT);
}

/* A periodic timer goes on, though nobody could be told. */
static void no_memory_for_a_periodic_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, MS, 2 * MS), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(value_of(timerfd_gettime(fd, nowhere)), -EFAULT);
	sleep_ms(30);
	CHECK_ORDER(take(fd), >=, 10L);
}

static const struct test_case cases[] = {
	CASE(of_a_new_one),
	CASE(remaining_goes_down),
	CASE(relative_after_absolute),
	CASE(of_an_expired_one_shot),
	CASE(of_an_unread_periodic_one),
	CASE(of_a_read_periodic_one),
	CASE(descriptor_first_then_memory),
	CASE(no_memory_for_a_periodic_one),
};

TEST_MAIN(cases)
