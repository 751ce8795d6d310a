// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wheel against a table that is searched from end to end, and what the
 * engine makes of it.
 */
#include <stdlib.h>

#include "area.h"
#include "bench.h"
#include "check.h"
#include "prng.h"

#define LIST (1ULL << TH_WHEEL_SHIFT)
#define MOST 300

static u64 floor_of(u64 key)
{
	return key / LIST * LIST;
}

/* For each slot where it waits: in the wheel when, in the heap by which key. */
struct table {
	struct th_engine engine;
	u64 begins[MOST];
	u64 keys[MOST];
	u32 nslots;
	u64 horizon;
};

static void make(struct table *table, u32 nslots)
{
	u32 slot;

	area_make(&table->engine, nslots, 1);
	table->nslots = nslots;
	table->horizon = 77 * LIST + 5;
	for (slot = 0; slot < nslots; slot++) {
		table->begins[slot] = TH_NEVER;
		table->keys[slot] = TH_NEVER;
	}
}

static void verify(const struct table *table)
{
	const struct th_engine *engine = &table->engine;
	u64 next = TH_NEVER;
	u32 slot, count = 0;

	if (area_kept_flaw(engine))
		fail_msg("%s", area_kept_flaw(engine));
	for (slot = 0; slot < table->nslots; slot++) {
		u64 begins = table->begins[slot], key = table->keys[slot];

		assert_int_equal(th_wheel_has(&engine->wheel, slot),
				 begins != TH_NEVER);
		assert_int_equal(area_look(engine, slot),
				 begins < key ? begins : key);
		count += begins != TH_NEVER;
		if (begins < next)
			next = begins;
	}
	assert_int_equal(engine->wheel.count, count);
	assert_int_equal(th_wheel_next(&engine->wheel), next);
	assert_int_equal(th_wheel_due(&engine->wheel, table->horizon),
			 next <= table->horizon);
}

/* Where nothing has set the clock back, what is near and ahead fits. */
static bool must_fit(const struct table *table, u64 key)
{
	return key / LIST > table->horizon / LIST + 1 &&
		key / LIST - table->engine.wheel.base < TH_WHEEL_LISTS;
}

static void put(struct table *table, u32 slot, u64 key)
{
	struct th_wheel *wheel = &table->engine.wheel;
	u32 i;

	if (table->keys[slot] != TH_NEVER)
		return;
	i = table->begins[slot] == TH_NEVER ? th_wheel_entry(wheel, slot)
					    : th_wheel_unlink(wheel, slot);
	th_wheel_turn(wheel, table->horizon);
	assert_int_equal(th_wheel_fits(wheel, key), must_fit(table, key));
	table->begins[slot] = TH_NEVER;
	if (!th_wheel_fits(wheel, key)) {
		th_wheel_free(wheel, i);
		return;
	}
	table->begins[slot] = floor_of(key);
	assert_int_equal(th_wheel_link(wheel, i, key), floor_of(key));
}

/* Beside it, since the two share their arrays. */
static void heap(struct table *table, u32 slot, u64 key)
{
	if (table->begins[slot] != TH_NEVER)
		return;
	if (table->keys[slot] == TH_NEVER)
		th_heap_advance(&table->engine.heap, slot, key);
	else
		th_heap_set(&table->engine.heap, slot, key);
	table->keys[slot] = key;
}

/* The lists that have begun, one entry after the other. */
static void empty_due(struct table *table)
{
	struct th_wheel *wheel = &table->engine.wheel;

	while (th_wheel_due(wheel, table->horizon)) {
		u32 slot = wheel->slots[th_wheel_first(wheel)];

		assert_int_equal(table->begins[slot], th_wheel_next(wheel));
		th_wheel_free(wheel, th_wheel_unlink(wheel, slot));
		table->begins[slot] = TH_NEVER;
		verify(table);
	}
}

static void step(struct table *table, struct prng *prng)
{
	u32 slot = (u32)prng_below(prng, table->nslots);
	u64 ahead = prng_below(prng, (TH_WHEEL_LISTS + 9) * LIST);

	switch (prng_below(prng, 10)) {
	case 0:
		table->horizon += prng_below(prng, 20 * LIST);
		empty_due(table);
		break;
	case 1:
		heap(table, slot, table->horizon + ahead);
		break;
	case 2:
		heap(table, slot, TH_NEVER);
		break;
	case 3:
		put(table, slot, floor_of(table->horizon + ahead));
		break;
	case 4:
		put(table, slot, floor_of(table->horizon + ahead) - 1);
		break;
	case 5:
		/* Few lists, so that there are many in one. */
		put(table, slot, table->horizon + (ahead & 3) * LIST);
		break;
	default:
		put(table, slot, table->horizon + ahead);
		break;
	}
	if (prng_once_in(prng, 200))
		table->horizon -= prng_below(prng, table->horizon / 2);
}

static void like_a_table(void **state)
{
	static const u32 sizes[] = { 1, 2, 5, 40, MOST };
	u32 n, i;

	(void)state;
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
		struct prng prng = { n };
		struct table table;

		make(&table, sizes[n]);
		for (i = 0; i < 4000; i++) {
			step(&table, &prng);
			verify(&table);
		}
		table.horizon = TH_NEVER - 1;
		empty_due(&table);
		assert_int_equal(table.engine.wheel.count, 0);
		area_free(&table.engine);
	}
}

/* What has been pushed back goes round; when nobody does any more, it fires. */
static void round_and_round(void **state)
{
	struct bench *bench = bench_make(1, 4);
	struct th_engine *engine = &bench->engine;
	u64 deadline = 10 * LIST + 7;

	(void)state;
	bench_arm(bench, 0, deadline);
	bench_run(bench, 9);
	/* From the heap. */
	assert_int_equal(engine->slots[0].armed_ns, deadline);
	assert_false(bench_arm(bench, 0, 30 * LIST + 7));
	bench_pass_to(bench, deadline);
	assert_int_equal(engine->slots[0].armed_ns, 30 * LIST);
	assert_int_equal(engine->next_event_ns, 30 * LIST);
	assert_true(th_heap_empty(&engine->heap));
	for (deadline = 50 * LIST; deadline < 4000 * LIST;
	     deadline += 20 * LIST + 1) {
		assert_false(bench_arm(bench, 0, deadline));
		bench_pass_to(bench, bench->programmed_ns);
		assert_int_equal(engine->slots[0].armed_ns, floor_of(deadline));
		assert_int_equal(bench->programmed_ns, floor_of(deadline));
	}
	assert_int_equal(engine->stats.lazy_moves, 199);
	assert_int_equal(engine->stats.doorbells, 1);
	/* Back to the heap, and from there in time. */
	deadline = engine->slots[0].expires_ns;
	bench_pass_to(bench, floor_of(deadline));
	assert_int_equal(engine->slots[0].armed_ns, deadline);
	bench_pass_to(bench, deadline - 1);
	bench_expect_none(bench);
	bench_pass_to(bench, deadline + 5);
	bench_expect(bench, 0, deadline, deadline, 0, 0);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	bench_free(bench);
}

/* @slot waits in the wheel for the list that @deadline is in. */
static void wait_in_wheel(struct bench *bench, u32 slot, u64 deadline)
{
	bench_arm(bench, slot, bench->now_ns + 1);
	bench_run(bench, 9);
	bench_arm(bench, slot, deadline);
	bench_pass_to(bench, bench->engine.slots[slot].armed_ns);
	assert_true(th_wheel_has(&bench->engine.wheel, slot));
	assert_int_equal(bench->engine.slots[slot].armed_ns,
			 floor_of(deadline));
}

static void earlier_than_its_list(void **state)
{
	struct bench *bench = bench_make(3, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	wait_in_wheel(bench, 0, 30 * LIST + 9);
	wait_in_wheel(bench, 1, 30 * LIST + 8);
	wait_in_wheel(bench, 2, 40 * LIST);
	/* Within the list: who looks when that begins finds it. */
	assert_false(bench_arm(bench, 1, 30 * LIST));
	assert_true(bench_arm(bench, 0, 20 * LIST + 1));
	bench_run(bench, 9);
	assert_false(th_wheel_has(&engine->wheel, 0));
	assert_int_equal(engine->slots[0].armed_ns, 20 * LIST + 1);
	bench_pass_to(bench, 30 * LIST);
	bench_expect(bench, 0, 20 * LIST + 1, 20 * LIST + 1, 0, 0);
	bench_expect(bench, 1, 30 * LIST, 30 * LIST, 0, 0);
	bench_pass_to(bench, 50 * LIST);
	bench_expect(bench, 2, 40 * LIST, 40 * LIST, 0, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

/* Bells without need change nothing for the worse. */
static void rung_in_the_wheel(void **state)
{
	struct bench *bench = bench_make(3, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	wait_in_wheel(bench, 0, 30 * LIST + 9);
	wait_in_wheel(bench, 1, 30 * LIST + 9);
	wait_in_wheel(bench, 2, 30 * LIST + 9);
	bench_cancel(bench, 1);
	bench_arm(bench, 2, TH_NEVER);
	bench_ring(bench, 0);
	bench_ring(bench, 1);
	bench_ring(bench, 2);
	bench_run(bench, 9);
	/* Later than it was: the heap has it. */
	assert_int_equal(engine->slots[0].armed_ns, 30 * LIST + 9);
	/* Idle: its time comes. */
	assert_int_equal(engine->slots[1].armed_ns, 30 * LIST);
	/* Never. */
	assert_int_equal(engine->slots[2].armed_ns, TH_NEVER);
	bench_pass_to(bench, 31 * LIST);
	assert_int_equal(engine->stats.lazy_drops, 1);
	assert_int_equal(engine->slots[1].armed_ns, TH_NEVER);
	bench_expect(bench, 0, 30 * LIST + 9, 30 * LIST + 9, 0, 0);
	bench_expect_none(bench);
	bench_free(bench);
}

/* Near the beginning of time, slack alone is a key that fits. */
static void idle_with_slack(void **state)
{
	struct bench *bench = bench_make(1, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	wait_in_wheel(bench, 0, 30 * LIST);
	bench_cancel(bench, 0);
	bench_config(bench, 0, 0, (u32)(60 * LIST), 0);
	bench_pass_to(bench, 30 * LIST);
	assert_int_equal(engine->slots[0].armed_ns, TH_NEVER);
	assert_int_equal(engine->stats.lazy_drops, 1);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	bench_free(bench);
}

/* As far as there are lists; what is further keeps its place in the heap. */
static void how_far(void **state)
{
	struct bench *bench = bench_make(2, 4);
	struct th_engine *engine = &bench->engine;
	u64 now = 20 * LIST + 3;

	(void)state;
	bench_arm(bench, 0, now);
	bench_arm(bench, 1, now);
	bench_run(bench, 9);
	bench_arm(bench, 0, floor_of(now) + TH_WHEEL_LISTS * LIST - 1);
	bench_arm(bench, 1, floor_of(now) + TH_WHEEL_LISTS * LIST);
	bench_pass_to(bench, now);
	assert_true(th_wheel_has(&engine->wheel, 0));
	assert_false(th_wheel_has(&engine->wheel, 1));
	assert_int_equal(engine->slots[1].armed_ns,
			 floor_of(now) + TH_WHEEL_LISTS * LIST);
	/* For the list of now, or the next, it does not wait. */
	bench_arm(bench, 0, floor_of(now) + (TH_WHEEL_LISTS - 1) * LIST);
	bench_pass_to(bench, floor_of(now) + (TH_WHEEL_LISTS - 1) * LIST);
	bench_expect(bench, 0, bench->now_ns, bench->now_ns, 0, 0);
	bench_arm(bench, 1, floor_of(now) + (TH_WHEEL_LISTS + 2) * LIST - 1);
	bench_pass_to(bench, floor_of(now) + TH_WHEEL_LISTS * LIST);
	assert_false(th_wheel_has(&engine->wheel, 1));
	bench_free(bench);
}

static void clock_set_back_and_forward(void **state)
{
	struct bench *bench = bench_make(3, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	bench->now_ns = 1000 * LIST;
	wait_in_wheel(bench, 0, 1100 * LIST + 1);
	/* Back: it waits where it is; others need not come to its list. */
	bench->now_ns = 500 * LIST;
	bench_arm(bench, 1, 500 * LIST + 1);
	bench_run(bench, 9);
	bench_arm(bench, 1, 1100 * LIST - TH_WHEEL_LISTS * LIST + 5);
	bench_pass_to(bench, 500 * LIST + 1);
	assert_false(th_wheel_has(&engine->wheel, 1));
	bench_pass_to(bench, 999 * LIST);
	bench_expect(bench, 1, 1100 * LIST - TH_WHEEL_LISTS * LIST + 5,
		     1100 * LIST - TH_WHEEL_LISTS * LIST + 5, 0, 0);
	bench_expect_none(bench);
	wait_in_wheel(bench, 2, 1101 * LIST);
	/* Forward, past all of them: late, but in order. */
	bench->now_ns = 99999 * LIST;
	bench_run_all(bench, 1);
	bench_expect(bench, 0, 1100 * LIST + 1, 99999 * LIST, 0, 0);
	bench_expect(bench, 2, 1101 * LIST, 99999 * LIST, 0, 0);
	assert_int_equal(engine->wheel.count, 0);
	/* Empty, it goes by the clock, wherever that is. */
	bench->now_ns = 5 * LIST;
	wait_in_wheel(bench, 1, 9 * LIST);
	bench_pass_to(bench, 10 * LIST);
	bench_expect(bench, 1, 9 * LIST, 9 * LIST, 0, 0);
	bench_free(bench);
}

/* Where a list would hold TH_NEVER. */
static void at_the_end_of_time(void **state)
{
	struct bench *bench = bench_make(2, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	bench->now_ns = TH_NEVER - 9 * LIST;
	bench_config(bench, 1, 0, 5, 0);
	bench_arm(bench, 0, bench->now_ns + 1);
	bench_arm(bench, 1, bench->now_ns + 1);
	bench_run(bench, 9);
	bench_arm(bench, 0, TH_NEVER - 1);
	bench_arm(bench, 1, TH_NEVER - 1);
	bench_pass_to(bench, TH_NEVER - 9 * LIST + 6);
	assert_int_equal(engine->slots[0].armed_ns, TH_NEVER - 1);
	assert_int_equal(engine->slots[1].armed_ns, TH_NEVER);
	assert_int_equal(engine->wheel.count, 0);
	bench_arm(bench, 1, TH_NEVER - 8 * LIST);
	bench_run(bench, 9);
	bench_arm(bench, 1, TH_NEVER - 4 * LIST - 5);
	bench_pass_to(bench, TH_NEVER - 8 * LIST + 5);
	assert_true(th_wheel_has(&engine->wheel, 1));
	bench->now_ns = TH_NEVER - 1;
	bench_run_all(bench, 9);
	bench_expect(bench, 1, TH_NEVER - 4 * LIST - 5, TH_NEVER - 1, 0, 0);
	bench_expect(bench, 0, TH_NEVER - 1, TH_NEVER - 1, 0, 0);
	bench_free(bench);
}

/* Those of a list are due before what stands in the heap for later. */
static void in_order_of_keys(void **state)
{
	struct bench *bench = bench_make(9, 16);
	u32 slot;

	(void)state;
	for (slot = 0; slot < 8; slot += 2)
		wait_in_wheel(bench, slot, 30 * LIST + 9 - slot);
	for (slot = 1; slot < 9; slot += 2)
		bench_arm(bench, slot, 30 * LIST + 9 - slot);
	bench_arm(bench, 8, 30 * LIST - 1);
	bench_run(bench, BENCH_BUDGET);
	bench->now_ns = 31 * LIST;
	bench_run(bench, BENCH_BUDGET);
	bench_expect(bench, 8, 30 * LIST - 1, 31 * LIST, 0, 0);
	for (slot = 8; slot--;)
		bench_expect(bench, slot, 30 * LIST + 9 - slot, 31 * LIST, 0,
			     0);
	bench_expect_none(bench);
	bench_free(bench);
}

static void a_list_within_the_budget(void **state)
{
	struct bench *bench = bench_make(200, 256);
	struct th_engine *engine = &bench->engine;
	u32 slot, runs;

	(void)state;
	for (slot = 0; slot < 200; slot++)
		wait_in_wheel(bench, slot, 30 * LIST);
	for (slot = 0; slot < 200; slot++)
		if (slot % 3)
			bench_arm(bench, slot, 60 * LIST);
	engine->stats.lazy_moves = 0;
	bench->now_ns = 30 * LIST;
	for (runs = 0; bench_run(bench, 7) == 7; runs++)
		assert_int_equal(bench->programmed_ns, TH_SOON);
	/* 200 are looked at, and 67 of them fire. */
	assert_in_range(runs, 267 / 7, 267 / 7 + 1);
	assert_int_equal(engine->stats.lazy_moves, 200);
	assert_int_equal(engine->stats.expiries, 67);
	assert_int_equal(engine->wheel.count, 133);
	assert_int_equal(bench->programmed_ns, 60 * LIST);
	/* With nothing in the heap that it could go on for. */
	for (slot = 0; slot < 200; slot++)
		if (slot % 3)
			bench_arm(bench, slot, 90 * LIST);
	bench->now_ns = 60 * LIST;
	for (runs = 0; bench_run(bench, 7) == 7; runs++)
		if (runs < 133 / 7 - 1)
			assert_int_equal(bench->programmed_ns, TH_SOON);
	assert_int_equal(runs, 133 / 7);
	assert_int_equal(bench->programmed_ns, 90 * LIST);
	bench_free(bench);
}

/* What slack allows is in the key; an interrupt comes when the list begins. */
static void with_slack(void **state)
{
	struct bench *bench = bench_make(1, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	bench_config(bench, 0, 0, (u32)(5 * LIST), 0);
	bench_arm(bench, 0, 2 * LIST);
	bench_run(bench, 9);
	bench_arm(bench, 0, 25 * LIST + 1);
	bench_pass_to(bench, 7 * LIST);
	assert_int_equal(engine->slots[0].armed_ns, 30 * LIST);
	bench_pass_to(bench, 31 * LIST);
	bench_expect(bench, 0, 25 * LIST + 1, 30 * LIST, 0, 0);
	/* Out of the wheel as well, by its bell or in its turn. */
	bench_config(bench, 0, 0, 1000, 0);
	wait_in_wheel(bench, 0, 60 * LIST);
	bench_ring(bench, 0);
	bench_run(bench, 9);
	assert_int_equal(engine->slots[0].armed_ns, 60 * LIST + 1000);
	wait_in_wheel(bench, 0, 70 * LIST + 5);
	bench_pass_to(bench, 70 * LIST);
	assert_int_equal(engine->slots[0].armed_ns, 70 * LIST + 1005);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_a_table),
		cmocka_unit_test(round_and_round),
		cmocka_unit_test(earlier_than_its_list),
		cmocka_unit_test(rung_in_the_wheel),
		cmocka_unit_test(idle_with_slack),
		cmocka_unit_test(how_far),
		cmocka_unit_test(clock_set_back_and_forward),
		cmocka_unit_test(at_the_end_of_time),
		cmocka_unit_test(in_order_of_keys),
		cmocka_unit_test(a_list_within_the_budget),
		cmocka_unit_test(with_slack),
	};

	return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}
