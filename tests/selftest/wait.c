// SPDX-License-Identifier: GPL-2.0-only
/* WAIT: until so many, until then, for ever, until a signal. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

static void for_a_number(void)
{
	struct timerheap_expiry e;
	uint64_t start;
	uint32_t ready;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	start = mono_ns();
	for (uint32_t i = 0; i < 5; i++)
		slot_arm(&q, i, start + (i + 1) * 20 * NSEC_PER_MSEC, NULL);
	for (uint32_t n = 1; n <= 5; n += 2) {
		CHECK_EQ(queue_wait(&q, n, TIMERHEAP_NEVER, &ready), 0);
		CHECK(ready >= n && ready <= 5);
		CHECK_ORDER(mono_ns(), >=, start + n * 20 * NSEC_PER_MSEC);
	}
	CHECK_EQ(ready, 5);
	/* It consumes nothing. */
	CHECK_EQ(queue_wait(&q, 5, 0, &ready), 0);
	CHECK_EQ(ready, 5);
	CHECK_EQ(queue_reap(&q, &e, 1), 1);
	CHECK_EQ(queue_wait(&q, 5, 0, &ready), 0);
	CHECK_EQ(ready, 4);
}

static void until_a_time(void)
{
	uint64_t start, limit;
	uint32_t ready;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	start = mono_ns();
	limit = start + 600 * NSEC_PER_MSEC;
	slot_arm(&q, 1, start + 20 * NSEC_PER_MSEC, NULL);
	slot_arm(&q, 2, start + 900 * NSEC_PER_SEC, NULL);
	CHECK_EQ(queue_wait(&q, 2, limit, &ready), 0);
	CHECK_EQ(ready, 1);
	CHECK_ORDER(mono_ns(), >=, limit);
	/* A time that has passed, and none at all. */
	CHECK_EQ(queue_wait(&q, 2, limit, &ready), 0);
	CHECK_EQ(ready, 1);
	CHECK_EQ(queue_wait(&q, 2, 1, &ready), 0);
	CHECK_EQ(ready, 1);
	CHECK_EQ(queue_wait(&q, 2, 0, &ready), 0);
	CHECK_EQ(ready, 1);
	CHECK_ORDER(mono_ns(), <, start + 800 * NSEC_PER_SEC);
}

static void for_none(void)
{
	uint32_t ready;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(queue_wait(&q, 0, TIMERHEAP_NEVER, &ready), 0);
	CHECK_EQ(ready, 0);
	CHECK_EQ(queue_wait(&q, 0, 0, &ready), 0);
	CHECK_EQ(ready, 0);
}

static void on_each_clock(void)
{
	static const clockid_t clocks[] = {
		CLOCK_MONOTONIC,
		CLOCK_BOOTTIME,
		CLOCK_REALTIME,
		CLOCK_TAI,
	};

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		uint64_t limit;
		uint32_t ready;
		struct queue q;

		queue_open(&q, 10, 0, 0, clocks[i]);
		limit = queue_now(&q) + 50 * NSEC_PER_MSEC;
		CHECK_EQ(queue_wait(&q, 1, limit, &ready), 0);
		CHECK_EQ(ready, 0);
		CHECK_ORDER(queue_now(&q), >=, limit);
		queue_close(&q);
	}
}

/* It kicks before it sleeps: what was only rung is in time. */
static void kicks(void)
{
	struct timerheap_stats before, after;
	uint64_t deadline;
	uint32_t ready;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	pin_to(0);
	before = queue_stats(&q);
	deadline = mono_ns() + 20 * NSEC_PER_MSEC;
	CHECK_EQ(slot_arm_kickless(&q, 3, deadline, NULL), ARM_KICKED);
	CHECK_EQ(slot_armed(&q, 3), TIMERHEAP_NEVER);
	CHECK_EQ(queue_wait(&q, 1, TIMERHEAP_NEVER, &ready), 0);
	CHECK_EQ(ready, 1);
	CHECK_ORDER(mono_ns(), >=, deadline);
	after = queue_stats(&q);
	CHECK_EQ(after.kicks_local, before.kicks_local + 1);
	CHECK_EQ(after.kicks_remote, 0);
}

static void for_a_full_ring(void)
{
	uint32_t ready;
	struct queue q;

	queue_open(&q, 10, 4, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < 10; i++)
		slot_arm(&q, i, mono_ns() + i * NSEC_PER_MSEC, NULL);
	CHECK_EQ(queue_wait(&q, 5, TIMERHEAP_NEVER, NULL), -EINVAL);
	CHECK_EQ(queue_wait(&q, 4, TIMERHEAP_NEVER, &ready), 0);
	CHECK_EQ(ready, 4);
}

static void on_signal(int signal)
{
	(void)signal;
}

static void catch_signal(int flags)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = flags };

	REQUIRE(!sigaction(SIGUSR1, &action, NULL));
}

static void *signal_soon(void *thread)
{
	sleep_ms(100);
	pthread_kill(*(pthread_t *)thread, SIGUSR1);
	return NULL;
}

static void interrupted(void)
{
	static const uint64_t limits[] = {
		TIMERHEAP_NEVER,
		TIMERHEAP_NEVER - 1,
		1ULL << 62,
	};
	pthread_t self = pthread_self(), thread;
	struct queue q;

	catch_signal(0);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		thread = start_thread(signal_soon, &self);
		CHECK_EQ(queue_wait(&q, 1, limits[i], NULL), -EINTR);
		join_thread(thread);
	}
}

static void restarted(void)
{
	pthread_t self = pthread_self();
	uint64_t limit;
	uint32_t ready;
	struct queue q;
	pthread_t thread;

	catch_signal(SA_RESTART);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	limit = mono_ns() + 300 * NSEC_PER_MSEC;
	thread = start_thread(signal_soon, &self);
	CHECK_EQ(queue_wait(&q, 1, limit, &ready), 0);
	CHECK_EQ(ready, 0);
	CHECK_ORDER(mono_ns(), >=, limit);
	join_thread(thread);
}

struct waiter {
	struct queue *q;
	uint32_t min;
};

static void *wait_along(void *arg)
{
	struct waiter *waiter = arg;
	uint32_t ready;

	CHECK_EQ(queue_wait(waiter->q, waiter->min, TIMERHEAP_NEVER, &ready),
		 0);
	CHECK(ready >= waiter->min);
	return NULL;
}

static void several_at_once(void)
{
	enum { WAITERS = 6 };
	struct waiter waiters[WAITERS];
	pthread_t threads[WAITERS];
	struct queue q;

	queue_open(&q, 20, 0, other_cpu(0), CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){ &q, 1 + i * 2 };
		threads[i] = start_thread(wait_along, &waiters[i]);
	}
	for (uint32_t i = 0; i < 1 + 2 * WAITERS; i++) {
		sleep_ms(2);
		slot_arm(&q, i, mono_ns(), NULL);
	}
	for (uint32_t i = 0; i < WAITERS; i++)
		join_thread(threads[i]);
}

static const struct test_case cases[] = {
	CASE(for_a_number),  CASE(until_a_time), CASE(for_none),
	CASE(on_each_clock), CASE(kicks),	 CASE(for_a_full_ring),
	CASE(interrupted),   CASE(restarted),	 CASE(several_at_once),
};

TEST_MAIN(cases)
