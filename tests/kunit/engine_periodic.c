// SPDX-License-Identifier: GPL-2.0-only
/* The engine: periods, slack, lead, injected delay, figures. */
#include "rig.h"

#define PERIOD	100000ULL

void periodic_on_time(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 256);
	u64 first = rig->now + 777;
	u32 i;

	rig_arm_periodic(rig, 0, first, PERIOD, 0);
	rig_advance(rig, first + 99 * PERIOD);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 100U);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, rig->taken[i].expires_ns,
				first + i * PERIOD);
		KUNIT_EXPECT_EQ(test, rig->taken[i].fired_ns,
				first + i * PERIOD);
		KUNIT_EXPECT_EQ(test, rig->taken[i].overruns, 0U);
	}
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns,
			first + 100 * PERIOD);
	KUNIT_EXPECT_EQ(test, rig->programmed, first + 100 * PERIOD);
	KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	rig_advance(rig, first + 200 * PERIOD);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
}

/* However late: by less than a period, by exactly some, by many and a bit. */
void periodic_keeps_its_grid(struct kunit *test)
{
	static const u64 late[] = { 1, PERIOD - 1, PERIOD, PERIOD + 1,
				    3 * PERIOD + PERIOD / 2,
				    1000000 * PERIOD };
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 777, overruns = 0;
	u32 i;

	rig_arm_periodic(rig, 0, deadline, PERIOD, 0);
	for (i = 0; i < ARRAY_SIZE(late); i++) {
		u64 missed = late[i] / PERIOD;

		rig_forget(rig);
		rig_late(rig, deadline + late[i]);
		KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
		KUNIT_EXPECT_EQ(test, rig->taken[0].expires_ns, deadline);
		KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, rig->now);
		KUNIT_EXPECT_EQ(test, rig->taken[0].overruns, missed);
		overruns += missed;
		deadline += (missed + 1) * PERIOD;
		KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns,
				deadline);
		KUNIT_EXPECT_GT(test, deadline, rig->now);
	}
	KUNIT_EXPECT_EQ(test, rig->engine.stats.overruns, overruns);
}

void periodic_restarts(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 777;

	rig_arm_periodic(rig, 0, deadline, PERIOD, TIMERHEAP_SLOT_RESTART);
	rig_late(rig, deadline + 300);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns,
			deadline + 300 + PERIOD);
	rig_late(rig, deadline + 300 + 4 * PERIOD + 5);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 2U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].overruns, 0U);
	KUNIT_EXPECT_EQ(test, rig->taken[1].expires_ns,
			deadline + 300 + PERIOD);
	KUNIT_EXPECT_EQ(test, rig->taken[1].overruns, 3U);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns,
			rig->now + PERIOD);
}

void periodic_least_period(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 256);
	u64 first = rig->now + 777;

	rig_arm_periodic(rig, 0, first, 1, 0);
	rig_advance(rig, first + 50 * RIG_MIN_PERIOD);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 51U);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns,
			first + 51 * RIG_MIN_PERIOD);
}

void periodic_overruns_saturate(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 777;
	u64 missed = 3ULL << 32;

	rig_arm_periodic(rig, 0, deadline, RIG_MIN_PERIOD, 0);
	rig_late(rig, deadline + missed * RIG_MIN_PERIOD + 1);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].overruns, U32_MAX);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns,
			deadline + (missed + 1) * RIG_MIN_PERIOD);
}

/* The deadline after such a one is never: not in the heap, and no wrap. */
void period_without_end(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 777;

	rig_arm_periodic(rig, 0, deadline, TH_NEVER - 5, 0);
	rig_advance(rig, deadline);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->programmed, TH_NEVER);
	KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	rig_arm_periodic(rig, 0, rig->now, TH_NEVER - 5,
			 TIMERHEAP_SLOT_RESTART);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].expires_ns, TH_NEVER);
}

void slack_shares_an_interrupt(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now;
	u64 runs;

	rig->engine.slots[0].slack_ns = 5000;
	rig_arm(rig, 0, start + 1000);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].armed_ns, start + 6000);
	KUNIT_EXPECT_EQ(test, rig->header.next_event_ns, start + 6000);
	rig->engine.slots[1].slack_ns = 3000;
	rig_arm(rig, 1, start + 2000);
	rig_arm(rig, 2, start + 4000);
	runs = rig->engine.stats.runs;
	rig_advance(rig, start + 10000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 3U);
	/* By key: 4000, 5000, 6000; all of them at the first. */
	KUNIT_EXPECT_EQ(test, rig->taken[0].slot, 2U);
	KUNIT_EXPECT_EQ(test, rig->taken[1].slot, 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[2].slot, 0U);
	KUNIT_EXPECT_EQ(test, rig->taken[2].fired_ns, start + 4000);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.runs, runs + 1);
	KUNIT_EXPECT_EQ(test, rig->wakes, 1U);
}

void slack_is_no_earlier(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 start = rig->now;

	rig->engine.slots[0].slack_ns = 5000;
	rig_arm(rig, 0, start + 3000);
	rig_arm(rig, 1, start + 1000);
	rig_advance(rig, start + 7999);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	rig_advance(rig, start + 8000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[1].expires_ns, start + 3000);
	KUNIT_EXPECT_EQ(test, rig->taken[1].fired_ns, start + 8000);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lateness_max_ns, 5000ULL);
}

void slack_saturates(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);

	rig->engine.slots[0].slack_ns = U32_MAX;
	rig_arm(rig, 0, TH_NEVER - 1000);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->engine.slots[0].armed_ns, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig->programmed, TH_NEVER);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	rig_verify(rig);
}

void lead_fires_early_and_says_so(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 500000;

	rig->header.lead_ns = 2000;
	rig_arm(rig, 0, deadline);
	KUNIT_EXPECT_EQ(test, rig->programmed, deadline - 2000);
	rig_advance(rig, deadline - 2000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, deadline - 2000);
	KUNIT_EXPECT_EQ(test, rig->taken[0].flags, TIMERHEAP_EXPIRY_LEAD);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lateness_max_ns, 0ULL);

	/* By its deadline it is late by the lead, and no longer early. */
	rig_arm(rig, 0, deadline + 500000);
	rig_late(rig, deadline + 500000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[1].flags, 0U);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lateness_max_ns, 2000ULL);
}

void lead_is_limited(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 50000000;

	rig->header.lead_ns = U32_MAX;
	rig_arm(rig, 0, deadline);
	KUNIT_EXPECT_EQ(test, rig->programmed,
			deadline - TIMERHEAP_LEAD_MAX_NS);
	/* Before its time by less than the lead: at once. */
	rig_arm(rig, 1, rig->now + TIMERHEAP_LEAD_MAX_NS);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 1U);
	/* A deadline sooner after the epoch than the lead. */
	rig_arm(rig, 2, 5);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 1U);
}

void delay_is_lateness(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	u64 deadline = rig->now + 5000;

	rig->engine.delay_ns = 30000;
	rig_arm(rig, 0, deadline);
	KUNIT_EXPECT_EQ(test, rig->programmed, deadline + 30000);
	rig_late(rig, deadline + 29999);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	rig_advance(rig, deadline + 30000);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, deadline + 30000);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lateness_max_ns, 30000ULL);
}

void statistics_count(struct kunit *test)
{
	struct rig *rig = rig_make(test, 8, 8);
	const struct timerheap_stats *stats = &rig->engine.stats;
	u64 start = rig->now;

	KUNIT_EXPECT_EQ(test, stats->lateness_min_ns, TH_NEVER);
	rig_arm(rig, 0, start + 1000);
	rig_arm(rig, 1, start + 2000);
	rig_arm(rig, 2, start + 3000);
	rig_kick(rig);
	rig_set(rig, 1, start + 9000);
	rig_cancel(rig, 2);
	rig_late(rig, start + 3500);
	rig_late(rig, start + 9250);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 2U);
	KUNIT_EXPECT_EQ(test, stats->expiries, 2ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_min_ns, 250ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_max_ns, 2500ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_sum_ns, 2750ULL);
	KUNIT_EXPECT_EQ(test, stats->hist[timerheap_hist_bucket(250)], 1ULL);
	KUNIT_EXPECT_EQ(test, stats->hist[timerheap_hist_bucket(2500)], 1ULL);
	KUNIT_EXPECT_EQ(test, stats->lazy_moves, 1ULL);
	KUNIT_EXPECT_EQ(test, stats->lazy_drops, 1ULL);
	KUNIT_EXPECT_EQ(test, stats->doorbells, 3ULL);
	/* Only the first arm was a kick. */
	KUNIT_EXPECT_EQ(test, stats->runs, 4ULL);
	KUNIT_EXPECT_EQ(test, stats->runs_over_budget, 0ULL);
	KUNIT_EXPECT_EQ(test, stats->stalls, 0ULL);
}
