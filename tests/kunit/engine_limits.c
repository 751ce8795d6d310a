// SPDX-License-Identifier: GPL-2.0-only
/* The engine: budget, full rings, and whatever user space may write. */
#include <linux/prandom.h>

#include "rig.h"

#define MANY	1000

static void arm_many(struct rig *rig, u64 deadline)
{
	unsigned int kicks = 0;
	u32 slot;

	for (slot = 0; slot < MANY; slot++)
		rig_set(rig, slot, deadline + MANY - slot);
	while (th_doorbell_any(&rig->engine.doorbells)) {
		KUNIT_ASSERT_LT(rig->test, kicks++, 10U * MANY);
		rig_kick(rig);
	}
}

/* All of them came, in order of their deadlines. */
static void expect_many(struct rig *rig)
{
	u32 i;

	KUNIT_ASSERT_EQ(rig->test, rig->ntaken, (u32)MANY);
	for (i = 0; i < MANY; i++)
		KUNIT_ASSERT_EQ(rig->test, rig->taken[i].slot, MANY - 1 - i);
}

void budget_bounds_a_run(struct kunit *test)
{
	struct rig *rig = rig_make(test, MANY, 1024);
	u64 deadline = rig->now + 100000000;
	u64 before;

	rig->budget = 64;
	arm_many(rig, deadline);
	before = rig->engine.stats.runs_over_budget;
	rig_late(rig, deadline + MANY);
	KUNIT_EXPECT_EQ(test, rig->header.cq_tail, 64U);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.runs_over_budget, before + 1);
	/* It comes back by itself, and nobody need kick before that. */
	KUNIT_EXPECT_EQ(test, rig->programmed, rig->now + RIG_GAP_NS);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, 0ULL);
	rig_advance(rig, rig->now + 16 * RIG_GAP_NS);
	rig_reap(rig);
	expect_many(rig);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, TH_NEVER);
}

void budget_of_one(struct kunit *test)
{
	struct rig *rig = rig_make(test, MANY, 1024);
	u64 deadline = rig->now + 100;
	u32 slot;

	rig->budget = 1;
	for (slot = 0; slot < MANY; slot++)
		rig_arm(rig, slot, deadline + MANY - slot);
	rig_advance(rig, rig->now + 3 * MANY * (u64)RIG_GAP_NS);
	rig_reap(rig);
	KUNIT_EXPECT_EQ(test, rig->ntaken, (u32)MANY);
	KUNIT_EXPECT_EQ(test, rig->programmed, TH_NEVER);
}

void budget_bounds_doorbells(struct kunit *test)
{
	struct rig *rig = rig_make(test, MANY, 8);
	u32 slot, runs = 0;

	rig->budget = 64;
	for (slot = 0; slot < MANY; slot++)
		rig_set(rig, slot, rig->now + 100000000);
	while (th_doorbell_any(&rig->engine.doorbells)) {
		u64 before = rig->engine.stats.doorbells;

		rig_kick(rig);
		KUNIT_EXPECT_GT(test, rig->engine.stats.doorbells, before);
		KUNIT_EXPECT_LE(test, rig->engine.stats.doorbells - before,
				64ULL);
		KUNIT_ASSERT_LT(test, runs++, 100U);
	}
	KUNIT_EXPECT_EQ(test, rig->engine.heap.count, (u32)MANY);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.doorbells, (u64)MANY);
}

static void ring_all(struct rig *rig)
{
	struct th_doorbells *doorbells = &rig->engine.doorbells;

	memset(doorbells->level0, 0xff, doorbells->level0_words * sizeof(u64));
	memset(doorbells->level1, 0xff, doorbells->level1_words * sizeof(u64));
}

/* A thread that rings in a loop; due timers fire all the same. */
void bells_do_not_starve_expiries(struct kunit *test)
{
	struct rig *rig = rig_make(test, MANY, 1024);
	u64 deadline = rig->now + 100000000;
	u32 i;

	rig->budget = 2;
	arm_many(rig, deadline);
	rig->on_now = ring_all;
	rig_late(rig, deadline + MANY);
	for (i = 0; i < MANY; i++) {
		ring_all(rig);
		rig_kick(rig);
	}
	rig->on_now = NULL;
	rig_reap(rig);
	expect_many(rig);
}

void stall_loses_nothing(struct kunit *test)
{
	struct rig *rig = rig_make(test, MANY, 8);
	u64 deadline = rig->now + 100000000;

	arm_many(rig, deadline);
	rig_late(rig, deadline + MANY);
	KUNIT_EXPECT_EQ(test, rig->header.cq_tail, 8U);
	KUNIT_EXPECT_TRUE(test, rig->header.flags & TIMERHEAP_HDR_STALLED);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.stalls, 1ULL);
	/* The consumer takes, sees the flag and kicks, over and over. */
	rig_reap(rig);
	expect_many(rig);
	KUNIT_EXPECT_FALSE(test, rig->header.flags & TIMERHEAP_HDR_STALLED);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, TH_NEVER);
}

void stall_takes_no_interrupts(struct kunit *test)
{
	struct rig *rig = rig_make(test, 16, 8);
	u64 runs;
	u32 slot;

	for (slot = 0; slot < 16; slot++)
		rig_set(rig, slot, rig->now + 1000);
	rig_kick(rig);
	rig_advance(rig, rig->now + 1000);
	KUNIT_EXPECT_EQ(test, rig->programmed, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, 0ULL);
	runs = rig->engine.stats.runs;
	rig_advance(rig, rig->now + NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.runs, runs);
	/* A kick without room changes nothing, and is the same stall. */
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->header.cq_tail, 8U);
	KUNIT_EXPECT_TRUE(test, rig->header.flags & TIMERHEAP_HDR_STALLED);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.stalls, 1ULL);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 16U);
}

/* What only has to be moved needs no room. */
void full_ring_stalls_only_what_is_due(struct kunit *test)
{
	struct rig *rig = rig_make(test, 16, 8);
	u64 start = rig->now;
	u32 slot;

	for (slot = 0; slot < 8; slot++)
		rig_arm(rig, slot, start);
	rig_arm(rig, 8, start + 1000);
	rig_arm(rig, 9, start + 1000);
	rig_kick(rig);
	rig_set(rig, 8, start + 50000);
	rig_cancel(rig, 9);
	rig_advance(rig, start + 2000);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lazy_moves, 1ULL);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lazy_drops, 1ULL);
	KUNIT_EXPECT_EQ(test, rig->programmed, start + 50000);
	KUNIT_EXPECT_FALSE(test, rig->header.flags & TIMERHEAP_HDR_STALLED);
	rig_advance(rig, start + 50000);
	KUNIT_EXPECT_TRUE(test, rig->header.flags & TIMERHEAP_HDR_STALLED);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 9U);
}

/* Room appears in the middle of a run: then there is no stall. */
static void make_room(struct rig *rig)
{
	rig->header.cq_head = rig->header.cq_tail;
}

void room_made_during_a_run(struct kunit *test)
{
	struct rig *rig = rig_make(test, 16, 8);
	u32 slot;

	for (slot = 0; slot < 8; slot++)
		rig_arm(rig, slot, rig->now);
	KUNIT_EXPECT_EQ(test, rig->header.cq_tail, 8U);
	rig->on_now = make_room;
	rig_arm(rig, 8, rig->now);
	KUNIT_EXPECT_EQ(test, rig->header.cq_tail, 9U);
	KUNIT_EXPECT_FALSE(test, rig->header.flags & TIMERHEAP_HDR_STALLED);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.stalls, 0ULL);
}

void far_deadlines(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);

	rig_arm(rig, 0, TH_NEVER);
	rig_arm(rig, 1, TH_NEVER - 1);
	rig_arm(rig, 2, (u64)S64_MAX + 1);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].armed_ns, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[1].armed_ns, TH_NEVER - 1);
	KUNIT_EXPECT_EQ(test, rig->programmed, (u64)S64_MAX + 1);
	rig_advance(rig, S64_MAX);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	rig_advance(rig, TH_NEVER - 1);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 2U);
	KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	rig_verify(rig);
}

void bells_past_the_last_slot(struct kunit *test)
{
	struct rig *rig = rig_make(test, 70, 8);

	rig->engine.doorbells.level0[1] = ~0ULL;
	rig->engine.doorbells.level1[0] = ~0ULL;
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.doorbells, 6ULL);
	KUNIT_EXPECT_FALSE(test, th_doorbell_any(&rig->engine.doorbells));
	KUNIT_EXPECT_TRUE(test, th_heap_empty(&rig->engine.heap));
	rig_verify(rig);
}

static u64 wild(struct rnd_state *random, u64 now)
{
	u64 any = (u64)prandom_u32_state(random) << 32 |
		prandom_u32_state(random);

	switch (prandom_u32_state(random) % 6) {
	case 0:
		return 0;
	case 1:
		return TH_NEVER - any % 3;
	case 2:
		return now + any % 100;
	case 3:
		return now - any % 100;
	default:
		return any >> prandom_u32_state(random) % 64;
	}
}

/* Any word of the mapping, whoever it belongs to. */
static void scribble(struct rig *rig, struct rnd_state *random)
{
	struct th_engine *engine = &rig->engine;
	struct timerheap_slot *slot =
		&engine->slots[prandom_u32_state(random) % engine->nslots];
	u32 word = prandom_u32_state(random) %
		engine->doorbells.level0_words;
	u64 value = wild(random, rig->now);

	switch (prandom_u32_state(random) % 13) {
	case 0 ... 2:
		slot->expires_ns = value;
		break;
	case 3:
		slot->period_ns = value;
		break;
	case 4:
		slot->slack_ns = value;
		slot->flags = value >> 32;
		break;
	case 5:
		slot->armed_ns = value;
		break;
	case 6 ... 7:
		engine->doorbells.level0[word] = value;
		break;
	case 8 ... 9:
		engine->doorbells.level1[word / TH_BELLS] = value;
		break;
	case 10:
		rig->header.cq_head = engine->ring.tail - value % 40;
		break;
	case 11:
		rig->header.lead_ns = value;
		break;
	default:
		rig->header.next_event_ns = value;
		rig->header.cq_tail = value;
		rig->header.flags = value;
	}
}

static void be_sane_again(struct rig *rig)
{
	struct th_engine *engine = &rig->engine;
	u32 i;

	rig->header.lead_ns = 0;
	rig->header.cq_head = engine->ring.published;
	rig->header.cq_tail = engine->ring.published;
	for (i = 0; i < engine->nslots; i++) {
		engine->slots[i].period_ns = 0;
		engine->slots[i].slack_ns = 0;
		engine->slots[i].flags = 0;
		engine->slots[i].expires_ns = rig->now;
		/* Not to be trusted, so each is rung for. */
		th_doorbell_ring(&engine->doorbells, i);
	}
}

/* The worst it can do is to make its own timers wrong. */
void user_garbage(struct kunit *test)
{
	struct rig *rig = rig_make(test, 200, 256);
	struct rnd_state random;
	u32 i;

	prandom_seed_state(&random, 5);
	rig->budget = 16;
	for (i = 0; i < 20000; i++) {
		scribble(rig, &random);
		if (prandom_u32_state(&random) % 4)
			continue;
		rig->now += prandom_u32_state(&random) % 50;
		rig_kick(rig);
		rig_verify(rig);
	}
	KUNIT_EXPECT_GT(test, rig->engine.ring.tail, 256U);

	be_sane_again(rig);
	for (i = 0; i < 200; i++)
		rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 200U);
	rig_forget(rig);
	rig_arm(rig, 7, rig->now + 1000);
	rig_advance(rig, rig->now + 1000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].slot, 7U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, rig->now);
}
