// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue that meets the budget goes on in the CPU's next gap.  Gaps that were
 * promised and not made use of do not make others wait.
 */
#include "harness.h"
#include "queue.h"

/* Instructions are nanoseconds where this runs: the bound is exact enough. */
#define BOUND_NS (5 * NSEC_PER_MSEC)
#define KICKS 10000
#define MANY 600

static void restore(void)
{
	write_text(PARAMS "budget", "256");
}

/* Each kick meets the budget, is promised a gap, and finishes without it. */
static void waste_gaps(void)
{
	struct queue q;

	REQUIRE_EQ(write_text(PARAMS "budget", "1"), 0);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < KICKS; i++) {
		slot_ring(&q, 0);
		slot_ring(&q, 1);
		REQUIRE_EQ(queue_kick(&q), 0);
	}
	CHECK_ORDER(queue_stats(&q).runs_over_budget, >=, KICKS);
	restore();
}

static void are_given_back(void)
{
	struct timerheap_expiry records[MANY];
	uint64_t deadline, latest = 0;
	struct queue q;

	pin_to(0);
	waste_gaps();
	queue_open(&q, MANY, 1024, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 50 * NSEC_PER_MSEC;
	for (uint32_t i = 0; i < MANY; i++)
		slot_arm_kickless(&q, i, deadline, NULL);
	REQUIRE_EQ(queue_kick(&q), 0);
	REQUIRE_EQ(queue_collect(&q, records, MANY, 0), MANY);
	/* It took more than one run, so there was a gap to wait for. */
	CHECK_ORDER(queue_stats(&q).runs_over_budget, >=, 2);
	for (uint32_t i = 0; i < MANY; i++)
		if (records[i].fired_ns - deadline > latest)
			latest = records[i].fired_ns - deadline;
	note("the latest by %llu us", (unsigned long long)latest / 1000);
	CHECK_ORDER(latest, <, BOUND_NS);
}

static const struct test_case cases[] = {
	CASE(are_given_back),
};

TEST_MAIN_RESTORE(cases, restore)
