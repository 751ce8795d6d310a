// SPDX-License-Identifier: GPL-2.0-only
/* A full ring means "not now", never "lost". */
#include <stdlib.h>

#include "bench.h"
#include "check.h"

static struct bench *stalled(u32 timers, u32 ring_size)
{
	struct bench *bench = bench_make(timers, ring_size);
	u32 i;

	for (i = 0; i < timers; i++)
		bench_arm(bench, i, 2000 + i);
	bench_run_all(bench, 1000);
	bench->now_ns = 3000;
	bench_run_all(bench, 1000);
	return bench;
}

static void waits_for_the_consumer(void **state)
{
	struct bench *bench = stalled(10, 4);
	struct th_engine *engine = &bench->engine;

	(void)state;
	assert_int_equal(engine->header->flags, TIMERHEAP_HDR_STALLED);
	assert_int_equal(engine->header->next_event_ns, 0);
	/* No timer: the consumer's kick is what it takes. */
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	assert_int_equal(engine->stats.stalls, 1);
	assert_int_equal(engine->stats.expiries, 4);
	assert_int_equal(bench->wakes, 1);
	/* A kick that comes too early changes nothing. */
	assert_int_equal(bench_run(bench, 9), 0);
	assert_int_equal(engine->header->flags, TIMERHEAP_HDR_STALLED);
	assert_int_equal(engine->stats.stalls, 1);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	bench_free(bench);
}

static void recovers(void **state)
{
	struct bench *bench = stalled(10, 4);
	struct th_engine *engine = &bench->engine;
	u32 i;

	(void)state;
	for (i = 0; i < 10; i++) {
		bench_expect(bench, i, 2000 + i, 3000, 0, 0);
		bench_run_all(bench, 9);
		assert_int_equal(
			!!(engine->header->flags & TIMERHEAP_HDR_STALLED),
			i < 5);
	}
	bench_expect_none(bench);
	assert_int_equal(engine->header->flags, 0);
	assert_int_equal(engine->header->next_event_ns, TH_NEVER);
	assert_int_equal(engine->stats.stalls, 1);
	assert_int_equal(engine->stats.expiries, 10);
	bench_free(bench);
}

static void exactly_full_is_no_stall(void **state)
{
	struct bench *bench = stalled(4, 4);

	(void)state;
	assert_int_equal(bench->engine.header->flags, 0);
	assert_int_equal(bench->engine.stats.stalls, 0);
	assert_int_equal(bench->engine.stats.expiries, 4);
	/* The next one is. */
	bench_arm(bench, 0, 10);
	bench_run(bench, 9);
	assert_int_equal(bench->engine.header->flags, TIMERHEAP_HDR_STALLED);
	assert_int_equal(bench->engine.stats.stalls, 1);
	bench_free(bench);
}

/* Moves and cancels go on behind a full ring. */
static void cancel_ends_the_stall(void **state)
{
	struct bench *bench = stalled(5, 4);

	(void)state;
	assert_int_equal(bench->engine.header->flags, TIMERHEAP_HDR_STALLED);
	assert_true(bench_cancel(bench, 4));
	bench_run(bench, 9);
	assert_int_equal(bench->engine.header->flags, 0);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	assert_int_equal(bench->engine.header->next_event_ns, TH_NEVER);
	bench_free(bench);
}

static void push_back_ends_the_stall(void **state)
{
	struct bench *bench = stalled(5, 4);

	(void)state;
	bench_arm(bench, 4, 9000);
	bench_run(bench, 9);
	assert_int_equal(bench->engine.header->flags, 0);
	assert_int_equal(bench->programmed_ns, 9000);
	bench_free(bench);
}

static void bells_are_answered_while_stalled(void **state)
{
	struct bench *bench = stalled(6, 4);
	u32 i;

	(void)state;
	/* next_event_ns says that no kick is needed. */
	assert_false(bench_arm(bench, 0, 10));
	bench_run(bench, 9);
	assert_int_equal(bench->engine.slots[0].armed_ns, 10);
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	for (i = 0; i < 4; i++)
		bench_expect(bench, i, 2000 + i, 3000, 0, 0);
	bench_run(bench, 9);
	bench_expect(bench, 0, 10, 3000, 0, 0);
	bench_expect(bench, 4, 2004, 3000, 0, 0);
	bench_expect(bench, 5, 2005, 3000, 0, 0);
	bench_free(bench);
}

/* Periods missed behind a full ring are counted, on the grid. */
static void periodic_behind_a_full_ring(void **state)
{
	struct bench *bench = bench_make(1, 1);

	(void)state;
	bench_config(bench, 0, 100, 0, 0);
	bench_arm(bench, 0, 2000);
	bench_run(bench, 9);
	bench_pass_to(bench, 2000);
	bench_pass_to(bench, 2750);
	assert_int_equal(bench->engine.header->flags, TIMERHEAP_HDR_STALLED);
	assert_int_equal(bench->engine.slots[0].expires_ns, 2100);
	bench_expect(bench, 0, 2000, 2000, 0, 0);
	bench_run(bench, 9);
	bench_expect(bench, 0, 2100, 2750, 6, 0);
	assert_int_equal(bench->engine.slots[0].expires_ns, 2800);
	bench_free(bench);
}

/* Heads that no consumer can have reached stall the queue, and it recovers. */
static void garbage_head(void **state)
{
	static const u32 heads[] = { 5, 0xffffffff, 0x80000000, 12345 };
	u32 n;

	(void)state;
	for (n = 0; n < sizeof(heads) / sizeof(*heads); n++) {
		struct bench *bench = bench_make(16, 4);
		u32 i;

		bench->engine.header->cq_head = heads[n];
		for (i = 0; i < 16; i++)
			bench_arm(bench, i, 10);
		for (i = 0; i < 8; i++)
			th_engine_run(&bench->engine, 100);
		assert_int_equal(bench->engine.ring.tail, 4);
		assert_int_equal(bench->engine.header->flags,
				 TIMERHEAP_HDR_STALLED);
		bench->engine.header->cq_head = 4;
		bench_run_all(bench, 100);
		assert_int_equal(bench->engine.ring.tail, 8);
		bench_free(bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_the_consumer),
		cmocka_unit_test(recovers),
		cmocka_unit_test(exactly_full_is_no_stall),
		cmocka_unit_test(cancel_ends_the_stall),
		cmocka_unit_test(push_back_ends_the_stall),
		cmocka_unit_test(bells_are_answered_while_stalled),
		cmocka_unit_test(periodic_behind_a_full_ring),
		cmocka_unit_test(garbage_head),
	};

	return cmocka_run_group_tests_name("stall", tests, NULL, NULL);
}
