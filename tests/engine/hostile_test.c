// SPDX-License-Identifier: GPL-2.0-only
/* Whatever user space writes, it makes no more than its own timers wrong. */
#include <stdlib.h>

#include "area.h"
#include "area.h"
#include "bench.h"
#include "check.h"
#include "prng.h"

static u64 garbage(struct prng *prng, u64 now)
{
	switch (prng_below(prng, 6)) {
	case 0:
		return 0;
	case 1:
		return TH_NEVER - prng_below(prng, 3);
	case 2:
		return now + prng_below(prng, 100);
	case 3:
		return now - prng_below(prng, 100);
	default:
		return prng_next(prng) >> prng_below(prng, 64);
	}
}

static void scribble(struct bench *bench, struct prng *prng)
{
	struct th_engine *engine = &bench->engine;
	struct timerheap_slot *slot =
		&engine->slots[prng_below(prng, engine->nslots)];

	switch (prng_below(prng, 12)) {
	case 0:
	case 1:
	case 2:
		slot->expires_ns = garbage(prng, bench->now_ns);
		break;
	case 3:
		slot->period_ns = garbage(prng, 5);
		break;
	case 4:
		slot->slack_ns = garbage(prng, 5);
		slot->flags = prng_next(prng);
		break;
	case 5:
	case 6:
	case 7:
		engine->doorbells.level0[prng_below(
			prng, engine->doorbells.level0_words)] =
			garbage(prng, 0);
		break;
	case 8:
	case 9:
		engine->doorbells.level1[prng_below(
			prng, engine->doorbells.level1_words)] =
			garbage(prng, 0);
		break;
	case 10:
		engine->header->cq_head =
			engine->ring.tail - prng_below(prng, 40);
		break;
	case 11:
		engine->header->lead_ns = garbage(prng, 100);
		break;
	}
}

/* The words that the kernel writes, it does not read. */
static void scribble_on_the_kernels_words(struct bench *bench,
					  struct prng *prng)
{
	struct th_engine *engine = &bench->engine;

	engine->header->next_event_ns = garbage(prng, bench->now_ns);
	engine->header->cq_tail = prng_next(prng);
	engine->header->flags = prng_next(prng);
	engine->slots[prng_below(prng, engine->nslots)].armed_ns =
		garbage(prng, bench->now_ns);
}

/* What user space cannot see is in order; armed_ns may be anything. */
static void verify_kept(const struct th_engine *engine)
{
	if (area_kept_flaw(engine))
		fail_msg("%s", area_kept_flaw(engine));
}

static void random_garbage(u32 nslots, u64 seed)
{
	struct bench *bench = bench_make(nslots, 16);
	struct th_engine *engine = &bench->engine;
	struct prng prng = { seed };
	u32 i, n;

	for (i = 0; i < 2000; i++) {
		unsigned int budget = prng_range(&prng, 1, 40), used;
		u32 before = engine->ring.tail;

		for (n = prng_below(&prng, 8); n; n--)
			scribble(bench, &prng);
		if (prng_once_in(&prng, 3))
			scribble_on_the_kernels_words(bench, &prng);
		used = th_engine_run(engine, budget);
		assert_in_range(used, 0, budget);
		assert_in_range(engine->ring.tail - before, 0, used);
		assert_true(th_heap_min_key(&engine->heap) ||
			    bench->programmed_ns == TH_SOON ||
			    engine->header_flags);
		verify_kept(engine);
		bench->now_ns += prng_below(&prng, 100);
	}
	assert_true(engine->stats.expiries > 100);
	bench_free(bench);
}

static void garbage_everywhere(void **state)
{
	static const u32 sizes[] = { 1, 3, 63, 64, 65, 200, 4097, 4200 };
	u32 n;

	(void)state;
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++)
		random_garbage(sizes[n], n);
}

/* Bits past the last slot, and past the last word. */
static void doorbells_of_no_slot(void **state)
{
	struct bench *bench = bench_make(65, 8);
	struct th_engine *engine = &bench->engine;

	(void)state;
	engine->doorbells.level0[1] = ~1ULL;
	engine->doorbells.level1[0] = ~2ULL;
	assert_int_equal(bench_run(bench, 1000), 63);
	assert_int_equal(engine->doorbells.level0[1], ~1ULL);
	engine->doorbells.level1[0] = 2;
	assert_int_equal(bench_run(bench, 1000), 1);
	assert_int_equal(engine->stats.doorbells, 0);
	assert_int_equal(engine->doorbells.level0[1], 0);
	assert_int_equal(engine->doorbells.level1[0], 0);
	assert_true(th_heap_empty(&engine->heap));
	assert_int_equal(bench->programmed_ns, TH_NEVER);
	bench_free(bench);
}

/* Written without ringing: seen when the kernel comes by itself. */
static void deadline_moved_forward_silently(void **state)
{
	struct bench *bench = bench_make(1, 8);

	(void)state;
	bench_arm(bench, 0, 5000);
	bench_run(bench, 9);
	bench->engine.slots[0].expires_ns = 3000;
	bench_pass_to(bench, 4999);
	bench_expect_none(bench);
	bench_pass_to(bench, 5000);
	bench_expect(bench, 0, 3000, 5000, 0, 0);
	bench_free(bench);
}

/* What the kernel published is written again when it is news. */
static void published_words_heal(void **state)
{
	struct bench *bench = bench_make(2, 8);
	struct th_engine *engine = &bench->engine;

	(void)state;
	bench_arm(bench, 0, 5000);
	bench_run(bench, 9);
	engine->header->next_event_ns = 77;
	engine->slots[0].armed_ns = 5001;
	bench->engine.slots[0].expires_ns = 4000;
	bench_ring(bench, 0);
	bench_run(bench, 9);
	assert_int_equal(engine->header->next_event_ns, 4000);
	assert_int_equal(engine->slots[0].armed_ns, 4000);
	engine->header->cq_tail = 99;
	bench_pass_to(bench, 4000);
	assert_int_equal(engine->header->cq_tail, 1);
	bench_expect(bench, 0, 4000, 4000, 0, 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(garbage_everywhere),
		cmocka_unit_test(doorbells_of_no_slot),
		cmocka_unit_test(deadline_moved_forward_silently),
		cmocka_unit_test(published_words_heal),
	};

	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
