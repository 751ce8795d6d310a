// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pushing a deadline back costs neither a doorbell nor a system call; pulling
 * it forward rings, and kicks only when nothing else comes in time.
 */
#include "harness.h"
#include "queue.h"

/* On the home CPU: there a kick has been carried out when it returns. */
static void open_here(struct queue *q, uint32_t nslots)
{
	pin_to(0);
	queue_open(q, nslots, 0, 0, CLOCK_MONOTONIC);
}

static void check_one(struct queue *q, uint32_t slot, uint64_t deadline)
{
	struct timerheap_expiry e;

	POISON(e);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, slot);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
}

static void check_work(struct queue *q, const struct timerheap_stats *before,
		       unsigned int kicks, unsigned int doorbells)
{
	struct timerheap_stats after = queue_stats(q);

	CHECK_EQ(after.kicks_local + after.kicks_remote - before->kicks_local -
			 before->kicks_remote,
		 kicks);
	CHECK_EQ(after.doorbells - before->doorbells, doorbells);
}

static void push_back(void)
{
	struct timerheap_stats before, after;
	uint64_t start, deadline;
	struct queue q;

	open_here(&q, 100);
	start = mono_ns() + NSEC_PER_SEC;
	CHECK_EQ(slot_arm(&q, 5, start, NULL), ARM_KICKED);
	CHECK(WAIT_UNTIL(slot_armed(&q, 5) == start));
	before = queue_stats(&q);
	deadline = start;
	for (int i = 0; i < 20000; i++) {
		deadline += 50 * NSEC_PER_USEC;
		REQUIRE_EQ(slot_arm(&q, 5, deadline, NULL), ARM_LAZY);
	}
	REQUIRE(mono_ns() < start);
	after = queue_stats(&q);
	CHECK_EQ(after.doorbells, before.doorbells);
	CHECK_EQ(after.runs, before.runs);
	CHECK_EQ(slot_armed(&q, 5), start);
	check_one(&q, 5, deadline);
	check_work(&q, &before, 0, 0);
	after = queue_stats(&q);
	CHECK_EQ(after.lazy_moves, 1);
	CHECK_EQ(after.expiries, 1);
	CHECK(queue_is_quiet(&q, 20));
}

/* All of a watchdog's life: pushed back in time, again and again. */
static void watchdog(void)
{
	uint64_t end = mono_ns() + 300 * NSEC_PER_MSEC;
	struct timerheap_stats before, after;
	struct queue q;

	open_here(&q, 100);
	for (uint32_t i = 0; i < 100; i++)
		slot_arm(&q, i, mono_ns() + 100 * NSEC_PER_SEC, NULL);
	REQUIRE_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(slot_armed(&q, 99) != TIMERHEAP_NEVER));
	before = queue_stats(&q);
	while (mono_ns() < end)
		for (uint32_t i = 0; i < 100; i++)
			REQUIRE_EQ(slot_arm(&q, i,
					    mono_ns() + 200 * NSEC_PER_SEC,
					    NULL),
				   ARM_LAZY);
	after = queue_stats(&q);
	CHECK_EQ(after.doorbells, before.doorbells);
	CHECK_EQ(after.runs, before.runs);
	CHECK_EQ(after.expiries, 0);
}

static void pull_forward(void)
{
	uint64_t far, near;
	struct timerheap_stats before;
	struct queue q;

	open_here(&q, 100);
	far = mono_ns() + 100 * NSEC_PER_SEC;
	slot_arm(&q, 5, far, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 5) == far));
	before = queue_stats(&q);
	near = mono_ns() + 50 * NSEC_PER_MSEC;
	CHECK_EQ(slot_arm(&q, 5, near, NULL), ARM_KICKED);
	CHECK(WAIT_UNTIL(slot_armed(&q, 5) == near));
	check_one(&q, 5, near);
	check_work(&q, &before, 1, 1);
	CHECK_EQ(queue_stats(&q).lazy_moves, 0);
	CHECK(queue_is_quiet(&q, 20));
}

/* What is later than the next event needs a doorbell, but no kick. */
static void pull_forward_behind_another(void)
{
	uint64_t soon, later;
	struct timerheap_stats before;
	struct queue q;

	open_here(&q, 100);
	slot_arm(&q, 5, mono_ns() + 100 * NSEC_PER_SEC, NULL);
	soon = mono_ns() + NSEC_PER_SEC;
	slot_arm(&q, 6, soon, NULL);
	CHECK(WAIT_UNTIL(queue_next_event(&q) == soon));
	CHECK(WAIT_UNTIL(!q.level1[0]));
	before = queue_stats(&q);
	later = soon + 20 * NSEC_PER_MSEC;
	CHECK_EQ(slot_arm(&q, 5, later, NULL), ARM_RANG);
	CHECK_EQ(slot_arm(&q, 70, later + 1, NULL), ARM_RANG);
	REQUIRE(mono_ns() < soon);
	CHECK_EQ(queue_stats(&q).doorbells, before.doorbells);
	check_one(&q, 6, soon);
	check_one(&q, 5, later);
	check_one(&q, 70, later + 1);
	check_work(&q, &before, 0, 2);
}

/* Back, and forward again to what the heap still covers. */
static void to_and_fro(void)
{
	uint64_t start;
	struct timerheap_stats before;
	struct queue q;

	open_here(&q, 100);
	start = mono_ns() + NSEC_PER_SEC;
	slot_arm(&q, 5, start, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 5) == start));
	before = queue_stats(&q);
	CHECK_EQ(slot_arm(&q, 5, start + 10 * NSEC_PER_SEC, NULL), ARM_LAZY);
	CHECK_EQ(slot_arm(&q, 5, start + 20 * NSEC_PER_MSEC, NULL), ARM_LAZY);
	CHECK_EQ(slot_arm(&q, 5, start, NULL), ARM_LAZY);
	CHECK_EQ(slot_arm(&q, 5, start + 1, NULL), ARM_LAZY);
	check_one(&q, 5, start + 1);
	check_work(&q, &before, 0, 0);
	CHECK(queue_is_quiet(&q, 40));
}

/* A cancelled slot stays in the heap until its time comes. */
static void cancelled(void)
{
	uint64_t start;
	struct timerheap_stats before;
	struct queue q;

	open_here(&q, 100);
	start = mono_ns() + NSEC_PER_SEC;
	slot_arm(&q, 5, start, NULL);
	slot_arm(&q, 6, start, NULL);
	slot_arm(&q, 7, start, NULL);
	REQUIRE_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(slot_armed(&q, 7) == start));
	before = queue_stats(&q);
	CHECK_EQ(slot_cancel(&q, 5), start);
	CHECK_EQ(slot_cancel(&q, 6), start);
	CHECK_EQ(slot_cancel(&q, 6), 0);
	CHECK_EQ(slot_armed(&q, 5), start);
	/* Armed again behind its own shadow: nothing to tell the kernel. */
	CHECK_EQ(slot_arm(&q, 6, start + NSEC_PER_SEC, NULL), ARM_LAZY);
	REQUIRE(mono_ns() < start);
	check_one(&q, 7, start);
	CHECK(WAIT_UNTIL(slot_armed(&q, 5) == TIMERHEAP_NEVER));
	check_one(&q, 6, start + NSEC_PER_SEC);
	check_work(&q, &before, 0, 0);
	CHECK_EQ(queue_stats(&q).lazy_drops, 1);
	CHECK_EQ(queue_stats(&q).lazy_moves, 1);
	CHECK_EQ(queue_stats(&q).expiries, 2);
	CHECK(queue_is_quiet(&q, 20));
}

static void cancel_answers(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t deadline;

	open_here(&q, 100);
	CHECK_EQ(queue_cancel(&q, 5), 0);
	deadline = mono_ns() + 100 * NSEC_PER_SEC;
	slot_arm(&q, 5, deadline, NULL);
	CHECK_EQ(queue_cancel(&q, 5), 1);
	CHECK_EQ(queue_cancel(&q, 5), 0);
	slot_arm(&q, 5, 1, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	/* Fired is too late, consumed or not. */
	CHECK_EQ(queue_cancel(&q, 5), 0);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(queue_cancel(&q, 5), 0);
	CHECK(queue_is_quiet(&q, 20));
}

static const struct test_case cases[] = {
	CASE(push_back),      CASE(watchdog),
	CASE(pull_forward),   CASE(pull_forward_behind_another),
	CASE(to_and_fro),     CASE(cancelled),
	CASE(cancel_answers),
};

TEST_MAIN(cases)
