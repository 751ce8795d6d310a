// SPDX-License-Identifier: GPL-2.0-only
/* Statistics against what really happened; each counter is exact. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "queue.h"

#define COUNTERS 12 /* expiries to clock_steps */

static void check_unused(const struct timerheap_stats *stats)
{
	const __u64 *counters = &stats->expiries;

	for (int i = 0; i < COUNTERS; i++)
		CHECK_EQ(counters[i], 0);
	CHECK_EQ(stats->lateness_min_ns, TIMERHEAP_NEVER);
	CHECK_EQ(stats->lateness_max_ns, 0);
	CHECK_EQ(stats->lateness_sum_ns, 0);
	CHECK_EQ(stats->lateness_sumsq_us2, 0);
	for (int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		CHECK_EQ(stats->hist[i], 0);
}

static void at_first(void)
{
	struct timerheap_stats stats;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	stats = queue_stats(&q);
	CHECK_EQ(stats.cpu, 0);
	CHECK_EQ(stats.queues, 1);
	/* The first look, when the CPU took it in, is the only thing. */
	CHECK_EQ(stats.runs, 1);
	stats.runs = 0;
	check_unused(&stats);
}

/* The histogram's bounds as the header documents them. */
static uint32_t bucket_of(uint64_t value)
{
	uint32_t b;

	for (b = 0; b + 1 < TIMERHEAP_HIST_BUCKETS; b++)
		if (value < timerheap_hist_lower(b + 1))
			break;
	return b;
}

/* All figures of lateness, computed anew from the records. */
static void add_record(struct timerheap_stats *sum,
		       const struct timerheap_expiry *e)
{
	uint64_t late = e->fired_ns - e->expires_ns;
	uint64_t us = late / 1000;

	sum->expiries++;
	sum->overruns += e->overruns;
	sum->hist[bucket_of(late)]++;
	sum->lateness_sum_ns += late;
	sum->lateness_sumsq_us2 += us * us;
	if (late < sum->lateness_min_ns)
		sum->lateness_min_ns = late;
	if (late > sum->lateness_max_ns)
		sum->lateness_max_ns = late;
}

static void check_lateness(const struct timerheap_stats *got,
			   const struct timerheap_stats *want)
{
	CHECK_EQ(got->expiries, want->expiries);
	CHECK_EQ(got->overruns, want->overruns);
	CHECK_EQ(got->lateness_min_ns, want->lateness_min_ns);
	CHECK_EQ(got->lateness_max_ns, want->lateness_max_ns);
	CHECK_EQ(got->lateness_sum_ns, want->lateness_sum_ns);
	CHECK_EQ(got->lateness_sumsq_us2, want->lateness_sumsq_us2);
	for (int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		CHECK_EQ(got->hist[i], want->hist[i]);
}

static void lateness(void)
{
	enum { SLOTS = 2000 };
	static struct timerheap_expiry records[SLOTS];
	struct timerheap_stats want = { .lateness_min_ns = TIMERHEAP_NEVER };
	struct timerheap_stats got;
	struct prng prng = { 3 };
	struct queue q;

	queue_open(&q, SLOTS, 4096, 0, CLOCK_MONOTONIC);
	/* Up to a second late, and some ahead. */
	for (uint32_t i = 0; i < SLOTS; i++)
		slot_arm(&q, i,
			 mono_ns() - (NSEC_PER_SEC >> prng_below(&prng, 30)) +
				 i % 2 * NSEC_PER_SEC,
			 NULL);
	REQUIRE_EQ(queue_collect(&q, records, SLOTS, 0), SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		add_record(&want, &records[i]);
	got = queue_stats(&q);
	check_lateness(&got, &want);
	CHECK(want.lateness_max_ns > NSEC_PER_SEC / 2);
}

/* More than 2^40 ns late, which takes a clock that is older. */
static void very_late(void)
{
	struct timerheap_stats want = { .lateness_min_ns = TIMERHEAP_NEVER };
	struct timerheap_stats got;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_REALTIME);
	if (queue_now(&q) < 1ULL << 41)
		skip("the wall clock is not set");
	slot_arm(&q, 1, queue_now(&q) - (1ULL << 40) - 5, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	add_record(&want, &e);
	slot_arm(&q, 1, 1, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	got = queue_stats(&q);
	CHECK_EQ(got.hist[TIMERHEAP_HIST_BUCKETS - 1], 2);
	CHECK_EQ(got.lateness_max_ns, e.fired_ns - 1);
	CHECK_EQ(got.lateness_min_ns, want.lateness_min_ns);
	/* Squares of what is over 2^32 us saturate. */
	CHECK_ORDER(got.lateness_sumsq_us2, >, want.lateness_sumsq_us2);
}

static void sums_saturate(void)
{
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_REALTIME);
	if (queue_now(&q) < NSEC_PER_SEC * 1000000000)
		skip("the wall clock is not set");
	/* 50 years a time; 584 years are the limit. */
	for (int i = 0; i < 20; i++) {
		slot_arm(&q, 1, i + 1, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	}
	CHECK_EQ(queue_stats(&q).lateness_sum_ns, UINT64_MAX);
	CHECK_EQ(queue_stats(&q).lateness_sumsq_us2, UINT64_MAX);
	CHECK_EQ(queue_stats(&q).expiries, 20);
	CHECK_EQ(queue_stats(&q).hist[TIMERHEAP_HIST_BUCKETS - 1], 20);
}

static void doorbells(void)
{
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	pin_to(0);
	for (uint32_t i = 0; i < 100; i++)
		slot_arm_kickless(&q, i * 10, 1ULL << 60, NULL);
	CHECK_EQ(queue_stats(&q).doorbells, 0);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK_EQ(queue_stats(&q).doorbells, 100);
	/* Rung twice is looked at once. */
	for (int i = 0; i < 10; i++)
		slot_ring(&q, 500);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK_EQ(queue_stats(&q).doorbells, 101);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK_EQ(queue_stats(&q).doorbells, 101);
}

static void kicks_and_runs(void)
{
	struct timerheap_stats before, after;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	pin_to(0);
	before = queue_stats(&q);
	for (int i = 0; i < 25; i++)
		CHECK_EQ(queue_kick(&q), 0);
	after = queue_stats(&q);
	CHECK_EQ(after.kicks_local - before.kicks_local, 25);
	CHECK_EQ(after.runs - before.runs, 25);
	/* One interrupt, one run. */
	slot_arm(&q, 1, mono_ns() + 500 * NSEC_PER_MSEC, NULL);
	before = queue_stats(&q);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	after = queue_stats(&q);
	CHECK_EQ(after.runs - before.runs, 1);
	CHECK_EQ(after.runs_over_budget, 0);
	CHECK_EQ(after.kicks_local, before.kicks_local);
	CHECK_EQ(after.kicks_remote, 0);
}

static void lazy_work(void)
{
	enum { SLOTS = 30 };
	struct timerheap_expiry records[SLOTS];
	struct timerheap_stats stats;
	uint64_t start;
	struct queue q;

	queue_open(&q, SLOTS, 0, 0, CLOCK_MONOTONIC);
	pin_to(0);
	start = mono_ns() + NSEC_PER_SEC;
	for (uint32_t i = 0; i < SLOTS; i++)
		slot_arm_kickless(&q, i, start, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	for (uint32_t i = 0; i < 10; i++)
		CHECK(slot_cancel(&q, i));
	for (uint32_t i = 10; i < 25; i++)
		slot_arm(&q, i, start + NSEC_PER_SEC, NULL);
	REQUIRE(mono_ns() < start);
	REQUIRE_EQ(queue_collect(&q, records, 20, 0), 20);
	stats = queue_stats(&q);
	CHECK_EQ(stats.lazy_drops, 10);
	CHECK_EQ(stats.lazy_moves, 15);
	CHECK_EQ(stats.expiries, 20);
	CHECK_EQ(stats.doorbells, SLOTS);
}

static void reset(void)
{
	struct timerheap_stats stats, before, after;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < 10; i++)
		slot_arm(&q, i, i + 1, NULL);
	CHECK(WAIT_UNTIL(queue_stats(&q).expiries == 10));
	slot_arm(&q, 1, 1ULL << 60, NULL);
	CHECK(WAIT_UNTIL(slot_armed(&q, 1) == 1ULL << 60));
	before = cpu_stats(q.fd, 0);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_RESET_STATS, NULL), 0);
	stats = queue_stats(&q);
	check_unused(&stats);
	/* The CPU's figures go on. */
	after = cpu_stats(q.fd, 0);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	/* And so do the timers. */
	CHECK_EQ(slot_deadline(&q, 1), 1ULL << 60);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	slot_arm(&q, 2, 5, NULL);
	CHECK(WAIT_UNTIL(queue_stats(&q).expiries == 1));
	CHECK(WAIT_UNTIL(cpu_stats(q.fd, 0).expiries == before.expiries + 1));
}

static void subtract(struct timerheap_stats *from,
		     const struct timerheap_stats *stats)
{
	__u64 *a = &from->expiries;
	const __u64 *b = &stats->expiries;

	for (int i = 0; i < COUNTERS; i++)
		a[i] -= b[i];
	for (int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		from->hist[i] -= stats->hist[i];
	/* Once saturated, it stays so. */
	if (from->lateness_sum_ns != UINT64_MAX)
		from->lateness_sum_ns -= stats->lateness_sum_ns;
}

static void add(struct timerheap_stats *to, const struct timerheap_stats *stats)
{
	__u64 *a = &to->expiries;
	const __u64 *b = &stats->expiries;

	for (int i = 0; i < COUNTERS; i++)
		a[i] += b[i];
	for (int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		to->hist[i] += stats->hist[i];
	to->lateness_sum_ns += stats->lateness_sum_ns;
}

static void check_same_counts(const struct timerheap_stats *got,
			      const struct timerheap_stats *want)
{
	const __u64 *a = &got->expiries;
	const __u64 *b = &want->expiries;

	for (int i = 0; i < COUNTERS; i++)
		if (!CHECK_EQ(a[i], b[i]))
			note("it was counter %d", i);
	for (int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		CHECK_EQ(got->hist[i], want->hist[i]);
	if (got->lateness_sum_ns != UINT64_MAX)
		CHECK_EQ(got->lateness_sum_ns, want->lateness_sum_ns);
}

/* A CPU's figures are those of its queues, open, closed or reset. */
static void of_a_cpu(void)
{
	struct timerheap_stats before, now, sum = { 0 }, stats;
	struct queue queues[5];
	int fd = open_device();

	before = cpu_stats(fd, 0);
	for (int i = 0; i < 5; i++) {
		struct queue *q = &queues[i];

		queue_open(q, 100, 64, 0, CLOCK_MONOTONIC);
		CHECK_EQ(cpu_stats(fd, 0).queues, before.queues + i + 1);
		for (uint32_t slot = 0; slot < 50; slot++)
			slot_arm(q, slot,
				 mono_ns() - (i + slot) * NSEC_PER_USEC, NULL);
		CHECK(WAIT_UNTIL(queue_ready(q) == 50));
	}
	/* They have come to rest. */
	sleep_ms(20);
	for (int i = 0; i < 5; i++) {
		stats = queue_stats(&queues[i]);
		CHECK_EQ(stats.expiries, 50);
		add(&sum, &stats);
		if (i % 2)
			CHECK_EQ(call(queues[i].fd, TIMERHEAP_IOC_RESET_STATS,
				      NULL),
				 0);
		if (i > 2)
			queue_close(&queues[i]);
	}
	now = cpu_stats(fd, 0);
	CHECK_EQ(now.queues, before.queues + 3);
	CHECK_ORDER(now.lateness_max_ns, >=, sum.lateness_max_ns);
	subtract(&now, &before);
	check_same_counts(&now, &sum);
}

/* What happens on one CPU is none of the other's. */
static void of_each_cpu(void)
{
	int other = other_cpu(0), fd = open_device();
	struct timerheap_stats before, after;
	struct timerheap_expiry records[20];
	struct queue q;

	before = cpu_stats(fd, 0);
	queue_open(&q, 20, 0, other, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < 20; i++)
		slot_arm(&q, i, i + 1, NULL);
	REQUIRE_EQ(queue_collect(&q, records, 20, 0), 20);
	after = cpu_stats(fd, 0);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK_ORDER(cpu_stats(fd, other).expiries, >=, 20);
}

struct watch {
	struct queue *q;
	atomic_bool over;
};

static void *read_stats(void *arg)
{
	struct watch *watch = arg;
	uint64_t last = 0;

	while (!watch->over) {
		struct timerheap_stats stats = queue_stats(watch->q);

		CHECK_ORDER(stats.expiries, >=, last);
		last = stats.expiries;
		CHECK_ORDER(
			cpu_stats(watch->q->fd, watch->q->setup.cpu).expiries,
			>=, last);
	}
	return NULL;
}

/* They may be read at any time, and are right in the end. */
static void while_it_goes_on(void)
{
	static struct timerheap_expiry records[64];
	struct timerheap_stats want = { .lateness_min_ns = TIMERHEAP_NEVER };
	struct timerheap_stats got;
	unsigned long total = scaled(30000);
	struct queue q;
	struct watch watch = { .q = &q };
	pthread_t thread;

	queue_open(&q, 64, 0, 0, CLOCK_MONOTONIC);
	thread = start_thread(read_stats, &watch);
	for (uint32_t i = 0; i < 64; i++) {
		slot_config(&q, i, 100 * NSEC_PER_USEC + i, 0, 0);
		slot_arm(&q, i, mono_ns(), NULL);
	}
	while (want.expiries < total) {
		uint32_t n = queue_collect(&q, records, 1, 0);

		REQUIRE_EQ(n, 1);
		n += queue_reap(&q, records + 1, 63);
		for (uint32_t i = 0; i < n; i++)
			add_record(&want, &records[i]);
	}
	for (uint32_t i = 0; i < 64; i++)
		slot_cancel(&q, i);
	watch.over = true;
	join_thread(thread);
	sleep_ms(5);
	while (queue_reap(&q, records, 1))
		add_record(&want, &records[0]);
	got = queue_stats(&q);
	check_lateness(&got, &want);
}

static const struct test_case cases[] = {
	CASE(at_first),
	CASE(lateness),
	CASE(very_late),
	CASE(doorbells),
	CASE(kicks_and_runs),
	CASE(lazy_work),
	CASE(reset),
	CASE(of_a_cpu),
	CASE(of_each_cpu),
	CASE(while_it_goes_on),
	/* Last, as the CPU's sums do not recover from it. */
	CASE(sums_saturate),
};

TEST_MAIN(cases)
