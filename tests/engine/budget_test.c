// SPDX-License-Identifier: GPL-2.0-only
/* One run's work is bounded, and what waits has its turn. */
#include <stdlib.h>

#include "bench.h"
#include "check.h"

static void never_exceeded(void **state)
{
	unsigned int budget;

	(void)state;
	for (budget = 1; budget < 20; budget++) {
		struct bench *bench = bench_make(100, 128);
		unsigned int runs;
		u32 i;

		for (i = 0; i < 100; i++)
			bench_arm(bench, i, 500 + i % 7);
		/* A unit for each bell, and one for each expiry. */
		runs = bench_run_all(bench, budget);
		assert_in_range(runs, 200 / budget, 200 / budget + 10);
		assert_int_equal(bench->engine.stats.expiries, 100);
		assert_int_equal(bench->engine.stats.doorbells, 100);
		assert_int_equal(bench->engine.stats.runs, runs);
		assert_int_equal(bench->engine.stats.runs_over_budget,
				 runs - 1);
		bench_free(bench);
	}
}

static void comes_back_soon(void **state)
{
	struct bench *bench = bench_make(8, 8);
	struct timerheap_expiry first;
	u32 i;

	(void)state;
	for (i = 0; i < 8; i++)
		bench_arm(bench, i, 2000);
	bench_run(bench, 100);
	bench->now_ns = 2000;
	assert_int_equal(bench_run(bench, 5), 5);
	assert_true(bench_take(bench, &first));
	assert_int_equal(bench->programmed_ns, TH_SOON);
	/* No arm needs to kick meanwhile. */
	assert_int_equal(bench->engine.header->next_event_ns, 0);
	assert_false(bench_arm(bench, first.slot, 1));
	for (i = 1; i < 5; i++)
		bench_take(bench, &(struct timerheap_expiry){ 0 });
	bench_run_all(bench, 5);
	assert_int_equal(bench->engine.stats.expiries, 9);
	assert_int_equal(bench->engine.header->next_event_ns, TH_NEVER);
	bench_free(bench);
}

/* Exactly used up is not over. */
static void exact_fit(void **state)
{
	struct bench *bench = bench_make(8, 8);
	u32 i;

	(void)state;
	for (i = 0; i < 8; i++)
		bench_arm(bench, i, 2000);
	bench_run(bench, 100);
	bench->now_ns = 2000;
	assert_int_equal(bench_run(bench, 8), 8);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	assert_int_equal(bench->engine.stats.runs_over_budget, 0);
	bench_free(bench);
}

/* However few units it took, a run that took long is over. */
static void slow_runs_end(void **state)
{
	struct bench *bench = bench_make(100, 128);
	u32 i;

	(void)state;
	for (i = 0; i < 100; i++)
		bench_arm(bench, i, 2000);
	bench_run(bench, 200);
	bench->now_ns = 2000;
	bench->tick_ns = 10000;
	/* Read before each of three batches, the last one 20 us later. */
	assert_int_equal(bench_run(bench, 200), 3 * 16);
	assert_int_equal(bench->engine.stats.runs_over_budget, 1);
	assert_int_equal(bench->programmed_ns, TH_SOON);
	assert_int_equal(bench->engine.header->next_event_ns, 0);
	/* Doorbells make no exception. */
	bench->tick_ns = 20000;
	for (i = 0; i < 100; i++)
		bench_arm(bench, i, 1000000000);
	bench_run_all(bench, 200);
	assert_int_equal(bench->engine.stats.expiries, 48);
	bench_free(bench);
}

static void lazy_moves_and_drops_count(void **state)
{
	struct bench *bench = bench_make(10, 8);
	u32 i;

	(void)state;
	for (i = 0; i < 10; i++)
		bench_arm(bench, i, 2000);
	bench_run(bench, 100);
	for (i = 0; i < 5; i++)
		bench_arm(bench, i, 9000);
	for (; i < 10; i++)
		bench_cancel(bench, i);
	bench->now_ns = 2000;
	assert_int_equal(bench_run(bench, 4), 4);
	assert_int_equal(bench->programmed_ns, TH_SOON);
	assert_int_equal(bench_run_all(bench, 4), 2);
	assert_int_equal(bench->engine.stats.lazy_moves, 5);
	assert_int_equal(bench->engine.stats.lazy_drops, 5);
	assert_int_equal(bench->programmed_ns, 9000);
	bench_free(bench);
}

/*
 * A user rings @from to @to - 1 between any two runs.  How many runs until
 * @slot, armed in the past, has fired.
 */
static unsigned int runs_until(u32 nslots, u32 from, u32 to, u32 slot,
			       unsigned int budget, unsigned int most)
{
	struct bench *bench = bench_make(nslots, 8);
	struct timerheap_expiry expiry = { 0 };
	unsigned int runs = 0;
	u32 i;

	bench_arm(bench, slot, 500);
	do {
		for (i = from; i < to; i++)
			bench_ring(bench, i);
		bench_run(bench, budget);
		runs++;
	} while (!bench_take(bench, &expiry) && runs < most);
	bench_free(bench);
	return runs;
}

static void bells_in_a_loop_starve_no_bell(void **state)
{
	static const unsigned int budgets[] = { 1, 2, 3, 5, 64, 256 };
	u32 n;

	(void)state;
	for (n = 0; n < sizeof(budgets) / sizeof(*budgets); n++) {
		unsigned int budget = budgets[n];

		/* In its word, in its group, in another group. */
		assert_in_range(runs_until(64, 0, 63, 63, budget, 400), 1, 130);
		assert_in_range(runs_until(128, 0, 2, 64, budget, 400), 1, 20);
		assert_in_range(runs_until(128, 62, 64, 64, budget, 400), 1,
				20);
		assert_in_range(runs_until(128, 126, 128, 64, budget, 400), 1,
				20);
		assert_in_range(runs_until(128, 64, 128, 3, budget, 400), 1,
				200);
		assert_in_range(runs_until(8192, 0, 200, 5000, budget, 2000), 1,
				600);
		assert_in_range(runs_until(8192, 8000, 8192, 5, budget, 2000),
				1, 600);
		assert_in_range(
			runs_until(8192, 4096, 4400, 4095, budget, 2000), 1,
			1000);
	}
}

/* Level 1 alone, as only a hostile user sets it. */
static void empty_words_starve_no_bell(void **state)
{
	struct bench *bench = bench_make(8192, 8);
	struct timerheap_expiry expiry = { 0 };
	unsigned int runs;

	(void)state;
	bench_arm(bench, 5000, 500);
	for (runs = 0; !bench_take(bench, &expiry); runs++) {
		bench->engine.doorbells.level1[0] = ~0ULL;
		bench->engine.doorbells.level1[1] = ~0ULL;
		assert_in_range(bench_run(bench, 4), 1, 4);
		assert_true(runs < 200);
	}
	bench_free(bench);
}

/* Half for expiries, whatever rings; with one unit, every other run. */
static void bells_do_not_starve_expiries(void **state)
{
	unsigned int budget;

	(void)state;
	for (budget = 1; budget <= 8; budget++) {
		struct bench *bench = bench_make(256, 256);
		unsigned int runs = 0;
		u32 i;

		for (i = 0; i < 100; i++)
			bench_arm(bench, i, 2000);
		bench_run_all(bench, 1000);
		bench->now_ns = 2000;
		do {
			for (i = 100; i < 256; i++)
				bench_ring(bench, i);
			bench_run(bench, budget);
			runs++;
		} while (bench->engine.stats.expiries < 100 && runs < 500);
		assert_in_range(runs, 1, 2 * 100 / budget + 2);
		bench_free(bench);
	}
}

static void expiries_do_not_starve_bells(void **state)
{
	unsigned int budget;

	(void)state;
	for (budget = 1; budget <= 8; budget++) {
		struct bench *bench = bench_make(256, 256);
		unsigned int runs = 0;
		u32 i;

		for (i = 0; i < 200; i++)
			bench_arm(bench, i, 2000);
		bench_run_all(bench, 1000);
		bench->now_ns = 2000;
		bench_arm(bench, 250, 100000);
		do {
			bench_run(bench, budget);
			runs++;
		} while (bench->engine.slots[250].armed_ns == TH_NEVER);
		assert_in_range(runs, 1, 2);
		bench_free(bench);
	}
}

/* A run that goes on with another's bells: all of it, or half. */
static void bells_alone_may_be_all(void **state)
{
	struct bench *bench = bench_make(100, 128);
	u64 *doorbells = &bench->engine.stats.doorbells, before;
	u32 i;

	(void)state;
	for (i = 80; i < 100; i++)
		bench_arm(bench, i, 2000);
	bench_run_all(bench, 16);
	for (i = 0; i < 80; i++)
		bench_arm(bench, i, 100000);
	bench_run(bench, 16);
	assert_int_equal(bench->programmed_ns, TH_SOON);
	before = *doorbells;
	assert_int_equal(bench_run(bench, 16), 16);
	assert_int_equal(*doorbells - before, 16);
	bench->now_ns = 2000;
	before = *doorbells;
	assert_int_equal(bench_run(bench, 16), 16);
	assert_int_equal(*doorbells - before, 8);
	assert_int_equal(bench->engine.stats.expiries, 8);
	bench_free(bench);
}

/* The CPU has no time for a run now: nobody needs to ask for it again. */
static void postponed(void **state)
{
	struct bench *bench = bench_make(2, 8);

	(void)state;
	assert_true(bench_arm(bench, 0, 2000));
	th_engine_postpone(&bench->engine);
	assert_int_equal(bench->engine.header->next_event_ns, 0);
	assert_int_equal(bench->engine.next_event_ns, 0);
	assert_false(bench_arm(bench, 1, 1));
	bench_run_all(bench, 9);
	bench_expect(bench, 1, 1, 1000, 0, 0);
	assert_int_equal(bench->engine.header->next_event_ns, 2000);
	bench_free(bench);
}

/* Rung again and again within one run: the run ends all the same. */
static void bells_of_one_run_are_bounded(void **state)
{
	struct bench *bench = bench_make(64, 8);

	(void)state;
	bench->engine.doorbells.level1[0] = ~0ULL;
	bench->engine.doorbells.level0[0] = ~0ULL;
	assert_in_range(bench_run(bench, 1), 0, 1);
	assert_int_equal(bench->programmed_ns, TH_SOON);
	assert_in_range(bench_run_all(bench, 7), 1, 40);
	assert_int_equal(bench->engine.doorbells.level1[0], 0);
	assert_int_equal(bench->engine.doorbells.level0[0], 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_exceeded),
		cmocka_unit_test(comes_back_soon),
		cmocka_unit_test(exact_fit),
		cmocka_unit_test(slow_runs_end),
		cmocka_unit_test(lazy_moves_and_drops_count),
		cmocka_unit_test(bells_in_a_loop_starve_no_bell),
		cmocka_unit_test(empty_words_starve_no_bell),
		cmocka_unit_test(bells_do_not_starve_expiries),
		cmocka_unit_test(expiries_do_not_starve_bells),
		cmocka_unit_test(bells_alone_may_be_all),
		cmocka_unit_test(postponed),
		cmocka_unit_test(bells_of_one_run_are_bounded),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
