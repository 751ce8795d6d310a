// SPDX-License-Identifier: GPL-2.0-only
/*
 * The home CPU goes offline and comes back: nothing is lost or early, the
 * moves are counted, and what is due meanwhile fires elsewhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness.h"
#include "queue.h"

#define SLOTS 1000

static void restore(void)
{
	for (int cpu = 1; cpu < 64; cpu++)
		if (set_online(cpu, true) == -ENOENT)
			break;
}

static void need_hotplug(void)
{
	other_cpu(0);
	if (set_online(1, false))
		skip("CPU 1 cannot be taken offline");
	REQUIRE_EQ(set_online(1, true), 0);
}

/* Each slot once, at its deadline or later. */
static void collect_all(struct queue *q, const uint64_t *deadlines)
{
	static struct timerheap_expiry records[SLOTS];
	static bool seen[SLOTS];

	REQUIRE_EQ(queue_collect(q, records, SLOTS, 0), SLOTS);
	for (int i = 0; i < SLOTS; i++) {
		const struct timerheap_expiry *e = &records[i];

		REQUIRE(e->slot < SLOTS);
		CHECK(!seen[e->slot]);
		seen[e->slot] = true;
		CHECK_EQ(e->expires_ns, deadlines[e->slot]);
		CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
	}
	CHECK(queue_is_quiet(q, 20));
}

static void arm_all(struct queue *q, uint64_t *deadlines, uint64_t step)
{
	uint64_t start = mono_ns() + 50 * NSEC_PER_MSEC;

	for (uint32_t i = 0; i < SLOTS; i++) {
		deadlines[i] = start + i * step;
		slot_arm(q, i, deadlines[i], NULL);
	}
	CHECK_EQ(queue_kick(q), 0);
}

static void away_and_back(void)
{
	static uint64_t deadlines[SLOTS];
	struct timerheap_stats stats;
	struct timerheap_expiry e;
	struct queue q;

	need_hotplug();
	queue_open(&q, SLOTS, 1024, 1, CLOCK_MONOTONIC);
	arm_all(&q, deadlines, NSEC_PER_MSEC);
	deadlines[SLOTS - 1] += 20 * NSEC_PER_SEC;
	slot_arm(&q, SLOTS - 1, deadlines[SLOTS - 1], NULL);
	REQUIRE_EQ(set_online(1, false), 0);
	CHECK_EQ(queue_stats(&q).handovers, 1);
	CHECK(q.header->cpu != 1);
	CHECK_EQ(queue_stats(&q).cpu, q.header->cpu);
	sleep_ms(200);
	/* Arming works as before. */
	CHECK_EQ(slot_cancel(&q, SLOTS - 1), deadlines[SLOTS - 1]);
	deadlines[SLOTS - 1] = mono_ns();
	slot_arm(&q, SLOTS - 1, deadlines[SLOTS - 1], NULL);
	CHECK(WAIT_UNTIL(!slot_deadline(&q, SLOTS - 1)));
	REQUIRE_EQ(set_online(1, true), 0);
	CHECK_EQ(queue_stats(&q).handovers, 2);
	CHECK_EQ(q.header->cpu, 1);
	collect_all(&q, deadlines);
	/* Figures from before and from elsewhere are in. */
	stats = queue_stats(&q);
	CHECK_EQ(stats.expiries, SLOTS);
	CHECK_EQ(stats.cpu, 1);
	slot_arm(&q, 0, 1, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.cpu, 1);
}

/* What is due while it moves is delivered where it arrives. */
static void due_meanwhile(void)
{
	static uint64_t deadlines[SLOTS];
	struct timerheap_stats one, zero;
	uint64_t elsewhere = 0;
	struct queue q;

	need_hotplug();
	queue_open(&q, SLOTS, 1024, 1, CLOCK_MONOTONIC);
	one = cpu_stats(q.fd, 1);
	arm_all(&q, deadlines, 300 * NSEC_PER_USEC);
	for (int i = 0; i < 3; i++) {
		REQUIRE_EQ(set_online(1, false), 0);
		sleep_ms(10);
		REQUIRE_EQ(set_online(1, true), 0);
	}
	CHECK(WAIT_UNTIL(queue_ready(&q) == SLOTS));
	for (int i = 0; i < SLOTS; i++)
		elsewhere += q.ring[i].cpu != 1;
	CHECK(elsewhere);
	collect_all(&q, deadlines);
	CHECK_EQ(queue_stats(&q).handovers, 6);
	CHECK_EQ(queue_stats(&q).expiries, SLOTS);
	/* Each CPU has the figures of what it did. */
	zero = cpu_stats(q.fd, 1);
	CHECK_EQ(zero.expiries - one.expiries, SLOTS - elsewhere);
	CHECK_EQ(zero.handovers - one.handovers, 3);
}

static void stalled(void)
{
	static uint64_t deadlines[SLOTS];
	struct queue q;

	need_hotplug();
	queue_open(&q, SLOTS, 8, 1, CLOCK_MONOTONIC);
	arm_all(&q, deadlines, 1);
	CHECK(WAIT_UNTIL(queue_flags(&q) & TIMERHEAP_HDR_STALLED));
	REQUIRE_EQ(set_online(1, false), 0);
	CHECK(queue_flags(&q) & TIMERHEAP_HDR_STALLED);
	collect_all(&q, deadlines);
	CHECK_EQ(q.header->cpu, queue_stats(&q).cpu);
	REQUIRE_EQ(set_online(1, true), 0);
	CHECK_EQ(queue_stats(&q).expiries, SLOTS);
}

/* Many at once, and one that was not concerned. */
static void many_queues(void)
{
	enum { QUEUES = 50 };
	struct queue queues[QUEUES], home;
	struct timerheap_expiry e;

	need_hotplug();
	queue_open(&home, 10, 0, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < QUEUES; i++) {
		queue_open(&queues[i], 10, 0, 1,
			   i % 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME);
		slot_arm(&queues[i], 1,
			 queue_now(&queues[i]) + (50 + i) * NSEC_PER_MSEC,
			 NULL);
	}
	REQUIRE_EQ(set_online(1, false), 0);
	CHECK_EQ(cpu_stats(home.fd, 1).queues, 0);
	/* Some end while they are away. */
	for (int i = 0; i < QUEUES; i += 5)
		queue_close(&queues[i]);
	REQUIRE_EQ(set_online(1, true), 0);
	CHECK_EQ(cpu_stats(home.fd, 1).queues, QUEUES - QUEUES / 5);
	for (int i = 0; i < QUEUES; i++) {
		if (i % 5 == 0)
			continue;
		REQUIRE_EQ(queue_collect(&queues[i], &e, 1, 0), 1);
		CHECK_ORDER(e.fired_ns, >=, e.expires_ns);
		CHECK_EQ(queue_stats(&queues[i]).handovers, 2);
		CHECK_EQ(queues[i].header->cpu, 1);
	}
	CHECK_EQ(queue_stats(&home).handovers, 0);
}

/* It goes to a CPU that the owner may use, if there is one. */
static void within_the_owners_mask(void)
{
	cpu_set_t set;
	struct queue q;

	if (cpus_online() < 4)
		skip("needs four CPUs");
	need_hotplug();
	CPU_ZERO(&set);
	CPU_SET(1, &set);
	CPU_SET(3, &set);
	REQUIRE(!sched_setaffinity(0, sizeof(set), &set));
	queue_open(&q, 10, 0, 1, CLOCK_MONOTONIC);
	REQUIRE_EQ(set_online(1, false), 0);
	CHECK_EQ(q.header->cpu, 3);
	/* When there is none, to any. */
	REQUIRE_EQ(set_online(2, false), 0);
	REQUIRE(set_online(3, false) == 0);
	CHECK_EQ(q.header->cpu, 0);
	/* And home as soon as that is there. */
	REQUIRE_EQ(set_online(1, true), 0);
	CHECK_EQ(q.header->cpu, 1);
	CHECK_EQ(queue_stats(&q).handovers, 3);
}

struct load {
	struct queue q;
	atomic_bool over, all_armed;
	atomic_ulong armed, got;
};

/* Arms with kicks all the time, slot by slot, and never twice. */
static void *arm_in_a_loop(void *arg)
{
	struct load *load = arg;
	uint64_t deadline = 0;

	for (uint32_t slot = 0; !load->over; slot = (slot + 1) % SLOTS) {
		uint64_t now = mono_ns();

		if (slot_deadline(&load->q, slot))
			continue;
		deadline = now > deadline ? now : deadline + 1;
		slot_arm(&load->q, slot, deadline + slot % 50 * NSEC_PER_USEC,
			 NULL);
		load->armed++;
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct load *load = arg;
	struct timerheap_expiry e;

	while (!load->all_armed || load->got < load->armed) {
		uint32_t n = queue_collect(&load->q, &e, 1,
					   mono_ns() + NSEC_PER_SEC);

		if (n)
			CHECK_ORDER(e.fired_ns, >=, e.expires_ns);
		else if (load->all_armed)
			break;
		load->got += n;
	}
	return NULL;
}

static void under_load(void)
{
	static struct load load;
	pthread_t armers, consumer;
	unsigned long rounds = scaled(30);

	need_hotplug();
	queue_open(&load.q, SLOTS, 0, 1, CLOCK_MONOTONIC);
	armers = start_thread(arm_in_a_loop, &load);
	consumer = start_thread(consume, &load);
	for (unsigned long i = 0; i < rounds; i++) {
		unsigned long before = load.got;

		REQUIRE_EQ(set_online(1, i % 2), 0);
		/* It goes on, wherever it is now. */
		CHECK(WAIT_UNTIL(load.got > before + 100));
	}
	REQUIRE_EQ(set_online(1, true), 0);
	load.over = true;
	join_thread(armers);
	load.all_armed = true;
	join_thread(consumer);
	CHECK_EQ(load.got, load.armed);
	CHECK_EQ(queue_stats(&load.q).expiries, load.armed);
	note("%lu expiries over %llu hand-overs", load.got,
	     (unsigned long long)queue_stats(&load.q).handovers);
}

static const struct test_case cases[] = {
	CASE(away_and_back), CASE(due_meanwhile),	   CASE(stalled),
	CASE(many_queues),   CASE(within_the_owners_mask), CASE(under_load),
};

TEST_MAIN_RESTORE(cases, restore)
