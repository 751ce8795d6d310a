// SPDX-License-Identifier: GPL-2.0-only
/* The engine: one-shot timers, armed, moved and cancelled. */
#include <linux/prandom.h>

#include "rig.h"

#define MODEL_SLOTS	40

void arm_fires_once(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 5000;
	const struct timerheap_expiry *got = &rig->taken[0];

	rig_arm(rig, 3, deadline);
	KUNIT_EXPECT_EQ(test, rig->programmed, deadline);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, deadline);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[3].armed_ns, deadline);
	rig_advance(rig, deadline - 1);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	KUNIT_EXPECT_EQ(test, rig->wakes, 0U);

	rig_advance(rig, deadline);
	KUNIT_EXPECT_EQ(test, rig->wakes, 1U);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, got->slot, 3U);
	KUNIT_EXPECT_EQ(test, got->expires_ns, deadline);
	KUNIT_EXPECT_EQ(test, got->fired_ns, deadline);
	KUNIT_EXPECT_EQ(test, got->overruns, 0U);
	KUNIT_EXPECT_EQ(test, got->cpu, 5U);
	KUNIT_EXPECT_EQ(test, got->flags, 0U);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[3].expires_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[3].armed_ns, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->programmed, TH_NEVER);

	rig_advance(rig, deadline + NSEC_PER_SEC);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	KUNIT_EXPECT_EQ(test, rig->wakes, 1U);
	rig_verify(rig);
}

void past_fires_at_once(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);

	rig_arm(rig, 0, 1);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].expires_ns, 1ULL);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, rig->now);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lateness_max_ns, rig->now - 1);

	rig_arm(rig, 1, rig->now);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lateness_min_ns, 0ULL);
}

void equal_deadlines_all_fire(struct kunit *test)
{
	struct rig *rig = rig_make(test, 64, 64);
	u64 deadline = rig->now + 1000, seen = 0;
	u32 slot;

	for (slot = 0; slot < 64; slot++)
		rig_arm(rig, slot, deadline);
	rig_advance(rig, deadline);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 64U);
	for (slot = 0; slot < 64; slot++)
		seen |= BIT_ULL(rig->taken[slot].slot);
	KUNIT_EXPECT_EQ(test, seen, ~0ULL);
	/* One interrupt, one wake-up. */
	KUNIT_EXPECT_EQ(test, rig->wakes, 1U);
}

void earlier_is_rung(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now;

	rig_arm(rig, 0, start + 9000);
	KUNIT_EXPECT_TRUE(test, rig_set(rig, 0, start + 4000));
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->programmed, start + 4000);
	/* After the next event: rung, but no kick. */
	KUNIT_EXPECT_FALSE(test, rig_set(rig, 1, start + 6000));
	rig_advance(rig, start + 4000);
	KUNIT_EXPECT_EQ(test, rig->programmed, start + 6000);
	rig_advance(rig, start + 10000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 2U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].expires_ns, start + 4000);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, start + 4000);
	KUNIT_EXPECT_EQ(test, rig->taken[1].slot, 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[1].fired_ns, start + 6000);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.doorbells, 3ULL);
}

void later_is_lazy(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now, push;

	rig_arm(rig, 0, start + 1000);
	for (push = 2; push < 1000; push++)
		KUNIT_EXPECT_FALSE(test, rig_set(rig, 0, start + push * 1000));
	KUNIT_EXPECT_FALSE(test, th_doorbell_any(&rig->engine.doorbells));
	rig_advance(rig, start + 999 * 1000 - 1);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lazy_moves, 1ULL);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.doorbells, 1ULL);
	rig_advance(rig, start + 999 * 1000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, start + 999 * 1000);
}

/* Another CPU pushes the timer back after the engine has found it due. */
static void push_back(struct rig *rig)
{
	rig->on_now = NULL;
	rig->engine.slots[0].expires_ns = rig->now + 5000;
}

void pushed_back_while_it_fires(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 1000;

	rig_arm(rig, 0, deadline);
	rig_advance(rig, deadline - 1);
	rig->on_now = push_back;
	rig_advance(rig, deadline + 4999);
	KUNIT_EXPECT_NULL(test, rig->on_now);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	rig_advance(rig, deadline + 5000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].expires_ns, deadline + 5000);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.expiries, 1ULL);
}

/*
 * The engine moves slot 0 to a later time; meanwhile its user, who has not
 * seen the new armed_ns, brought it forward and did not ring.
 */
static void pull_forward(struct rig *rig)
{
	struct timerheap_slot *slot = &rig->engine.slots[0];

	if (rig->now < slot->armed_ns)
		return;
	rig->on_now = NULL;
	KUNIT_EXPECT_FALSE(rig->test, rig_set(rig, 0, slot->armed_ns + 10));
}

void pulled_forward_while_it_settles(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now;

	rig_arm(rig, 0, start + 1000);
	rig_set(rig, 0, start + 50000);
	rig->on_now = pull_forward;
	rig_advance(rig, start + 60000);
	KUNIT_EXPECT_NULL(test, rig->on_now);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].expires_ns, start + 1010);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, start + 1010);
}

void cancelled_does_not_fire(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now;

	rig_arm(rig, 0, start + 1000);
	rig_arm(rig, 1, start + 1000);
	rig_kick(rig);
	KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	KUNIT_EXPECT_TRUE(test, th_engine_cancel(&rig->engine, 1));
	KUNIT_EXPECT_FALSE(test, rig_cancel(rig, 0));
	KUNIT_EXPECT_FALSE(test, th_engine_cancel(&rig->engine, 1));
	rig_advance(rig, start + 2000);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lazy_drops, 2ULL);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].armed_ns, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->programmed, TH_NEVER);
	KUNIT_EXPECT_TRUE(test, th_heap_empty(&rig->engine.heap));
}

void too_late_to_cancel(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);

	rig_arm(rig, 0, rig->now + 1000);
	rig_advance(rig, rig->now + 1000);
	KUNIT_EXPECT_FALSE(test, th_engine_cancel(&rig->engine, 0));
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 1U);
}

/* The heap still has the cancelled entry; there must be no second one. */
void rearmed_after_cancel(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now;
	u32 i;

	for (i = 1; i <= 100; i++) {
		rig_arm(rig, 0, start + 1000 + i);
		KUNIT_EXPECT_LE(test, rig->engine.heap.count, 1U);
		KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	}
	rig_arm(rig, 0, start + 500);
	rig_advance(rig, start + 5000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, start + 500);
}

/* The caller does not map the queue, and armed_ns cannot be relied upon. */
void arm_by_call(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	struct timerheap_arm arm = {
		.slot = 2,
		.expires_ns = rig->now + 3000,
		.period_ns = 20000,
		.slack_ns = 100,
		.flags = TIMERHEAP_SLOT_RESTART,
	};
	const struct timerheap_slot *slot = &rig->engine.slots[2];

	rig->engine.slots[2].armed_ns = 0;
	KUNIT_EXPECT_TRUE(test, th_engine_arm(&rig->engine, &arm));
	KUNIT_EXPECT_EQ(test, slot->expires_ns, arm.expires_ns);
	KUNIT_EXPECT_EQ(test, slot->period_ns, 20000ULL);
	KUNIT_EXPECT_EQ(test, slot->slack_ns, 100U);
	KUNIT_EXPECT_EQ(test, slot->flags, TIMERHEAP_SLOT_RESTART);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->programmed, arm.expires_ns + 100);

	arm.slot = 3;
	arm.expires_ns += 100;
	KUNIT_EXPECT_FALSE(test, th_engine_arm(&rig->engine, &arm));
	arm.expires_ns -= 1;
	KUNIT_EXPECT_FALSE(test, th_engine_arm(&rig->engine, &arm));
	arm.slack_ns = 0;
	KUNIT_EXPECT_TRUE(test, th_engine_arm(&rig->engine, &arm));
}

/* One timer as it ought to be: due at @deadline, known since @since. */
struct timer {
	u64 deadline;	/* 0: idle */
	u64 since;
	u32 slack;
};

static void check_expiries(struct rig *rig, struct timer *timers)
{
	struct kunit *test = rig->test;
	u32 i;

	rig_reap(rig);
	for (i = 0; i < rig->ntaken; i++) {
		const struct timerheap_expiry *got = &rig->taken[i];
		struct timer *timer = &timers[got->slot];
		u64 latest = max(timer->deadline + timer->slack, timer->since);

		KUNIT_ASSERT_EQ(test, got->expires_ns, timer->deadline);
		KUNIT_ASSERT_GE(test, got->fired_ns, timer->deadline);
		KUNIT_ASSERT_LE(test, got->fired_ns, latest);
		timer->deadline = 0;
	}
	rig_forget(rig);
	for (i = 0; i < MODEL_SLOTS; i++)
		if (timers[i].deadline)
			KUNIT_ASSERT_GT(test,
					timers[i].deadline + timers[i].slack,
					rig->now);
}

void agrees_with_naive(struct kunit *test)
{
	struct rig *rig = rig_make(test, MODEL_SLOTS, 64);
	struct rnd_state random;
	struct timer *timers;
	u32 step;

	timers = kunit_kcalloc(test, MODEL_SLOTS, sizeof(*timers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, timers);
	prandom_seed_state(&random, 4);
	for (step = 0; step < 20000; step++) {
		u32 slot = prandom_u32_state(&random) % MODEL_SLOTS;
		u32 r = prandom_u32_state(&random);
		struct timer *timer = &timers[slot];

		if (r % 8 == 0) {
			KUNIT_ASSERT_EQ(test, rig_cancel(rig, slot),
					timer->deadline != 0);
			timer->deadline = 0;
		} else if (r % 8 == 1) {
			rig_advance(rig, rig->now + r / 8 % 100);
		} else {
			timer->slack = r & 8 ? r / 16 % 64 : 0;
			timer->deadline = rig->now - 20 + r / 1024 % 1000;
			timer->since = rig->now;
			rig->engine.slots[slot].slack_ns = timer->slack;
			rig_arm(rig, slot, timer->deadline);
		}
		check_expiries(rig, timers);
		rig_verify(rig);
	}
	KUNIT_EXPECT_GT(test, rig->engine.stats.expiries, 1000ULL);
	KUNIT_EXPECT_GT(test, rig->engine.stats.lazy_moves, 100ULL);
}
