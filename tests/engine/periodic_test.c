// SPDX-License-Identifier: GPL-2.0-only
/* Periodic timers: the grid, missed ticks, and the other policy. */
#include <stdlib.h>

#include "bench.h"
#include "check.h"
#include "prng.h"

static struct bench *with_period(u64 deadline, u64 period, u32 flags)
{
	struct bench *bench = bench_make(1, 16);

	bench_config(bench, 0, period, 0, flags);
	bench_arm(bench, 0, deadline);
	bench_run(bench, 9);
	return bench;
}

static void ticks_on_the_grid(void **state)
{
	struct bench *bench = with_period(2000, 500, 0);
	u64 tick;

	(void)state;
	for (tick = 2000; tick < 20000; tick += 500) {
		assert_int_equal(bench->programmed_ns, tick);
		/* However late within the period. */
		bench->now_ns = tick + tick % 499;
		bench_run(bench, 9);
		bench_expect(bench, 0, tick, bench->now_ns, 0, 0);
		bench_expect_none(bench);
		assert_int_equal(bench->engine.slots[0].expires_ns, tick + 500);
		assert_int_equal(bench->engine.slots[0].armed_ns, tick + 500);
	}
	assert_int_equal(bench->engine.stats.overruns, 0);
	bench_free(bench);
}

static void missed_ticks_are_counted(void **state)
{
	struct bench *bench = with_period(2000, 500, 0);

	(void)state;
	bench->now_ns = 2499;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2499, 0, 0);
	/* Due at 2500; at 3000 exactly the next has come as well. */
	bench->now_ns = 3000;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2500, 3000, 1, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 3500);
	bench->now_ns = 10499;
	bench_run(bench, 9);
	bench_expect(bench, 0, 3500, 10499, 13, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 10500);
	bench_expect_none(bench);
	assert_int_equal(bench->engine.stats.overruns, 14);
	bench_free(bench);
}

/* expires_ns + (overruns + 1) * period_ns is the next, in any case. */
static void record_tells_the_next(void **state)
{
	struct prng prng = { 4 };
	struct bench *bench = bench_make(1, 1);
	u32 i;

	(void)state;
	bench->engine.min_period_ns = 7;
	for (i = 0; i < 5000; i++) {
		u64 period =
			1 + (prng_next(&prng) >> prng_range(&prng, 24, 60));
		u64 deadline = 1 + (prng_next(&prng) >> 2);
		u64 late = prng_next(&prng) >> prng_range(&prng, 2, 60);
		struct timerheap_expiry expiry = { 0 };
		u64 next;

		bench_config(bench, 0, period, 0, 0);
		bench->now_ns = deadline - 1;
		bench_arm(bench, 0, deadline);
		bench_run(bench, 2);
		bench->now_ns = deadline + late;
		bench_run(bench, 2);
		assert_true(bench_take(bench, &expiry));
		next = bench->engine.slots[0].expires_ns;
		if (period < 7)
			period = 7;
		assert_true(next > bench->now_ns);
		assert_true(next - period <= bench->now_ns);
		assert_int_equal((next - deadline) % period, 0);
		if (expiry.overruns != ~0U)
			assert_int_equal(
				next,
				deadline + (expiry.overruns + 1ULL) * period);
		bench_cancel(bench, 0);
	}
	bench_free(bench);
}

static void restart_leaves_the_grid(void **state)
{
	struct bench *bench =
		with_period(2000, 500, TIMERHEAP_SLOT_RESTART | 0xfffffffe);

	(void)state;
	bench->now_ns = 2007;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2007, 0, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 2507);
	bench->now_ns = 4000;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2507, 4000, 2, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 4500);
	/* Early by the lead: from the deadline on. */
	bench->engine.header->lead_ns = 100;
	bench->now_ns = 4450;
	bench_run(bench, 9);
	bench_expect(bench, 0, 4500, 4450, 0, TIMERHEAP_EXPIRY_LEAD);
	assert_int_equal(bench->engine.slots[0].expires_ns, 5000);
	bench_free(bench);
}

static void unknown_flags_are_ignored(void **state)
{
	struct bench *bench = with_period(2000, 500, 0xfffffffe);

	(void)state;
	bench->now_ns = 2007;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2007, 0, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 2500);
	bench_free(bench);
}

static void short_periods_are_raised(void **state)
{
	struct bench *bench = with_period(2000, 1, 0);

	(void)state;
	bench->engine.min_period_ns = 100;
	bench->now_ns = 2350;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2350, 3, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 2400);
	bench_free(bench);
}

static void overruns_saturate(void **state)
{
	struct bench *bench = with_period(2000, 1, 0);

	(void)state;
	bench->now_ns = 2000 + 0xffffffffULL;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, bench->now_ns, 0xffffffff, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, bench->now_ns + 1);
	bench_free(bench);

	bench = with_period(2000, 1, 0);
	bench->now_ns = 3000 + 0xffffffffULL;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, bench->now_ns, 0xffffffff, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, bench->now_ns + 1);
	assert_int_equal(bench->engine.stats.overruns, 0xffffffff);
	bench_free(bench);
}

static void deadlines_saturate(void **state)
{
	static const u32 policies[] = { 0, TIMERHEAP_SLOT_RESTART };
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct bench *bench =
			with_period(2000, TH_NEVER - 1, policies[i]);

		bench->now_ns = 2000;
		bench_run(bench, 9);
		bench_expect(bench, 0, 2000, 2000, 0, 0);
		assert_int_equal(bench->engine.slots[0].expires_ns, TH_NEVER);
		assert_int_equal(bench->programmed_ns, TH_NEVER);
		assert_true(th_heap_empty(&bench->engine.heap));
		assert_true(bench_cancel(bench, 0));
		bench_free(bench);
	}
}

/* Near the end of time, with the multiplication at its largest. */
static void grid_at_the_end_of_time(void **state)
{
	struct bench *bench = with_period(2000, 3, 0);

	(void)state;
	bench->now_ns = TH_NEVER - 2;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, TH_NEVER - 2, 0xffffffff, 0);
	/* 2000 + 3 n: the first after now, or never. */
	assert_int_equal(bench->engine.slots[0].expires_ns,
			 (TH_NEVER - 2 - 2000) % 3 == 2 ? TH_NEVER - 1
							: TH_NEVER);
	bench_free(bench);
}

static void period_ends_and_begins(void **state)
{
	struct bench *bench = with_period(2000, 500, 0);

	(void)state;
	bench_config(bench, 0, 0, 0, 0);
	bench_pass_to(bench, 2000);
	bench_expect(bench, 0, 2000, 2000, 0, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 0);
	bench_arm(bench, 0, 3000);
	bench_run(bench, 9);
	bench_config(bench, 0, 700, 0, 0);
	bench_pass_to(bench, 4000);
	bench_expect(bench, 0, 3000, 3000, 0, 0);
	bench_expect(bench, 0, 3700, 3700, 0, 0);
	bench_expect_none(bench);
	assert_true(bench_cancel(bench, 0));
	bench_pass_to(bench, 9000);
	bench_expect_none(bench);
	bench_free(bench);
}

/* A step back of the clock fires nothing early, and loses no grid point. */
static void clock_steps_back(void **state)
{
	struct bench *bench = with_period(2000, 500, 0);

	(void)state;
	bench->now_ns = 2600;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2600, 1, 0);
	bench->now_ns = 1500;
	bench_run(bench, 9);
	bench_expect_none(bench);
	assert_int_equal(bench->programmed_ns, 3000);
	bench_pass_to(bench, 3000);
	bench_expect(bench, 0, 3000, 3000, 0, 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_on_the_grid),
		cmocka_unit_test(missed_ticks_are_counted),
		cmocka_unit_test(record_tells_the_next),
		cmocka_unit_test(restart_leaves_the_grid),
		cmocka_unit_test(unknown_flags_are_ignored),
		cmocka_unit_test(short_periods_are_raised),
		cmocka_unit_test(overruns_saturate),
		cmocka_unit_test(deadlines_saturate),
		cmocka_unit_test(grid_at_the_end_of_time),
		cmocka_unit_test(period_ends_and_begins),
		cmocka_unit_test(clock_steps_back),
	};

	return cmocka_run_group_tests_name("periodic", tests, NULL, NULL);
}
