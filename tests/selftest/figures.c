// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounds on time that hold still only where an instruction takes one
 * nanosecond: in a guest with --icount.  They are generous; each of them
 * fails when the work it bounds is not bounded any more.
 */
#include <stdlib.h>

#include "harness.h"
#include "queue.h"

#define MANY 100000
#define MAX_BUDGET 65536

static void restore(void)
{
	write_text(PARAMS "budget", "256");
}

/* The longest time that this program did not get the CPU, until @n came. */
static uint64_t longest_gap(struct queue *q, uint32_t n)
{
	uint64_t last = mono_ns(), longest = 0;

	while (q->header->cq_tail < n) {
		uint64_t now = mono_ns();

		if (now - last > longest)
			longest = now - last;
		last = now;
		/* The consumer, at no cost to speak of. */
		__atomic_store_n(&q->header->cq_head, q->header->cq_tail,
				 __ATOMIC_SEQ_CST);
		if (queue_flags(q) & TIMERHEAP_HDR_STALLED)
			queue_kick(q);
	}
	return longest;
}

static uint64_t gap_of_many(void)
{
	uint64_t deadline, gap;
	struct queue q;

	queue_open(&q, MANY, 65536, 0, CLOCK_MONOTONIC);
	/* The mapping's pages are touched before it counts. */
	deadline = mono_ns() + 500 * NSEC_PER_MSEC;
	for (uint32_t i = 0; i < MANY; i++)
		slot_arm_kickless(&q, i, deadline, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(queue_next_event(&q) == deadline));
	REQUIRE(mono_ns() < deadline);
	gap = longest_gap(&q, MANY);
	CHECK_EQ(queue_stats(&q).expiries, MANY);
	queue_close(&q);
	return gap;
}

/*
 * A hundred thousand timers due at once leave the CPU to others in between,
 * for which the time that a run may take is enough.
 */
static void work_is_bounded(void)
{
	uint64_t with, without;

	need_icount();
	with = gap_of_many();
	REQUIRE_EQ(write_text(PARAMS "budget", "%u", MAX_BUDGET), 0);
	without = gap_of_many();
	note("longest gap %llu us; %llu us without a budget",
	     (unsigned long long)with / 1000,
	     (unsigned long long)without / 1000);
	CHECK_ORDER(with, <, 100 * NSEC_PER_USEC);
	CHECK_ORDER(without, <, 100 * NSEC_PER_USEC);
	/* Or else the measurement shows nothing. */
	CHECK_ORDER(with, >, 10 * NSEC_PER_USEC);
}

static void doorbells_are_bounded(void)
{
	uint64_t longest = 0;
	struct queue q;

	need_icount();
	queue_open(&q, MANY, 256, 0, CLOCK_MONOTONIC);
	/* They are answered by the interrupt of a timer, not by a kick. */
	slot_arm(&q, 0, mono_ns() + 100 * NSEC_PER_MSEC, NULL);
	for (uint32_t i = 1; i < MANY; i++)
		CHECK(slot_arm(&q, i, (1ULL << 60) + i, NULL) == ARM_RANG);
	CHECK_EQ(queue_stats(&q).doorbells, 1);
	for (uint64_t last = mono_ns(), now;
	     __atomic_load_n(&q.level1[MANY / 4096], __ATOMIC_RELAXED) ||
	     queue_ready(&q) == 0;
	     last = now) {
		now = mono_ns();
		if (now - last > longest)
			longest = now - last;
	}
	note("longest gap %llu us", (unsigned long long)longest / 1000);
	CHECK_ORDER(longest, <, NSEC_PER_MSEC);
	CHECK_ORDER(longest, >, NSEC_PER_USEC);
	CHECK(WAIT_UNTIL(queue_stats(&q).doorbells == MANY));
}

static void lateness_of_one(void)
{
	uint64_t sum = 0;
	struct queue q;

	need_icount();
	queue_open(&q, 10000, 0, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 1; i < 10000; i++)
		slot_arm_kickless(&q, i, (1ULL << 60) + i, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	for (int i = 0; i < 100; i++) {
		struct timerheap_expiry e;

		slot_arm(&q, 0, mono_ns() + 200 * NSEC_PER_USEC, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_ORDER(e.fired_ns, >=, e.expires_ns);
		sum += e.fired_ns - e.expires_ns;
	}
	note("on average %llu ns late", (unsigned long long)sum / 100);
	CHECK_ORDER(sum / 100, <, 20 * NSEC_PER_USEC);
}

static void push_back_is_cheap(void)
{
	uint64_t deadline, start, took;
	struct queue q;

	need_icount();
	queue_open(&q, MANY, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 1000 * NSEC_PER_SEC;
	for (uint32_t i = 0; i < MANY; i++)
		slot_arm_kickless(&q, i, deadline, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(slot_armed(&q, MANY - 1) == deadline));
	start = mono_ns();
	for (uint32_t i = 0; i < MANY; i++)
		slot_arm(&q, i, deadline + 1, NULL);
	took = (mono_ns() - start) / MANY;
	note("%llu ns a push-back", (unsigned long long)took);
	/* A system call alone takes more. */
	CHECK_ORDER(took, <, 200);
	CHECK_EQ(queue_stats(&q).doorbells, MANY);
}

/* One interrupt serves all that are due by then. */
static void expiry_is_cheap(void)
{
	uint64_t deadline, took;
	struct queue q;

	need_icount();
	queue_open(&q, MANY, 65536, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 500 * NSEC_PER_MSEC;
	for (uint32_t i = 0; i < 50000; i++)
		slot_arm_kickless(&q, i, deadline, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	REQUIRE(mono_ns() < deadline);
	CHECK(WAIT_UNTIL(q.header->cq_tail == 50000));
	took = (q.ring[49999].fired_ns - deadline) / 50000;
	note("%llu ns an expiry, gaps included", (unsigned long long)took);
	CHECK_ORDER(took, <, 2000);
}

static const struct test_case cases[] = {
	CASE(work_is_bounded), CASE(doorbells_are_bounded),
	CASE(lateness_of_one), CASE(push_back_is_cheap),
	CASE(expiry_is_cheap),
};

TEST_MAIN_RESTORE(cases, restore)
