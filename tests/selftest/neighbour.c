// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile user, and one who shares the CPU with it: two threads scribble all
 * over a queue's mapping, ring its doorbells and kick, while the periodic
 * timers of another process go on, none lost, none early, and not much later
 * than beside one whose timerfds fire as often.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define PERIOD_NS NSEC_PER_MSEC
#define TIMERS 8
#define HOSTILE_SLOTS 10000
#define MAX_TIMERFDS 4096
/* What arming a timerfd takes at most, so that a bunch is due at once. */
#define ARM_NS 1000
/* For the neighbour to settle. */
#define HEAD_START_MS 100

/* Shared with the neighbour's process. */
static struct neighbour {
	atomic_ulong firings; /* of timerfds */
	struct timerheap_stats stats; /* as of its last round */
	atomic_ulong rounds;
} * beside;

static void share(void)
{
	beside = mmap(NULL, sizeof(*beside), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(beside != MAP_FAILED);
}

/* Any word, user's, kernel's, ring, doorbells or slots, gets anything. */
static void scribble(struct queue *q, struct prng *prng)
{
	uint64_t *words = (uint64_t *)q->map;
	size_t n = q->setup.mmap_size / sizeof(*words);

	for (int i = 0; i < 500; i++)
		words[prng_below(prng, n)] = prng_next(prng);
}

/* What makes the most work: all is due now, and rung, and there is room. */
static void overwork(struct queue *q, struct prng *prng)
{
	uint64_t now = mono_ns();

	for (int i = 0; i < 500; i++) {
		uint32_t slot = prng_below(prng, HOSTILE_SLOTS);

		q->slots[slot].expires_ns =
			now + prng_below(prng, 200) * NSEC_PER_USEC;
		q->slots[slot].period_ns = prng_below(prng, 3);
		q->slots[slot].slack_ns = 0;
		slot_ring(q, slot);
	}
	q->header->lead_ns = prng_next(prng) % 2 ? prng_next(prng) : 0;
}

static void ring_all(struct queue *q)
{
	memset(q->level0, 0xff, q->setup.ring_off - q->setup.level0_off);
	memset(q->level1, 0xff, q->setup.level0_off - q->setup.level1_off);
}

static void *attack(void *arg)
{
	struct queue *q = arg;
	struct prng prng = { gettid() };

	for (unsigned long n = 0;; n++) {
		if (prng_below(&prng, 8))
			overwork(q, &prng);
		else
			scribble(q, &prng);
		if (n % 2)
			ring_all(q);
		for (int i = prng_below(&prng, 4); i; i--)
			REQUIRE_EQ(queue_kick(q), 0);
	}
	return NULL;
}

/*
 * Ends when it is killed.  With a full ring it would keep still: the threads
 * have overwritten the ring's tail, but the figures tell what it is.
 */
static void be_hostile(void *unused)
{
	struct queue q;

	(void)unused;
	queue_open(&q, HOSTILE_SLOTS, 8192, 0, CLOCK_MONOTONIC);
	start_thread(attack, &q);
	start_thread(attack, &q);
	for (;;) {
		sleep_ms(1);
		beside->stats = queue_stats(&q);
		beside->rounds++;
		q.header->cq_head = beside->stats.expiries;
	}
}

/* How many timerfds, and how often they are all due, at once. */
struct bunch {
	unsigned int n;
	uint64_t period_ns;
};

static void arm_timerfd(int fd, uint64_t when)
{
	struct itimerspec spec = {
		.it_value = { when / NSEC_PER_SEC, when % NSEC_PER_SEC },
	};

	REQUIRE(!timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL));
}

static void use_timerfds(void *arg)
{
	const struct bunch *bunch = arg;
	static int fds[MAX_TIMERFDS];
	uint64_t due = mono_ns();

	for (unsigned int i = 0; i < bunch->n; i++)
		fds[i] = timerfd_create(CLOCK_MONOTONIC, 0);
	for (;;) {
		uint64_t count, soonest = mono_ns() + bunch->n * ARM_NS;

		/* As often as it can, if not as often as it should. */
		due += bunch->period_ns;
		if (due < soonest)
			due = soonest;
		for (unsigned int i = 0; i < bunch->n; i++)
			arm_timerfd(fds[i], due);
		REQUIRE_EQ(read(fds[0], &count, sizeof(count)), sizeof(count));
		beside->firings += bunch->n;
	}
}

static uint64_t percentile(const struct timerheap_stats *stats, double part)
{
	uint64_t left = stats->expiries * part;
	uint32_t bucket = 0;

	while (bucket < TIMERHEAP_HIST_BUCKETS - 1 &&
	       left >= stats->hist[bucket])
		left -= stats->hist[bucket++];
	return timerheap_hist_lower(bucket + 1) - 1;
}

/* Their phases are all over the period. */
static uint64_t start_timers(struct queue *q)
{
	uint64_t first = mono_ns() + 10 * NSEC_PER_MSEC;

	for (uint32_t i = 0; i < TIMERS; i++)
		CHECK_EQ(queue_arm(q, i, first + i * (PERIOD_NS * 5 / 8 + 7000),
				   PERIOD_NS, 0, 0),
			 0);
	return first;
}

/* Each expiry follows the one before it on the slot's grid. */
static void check_record(const struct timerheap_expiry *e, uint64_t *next)
{
	REQUIRE(e->slot < TIMERS);
	CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
	if (next[e->slot])
		CHECK_EQ(e->expires_ns, next[e->slot]);
	next[e->slot] = e->expires_ns + (e->overruns + 1ULL) * PERIOD_NS;
}

static void check_records(struct queue *q)
{
	struct timerheap_expiry records[64];
	uint64_t next[TIMERS] = { 0 };
	uint32_t n;

	while ((n = queue_reap(q, records, ARRAY_SIZE(records))))
		for (uint32_t i = 0; i < n; i++)
			check_record(&records[i], next);
}

/* Fired, or late by more than a period and counted. */
static uint64_t periods_over(const struct queue *q)
{
	struct timerheap_stats stats = queue_stats(q);

	return stats.expiries + stats.overruns;
}

/* What the queue's own statistics say of so long. */
static struct timerheap_stats work_for(uint64_t ns)
{
	struct timerheap_stats stats;
	struct queue q;

	queue_open(&q, TIMERS, 65536, 0, CLOCK_MONOTONIC);
	sleep_until(CLOCK_MONOTONIC, start_timers(&q) + ns);
	/* On a busy machine the last of them may be late by many. */
	CHECK(WAIT_UNTIL(periods_over(&q) >= (ns / PERIOD_NS - 7) * TIMERS));
	stats = queue_stats(&q);
	check_records(&q);
	CHECK_EQ(stats.stalls, 0);
	queue_close(&q);
	return stats;
}

static struct timerheap_stats work_beside(void (*what)(void *), void *arg,
					  uint64_t ns)
{
	struct timerheap_stats stats;
	pid_t pid;

	pid = start_child(what, arg);
	sleep_ms(HEAD_START_MS);
	stats = work_for(ns);
	REQUIRE(!kill(pid, SIGKILL));
	CHECK_EQ(wait_child(pid), 128 + SIGKILL);
	return stats;
}

static void show(const char *what, const struct timerheap_stats *stats)
{
	note("%s: p50 %llu ns, p99 %llu ns, most %llu ns late", what,
	     (unsigned long long)percentile(stats, 0.5),
	     (unsigned long long)percentile(stats, 0.99),
	     (unsigned long long)stats->lateness_max_ns);
}

/* Whether it did what it was to do, and how often. */
static void show_hostile(void)
{
	const struct timerheap_stats *did = &beside->stats;

	CHECK(WAIT_UNTIL(beside->rounds));
	CHECK_ORDER(did->doorbells, >, 1000);
	REQUIRE(did->expiries > 1000);
	note("it had %llu expiries, %llu doorbells, %llu runs, %llu of them in kicks",
	     (unsigned long long)did->expiries,
	     (unsigned long long)did->doorbells, (unsigned long long)did->runs,
	     (unsigned long long)did->kicks_local);
}

static void no_harm(void)
{
	struct timerheap_stats stats;

	share();
	stats = work_beside(be_hostile, NULL, 5 * NSEC_PER_SEC);
	show("beside a hostile user", &stats);
	show_hostile();
}

/* Which fire as often as the hostile user's timers did, @n at once. */
static struct timerheap_stats beside_timerfds(unsigned int n, uint64_t ns)
{
	const uint64_t all_ns = ns + HEAD_START_MS * NSEC_PER_MSEC;
	struct bunch bunch = {
		.n = n,
		.period_ns = n * all_ns / beside->stats.expiries,
	};
	struct timerheap_stats stats;

	beside->firings = 0;
	stats = work_beside(use_timerfds, &bunch, ns);
	note("%lu expiries of timerfds, %u at once each %llu ns",
	     beside->firings, n, (unsigned long long)bunch.period_ns);
	show("beside them", &stats);
	return stats;
}

static void hardly_later(void)
{
	const uint64_t ns = 2 * NSEC_PER_SEC;
	struct timerheap_stats alone, timerfds, hostile;

	need_counted_time(1);
	share();
	alone = work_for(ns);
	show("alone", &alone);
	hostile = work_beside(be_hostile, NULL, ns);
	show("beside a hostile user", &hostile);
	show_hostile();
	/* Who means harm has as many due at once as a run may handle. */
	timerfds = beside_timerfds(device_info(open_device()).budget, ns);
	CHECK_ORDER(percentile(&hostile, 0.99), <=,
		    2 * percentile(&timerfds, 0.99));
}

static const struct test_case cases[] = {
	CASE(no_harm),
	SLOW_CASE(hardly_later, 120),
};

TEST_MAIN(cases)
