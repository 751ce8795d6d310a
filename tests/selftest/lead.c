// SPDX-License-Identifier: GPL-2.0-only
/* lead_ns: delivery before the deadline, by that much at most, and marked. */
#include "harness.h"
#include "queue.h"

static void set_lead(struct queue *q, uint32_t lead)
{
	__atomic_store_n(&q->header->lead_ns, lead, __ATOMIC_SEQ_CST);
	CHECK_EQ(queue_kick(q), 0);
}

static void check_lead(uint32_t set, uint32_t want)
{
	struct timerheap_stats stats;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	set_lead(&q, set);
	for (int i = 0; i < 20; i++) {
		uint64_t deadline = mono_ns() + 30 * NSEC_PER_MSEC;

		CHECK_EQ(call(q.fd, TIMERHEAP_IOC_RESET_STATS, NULL), 0);
		slot_arm(&q, 1, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline - want);
		CHECK_EQ(e.flags,
			 e.fired_ns < deadline ? TIMERHEAP_EXPIRY_LEAD : 0);
		stats = queue_stats(&q);
		CHECK_EQ(stats.lateness_max_ns, e.fired_ns + want - deadline);
	}
}

static void none(void)
{
	check_lead(0, 0);
}

static void some(void)
{
	check_lead(NSEC_PER_MSEC, NSEC_PER_MSEC);
}

static void the_most(void)
{
	check_lead(TIMERHEAP_LEAD_MAX_NS, TIMERHEAP_LEAD_MAX_NS);
}

static void too_much(void)
{
	check_lead(UINT32_MAX, TIMERHEAP_LEAD_MAX_NS);
}

/* Really early: by 10 ms, even a slow machine manages that now and then. */
static void is_early(void)
{
	struct timerheap_expiry e;
	unsigned int early = 0;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	set_lead(&q, TIMERHEAP_LEAD_MAX_NS);
	for (int i = 0; i < 50; i++) {
		slot_arm(&q, 1, mono_ns() + 20 * NSEC_PER_MSEC, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		early += e.fired_ns < e.expires_ns;
	}
	CHECK(early);
}

/* A tick ahead of time is followed by the next one, not by itself. */
static void periodic(void)
{
	uint64_t deadline = mono_ns() + 20 * NSEC_PER_MSEC;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	set_lead(&q, NSEC_PER_MSEC);
	slot_config(&q, 1, 100 * NSEC_PER_USEC, 0, 0);
	slot_arm(&q, 1, deadline, NULL);
	for (int i = 0; i < 200; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline - NSEC_PER_MSEC);
		deadline += (e.overruns + 1ULL) * 100 * NSEC_PER_USEC;
	}
}

static void restart(void)
{
	uint64_t deadline = mono_ns() + 20 * NSEC_PER_MSEC;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	set_lead(&q, NSEC_PER_MSEC);
	slot_config(&q, 1, 5 * NSEC_PER_MSEC, 0, TIMERHEAP_SLOT_RESTART);
	slot_arm(&q, 1, deadline, NULL);
	for (int i = 0; i < 20; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline - NSEC_PER_MSEC);
		/* From the later of the two. */
		deadline = (e.fired_ns > deadline ? e.fired_ns : deadline) +
			5 * NSEC_PER_MSEC;
	}
}

/* Raised, it holds for what is armed already; no less than a kick later. */
static void raised(void)
{
	struct timerheap_expiry e;
	uint64_t deadline;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 100 * NSEC_PER_MSEC;
	slot_arm(&q, 1, deadline, NULL);
	set_lead(&q, TIMERHEAP_LEAD_MAX_NS);
	sleep_until(CLOCK_MONOTONIC, deadline - 5 * NSEC_PER_MSEC);
	/* Due by now, whoever looks. */
	CHECK_EQ(queue_kick(&q), 0);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_ORDER(e.fired_ns, >=, deadline - TIMERHEAP_LEAD_MAX_NS);
	CHECK_EQ(queue_stats(&q).lateness_max_ns,
		 e.fired_ns + TIMERHEAP_LEAD_MAX_NS - deadline);
}

static const struct test_case cases[] = {
	CASE(none),	CASE(some),	CASE(the_most), CASE(too_much),
	CASE(is_early), CASE(periodic), CASE(restart),	CASE(raised),
};

TEST_MAIN(cases)
