// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run handles no more than the budget: a hundred thousand timers due at
 * once come in many, and others get their turn.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness.h"
#include "queue.h"

static void set_budget(unsigned int budget)
{
	REQUIRE_EQ(write_text(PARAMS "budget", "%u", budget), 0);
}

static void restore(void)
{
	write_text(PARAMS "budget", "256");
}

/* All slots, due at once and rung, but not kicked for. */
static void make_due(struct queue *q, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		slot_arm_kickless(q, i, i + 1, NULL);
}

/* Each slot once; its deadline tells which one it is. */
static void collect_all(struct queue *q, uint32_t n)
{
	struct timerheap_expiry *records = calloc(n, sizeof(*records));
	bool *seen = calloc(n, sizeof(*seen));

	REQUIRE_EQ(queue_collect(q, records, n, 0), n);
	for (uint32_t i = 0; i < n; i++) {
		REQUIRE(records[i].slot < n);
		CHECK_EQ(records[i].expires_ns, records[i].slot + 1);
		CHECK(!seen[records[i].slot]);
		seen[records[i].slot] = true;
	}
	CHECK_EQ(queue_ready(q), 0);
	free(records);
	free(seen);
}

/* Doorbells and expiries both count. */
static void check_runs(const struct queue *q, uint32_t n, unsigned int budget)
{
	struct timerheap_stats stats = queue_stats(q);

	CHECK_EQ(stats.expiries, n);
	CHECK_ORDER(stats.doorbells, >=, n);
	CHECK_ORDER(stats.runs * budget, >=, stats.doorbells + n);
	CHECK_ORDER(stats.runs_over_budget * budget + budget, >=,
		    stats.doorbells + n);
	CHECK_ORDER(stats.runs, >=, stats.runs_over_budget);
}

#define MANY 100000
#define MAX_BUDGET 65536

static void many_by_remote_kick(void)
{
	struct queue q;

	queue_open(&q, MANY, 65536, other_cpu(0), CLOCK_MONOTONIC);
	pin_to(0);
	make_due(&q, MANY);
	CHECK_EQ(queue_kick(&q), 0);
	collect_all(&q, MANY);
	check_runs(&q, MANY, 256);
	CHECK_EQ(queue_stats(&q).kicks_local, 0);
}

static void many_by_local_kick(void)
{
	struct queue q;

	queue_open(&q, MANY, 65536, 0, CLOCK_MONOTONIC);
	pin_to(0);
	make_due(&q, MANY);
	CHECK_EQ(queue_kick(&q), 0);
	collect_all(&q, MANY);
	check_runs(&q, MANY, 256);
	CHECK_EQ(queue_stats(&q).kicks_remote, 0);
}

/* All in the heap already, when their time comes. */
static void many_by_interrupt(void)
{
	/* Checkers take their time. */
	uint32_t many = kernel_is_slow() ? MANY / 5 : MANY;
	struct timerheap_stats before, after;
	struct timerheap_expiry *records;
	uint64_t deadline;
	struct queue q;

	records = calloc(many, sizeof(*records));
	queue_open(&q, many, 65536, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + (kernel_is_slow() ? 15 : 2) * NSEC_PER_SEC;
	for (uint32_t i = 0; i < many; i++)
		slot_arm_kickless(&q, i, deadline, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(slot_armed(&q, many - 1) == deadline &&
			 queue_next_event(&q) == deadline));
	REQUIRE(mono_ns() < deadline);
	before = queue_stats(&q);
	CHECK_EQ(before.expiries, 0);
	REQUIRE_EQ(queue_collect(&q, records, many, 0), many);
	for (uint32_t i = 0; i < many; i++) {
		CHECK_EQ(records[i].expires_ns, deadline);
		CHECK_ORDER(records[i].fired_ns, >=, deadline);
	}
	after = queue_stats(&q);
	CHECK_EQ(after.expiries, many);
	CHECK_EQ(after.doorbells, before.doorbells);
	CHECK_ORDER(after.runs - before.runs, >=, many / 256);
	CHECK_ORDER(after.runs_over_budget - before.runs_over_budget, >=,
		    many / 256 - 1);
}

static void each_budget(void)
{
	static const unsigned int budgets[] = {
		1, 2, 3, 7, 64, MAX_BUDGET,
	};

	for (size_t i = 0; i < ARRAY_SIZE(budgets); i++) {
		struct queue q;

		set_budget(budgets[i]);
		queue_open(&q, 500, 512, i % cpus_online(), CLOCK_MONOTONIC);
		CHECK_EQ(device_info(q.fd).budget, budgets[i]);
		make_due(&q, 500);
		CHECK_EQ(queue_kick(&q), 0);
		collect_all(&q, 500);
		check_runs(&q, 500, budgets[i]);
		queue_close(&q);
	}
}

static void out_of_range(void)
{
	static const char *const texts[] = {
		"0", "65537", "4294967295", "4294967296", "-1", "many", "",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int err = write_text(PARAMS "budget", "%s\n", texts[i]);

		if (!CHECK(err == -EINVAL || err == -ERANGE))
			note("it was %s", texts[i]);
		CHECK_EQ(read_number(PARAMS "budget"), 256);
		CHECK_EQ(device_info(open_device()).budget, 256);
	}
}

struct ringer {
	struct queue *q;
	uint32_t slots;
	atomic_bool over;
	atomic_ulong rung;
};

static void *ring_in_a_loop(void *arg)
{
	struct ringer *ringer = arg;

	pin_to(0);
	while (!ringer->over) {
		for (uint32_t i = 0; i < ringer->slots; i++)
			slot_ring(ringer->q, i);
		ringer->rung++;
	}
	return NULL;
}

/* Doorbells rung in a loop keep neither other slots nor expiries waiting. */
static void ring_beside(unsigned int budget, uint32_t slots)
{
	struct timerheap_expiry e;
	struct queue q;
	struct ringer ringer = { .q = &q, .slots = slots };
	pthread_t thread;

	set_budget(budget);
	queue_open(&q, 8192, 0, other_cpu(0), CLOCK_MONOTONIC);
	/* A kick on the home CPU would go through all of them. */
	pin_to(0);
	thread = start_thread(ring_in_a_loop, &ringer);
	CHECK(WAIT_UNTIL(ringer.rung));
	for (uint32_t slot = slots; slot < 8192; slot += 501) {
		uint64_t deadline = mono_ns() + NSEC_PER_MSEC;

		slot_arm_kickless(&q, slot, deadline, NULL);
		CHECK_EQ(queue_kick(&q), 0);
		if (!CHECK_EQ(queue_collect(&q, &e, 1, 0), 1))
			break;
		CHECK_EQ(e.slot, slot);
		CHECK_EQ(e.expires_ns, deadline);
	}
	ringer.over = true;
	join_thread(thread);
}

static void not_starved(void)
{
	ring_beside(256, 200);
}

static void not_starved_with_least_budget(void)
{
	ring_beside(1, 2);
}

static void not_starved_with_two(void)
{
	ring_beside(2, 65);
}

/* The budget is the CPU's: a flood in one queue is not the other's. */
static void two_queues(void)
{
	struct timerheap_expiry e;
	struct queue flood, other;
	struct ringer ringer = { .q = &flood, .slots = 4096 };
	pthread_t thread;

	queue_open(&flood, 4096, 0, other_cpu(0), CLOCK_MONOTONIC);
	queue_open(&other, 10, 0, other_cpu(0), CLOCK_MONOTONIC);
	thread = start_thread(ring_in_a_loop, &ringer);
	CHECK(WAIT_UNTIL(ringer.rung));
	CHECK_EQ(queue_kick(&flood), 0);
	for (int i = 0; i < 100; i++) {
		uint64_t deadline = mono_ns() + NSEC_PER_MSEC;

		slot_arm(&other, 1, deadline, NULL);
		REQUIRE_EQ(queue_collect(&other, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
	}
	ringer.over = true;
	join_thread(thread);
	CHECK(queue_stats(&flood).runs_over_budget);
}

static const struct test_case cases[] = {
	CASE(many_by_remote_kick),
	CASE(many_by_local_kick),
	CASE(many_by_interrupt),
	CASE(each_budget),
	CASE(out_of_range),
	CASE(not_starved),
	CASE(not_starved_with_least_budget),
	CASE(not_starved_with_two),
	CASE(two_queues),
};

TEST_MAIN_RESTORE(cases, restore)
