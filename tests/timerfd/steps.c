// SPDX-License-Identifier: GPL-2.0-only
/* Timers of the wall clock, and others, when it is set. */
#define _GNU_SOURCE
#include "timer.h"

static void absolute_realtime_follows_a_step_forward(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME,
		       now_ns(CLOCK_REALTIME) + 1000 * SEC, 0),
		   0);
	CHECK(!is_ready(fd, 20));
	step_clock(2000 * (int64_t)SEC);
	CHECK_EQ(take_later(fd), 1);
}

static void absolute_realtime_follows_a_step_back(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, now_ns(CLOCK_REALTIME) + 300 * MS,
		       0),
		   0);
	step_clock(-1000 * (int64_t)SEC);
	CHECK(!is_ready(fd, 600));
	CHECK_ORDER(get(fd).value, >, 900 * SEC);
	step_clock(1000 * (int64_t)SEC);
	CHECK_EQ(take_later(fd), 1);
}

static void relative_realtime_does_not(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	uint64_t start = mono_ns();

	REQUIRE_EQ(set(fd, 0, 300 * MS, 0), 0);
	step_clock(2000 * (int64_t)SEC);
	CHECK(!is_ready(fd, 50));
	CHECK_ORDER(get(fd).value, <=, 300 * MS);
	step_clock(-4000 * (int64_t)SEC);
	CHECK_EQ(take_later(fd), 1);
	CHECK_ORDER(mono_ns(), >=, start + 300 * MS);
	CHECK_ORDER(mono_ns(), <, start + 20 * SEC);
}

static void others_do_not(void)
{
	int mono = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int boot = timer(CLOCK_BOOTTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(mono, TFD_TIMER_ABSTIME, mono_ns() + 100 * SEC, 0), 0);
	REQUIRE_EQ(set(boot, TFD_TIMER_ABSTIME,
		       now_ns(CLOCK_BOOTTIME) + 100 * SEC, 0),
		   0);
	step_clock(1000 * (int64_t)SEC);
	CHECK(!is_ready(mono, 50));
	CHECK(!is_ready(boot, 0));
	CHECK_ORDER(get(mono).value, >, 60 * SEC);
	CHECK_ORDER(get(boot).value, >, 60 * SEC);
}

/* Periods of CLOCK_REALTIME are of its time, and those stepped over count. */
static void periods_stepped_over(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(
		set(fd, TFD_TIMER_ABSTIME, now_ns(CLOCK_REALTIME) + SEC, SEC),
		0);
	step_clock(1000 * (int64_t)SEC);
	CHECK_ORDER(take_later(fd), >=, 999L);
	CHECK_ORDER(get(fd).value, <=, SEC);
}

/* The one expiry there was is taken back: nothing to count, and no error. */
static void back_after_a_periodic_expiry(void)
{
	int blocking = timer(CLOCK_REALTIME, 0);
	int other = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	uint64_t start = now_ns(CLOCK_REALTIME);

	REQUIRE_EQ(set(blocking, TFD_TIMER_ABSTIME, start, SEC), 0);
	REQUIRE_EQ(set(other, TFD_TIMER_ABSTIME, start, SEC), 0);
	CHECK(is_ready(blocking, 20000));
	CHECK(is_ready(other, 20000));
	step_clock(-100 * (int64_t)SEC);
	CHECK_EQ(take(blocking), 0);
	CHECK_EQ(take(other), -EAGAIN);
	CHECK(!is_ready(blocking, 20));
	CHECK_ORDER(get(blocking).value, >, 60 * SEC);
	/* It is armed for where it was. */
	step_clock(100 * (int64_t)SEC);
	CHECK_ORDER(take(blocking), >=, 1L);
	CHECK_ORDER(take_later(other), >=, 1L);
}

/* The same, when somebody asked for the time in between. */
static void back_and_asked(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, now_ns(CLOCK_REALTIME), SEC), 0);
	CHECK(is_ready(fd, 20000));
	step_clock(-100 * (int64_t)SEC);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	CHECK(!is_ready(fd, 20));
	CHECK_EQ(take(fd), -EAGAIN);
}

static const struct test_case cases[] = {
	CASE(absolute_realtime_follows_a_step_forward),
	CASE(absolute_realtime_follows_a_step_back),
	CASE(relative_realtime_does_not),
	CASE(others_do_not),
	CASE(periods_stepped_over),
	CASE(back_after_a_periodic_expiry),
	CASE(back_and_asked),
};

TEST_MAIN_RESTORE(cases, restore_clock)
