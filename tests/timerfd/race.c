// SPDX-License-Identifier: GPL-2.0-only
/*
 * One timer from all sides at once.  RACE_SECONDS in the environment is for how long
 * each case goes on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "timer.h"

enum { THREADS = 6, MOST_S = 600 };

static struct {
	atomic_bool stop;
	atomic_int fd;
	atomic_ulong calls;
} shared;

static uint64_t span_ns(void)
{
	const char *text = getenv("RACE_SECONDS");

	return text ? strtoul(text, NULL, 10) * SEC : scaled(1000) * MS;
}

/* Called in a loop, in a thread. */
typedef void act_fn(struct prng *prng);

struct loop {
	act_fn *act;
	struct prng prng;
};

static void *loop(void *arg)
{
	struct loop *own = arg;

	while (!shared.stop) {
		own->act(&own->prng);
		shared.calls++;
	}
	return NULL;
}

static void run_all(act_fn *const acts[], size_t n)
{
	struct loop loops[THREADS];
	pthread_t threads[THREADS];

	REQUIRE(n <= THREADS);
	for (size_t i = 0; i < n; i++) {
		loops[i] = (struct loop){ acts[i], { i + 1 } };
		threads[i] = start_thread(loop, &loops[i]);
	}
	sleep_until(CLOCK_MONOTONIC, mono_ns() + span_ns());
	shared.stop = true;
	/* Whoever is blocked in a read. */
	for (size_t i = 0; i < n; i++)
		while (pthread_tryjoin_np(threads[i], NULL)) {
			set(shared.fd, 0, 1, 0);
			sleep_ms(1);
		}
	note("%lu calls", shared.calls);
	CHECK_ORDER(shared.calls, >, 20UL);
}

/* Flags, clocks and spans of all kinds; with and without cancelling. */
static void set_any(struct prng *prng)
{
	static const int flags[] = { 0, TFD_TIMER_ABSTIME, ON_SET,
				     TFD_TIMER_CANCEL_ON_SET };
	int flag = flags[prng_below(prng, ARRAY_SIZE(flags))];
	uint64_t value = prng_below(prng, 100000);
	struct setting old;
	int rc;

	if (flag & TFD_TIMER_ABSTIME && value)
		value += now_ns(CLOCK_REALTIME);
	rc = set_old(shared.fd, flag, value, prng_below(prng, 3) * 20000, &old);
	CHECK(!rc || rc == -ECANCELED);
}

static void set_cancelling(struct prng *prng)
{
	int rc = set(shared.fd, prng_below(prng, 2) ? ON_SET : 0,
		     now_ns(CLOCK_REALTIME) + prng_below(prng, SEC), 0);

	CHECK(!rc || rc == -ECANCELED);
}

static void read_any(struct prng *prng)
{
	int64_t n = take(shared.fd);

	(void)prng;
	CHECK(n >= 0 || n == -EAGAIN || n == -ECANCELED);
}

static void get_any(struct prng *prng)
{
	(void)prng;
	CHECK_ORDER(get(shared.fd).interval, <=, 40000UL);
}

static void poll_any(struct prng *prng)
{
	is_ready(shared.fd, prng_below(prng, 2));
}

static void step_any(struct prng *prng)
{
	step_clock((int64_t)prng_below(prng, 2 * MS) - (int64_t)MS);
	sleep_ms(prng_below(prng, 3));
}

static void two_set(void)
{
	static act_fn *const acts[] = { set_any, set_any };

	shared.fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	run_all(acts, ARRAY_SIZE(acts));
}

/* The list of those to be cancelled was corrupted so, once. */
static void two_set_and_unset_cancelling(void)
{
	static act_fn *const acts[] = { set_cancelling, set_cancelling,
					step_any };

	shared.fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	run_all(acts, ARRAY_SIZE(acts));
}

static void all_at_once(void)
{
	static act_fn *const acts[] = { set_any, set_any,  read_any,
					get_any, poll_any, step_any };

	shared.fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	run_all(acts, ARRAY_SIZE(acts));
}

static void all_at_once_blocking(void)
{
	static act_fn *const acts[] = { set_any, set_any,  read_any,
					get_any, poll_any, step_any };

	shared.fd = timer(CLOCK_REALTIME, 0);
	run_all(acts, ARRAY_SIZE(acts));
}

static void all_at_once_alarm(void)
{
	static act_fn *const acts[] = { set_any, set_any,  read_any,
					get_any, poll_any, step_any };

	shared.fd = timer(CLOCK_REALTIME_ALARM, TFD_NONBLOCK);
	run_all(acts, ARRAY_SIZE(acts));
}

/* Closed as it expires, or as the clock is set. */
static void make_and_close(struct prng *prng)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE(fd >= 0);
	set(fd, ON_SET, now_ns(CLOCK_REALTIME) + prng_below(prng, 200000),
	    prng_below(prng, 2) * 1000);
	if (prng_below(prng, 2))
		take(fd);
	close(fd);
}

static void closed_as_it_expires(void)
{
	static act_fn *const acts[] = { make_and_close, make_and_close,
					make_and_close, step_any };

	shared.fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	run_all(acts, ARRAY_SIZE(acts));
}

static const struct test_case cases[] = {
	SLOW_CASE(two_set, MOST_S),
	SLOW_CASE(two_set_and_unset_cancelling, MOST_S),
	SLOW_CASE(all_at_once, MOST_S),
	SLOW_CASE(all_at_once_blocking, MOST_S),
	SLOW_CASE(all_at_once_alarm, MOST_S),
	SLOW_CASE(closed_as_it_expires, MOST_S),
};

TEST_MAIN_RESTORE(cases, restore_clock)
