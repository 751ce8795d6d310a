// SPDX-License-Identifier: GPL-2.0-only
/* A full ring: nothing is lost, nothing runs, and it goes on when kicked. */
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define RING 4

static bool is_stalled(const struct queue *q)
{
	return queue_flags(q) & TIMERHEAP_HDR_STALLED;
}

/* Slots 0 to n - 1, with the deadlines 1 to n, of which the ring has four. */
static void stall(struct queue *q, uint32_t n)
{
	queue_open(q, n, RING, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < n; i++)
		slot_arm(q, i, i + 1, NULL);
	REQUIRE(WAIT_UNTIL(is_stalled(q)));
	/* Those that came later were only rung, as nobody looks by himself. */
	CHECK_EQ(queue_kick(q), 0);
	CHECK(WAIT_UNTIL(!q->level1[0]));
	CHECK_EQ(queue_ready(q), RING);
	CHECK_EQ(queue_next_event(q), 0);
	CHECK_EQ(queue_stats(q).stalls, 1);
	CHECK_EQ(queue_stats(q).expiries, RING);
}

static void check_next(const struct timerheap_expiry *e, uint64_t deadline)
{
	CHECK_EQ(e->expires_ns, deadline);
	CHECK_EQ(e->slot, deadline - 1);
	CHECK_ORDER(e->fired_ns, >=, deadline);
}

/* Of the queue's runs, when those under way have ended. */
static uint64_t runs_at_last(const struct queue *q)
{
	uint64_t before, runs = queue_stats(q).runs;

	do {
		before = runs;
		sleep_ms(50);
		runs = queue_stats(q).runs;
	} while (runs != before);
	return runs;
}

static void no_interrupts(void)
{
	struct queue q;
	uint64_t runs;

	stall(&q, 100);
	runs = runs_at_last(&q);
	sleep_ms(200);
	CHECK_EQ(queue_stats(&q).runs, runs);
	CHECK_EQ(queue_stats(&q).stalls, 1);
	CHECK_EQ(queue_stats(&q).expiries, RING);
	CHECK(is_stalled(&q));
	/* Room alone does not help: the kernel does not look. */
	__atomic_store_n(&q.header->cq_head, 1, __ATOMIC_SEQ_CST);
	sleep_ms(50);
	CHECK_EQ(queue_stats(&q).runs, runs);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(queue_ready(&q) == RING));
	CHECK_EQ(queue_stats(&q).expiries, RING + 1);
	CHECK(is_stalled(&q));
}

static void by_mapping(void)
{
	struct timerheap_expiry e;
	struct queue q;

	stall(&q, 100);
	for (uint32_t i = 1; i <= 100; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		check_next(&e, i);
	}
	CHECK(WAIT_UNTIL(!is_stalled(&q)));
	CHECK_EQ(queue_next_event(&q), TIMERHEAP_NEVER);
	CHECK_EQ(queue_stats(&q).expiries, 100);
	CHECK(queue_is_quiet(&q, 20));
}

/* read(2) kicks by itself. */
static void by_read(void)
{
	struct timerheap_expiry records[3];
	uint64_t next = 1;
	struct queue q;

	stall(&q, 100);
	while (next <= 100) {
		ssize_t n = read(q.fd, records, sizeof(records));

		REQUIRE(n > 0);
		for (size_t i = 0; i < n / sizeof(records[0]); i++)
			check_next(&records[i], next++);
	}
	CHECK(WAIT_UNTIL(!is_stalled(&q)));
	CHECK_EQ(queue_stats(&q).expiries, 100);
}

/* And so does WAIT. */
static void by_wait(void)
{
	uint32_t ready, next = 1;
	struct queue q;

	stall(&q, 100);
	while (next <= 100) {
		CHECK_EQ(queue_wait(&q, RING, TIMERHEAP_NEVER, &ready), 0);
		CHECK_EQ(ready, RING);
		for (uint32_t i = 0; i < RING; i++, next++)
			check_next(&q.ring[(next - 1) % RING], next);
		__atomic_store_n(&q.header->cq_head, next - 1,
				 __ATOMIC_SEQ_CST);
	}
	CHECK_EQ(queue_stats(&q).expiries, 100);
}

static void ring_of_one(void)
{
	struct timerheap_expiry e;
	uint32_t total = scaled(2000);
	struct queue q;

	queue_open(&q, total, 1, other_cpu(0), CLOCK_MONOTONIC);
	pin_to(0);
	for (uint32_t i = 0; i < total; i++)
		slot_arm_kickless(&q, i, i + 1, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	for (uint32_t i = 0; i < total; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, e.slot + 1);
	}
	CHECK_EQ(queue_stats(&q).expiries, total);
	CHECK_ORDER(queue_stats(&q).stalls, >=, 1);
	CHECK(queue_is_quiet(&q, 20));
}

/* Each stall is counted once, however long it lasts. */
static void stalls_are_counted(void)
{
	struct timerheap_expiry records[RING + 1];
	struct queue q;

	queue_open(&q, 10, RING, 0, CLOCK_MONOTONIC);
	pin_to(0);
	for (uint32_t n = 1; n <= 20; n++) {
		for (uint32_t i = 0; i < RING + 1; i++)
			slot_arm_kickless(&q, i, i + 1, NULL);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(queue_kick(&q), 0);
		CHECK_EQ(queue_stats(&q).stalls, n);
		REQUIRE_EQ(queue_collect(&q, records, RING + 1, 0), RING + 1);
		CHECK(!is_stalled(&q));
	}
	/* A ring that is exactly full has not been found so. */
	for (uint32_t i = 0; i < RING; i++)
		slot_arm_kickless(&q, i, i + 1, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK_EQ(queue_ready(&q), RING);
	CHECK(!is_stalled(&q));
	CHECK_EQ(queue_stats(&q).stalls, 20);
}

/* What was cancelled or pushed back meanwhile does not fire. */
static void changed_meanwhile(void)
{
	struct timerheap_expiry e;
	uint64_t later;
	struct queue q;

	stall(&q, 8);
	CHECK_EQ(slot_cancel(&q, 4), 5);
	CHECK_EQ(queue_cancel(&q, 5), 1);
	later = mono_ns() + 100 * NSEC_PER_MSEC;
	CHECK_EQ(slot_arm(&q, 6, later, NULL), ARM_LAZY);
	/* Arming needs no kick: the consumer's will do. */
	CHECK_EQ(slot_arm(&q, 0, 100, NULL), ARM_RANG);
	for (uint32_t i = 1; i <= RING; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		check_next(&e, i);
	}
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	check_next(&e, 8);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, 100);
	CHECK_EQ(e.slot, 0);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, later);
	CHECK_ORDER(e.fired_ns, >=, later);
	CHECK_EQ(queue_stats(&q).expiries, 7);
	CHECK(queue_is_quiet(&q, 20));
}

/* One queue's stall is no other's. */
static void alone(void)
{
	struct timerheap_expiry e;
	struct queue full, other;

	stall(&full, 100);
	queue_open(&other, 10, 0, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < 20; i++) {
		uint64_t deadline = mono_ns() + NSEC_PER_MSEC;

		slot_arm(&other, 1, deadline, NULL);
		REQUIRE_EQ(queue_collect(&other, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
	}
	CHECK_EQ(queue_ready(&full), RING);
	CHECK(!is_stalled(&other));
}

static const struct test_case cases[] = {
	CASE(no_interrupts),	 CASE(by_mapping),  CASE(by_read),
	CASE(by_wait),		 CASE(ring_of_one), CASE(stalls_are_counted),
	CASE(changed_meanwhile), CASE(alone),
};

TEST_MAIN(cases)
