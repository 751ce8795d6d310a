// SPDX-License-Identifier: GPL-2.0-only
/* Arming, moving and cancelling one-shot timers. */
#include <stdlib.h>

#include "bench.h"
#include "check.h"

static void starts_idle(void **state)
{
	struct bench *bench = bench_make(3, 4);
	struct th_engine *engine = &bench->engine;
	u32 slot;

	(void)state;
	assert_int_equal(engine->header->next_event_ns, TH_NEVER);
	for (slot = 0; slot < 3; slot++)
		assert_int_equal(engine->slots[slot].armed_ns, TH_NEVER);
	assert_int_equal(bench_run(bench, 1), 0);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	assert_int_equal(engine->header->next_event_ns, TH_NEVER);
	assert_int_equal(engine->header->flags, 0);
	assert_int_equal(bench->wakes, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

static void fires_once_and_not_early(void **state)
{
	struct bench *bench = bench_make(70, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	assert_true(bench_arm(bench, 69, 5000));
	assert_int_equal(bench_run(bench, 9), 1);
	assert_int_equal(engine->slots[69].armed_ns, 5000);
	assert_int_equal(engine->header->next_event_ns, 5000);
	assert_int_equal(bench->programmed_ns, 5000);
	bench->now_ns = 4999;
	assert_int_equal(bench_run(bench, 9), 0);
	bench_expect_none(bench);
	assert_int_equal(bench->wakes, 0);
	bench->now_ns = 5000;
	assert_int_equal(bench_run(bench, 9), 1);
	assert_int_equal(bench->wakes, 1);
	bench_expect(bench, 69, 5000, 5000, 0, 0);
	assert_int_equal(engine->slots[69].expires_ns, 0);
	assert_int_equal(engine->slots[69].armed_ns, TH_NEVER);
	assert_int_equal(engine->header->next_event_ns, TH_NEVER);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	bench_pass_to(bench, 100000);
	assert_int_equal(bench_run(bench, 9), 0);
	bench_expect_none(bench);
	assert_int_equal(engine->stats.expiries, 1);
	bench_free(bench);
}

static void past_deadline_fires_at_once(void **state)
{
	struct bench *bench = bench_make(2, 4);

	(void)state;
	assert_true(bench_arm(bench, 0, 1));
	assert_true(bench_arm(bench, 1, 1000));
	bench_run_all(bench, 9);
	bench_expect(bench, 0, 1, 1000, 0, 0);
	bench_expect(bench, 1, 1000, 1000, 0, 0);
	bench_expect_none(bench);
	assert_int_equal(bench->engine.stats.lateness_max_ns, 999);
	assert_int_equal(bench->engine.stats.lateness_min_ns, 0);
	bench_free(bench);
}

static void later_needs_no_kick(void **state)
{
	struct bench *bench = bench_make(3, 4);

	(void)state;
	assert_true(bench_arm(bench, 0, 5000));
	bench_run(bench, 9);
	/* Rung, but the kernel drains before. */
	assert_false(bench_arm(bench, 1, 5000));
	assert_false(bench_arm(bench, 2, 7000));
	assert_int_equal(bench->engine.doorbells.level0[0], 6);
	bench_pass_to(bench, 6000);
	bench_expect(bench, 0, 5000, 5000, 0, 0);
	bench_expect(bench, 1, 5000, 5000, 0, 0);
	bench_expect_none(bench);
	assert_int_equal(bench->engine.doorbells.level0[0], 0);
	assert_int_equal(bench->engine.doorbells.level1[0], 0);
	bench_pass_to(bench, 7000);
	bench_expect(bench, 2, 7000, 7000, 0, 0);
	bench_free(bench);
}

static void earlier_rearm(void **state)
{
	struct bench *bench = bench_make(2, 4);

	(void)state;
	bench_arm(bench, 0, 9000);
	bench_arm(bench, 1, 8000);
	bench_run(bench, 9);
	assert_int_equal(bench->programmed_ns, 8000);
	assert_true(bench_arm(bench, 0, 2000));
	assert_int_equal(bench_run(bench, 9), 1);
	assert_int_equal(bench->programmed_ns, 2000);
	assert_int_equal(bench->engine.slots[0].armed_ns, 2000);
	bench_pass_to(bench, 10000);
	bench_expect(bench, 0, 2000, 2000, 0, 0);
	bench_expect(bench, 1, 8000, 8000, 0, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

static void push_back_is_lazy(void **state)
{
	struct bench *bench = bench_make(1, 4);
	struct th_engine *engine = &bench->engine;
	u64 deadline;

	(void)state;
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	for (deadline = 2001; deadline < 2100; deadline++)
		assert_false(bench_arm(bench, 0, deadline));
	assert_int_equal(engine->doorbells.level1[0], 0);
	assert_int_equal(engine->slots[0].armed_ns, 2000);
	bench_pass_to(bench, 2098);
	bench_expect_none(bench);
	assert_int_equal(engine->stats.lazy_moves, 1);
	assert_int_equal(engine->slots[0].armed_ns, 2099);
	bench_pass_to(bench, 2099);
	bench_expect(bench, 0, 2099, 2099, 0, 0);
	assert_int_equal(engine->stats.doorbells, 1);
	bench_free(bench);
}

/* Pushed back, but passed when the kernel comes: fires on the spot. */
static void push_back_a_little(void **state)
{
	struct bench *bench = bench_make(1, 4);

	(void)state;
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	bench_arm(bench, 0, 2050);
	bench->now_ns = 2100;
	bench_run(bench, 9);
	bench_expect(bench, 0, 2050, 2100, 0, 0);
	assert_int_equal(bench->engine.stats.lateness_max_ns, 50);
	assert_int_equal(bench->engine.stats.lazy_moves, 0);
	bench_free(bench);
}

/* Eight slots, a microsecond apart from 2000 on. */
static struct bench *eight_in_a_row(void)
{
	struct bench *bench = bench_make(8, 16);
	u32 slot;

	for (slot = 0; slot < 8; slot++)
		bench_arm(bench, slot, 2000 + slot * 1000);
	bench_run(bench, 99);
	return bench;
}

/* One interrupt moves what others would have come for, up to who fires. */
static void pushed_back_together(void **state)
{
	struct bench *bench = eight_in_a_row();
	struct th_engine *engine = &bench->engine;
	u32 slot;

	(void)state;
	for (slot = 0; slot < 8; slot++)
		if (slot == 1)
			bench_cancel(bench, slot);
		else if (slot != 6)
			bench_arm(bench, slot, 5000000);
	bench->now_ns = 2000;
	bench_run(bench, 99);
	assert_int_equal(engine->stats.lazy_moves, 5);
	assert_int_equal(engine->stats.lazy_drops, 1);
	/* In the wheel, to be looked at when its list begins. */
	assert_int_equal(engine->slots[5].armed_ns,
			 5000000 >> TH_WHEEL_SHIFT << TH_WHEEL_SHIFT);
	assert_int_equal(engine->slots[7].armed_ns, 9000);
	assert_int_equal(bench->programmed_ns, 8000);
	bench_pass_to(bench, 8000);
	bench_expect(bench, 6, 8000, 8000, 0, 0);
	bench_expect_none(bench);
	/* That one fired, and nothing was moved by the way. */
	assert_int_equal(bench->programmed_ns, 9000);
	bench_free(bench);
}

/* As long as the budget lasts. */
static void pushed_back_within_the_budget(void **state)
{
	struct bench *bench = eight_in_a_row();
	struct th_engine *engine = &bench->engine;
	u32 slot;

	(void)state;
	for (slot = 0; slot < 8; slot++)
		bench_arm(bench, slot, 5000000);
	bench->now_ns = 2000;
	assert_int_equal(bench_run(bench, 3), 3);
	assert_int_equal(engine->stats.lazy_moves, 3);
	/* The others are not due: it need not come back shortly for them. */
	assert_int_equal(bench->programmed_ns, 5000);
	bench->now_ns = 5000;
	bench_run(bench, 99);
	assert_int_equal(engine->stats.lazy_moves, 8);
	bench_free(bench);
}

static void pushed_back_within_a_millisecond(void **state)
{
	struct bench *bench = bench_make(3, 4);

	(void)state;
	bench_arm(bench, 0, 2000);
	bench_arm(bench, 1, 2000 + 1000000);
	bench_arm(bench, 2, 2000 + 1000001);
	bench_run(bench, 9);
	bench_arm(bench, 0, 5000000);
	bench_arm(bench, 1, 5000000);
	bench_arm(bench, 2, 5000000);
	bench->now_ns = 2000;
	bench_run(bench, 9);
	assert_int_equal(bench->engine.stats.lazy_moves, 2);
	assert_int_equal(bench->programmed_ns, 2000 + 1000001);
	bench_free(bench);
}

static void cancel(void **state)
{
	struct bench *bench = bench_make(2, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	assert_false(bench_cancel(bench, 0));
	bench_arm(bench, 0, 2000);
	/* Before the kernel looked. */
	assert_true(bench_cancel(bench, 0));
	assert_false(bench_cancel(bench, 0));
	bench_run(bench, 9);
	assert_true(th_heap_empty(&engine->heap));
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	/* In the heap: its entry goes when its time comes. */
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	assert_true(bench_cancel(bench, 0));
	bench_run(bench, 9);
	assert_int_equal(bench->programmed_ns, 2000);
	bench_pass_to(bench, 3000);
	bench_expect_none(bench);
	assert_int_equal(engine->stats.lazy_drops, 1);
	assert_int_equal(engine->slots[0].armed_ns, TH_NEVER);
	/* Too late. */
	bench_arm(bench, 1, 3500);
	bench_run(bench, 9);
	bench_pass_to(bench, 4000);
	assert_false(bench_cancel(bench, 1));
	bench_expect(bench, 1, 3500, 3500, 0, 0);
	bench_free(bench);
}

static void cancel_and_rearm_in_the_heap(void **state)
{
	struct bench *bench = bench_make(1, 4);

	(void)state;
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	bench_cancel(bench, 0);
	assert_false(bench_arm(bench, 0, 2500));
	assert_int_equal(bench->engine.doorbells.level1[0], 0);
	bench_pass_to(bench, 9999);
	bench_expect(bench, 0, 2500, 2500, 0, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

static void order_of_keys(void **state)
{
	struct bench *bench = bench_make(200, 256);
	u32 i;

	(void)state;
	for (i = 0; i < 200; i++)
		bench_arm(bench, i, 2000 + (i * 77) % 200);
	bench_run(bench, BENCH_BUDGET);
	bench->now_ns = 5000;
	bench_run(bench, BENCH_BUDGET);
	for (i = 0; i < 200; i++) {
		struct timerheap_expiry expiry = { 0 };

		assert_true(bench_take(bench, &expiry));
		assert_int_equal(expiry.expires_ns, 2000 + i);
		assert_int_equal(expiry.slot * 77 % 200, i);
	}
	bench_free(bench);
}

/* Many of one instant, and many of another. */
static void each_counted_by_its_deadline(void **state)
{
	struct bench *bench = bench_make(12, 16);
	const struct timerheap_stats *stats = &bench->engine.stats;
	u32 i;

	(void)state;
	for (i = 0; i < 12; i++)
		bench_arm(bench, i, 2000 + i / 4 * 100);
	bench_run(bench, BENCH_BUDGET);
	bench->now_ns = 3000;
	bench_run(bench, BENCH_BUDGET);
	assert_int_equal(stats->expiries, 12);
	assert_int_equal(stats->lateness_max_ns, 1000);
	assert_int_equal(stats->lateness_min_ns, 800);
	assert_int_equal(stats->lateness_sum_ns, 4 * (1000 + 900 + 800));
	bench_free(bench);
}

static void far_deadlines_saturate(void **state)
{
	struct bench *bench = bench_make(4, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	/* Never reached, and so never in the heap. */
	assert_false(bench_arm(bench, 0, TH_NEVER));
	bench_config(bench, 1, 0, 10, 0);
	assert_false(bench_arm(bench, 1, TH_NEVER - 5));
	bench_ring(bench, 0);
	bench_ring(bench, 1);
	assert_false(bench_arm(bench, 2, TH_NEVER) ||
		     engine->doorbells.level0[0] == 0);
	bench_arm(bench, 3, TH_NEVER - 1);
	bench_run(bench, 9);
	assert_int_equal(engine->heap.count, 1);
	assert_int_equal(engine->slots[3].armed_ns, TH_NEVER - 1);
	assert_int_equal(engine->slots[1].armed_ns, TH_NEVER);
	assert_int_equal(bench->programmed_ns, TH_NEVER - 1);
	bench->now_ns = TH_NEVER - 2;
	bench_run(bench, 9);
	bench_expect_none(bench);
	bench->now_ns = TH_NEVER - 1;
	bench_run(bench, 9);
	bench_expect(bench, 3, TH_NEVER - 1, TH_NEVER - 1, 0, 0);
	/* From the heap back to never, and back again. */
	bench->now_ns = 1000;
	bench_config(bench, 1, 0, 0, 0);
	bench_arm(bench, 1, 2000);
	bench_run(bench, 9);
	bench_arm(bench, 1, TH_NEVER);
	bench_pass_to(bench, 3000);
	assert_int_equal(engine->slots[1].armed_ns, TH_NEVER);
	assert_true(th_heap_empty(&engine->heap));
	assert_true(bench_arm(bench, 1, 4000));
	bench_run(bench, 9);
	bench_pass_to(bench, 4000);
	bench_expect(bench, 1, 4000, 4000, 0, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

/* The calls for those who do not map. */
static void arm_by_call(void **state)
{
	struct bench *bench = bench_make(200, 4);
	struct th_engine *engine = &bench->engine;
	struct timerheap_arm arm = {
		.expires_ns = 5000,
		.period_ns = 100000,
		.slot = 130,
		.slack_ns = 50,
		.flags = TIMERHEAP_SLOT_RESTART,
	};

	(void)state;
	assert_false(th_engine_cancel(engine, 130));
	assert_true(th_engine_arm(engine, &arm));
	assert_int_equal(engine->slots[130].expires_ns, 5000);
	assert_int_equal(engine->slots[130].period_ns, 100000);
	assert_int_equal(engine->slots[130].slack_ns, 50);
	assert_int_equal(engine->slots[130].flags, TIMERHEAP_SLOT_RESTART);
	assert_int_equal(engine->doorbells.level0[2], 1ULL << 2);
	assert_int_equal(engine->doorbells.level1[0], 1ULL << 2);
	bench_run(bench, 9);
	assert_int_equal(engine->slots[130].armed_ns, 5050);
	/* What user space says of armed_ns and next_event_ns counts nothing. */
	engine->slots[130].armed_ns = 0;
	engine->header->next_event_ns = 0;
	arm.expires_ns = 4000;
	assert_true(th_engine_arm(engine, &arm));
	assert_int_equal(engine->doorbells.level0[2], 1ULL << 2);
	bench_run(bench, 9);
	assert_int_equal(engine->slots[130].armed_ns, 4050);
	/* The slack counts. */
	arm.slot = 131;
	arm.expires_ns = 3999;
	arm.slack_ns = 51;
	assert_false(th_engine_arm(engine, &arm));
	arm.slack_ns = 50;
	assert_true(th_engine_arm(engine, &arm));
	arm.expires_ns = TH_NEVER - 3;
	assert_false(th_engine_arm(engine, &arm));
	assert_true(th_engine_cancel(engine, 131));
	assert_true(th_engine_cancel(engine, 130));
	assert_false(th_engine_cancel(engine, 130));
	bench_pass_to(bench, 10000);
	bench_expect_none(bench);
	bench_free(bench);
}

static void flags_change_under_a_mask(void **state)
{
	struct bench *bench = bench_make(1, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	th_engine_set_flags(engine, 6, 2);
	assert_int_equal(engine->header->flags, 2);
	th_engine_set_flags(engine, 4, ~0U);
	assert_int_equal(engine->header->flags, 6);
	th_engine_set_flags(engine, 2, 0);
	assert_int_equal(engine->header->flags, 4);
	/* A run leaves the others alone. */
	bench_run(bench, 9);
	assert_int_equal(engine->header->flags, 4);
	assert_int_equal(engine->header_flags, 4);
	bench_free(bench);
}

/* The doorbell of every slot, at the ends of words and of groups. */
static void every_doorbell(void **state)
{
	static const u32 sizes[] = { 1, 63, 64, 65, 4095, 4096, 4097, 8200 };
	u32 n, slot;

	(void)state;
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
		struct bench *bench = bench_make(sizes[n], 16384);

		for (slot = 0; slot < sizes[n]; slot++)
			bench_arm(bench, slot, 2000);
		bench_run(bench, sizes[n] * 2);
		assert_int_equal(bench->engine.heap.count, sizes[n]);
		assert_int_equal(bench->programmed_ns, 2000);
		assert_int_equal(bench->engine.stats.doorbells, sizes[n]);
		bench->now_ns = 2000;
		assert_int_equal(bench_run(bench, sizes[n] * 2), sizes[n]);
		assert_int_equal(bench->engine.stats.expiries, sizes[n]);
		bench_free(bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_idle),
		cmocka_unit_test(fires_once_and_not_early),
		cmocka_unit_test(past_deadline_fires_at_once),
		cmocka_unit_test(later_needs_no_kick),
		cmocka_unit_test(earlier_rearm),
		cmocka_unit_test(push_back_is_lazy),
		cmocka_unit_test(push_back_a_little),
		cmocka_unit_test(pushed_back_together),
		cmocka_unit_test(pushed_back_within_the_budget),
		cmocka_unit_test(pushed_back_within_a_millisecond),
		cmocka_unit_test(cancel),
		cmocka_unit_test(cancel_and_rearm_in_the_heap),
		cmocka_unit_test(order_of_keys),
		cmocka_unit_test(each_counted_by_its_deadline),
		cmocka_unit_test(far_deadlines_saturate),
		cmocka_unit_test(arm_by_call),
		cmocka_unit_test(flags_change_under_a_mask),
		cmocka_unit_test(every_doorbell),
	};

	return cmocka_run_group_tests_name("arm", tests, NULL, NULL);
}
