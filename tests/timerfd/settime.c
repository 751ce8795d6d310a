// SPDX-License-Identifier: GPL-2.0-only
/* timerfd_settime(2): what it sets, and what it returns. */
#define _GNU_SOURCE
#include "timer.h"

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
	CASE(set_again_and_again),
	CASE(set_as_it_expires),
};

TEST_MAIN(cases)
