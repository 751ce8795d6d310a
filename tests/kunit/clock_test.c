// SPDX-License-Identifier: GPL-2.0-only
#include "../../module/clock.c"

#include <kunit/test.h>
#include <linux/delay.h>

static const clockid_t known[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME,
				   CLOCK_REALTIME, CLOCK_TAI };

static void ppb(struct kunit *test)
{
	static const struct {
		u64 cycles;
		u64 hz;
		u64 reference_ns;
		s64 ppb;
	} table[] = {
		/* 1 GHz, 5 s: a cycle is a nanosecond. */
		{ 5000000000, 1000000000, 5000000000, 0 },
		{ 5000000005, 1000000000, 5000000000, 1 },
		{ 4999999995, 1000000000, 5000000000, -1 },
		{ 5000050000, 1000000000, 5000000000, 10000 },
		{ 4999950000, 1000000000, 5000000000, -10000 },
		/* Rates that do not divide a second. */
		{ 2893299000ULL * 5, 2893299000, 5000000000, 0 },
		{ 2893299ULL * 5001, 2893299000, 5000000000, 200000 },
		/* arm64's counter may be as slow as this. */
		{ 19200000ULL * 5, 19200000, 5000000000, 0 },
		{ 19200000ULL * 5 + 96, 19200000, 5000000000, 1000 },
		/* A minute at 6 GHz: no product overflows. */
		{ 6000000ULL * 60000, 6000000000, 60000000000, 0 },
		{ 6000000ULL * 60001, 6000000000, 60000000000, 16666 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ(test,
				ppb_of(table[i].cycles, table[i].hz,
				       table[i].reference_ns),
				table[i].ppb);
}

/* A counter that jumped does not make the figure wrap. */
static void ppb_of_a_jump(struct kunit *test)
{
	u64 s;

	for (s = 1; s <= 60; s++) {
		u64 ns = s * NSEC_PER_SEC;

		KUNIT_EXPECT_GT(test, ppb_of(1ULL << 62, 1000000000, ns), 0LL);
		KUNIT_EXPECT_GT(test, ppb_of(U64_MAX, 6000000000, ns), 0LL);
		KUNIT_EXPECT_GT(test, ppb_of(U64_MAX, 19200000, ns), 0LL);
		KUNIT_EXPECT_LT(test, ppb_of(0, 1000000000, ns), 0LL);
	}
}

static void known_clocks(struct kunit *test)
{
	static const clockid_t unknown[] = {
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
		CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
		CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_ALARM,
		CLOCK_BOOTTIME_ALARM, -1, 12, INT_MAX, INT_MIN,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		KUNIT_EXPECT_TRUE(test, th_clock_known(known[i]));
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		KUNIT_EXPECT_FALSE(test, th_clock_known(unknown[i]));
}

static u64 kernels_now(clockid_t clockid)
{
	switch (clockid) {
	case CLOCK_BOOTTIME:
		return ktime_get_boottime_ns();
	case CLOCK_REALTIME:
		return ktime_get_real_ns();
	case CLOCK_TAI:
		return ktime_get_clocktai_ns();
	default:
		return ktime_get_ns();
	}
}

static void now(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		u64 before = kernels_now(known[i]);
		u64 own = th_clock_now(known[i]);
		u64 after = kernels_now(known[i]);

		KUNIT_EXPECT_GE(test, own, before);
		KUNIT_EXPECT_LE(test, own, after);
	}
}

/* The clock plus its offset is the wall clock, whichever clock it is. */
static void wall_offset(struct kunit *test)
{
	s64 injected = th_clock_injected_step();
	u32 i;

	KUNIT_ASSERT_EQ(test, th_clock_init(), 0);
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		s64 offset = th_clock_wall_offset(known[i]) - injected;
		u64 before = ktime_get_real_ns();
		u64 wall = th_clock_now(known[i]) + offset;
		u64 after = ktime_get_real_ns();

		KUNIT_EXPECT_GE(test, wall, before);
		KUNIT_EXPECT_LE(test, wall, after);
	}
	KUNIT_EXPECT_EQ(test, th_clock_wall_offset(CLOCK_REALTIME), injected);
	th_clock_exit();
}

static void injected_steps(struct kunit *test)
{
	u32 steps_before = th_clock_steps();
	s64 sum_before = th_clock_injected_step();
	int generation = atomic_read(&th_clock_generation);
	struct timerheap_info info = {};

	th_clock_inject_step(3000000000);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), steps_before + 1);
	KUNIT_EXPECT_EQ(test, th_clock_injected_step(),
			sum_before + 3000000000);
	KUNIT_EXPECT_EQ(test, th_clock_wall_offset(CLOCK_REALTIME),
			sum_before + 3000000000);
	KUNIT_EXPECT_NE(test, atomic_read(&th_clock_generation), generation);

	th_clock_inject_step(-4000000000);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), steps_before + 2);
	KUNIT_EXPECT_EQ(test, th_clock_injected_step(),
			sum_before - 1000000000);
	th_clock_info(&info);
	KUNIT_EXPECT_EQ(test, info.clock_steps, steps_before + 2ULL);
	KUNIT_EXPECT_EQ(test, info.inject_step_ns, sum_before - 1000000000);
	th_clock_inject_step(-info.inject_step_ns);
}

/* As the timekeeper tells it that the clocks were set. */
static void set_clocks(struct kunit *test, s64 real, s64 boot, s64 tai)
{
	struct timekeeper *tk = kunit_kzalloc(test, sizeof(*tk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tk);
	tk->offs_real = real;
	tk->offs_boot = boot;
	tk->offs_tai = tai;
	timekeeper_updated(NULL, 1, tk);
	kunit_kfree(test, tk);
}

static void offsets_of_the_timekeeper(struct kunit *test)
{
	s64 injected = th_clock_injected_step();

	set_clocks(test, 5000, 300, 5037);
	KUNIT_EXPECT_EQ(test, th_clock_wall_offset(CLOCK_MONOTONIC),
			injected + 5000);
	KUNIT_EXPECT_EQ(test, th_clock_wall_offset(CLOCK_BOOTTIME),
			injected + 4700);
	KUNIT_EXPECT_EQ(test, th_clock_wall_offset(CLOCK_REALTIME), injected);
	KUNIT_EXPECT_EQ(test, th_clock_wall_offset(CLOCK_TAI), injected - 37);
}

/* Only CLOCK_REALTIME against CLOCK_BOOTTIME is a step. */
static void steps_of_the_timekeeper(struct kunit *test)
{
	struct timekeeper *tick = kunit_kzalloc(test, sizeof(*tick),
						GFP_KERNEL);
	int generation;
	u32 before;

	KUNIT_ASSERT_NOT_NULL(test, tick);
	set_clocks(test, 1000, 100, 1000);
	before = th_clock_steps();
	/* The clocksource changed. */
	generation = atomic_read(&th_clock_generation);
	set_clocks(test, 1000, 100, 1000);
	KUNIT_EXPECT_NE(test, atomic_read(&th_clock_generation), generation);
	/* A tick is none of these. */
	generation = atomic_read(&th_clock_generation);
	timekeeper_updated(NULL, 0, tick);
	KUNIT_EXPECT_EQ(test, atomic_read(&th_clock_generation), generation);
	/* A suspend, and a leap of TAI. */
	set_clocks(test, 1500, 600, 1500);
	set_clocks(test, 1500, 600, 1501);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before);
	/* Forward, back, and while suspended. */
	set_clocks(test, 2500, 600, 2500);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 1);
	set_clocks(test, 1500, 600, 1500);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 2);
	set_clocks(test, 1501, 700, 1501);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 3);
}

/* Without an RTC, CLOCK_REALTIME starts at 0 with CLOCK_MONOTONIC. */
static void steps_from_an_unset_wall_clock(struct kunit *test)
{
	u32 before;

	set_clocks(test, 0, 0, 0);
	before = th_clock_steps();
	set_clocks(test, 1700000000000000000, 0, 1700000000000000000);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 1);
}

/* As if the last reading was 1 s ago, and the counter @ahead_ppb fast. */
static void pretend_last(s64 ahead_ppb)
{
	struct reading last = read_both();
	s64 cycles_per_us = div_u64(th_counter_hz(), 1000000);

	last.raw_ns -= NSEC_PER_SEC;
	last.counter -= th_counter_hz() + ahead_ppb / 1000 * cycles_per_us;
	drift.last = last;
}

/*
 * Compares until it gets @ahead_ppb, give or take what the hypervisor may
 * steal between two readings.
 */
static void expect_measured(struct kunit *test, s64 ahead_ppb)
{
	int i;

	for (i = 0; i < 20; i++) {
		pretend_last(ahead_ppb);
		compare();
		if (abs(drift.ppb - ahead_ppb) < 300000)
			return;
	}
	KUNIT_FAIL(test, "%lld ppb, not %lld; clock flags %#x", drift.ppb,
		   ahead_ppb, clock_flags());
}

static void compares_the_counter(struct kunit *test)
{
	struct timerheap_info info = {};
	u32 checks;

	if (!th_counter_hz())
		kunit_skip(test, "the counter's rate is not known");
	/* There must have been a time 1 s ago. */
	if (ktime_get_raw_ns() <= NSEC_PER_SEC)
		msleep(MSEC_PER_SEC);
	drift.ppb = 0;
	drift.ppb_max = 0;
	checks = drift.checks;
	expect_measured(test, 1000000);
	KUNIT_EXPECT_GT(test, drift.checks, checks);
	expect_measured(test, -1000000);
	expect_measured(test, 0);
	/* The furthest from 0, by whichever sign. */
	KUNIT_EXPECT_GE(test, abs(drift.ppb_max), abs(drift.ppb));
	expect_measured(test, -5000000);
	KUNIT_EXPECT_LT(test, drift.ppb_max, -4000000LL);
	th_clock_info(&info);
	KUNIT_EXPECT_EQ(test, info.counter_ppb, drift.ppb);
	KUNIT_EXPECT_EQ(test, info.counter_ppb_max, drift.ppb_max);
	KUNIT_EXPECT_EQ(test, info.clock_checks, drift.checks);
	KUNIT_EXPECT_EQ(test, info.counter_khz, div_u64(th_counter_hz(), 1000));
}

/* Some pairs of readings say nothing of the counter's rate. */
static void incomparable_readings(struct kunit *test)
{
	const struct reading first = { 0 };
	const struct reading from = {
		.counter = 1000,
		.raw_ns = 5000000000,
		.offs_boot = 7,
	};
	struct reading to = {
		.counter = 2000,
		.raw_ns = 5000000000 + 60 * NSEC_PER_SEC,
		.offs_boot = 7,
	};

	KUNIT_EXPECT_EQ(test, comparable(&from, &to), th_counter_hz() != 0);
	KUNIT_EXPECT_FALSE(test, comparable(&first, &to));
	to.raw_ns++;
	KUNIT_EXPECT_FALSE(test, comparable(&from, &to));
	to.raw_ns = from.raw_ns;
	KUNIT_EXPECT_FALSE(test, comparable(&from, &to));
	to.raw_ns = from.raw_ns + NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, comparable(&from, &to), th_counter_hz() != 0);
	/* It was reset. */
	to.counter = 999;
	KUNIT_EXPECT_FALSE(test, comparable(&from, &to));
	/* The host was suspended. */
	to.counter = 2000;
	to.offs_boot = 8;
	KUNIT_EXPECT_FALSE(test, comparable(&from, &to));
}

static void starts_anew(struct kunit *test)
{
	u32 checks = drift.checks;

	drift.last = (struct reading){ 0 };
	compare();
	KUNIT_EXPECT_EQ(test, drift.checks, checks);
	KUNIT_EXPECT_NE(test, drift.last.raw_ns, 0ULL);
	compare();
	KUNIT_EXPECT_EQ(test, drift.checks, checks + (th_counter_hz() != 0));
}

static void reliable_is_all_of_it(struct kunit *test)
{
	u32 flags = clock_flags();
	struct timerheap_info info = {};

	KUNIT_EXPECT_EQ(test, !!(flags & TIMERHEAP_CLOCK_RELIABLE),
			(flags & ALL_FLAGS) == ALL_FLAGS);
	th_clock_info(&info);
	KUNIT_EXPECT_EQ(test, info.clock_flags, flags);
	WRITE_ONCE(reliable, !(flags & TIMERHEAP_CLOCK_RELIABLE));
	judge();
	KUNIT_EXPECT_EQ(test, th_clock_reliable(),
			!!(flags & TIMERHEAP_CLOCK_RELIABLE));
}

/* The wall clock is really set, by a second, and back. */
static int step_wall(s64 by_ns)
{
	struct timespec64 ts = ns_to_timespec64(ktime_get_real_ns() + by_ns);

	return do_settimeofday64(&ts);
}

static void follows_the_wall_clock(struct kunit *test)
{
	u32 before;
	s64 offset;

	KUNIT_ASSERT_EQ(test, th_clock_init(), 0);
	before = th_clock_steps();
	offset = th_clock_wall_offset(CLOCK_MONOTONIC);
	KUNIT_EXPECT_EQ(test, step_wall(NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 1);
	KUNIT_EXPECT_LT(test, offset + (s64)NSEC_PER_SEC / 2,
			th_clock_wall_offset(CLOCK_MONOTONIC));
	KUNIT_EXPECT_EQ(test, step_wall(-(s64)NSEC_PER_SEC), 0);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 2);
	KUNIT_EXPECT_GT(test, offset + (s64)NSEC_PER_SEC / 2,
			th_clock_wall_offset(CLOCK_MONOTONIC));
	th_clock_exit();
	KUNIT_EXPECT_EQ(test, step_wall(1000000), 0);
	KUNIT_EXPECT_EQ(test, step_wall(-1000000), 0);
	KUNIT_EXPECT_EQ(test, th_clock_steps(), before + 2);
}

static void refuses_an_unreliable_clock(struct kunit *test)
{
	bool is_reliable = clock_flags() & TIMERHEAP_CLOCK_RELIABLE;
	int err;

	th_require_reliable_tsc = true;
	err = th_clock_init();
	th_require_reliable_tsc = false;
	KUNIT_EXPECT_EQ(test, err, is_reliable ? 0 : -ENODEV);
	if (!err)
		th_clock_exit();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(ppb),
	KUNIT_CASE(ppb_of_a_jump),
	KUNIT_CASE(known_clocks),
	KUNIT_CASE(now),
	KUNIT_CASE(wall_offset),
	KUNIT_CASE(injected_steps),
	KUNIT_CASE(offsets_of_the_timekeeper),
	KUNIT_CASE(steps_of_the_timekeeper),
	KUNIT_CASE(steps_from_an_unset_wall_clock),
	KUNIT_CASE(compares_the_counter),
	KUNIT_CASE(incomparable_readings),
	KUNIT_CASE(starts_anew),
	KUNIT_CASE(reliable_is_all_of_it),
	KUNIT_CASE(follows_the_wall_clock),
	KUNIT_CASE(refuses_an_unreliable_clock),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_clock",
	.test_cases = cases,
};

kunit_test_suite(suite);
