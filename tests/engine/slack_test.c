// SPDX-License-Identifier: GPL-2.0-only
/* What moves the kernel's look at a slot: slack, lead, injected delay. */
#include <stdlib.h>

#include "bench.h"
#include "check.h"

static void rides_along(void **state)
{
	struct bench *bench = bench_make(3, 8);

	(void)state;
	bench_config(bench, 0, 0, 1000, 0);
	bench_config(bench, 1, 0, 1001, 0);
	bench_arm(bench, 0, 2000); /* latest: 3000 */
	bench_arm(bench, 1, 2500); /* latest: 3501 */
	bench_arm(bench, 2, 2600);
	bench_run(bench, 9);
	assert_int_equal(bench->engine.slots[0].armed_ns, 3000);
	assert_int_equal(bench->programmed_ns, 2600);
	/* One interrupt for all three. */
	bench_pass_to(bench, 2600);
	bench_expect(bench, 2, 2600, 2600, 0, 0);
	bench_expect(bench, 0, 2000, 2600, 0, 0);
	bench_expect(bench, 1, 2500, 2600, 0, 0);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	bench_free(bench);
}

static void latest_time_alone(void **state)
{
	struct bench *bench = bench_make(2, 8);

	(void)state;
	bench_config(bench, 0, 0, 1000, 0);
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	assert_int_equal(bench->programmed_ns, 3000);
	/* A kick in between does what is due. */
	bench->now_ns = 1999;
	bench_run(bench, 9);
	bench_expect_none(bench);
	bench->now_ns = 2000;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2000, 0, 0);
	bench_free(bench);
}

/* Only the root rides along: behind one that is not due nothing is sought. */
static void order_is_by_latest_time(void **state)
{
	struct bench *bench = bench_make(3, 8);

	(void)state;
	bench_config(bench, 0, 0, 5000, 0);
	bench_arm(bench, 0, 2000);
	bench_arm(bench, 1, 3000);
	bench_arm(bench, 2, 2500);
	bench_run(bench, 9);
	bench_pass_to(bench, 2500);
	bench_expect(bench, 2, 2500, 2500, 0, 0);
	bench_expect_none(bench);
	bench_pass_to(bench, 3000);
	bench_expect(bench, 1, 3000, 3000, 0, 0);
	bench_expect(bench, 0, 2000, 3000, 0, 0);
	bench_free(bench);
}

static void slack_decides_on_kicks(void **state)
{
	struct bench *bench = bench_make(2, 8);

	(void)state;
	bench_arm(bench, 0, 3000);
	bench_run(bench, 9);
	bench_config(bench, 1, 0, 1000, 0);
	assert_false(bench_arm(bench, 1, 2000));
	assert_true(bench_arm(bench, 1, 1999));
	bench_free(bench);
}

static void periodic_with_slack_keeps_its_grid(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench_config(bench, 0, 1000, 300, 0);
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	bench_pass_to(bench, 4400);
	bench_expect(bench, 0, 2000, 2300, 0, 0);
	bench_expect(bench, 0, 3000, 3300, 0, 0);
	bench_expect(bench, 0, 4000, 4300, 0, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

static void lead_is_early_and_says_so(void **state)
{
	struct bench *bench = bench_make(2, 8);

	(void)state;
	bench->engine.header->lead_ns = 300;
	bench_arm(bench, 0, 2000);
	bench_arm(bench, 1, 3000);
	bench_run(bench, 9);
	assert_int_equal(bench->engine.header->next_event_ns, 2000);
	assert_int_equal(bench->programmed_ns, 1700);
	bench->now_ns = 1699;
	bench_run(bench, 9);
	bench_expect_none(bench);
	bench->now_ns = 1700;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 1700, 0, TIMERHEAP_EXPIRY_LEAD);
	assert_int_equal(bench->engine.stats.lateness_max_ns, 0);
	assert_int_equal(bench->programmed_ns, 2700);
	/* Late: no longer before its deadline. */
	bench->now_ns = 3000;
	bench_run(bench, 9);
	bench_expect(bench, 1, 3000, 3000, 0, 0);
	assert_int_equal(bench->engine.stats.lateness_max_ns, 300);
	bench_free(bench);
}

static void lead_is_bounded(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench->engine.header->lead_ns = ~0U;
	bench_arm(bench, 0, 2000 + TIMERHEAP_LEAD_MAX_NS);
	bench_run(bench, 9);
	assert_int_equal(bench->programmed_ns, 2000);
	bench->now_ns = 1999;
	bench_run(bench, 9);
	bench_expect_none(bench);
	bench_free(bench);
}

/* A lead above the period: the ticks of the time ahead, each once. */
static void lead_above_the_period(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench->engine.header->lead_ns = 250;
	bench_config(bench, 0, 100, 0, 0);
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	bench->now_ns = 1800;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 1800, 0, TIMERHEAP_EXPIRY_LEAD);
	bench_expect_none(bench);
	bench->now_ns = 2000;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2100, 2000, 0, TIMERHEAP_EXPIRY_LEAD);
	bench_expect(bench, 0, 2200, 2000, 0, TIMERHEAP_EXPIRY_LEAD);
	bench_expect_none(bench);
	assert_int_equal(bench->programmed_ns, 2050);
	bench_free(bench);
}

static void lead_before_the_beginning_of_time(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench->engine.header->lead_ns = 3000;
	bench_arm(bench, 0, 5000);
	bench_run(bench, 9);
	assert_int_equal(bench->programmed_ns, 2000);
	/* Earlier than the lead goes back: at once. */
	bench_arm(bench, 0, 2500);
	bench_run(bench, 9);
	bench_expect(bench, 0, 2500, 1000, 0, TIMERHEAP_EXPIRY_LEAD);
	bench_free(bench);
}

static void delay_makes_late(void **state)
{
	struct bench *bench = bench_make(2, 8);

	(void)state;
	bench->engine.delay_ns = 400;
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	assert_int_equal(bench->engine.header->next_event_ns, 2000);
	assert_int_equal(bench->programmed_ns, 2400);
	bench->now_ns = 2399;
	bench_run(bench, 9);
	bench_expect_none(bench);
	bench->now_ns = 2400;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2400, 0, 0);
	/* The lateness is what the user sees. */
	assert_int_equal(bench->engine.stats.lateness_max_ns, 400);
	bench_free(bench);
}

static void delay_and_lead(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench->engine.delay_ns = 400;
	bench->engine.header->lead_ns = 150;
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	assert_int_equal(bench->programmed_ns, 2250);
	bench->now_ns = 2250;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2000, 2250, 0, 0);
	assert_int_equal(bench->engine.stats.lateness_max_ns, 400);
	bench_free(bench);
}

/* A delay longer than the clock has run: nothing is due. */
static void delay_above_now(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench->engine.delay_ns = 5000;
	bench_arm(bench, 0, 1);
	bench_run(bench, 9);
	bench_expect_none(bench);
	assert_int_equal(bench->programmed_ns, 5001);
	bench->now_ns = 5001;
	bench_run(bench, 9);
	bench_expect(bench, 0, 1, 5001, 0, 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rides_along),
		cmocka_unit_test(latest_time_alone),
		cmocka_unit_test(order_is_by_latest_time),
		cmocka_unit_test(slack_decides_on_kicks),
		cmocka_unit_test(periodic_with_slack_keeps_its_grid),
		cmocka_unit_test(lead_is_early_and_says_so),
		cmocka_unit_test(lead_is_bounded),
		cmocka_unit_test(lead_above_the_period),
		cmocka_unit_test(lead_before_the_beginning_of_time),
		cmocka_unit_test(delay_makes_late),
		cmocka_unit_test(delay_and_lead),
		cmocka_unit_test(delay_above_now),
	};

	return cmocka_run_group_tests_name("slack", tests, NULL, NULL);
}
