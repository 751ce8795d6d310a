// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slack: delivery comes with another slot's interrupt if there is one, and
 * not later than deadline plus slack if there is none.
 */
#include "harness.h"
#include "queue.h"

#define SLACK NSEC_PER_SEC

/* On the home CPU: there a kick has been carried out when it returns. */
static void open_here(struct queue *q, uint32_t nslots)
{
	pin_to(0);
	queue_open(q, nslots, 0, 0, CLOCK_MONOTONIC);
}

static void rides_along(void)
{
	struct timerheap_stats before;
	struct timerheap_expiry e[2];
	struct queue q;
	uint64_t start;

	open_here(&q, 10);
	start = mono_ns() + NSEC_PER_SEC;
	slot_config(&q, 1, 0, SLACK, 0);
	slot_arm(&q, 1, start, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 1) == start + SLACK));
	CHECK_EQ(queue_next_event(&q), start + SLACK);
	slot_arm(&q, 2, start + 20 * NSEC_PER_MSEC, NULL);
	CHECK(WAIT_UNTIL(queue_next_event(&q) == start + 20 * NSEC_PER_MSEC));
	before = queue_stats(&q);
	REQUIRE(mono_ns() < start);
	REQUIRE_EQ(queue_collect(&q, e, 2, 0), 2);
	/* In order of the heap's keys, not of the deadlines. */
	CHECK_EQ(e[0].slot, 2);
	CHECK_EQ(e[1].slot, 1);
	CHECK_EQ(e[1].expires_ns, start);
	CHECK_EQ(e[1].fired_ns, e[0].fired_ns);
	CHECK_ORDER(e[0].fired_ns, >=, e[0].expires_ns);
	CHECK_EQ(queue_stats(&q).runs, before.runs + 1);
	CHECK_EQ(queue_stats(&q).expiries, 2);
}

static void alone(void)
{
	struct timerheap_stats before;
	struct timerheap_expiry e;
	struct queue q;
	uint64_t start;

	open_here(&q, 10);
	start = mono_ns() + 20 * NSEC_PER_MSEC;
	slot_config(&q, 1, 0, SLACK, 0);
	slot_arm(&q, 1, start, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 1) == start + SLACK));
	before = queue_stats(&q);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, start);
	CHECK_ORDER(e.fired_ns, >=, start + SLACK);
	CHECK_ORDER(e.fired_ns, <, start + SLACK + 5 * NSEC_PER_SEC);
	CHECK_EQ(queue_stats(&q).runs, before.runs + 1);
	/* Slack is part of the lateness. */
	CHECK_EQ(queue_stats(&q).lateness_max_ns, e.fired_ns - start);
}

/* A kick looks at what is due, too. */
static void with_a_kick(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t start;

	open_here(&q, 10);
	start = mono_ns() + 50 * NSEC_PER_MSEC;
	slot_config(&q, 1, 0, UINT32_MAX, 0);
	slot_arm(&q, 1, start, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(mono_ns() >= start || !queue_ready(&q));
	sleep_until(CLOCK_MONOTONIC, start);
	CHECK_EQ(queue_ready(&q), 0);
	CHECK_EQ(queue_kick(&q), 0);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_ORDER(e.fired_ns, >=, start);
	/* Else it would have come 4.3 s later. */
	CHECK_ORDER(e.fired_ns, <, start + 4 * NSEC_PER_SEC);
}

/* deadline + slack saturates. */
static void at_the_end_of_time(void)
{
	struct timerheap_expiry e;
	struct queue q;

	open_here(&q, 10);
	slot_config(&q, 1, 0, UINT32_MAX, 0);
	slot_arm(&q, 1, TIMERHEAP_NEVER - 5, NULL);
	CHECK_EQ(queue_arm(&q, 2, TIMERHEAP_NEVER - 5, 0, UINT32_MAX, 0), 0);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(queue_is_quiet(&q, 20));
	slot_arm(&q, 3, 1, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 3);
	CHECK(queue_is_quiet(&q, 20));
	CHECK_EQ(slot_cancel(&q, 1), TIMERHEAP_NEVER - 5);
	CHECK_EQ(slot_cancel(&q, 2), TIMERHEAP_NEVER - 5);
}

/* Pushed back within the slack, it needs nothing; it moves when looked at. */
static void pushed_back(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t start;

	open_here(&q, 10);
	start = mono_ns() + NSEC_PER_SEC;
	slot_config(&q, 1, 0, 50 * NSEC_PER_MSEC, 0);
	slot_arm(&q, 1, start, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 1) == start + 50 * NSEC_PER_MSEC));
	CHECK_EQ(slot_arm(&q, 1, start + 10 * NSEC_PER_MSEC, NULL), ARM_LAZY);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, start + 10 * NSEC_PER_MSEC);
	/* The run at the old limit found it due, within its new slack. */
	CHECK_ORDER(e.fired_ns, >=, start + 50 * NSEC_PER_MSEC);
	CHECK_EQ(queue_stats(&q).lazy_moves, 0);
}

/* Less slack makes it earlier: that has to ring. */
static void taken_away(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t start;

	open_here(&q, 10);
	start = mono_ns() + 50 * NSEC_PER_MSEC;
	slot_config(&q, 1, 0, UINT32_MAX, 0);
	slot_arm(&q, 1, start, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 1) == start + UINT32_MAX));
	slot_config(&q, 1, 0, 0, 0);
	CHECK_EQ(slot_arm(&q, 1, start + 1, NULL), ARM_KICKED);
	CHECK(WAIT_UNTIL(slot_armed(&q, 1) != start + UINT32_MAX));
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, start + 1);
	CHECK_ORDER(e.fired_ns, <, start + 4 * NSEC_PER_SEC);
	CHECK(queue_is_quiet(&q, 20));
}

/* A hundred timers with room to share need few interrupts. */
static void saves_interrupts(void)
{
	enum { SLOTS = 100 };
	static struct timerheap_expiry records[SLOTS];
	struct timerheap_stats before;
	struct queue q;
	uint64_t start;

	open_here(&q, SLOTS);
	start = mono_ns() + NSEC_PER_SEC;
	for (uint32_t i = 0; i < SLOTS; i++) {
		slot_config(&q, i, 0, SLACK, 0);
		slot_arm(&q, i, start + i * NSEC_PER_MSEC, NULL);
	}
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(!q.level1[0]));
	before = queue_stats(&q);
	REQUIRE(mono_ns() < start);
	REQUIRE_EQ(queue_collect(&q, records, SLOTS, 0), SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		CHECK_ORDER(records[i].fired_ns, >=, records[i].expires_ns);
		CHECK_EQ(records[i].slot, i);
	}
	/*
	 * The first one's limit comes after the last one's deadline.  More
	 * than one run when that takes 20 us, on a slow or busy machine.
	 */
	CHECK_ORDER(queue_stats(&q).runs, <=, before.runs + SLOTS / 10);
}

static const struct test_case cases[] = {
	CASE(rides_along),	  CASE(alone),	     CASE(with_a_kick),
	CASE(at_the_end_of_time), CASE(pushed_back), CASE(taken_away),
	CASE(saves_interrupts),
};

TEST_MAIN(cases)
