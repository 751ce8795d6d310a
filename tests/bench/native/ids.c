// SPDX-License-Identifier: GPL-2.0-only
/*
 * IDs: libtimerheap's, those of a Snowflake with a mutex, those of libuuid, and
 * a counter that threads add to, which is the least that unique numbers take.
 *
 * One thread by CPU time; several by the clock, on CPUs of their own; the best
 * of several rounds each, since others run on the machine as well.
 *
 * The layout has 32 bits of counter, so that its IDs do not run out while they
 * are counted; one of 12 bits has 4,096,000 a second, however fast one asks.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <timerheap/id.h>
#include <uuid/uuid.h>

#define SEC 1000000000ULL
#define ROUNDS 15
#define CHUNK 4096
#define BATCH 1024
#define MOST_CPUS 4
#define LINE 64
#define ROUND_NS (SEC / 20)
/* So short that a scheduler may let all CPUs be ours for one of them. */
#define SHORT_NS (SEC / 200)
#define SHORT_ROUNDS 200

static struct thid *generator;
static uint64_t counter __attribute__((aligned(LINE)));

struct snowflake {
	pthread_mutex_t lock;
	uint64_t ms;
	uint64_t sequence;
};

static struct snowflake snowflake __attribute__((aligned(LINE))) = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static void fail(const char *what)
{
	fprintf(stderr, "bench: ids: %s\n", what);
	exit(1);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec;
}

static inline void use(const void *id)
{
	__asm__ volatile("" : : "r"(id) : "memory");
}

/* What each thread does over and over: CHUNK IDs. */

static void one_by_one(struct thid_block *b)
{
	uint64_t id;

	for (int i = 0; i < CHUNK; i++) {
		if (thid_next(b, &id))
			fail("refused");
		use(&id);
	}
}

static void in_batches(struct thid_block *b)
{
	uint64_t ids[BATCH];

	for (int i = 0; i < CHUNK; i += BATCH) {
		if (thid_next_n(b, ids, BATCH) != BATCH)
			fail("refused");
		use(ids);
	}
}

static void by_adding(struct thid_block *b)
{
	(void)b;
	for (int i = 0; i < CHUNK; i++) {
		uint64_t id = __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);

		use(&id);
	}
}

/* Its counter wraps: it would spin for most of the time otherwise. */
static uint64_t snowflake_next(struct snowflake *s)
{
	uint64_t ms, id;

	pthread_mutex_lock(&s->lock);
	ms = read_clock(CLOCK_REALTIME) / 1000000;
	if (ms > s->ms) {
		s->ms = ms;
		s->sequence = 0;
	}
	id = s->ms << 22 | (s->sequence++ & 0xFFF);
	pthread_mutex_unlock(&s->lock);
	return id;
}

static void with_a_mutex(struct thid_block *b)
{
	(void)b;
	for (int i = 0; i < CHUNK; i++) {
		uint64_t id = snowflake_next(&snowflake);

		use(&id);
	}
}

static void by_libuuid(struct thid_block *b)
{
	uuid_t id;

	(void)b;
	for (int i = 0; i < CHUNK / 64; i++) {
		uuid_generate_time_safe(id);
		use(id);
	}
}

static const struct way {
	const char *peer;
	const char *workload;
	void (*run)(struct thid_block *b);
	unsigned int ids;
} ways[] = {
	{ "timerheap", "idgen", one_by_one, CHUNK },
	{ "timerheap", "idgen_batch", in_batches, CHUNK },
	{ "fetch_add", "idgen", by_adding, CHUNK },
	{ "mutex", "idgen", with_a_mutex, CHUNK },
	{ "libuuid", "idgen", by_libuuid, CHUNK / 64 },
};

static void bind_to(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("affinity");
}

static void result(const struct way *w, const char *suffix, unsigned int cpus,
		   const char *unit, double value)
{
	printf("{\"workload\":\"%s%s\",\"peer\":\"%s\",\"n\":1,\"cpus\":%u,"
	       "\"mode\":\"native\",\"unit\":\"%s\",\"value\":%.4g}\n",
	       w->workload, suffix, w->peer, cpus, unit, value);
	fflush(stdout);
}

/* Nanoseconds of CPU time for each. */
static void alone(const struct way *w)
{
	struct thid_block b;
	double best = 1e9;

	bind_to(0);
	thid_block_init(&b, generator);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = read_clock(CLOCK_THREAD_CPUTIME_ID), spent;
		uint64_t n = 0;

		do {
			w->run(&b);
			n += w->ids;
			spent = read_clock(CLOCK_THREAD_CPUTIME_ID) - start;
		} while (spent < ROUND_NS);
		if ((double)spent / (double)n < best)
			best = (double)spent / (double)n;
	}
	result(w, "", 1, "ns", best);
}

struct worker {
	const struct way *way;
	pthread_t thread;
	unsigned int cpu;
	uint64_t n;
	uint64_t start_ns;
	uint64_t end_ns;
} __attribute__((aligned(LINE)));

static pthread_barrier_t begin;
static bool stop;

static void *work(void *arg)
{
	struct worker *self = arg;
	struct thid_block b;
	uint64_t n = 0;

	bind_to(self->cpu);
	thid_block_init(&b, generator);
	pthread_barrier_wait(&begin);
	self->start_ns = read_clock(CLOCK_MONOTONIC);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		self->way->run(&b);
		n += self->way->ids;
	}
	self->end_ns = read_clock(CLOCK_MONOTONIC);
	self->n = n;
	return NULL;
}

/* Millions a second, from the first one's start to the last one's end. */
static double round_of(const struct way *w, unsigned int cpus)
{
	const struct timespec span = { 0, SHORT_NS };
	struct worker workers[MOST_CPUS];
	uint64_t start = UINT64_MAX, end = 0, n = 0;

	stop = false;
	pthread_barrier_init(&begin, NULL, cpus + 1);
	for (unsigned int i = 0; i < cpus; i++) {
		workers[i] = (struct worker){ .way = w, .cpu = i };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("thread");
	}
	pthread_barrier_wait(&begin);
	nanosleep(&span, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < cpus; i++) {
		pthread_join(workers[i].thread, NULL);
		n += workers[i].n;
		if (workers[i].start_ns < start)
			start = workers[i].start_ns;
		if (workers[i].end_ns > end)
			end = workers[i].end_ns;
	}
	pthread_barrier_destroy(&begin);
	return (double)n * 1e3 / (double)(end - start);
}

static void together(const struct way *w, unsigned int cpus)
{
	double best = 0;

	for (int i = 0; i < SHORT_ROUNDS; i++) {
		double rate = round_of(w, cpus);

		best = rate > best ? rate : best;
	}
	result(w, "_threads", cpus, "Mop/s", best);
}

static int extend(void *arg, uint64_t mark_ns)
{
	(void)arg;
	(void)mark_ns;
	return 0;
}

/* One tick; the seconds that follow are borrowed. */
static void make_generator(void)
{
	static const struct thid_lease lease = { .extend = extend };
	struct thid_opts opts;

	thid_opts_init(&opts);
	opts.layout.order = THID_TIME_WORKER_COUNTER;
	opts.layout.time_bits = 31;
	opts.layout.counter_bits = 32;
	opts.layout.worker_bits = 1;
	opts.layout.unit_ns = SEC;
	opts.lease = &lease;
	opts.borrow = 1000000;
	if (thid_open(&generator, &opts) ||
	    thid_tick(generator, SEC, (int64_t)opts.wall_ns))
		fail("generator");
}

int main(void)
{
	unsigned int cpus;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		fail("affinity");
	make_generator();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct way *w = &ways[i];

		fprintf(stderr, "# %s %s\n", w->workload, w->peer);
		alone(w);
		for (cpus = 1; cpus <= MOST_CPUS; cpus *= 2)
			if (cpus <= (unsigned int)CPU_COUNT(&set))
				together(w, cpus);
		sched_setaffinity(0, sizeof(set), &set);
	}
	thid_close(generator);
	return 0;
}
