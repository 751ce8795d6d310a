// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Threads that take numbers at the same time, from one generator with one that
 * ticks.  Also for the thread sanitizer.
 */
#include <pthread.h>
#include <sched.h>

#include "id_rig.h"

#define THREADS 4
#define EACH 40000
#define BATCH 100

struct taker {
	struct thid *g;
	pthread_t thread;
	bool batches;
	uint64_t ids[EACH];
};

static struct taker takers[THREADS];
static uint64_t all[THREADS * EACH];
static unsigned int running;

static bool any_runs(void)
{
	return __atomic_load_n(&running, __ATOMIC_ACQUIRE);
}

static int take(struct taker *t, struct thid_block *b, unsigned int at)
{
	unsigned int left = EACH - at;

	if (t->batches)
		return thid_next_n(b, t->ids + at, left < BATCH ? left : BATCH);
	return thid_next(b, t->ids + at) ?: 1;
}

static void *run(void *arg)
{
	struct taker *t = arg;
	struct thid_block b;
	unsigned int at = 0;

	thid_block_init(&b, t->g);
	while (at < EACH) {
		int n = take(t, &b, at);

		if (n > 0)
			at += (unsigned int)n;
		else if (n == -EAGAIN)
			sched_yield();
		else
			abort();
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned int repeated(uint64_t *ids, size_t n)
{
	unsigned int found = 0;

	qsort(ids, n, sizeof(*ids), by_value);
	for (size_t i = 1; i < n; i++)
		found += ids[i] == ids[i - 1];
	return found;
}

static void take_all(struct rig *r)
{
	uint64_t at = START;

	running = THREADS;
	for (int i = 0; i < THREADS; i++) {
		takers[i].g = r->g;
		takers[i].batches = i % 2;
		assert_int_equal(pthread_create(&takers[i].thread, NULL, run,
						&takers[i]),
				 0);
	}
	/* One tick in four comes twice, one in four is overtaken. */
	for (unsigned int i = 0; any_runs(); i++) {
		rig_tick(r,
			 i % 4 == 1	      ? at
				 : i % 4 == 2 ? at - MS
					      : (at += MS));
		sched_yield();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(takers[i].thread, NULL);
}

static void verify(void)
{
	for (int i = 0; i < THREADS; i++) {
		for (int k = 1; k < EACH; k++)
			assert_true(takers[i].ids[k] > takers[i].ids[k - 1]);
		memcpy(all + i * EACH, takers[i].ids, sizeof(takers[i].ids));
	}
	assert_int_equal(repeated(all, COUNT(all)), 0);
	/* It would find one. */
	all[12345] = all[54321];
	assert_int_equal(repeated(all, COUNT(all)), 1);
}

/* Blocks of one number, so that each takes from the generator. */
static void open_narrow(struct rig *r, uint32_t flags)
{
	rig_init(r, "snowflake");
	r->opts.layout.counter_bits = 6;
	r->opts.flags = flags;
	rig_open(r);
}

static void each_is_unique(void **state)
{
	struct rig r;

	(void)state;
	open_narrow(&r, 0);
	take_all(&r);
	verify();
	assert_in_range(rig_stats(&r).taken, COUNT(all), UINT64_MAX);
	thid_close(r.g);
}

static void each_that_waits(void **state)
{
	struct rig r;

	(void)state;
	open_narrow(&r, THID_WAIT);
	take_all(&r);
	verify();
	assert_int_equal(rig_stats(&r).refused, 0);
	assert_in_range(rig_stats(&r).waits, 1, UINT64_MAX);
	thid_close(r.g);
}

/* All sleep, and only then there is a tick. */
static void a_tick_wakes_all(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "seconds");
	r.opts.flags = THID_WAIT;
	rig_open(&r);
	running = THREADS;
	for (int i = 0; i < THREADS; i++) {
		takers[i].g = r.g;
		assert_int_equal(pthread_create(&takers[i].thread, NULL, run,
						&takers[i]),
				 0);
	}
	while (rig_stats(&r).waits < THREADS)
		sched_yield();
	assert_int_equal(running, THREADS);
	for (uint64_t s = 0; any_runs(); s++) {
		rig_tick(&r, START + s * SEC);
		sched_yield();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(takers[i].thread, NULL);
	verify();
	thid_close(r.g);
}

/* A mark that cannot be set ends the wait, and says why. */
static void *wait_for_error(void *arg)
{
	struct thid_block b;
	uint64_t id;

	thid_block_init(&b, arg);
	return (void *)(intptr_t)thid_next(&b, &id);
}

static void an_error_ends_the_wait(void **state)
{
	pthread_t thread;
	struct rig r;
	void *rc;

	(void)state;
	rig_init(&r, "seconds");
	r.opts.flags = THID_WAIT;
	r.fail = -EIO;
	rig_open(&r);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_error, r.g), 0);
	while (!rig_stats(&r).waits)
		sched_yield();
	assert_int_equal(thid_tick(r.g, START, BOOT_S * SEC), -EIO);
	pthread_join(thread, &rc);
	assert_int_equal((intptr_t)rc, -EIO);
	thid_close(r.g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_unique),
		TEST(each_that_waits),
		TEST(a_tick_wakes_all),
		TEST(an_error_ends_the_wait),
	};

	return RUN(tests);
}
