// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kicks in a loop from another CPU: what the home CPU does for them is
 * bounded, and a thread there gets its share of the CPU.
 */
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define ROUND_NS (500 * NSEC_PER_MSEC)
#define ROUNDS 4

static atomic_bool over;
static atomic_ulong turns;

static void *work(void *arg)
{
	pin_to(*(int *)arg);
	while (!over)
		for (int i = 0; i < 100; i++)
			turns++;
	return NULL;
}

static void call_nothing(struct queue *q)
{
	(void)q;
	syscall(SYS_getppid);
}

static void kick(struct queue *q)
{
	REQUIRE_EQ(queue_kick(q), 0);
}

static void ring_and_kick(struct queue *q)
{
	queue_ring_all(q);
	kick(q);
}

struct round {
	const char *what;
	void (*attack)(struct queue *);
	unsigned long turns; /* in a millisecond, at best */
};

/* What the thread on the home CPU gets done meanwhile. */
static void storm(struct queue *q, struct round *round)
{
	struct timerheap_stats before = queue_stats(q), after;
	uint64_t start = mono_ns(), took_us, runs, bells;
	unsigned long calls = 0, done = turns;

	for (; mono_ns() < start + ROUND_NS; calls++)
		round->attack(q);
	took_us = (mono_ns() - start) / 1000 + 1;
	done = (turns - done) * 1000 / took_us;
	after = queue_stats(q);
	runs = after.runs - before.runs;
	bells = after.doorbells - before.doorbells;
	note("%-10s %7llu calls/s, %6llu interrupts/s, %6llu runs, %7llu bells, %6lu turns/ms",
	     round->what, (unsigned long long)(calls * 1000000 / took_us),
	     (unsigned long long)((after.kicks_remote - before.kicks_remote) *
				  1000000 / took_us),
	     (unsigned long long)runs, (unsigned long long)bells, done);
	/* The figures are read one after the other, a run may come between. */
	CHECK_ORDER(bells, <=, (runs + 1) * device_info(q->fd).budget);
	if (done > round->turns)
		round->turns = done;
}

static void in_a_loop(void)
{
	struct round rounds[] = {
		{ "none", call_nothing, 0 },
		{ "kicks", kick, 0 },
		{ "with bells", ring_and_kick, 0 },
	};
	int home = other_cpu(0);
	pthread_t worker;
	struct queue q;

	pin_to(0);
	queue_open(&q, 8192, 0, home, CLOCK_MONOTONIC);
	worker = start_thread(work, &home);
	CHECK(WAIT_UNTIL(turns));
	for (int i = 0; i < ROUNDS; i++)
		for (size_t r = 0; r < ARRAY_SIZE(rounds); r++)
			storm(&q, &rounds[r]);
	over = true;
	join_thread(worker);
	CHECK(queue_stats(&q).kicks_remote);
	CHECK(queue_stats(&q).doorbells);
	/*
	 * The machine is shared with others, and emulation makes interrupts
	 * dear, hence the wide margin.
	 */
	CHECK_ORDER(rounds[1].turns, >, rounds[0].turns / 40);
	CHECK_ORDER(rounds[2].turns, >, rounds[0].turns / 40);
}

static const struct test_case cases[] = {
	CASE(in_a_loop),
};

TEST_MAIN(cases)
