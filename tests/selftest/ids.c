// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ID generator on the real module: two processes with four threads each,
 * while timers are late on purpose, wall clocks are stepped, and a process is
 * killed and starts again.  No two IDs are equal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <timerheap/id.h>
#include <unistd.h>

#include "harness.h"
#include "module.h"
#include "queue.h"

#define MS NSEC_PER_MSEC
#define PROCESSES 2
#define THREADS 4
#define MOST 20000
/* So many a millisecond, so that it takes a second or two. */
#define COUNTER_BITS 6
#define DIRECTORY "/tmp/ids"

/* Shared by the processes of a case. */
struct share {
	_Atomic unsigned int count;
	uint64_t ids[MOST];
};

struct world {
	_Atomic unsigned int done; /* threads */
	struct thid_stats stats[PROCESSES];
	struct share shares[PROCESSES][THREADS];
};

static struct world *w;
static unsigned int each;

static void make_world(void)
{
	w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(w != MAP_FAILED);
	each = (unsigned int)scaled(MOST);
	REQUIRE(!mkdir(DIRECTORY, 0700) || errno == EEXIST);
}

/* The module with faults on demand. */
static int open_injectable(void)
{
	if (access(MODULE_FILE, R_OK))
		skip("%s is not there", MODULE_FILE);
	REQUIRE_EQ(module_unload_patiently(), 0);
	REQUIRE_EQ(module_load("inject=1"), 0);
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	return open_device();
}

static void restore(void)
{
	module_unload_patiently();
	if (!module_is_loaded())
		module_load(NULL);
}

static void inject(int fd, uint64_t delay_ns, int64_t step_ns)
{
	struct timerheap_inject inject = {
		.size = sizeof(inject),
		.delay_max_ns = delay_ns,
		.step_ns = step_ns,
	};

	REQUIRE_EQ(call(fd, TIMERHEAP_IOC_INJECT, &inject), 0);
}

static void step_wall(int64_t ns)
{
	uint64_t now = (uint64_t)((int64_t)now_ns(CLOCK_REALTIME) + ns);
	struct timespec ts = {
		.tv_sec = (time_t)(now / NSEC_PER_SEC),
		.tv_nsec = (long)(now % NSEC_PER_SEC),
	};

	REQUIRE(!clock_settime(CLOCK_REALTIME, &ts));
}

struct taker {
	struct thid *g;
	struct share *share;
};

/* By turns one, and as many as there are. */
static int take(struct thid_block *b, uint64_t *ids, unsigned int left)
{
	int rc = 0;

	if (left % 2)
		rc = thid_next(b, ids);
	else
		return thid_next_n(b, ids, left < 16 ? left : 16);
	return rc ? rc : 1;
}

static void *taker(void *arg)
{
	struct taker *t = arg;
	struct thid_block b;
	unsigned int at;

	thid_block_init(&b, t->g);
	while ((at = t->share->count) < each) {
		int n = take(&b, t->share->ids + at, each - at);

		REQUIRE(n > 0);
		t->share->count += (unsigned int)n;
	}
	w->done++;
	return NULL;
}

static struct thid *open_generator(void)
{
	struct thid_lease lease;
	struct thid_opts opts;
	struct thid *g;

	REQUIRE_EQ(thid_directory_open(&lease, DIRECTORY, 0, PROCESSES - 1), 0);
	thid_opts_init(&opts);
	opts.layout.counter_bits = COUNTER_BITS;
	opts.lease = &lease;
	opts.flags = THID_WAIT;
	REQUIRE_EQ(thid_open(&g, &opts), 0);
	return g;
}

static void process(void *arg)
{
	unsigned int number = (unsigned int)(uintptr_t)arg;
	struct thid *g = open_generator();
	struct taker takers[THREADS];
	pthread_t threads[THREADS];
	struct thid_timer *t;

	REQUIRE_EQ(thid_timer_open(&t, g, 0, NULL), 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		takers[i] = (struct taker){ g, &w->shares[number][i] };
		threads[i] = start_thread(taker, &takers[i]);
	}
	/* The other process's threads need no ticks of ours. */
	while (w->done < PROCESSES * THREADS) {
		REQUIRE(thid_timer_wait(t, 100 * MS) >= 0);
		REQUIRE(thid_timer_run(t) >= 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		join_thread(threads[i]);
	thid_stats(g, &w->stats[number]);
	thid_timer_close(t);
	thid_close(g);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned int repeated(uint64_t *ids, unsigned int n)
{
	unsigned int found = 0;

	qsort(ids, n, sizeof(*ids), by_value);
	for (unsigned int i = 1; i < n; i++)
		found += ids[i] == ids[i - 1];
	return found;
}

/* All of them, and @more before these. */
static void verify(const uint64_t *more, unsigned int n)
{
	uint64_t *all = malloc((n + PROCESSES * THREADS * MOST) * sizeof(*all));

	REQUIRE(all);
	if (n)
		memcpy(all, more, n * sizeof(*all));
	for (unsigned int i = 0; i < PROCESSES * THREADS; i++) {
		const struct share *s = &w->shares[i / THREADS][i % THREADS];

		for (unsigned int k = 1; k < s->count; k++)
			CHECK_ORDER(s->ids[k - 1], <, s->ids[k]);
		memcpy(all + n, s->ids, s->count * sizeof(*all));
		n += s->count;
	}
	CHECK_EQ(repeated(all, n), 0);
	/* It would find one. */
	all[n / 3] = all[n / 2];
	CHECK_EQ(repeated(all, n), 1);
	note("%u IDs", n);
	free(all);
}

static void start(pid_t *pids)
{
	for (uintptr_t i = 0; i < PROCESSES; i++)
		pids[i] = start_child(process, (void *)i);
}

static void note_stats(void)
{
	for (unsigned int i = 0; i < PROCESSES; i++) {
		const struct thid_stats *st = &w->stats[i];

		note("%u: %llu ticks, %llu waits, %llu borrowed, steps %llu forward, %llu back",
		     i, (unsigned long long)st->ticks,
		     (unsigned long long)st->waits,
		     (unsigned long long)st->borrowed,
		     (unsigned long long)st->steps_forward,
		     (unsigned long long)st->steps_back);
	}
}

/* Timers up to 20 ms late, and steps of the module's own making. */
static void late_and_stepped(void)
{
	static const int64_t steps_ms[] = { 3000, -3000, 50, -50, 7, -20000 };
	int fd = open_injectable();
	pid_t pids[PROCESSES];

	make_world();
	start(pids);
	for (unsigned int i = 0; w->done < PROCESSES * THREADS; i++) {
		inject(fd, i % 2 ? 20 * MS : 0,
		       steps_ms[i % ARRAY_SIZE(steps_ms)] * (int64_t)MS);
		sleep_ms(60);
		REQUIRE(!failures());
	}
	for (unsigned int i = 0; i < PROCESSES; i++)
		CHECK_EQ(wait_child(pids[i]), 0);
	for (unsigned int i = 0; i < PROCESSES; i++) {
		CHECK_ORDER(w->stats[i].steps_forward, >=, 1);
		CHECK_ORDER(w->stats[i].steps_back, >=, 1);
	}
	note_stats();
	verify(NULL, 0);
	close(fd);
}

/* A wall clock that is set back by an hour, while a process is down. */
static void killed_and_set_back(void)
{
	static uint64_t before[PROCESSES * THREADS * MOST];
	pid_t pids[PROCESSES];
	unsigned int n = 0;

	make_world();
	start(pids);
	for (unsigned int i = 0; i < PROCESSES; i++)
		REQUIRE(WAIT_UNTIL(w->shares[i][0].count > 0));
	for (unsigned int i = 0; i < PROCESSES; i++) {
		REQUIRE(!kill(pids[i], SIGKILL));
		wait_child(pids[i]);
	}
	for (unsigned int i = 0; i < PROCESSES * THREADS; i++) {
		struct share *s = &w->shares[i / THREADS][i % THREADS];

		memcpy(before + n, s->ids, s->count * sizeof(*before));
		n += s->count;
		s->count = 0;
	}
	w->done = 0;
	step_wall(-3600 * (int64_t)NSEC_PER_SEC);
	start(pids);
	for (unsigned int i = 0; i < PROCESSES; i++)
		CHECK_EQ(wait_child(pids[i]), 0);
	step_wall(3600 * (int64_t)NSEC_PER_SEC);
	CHECK_ORDER(n, >=, PROCESSES);
	note("%u IDs before", n);
	note_stats();
	verify(before, n);
}

static const struct test_case cases[] = {
	SLOW_CASE(late_and_stepped, 200),
	SLOW_CASE(killed_and_set_back, 200),
};

TEST_MAIN_RESTORE(cases, restore)
