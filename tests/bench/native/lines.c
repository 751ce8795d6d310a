// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which lines of cache two queues write, each with the library and the engine
 * of a CPU of its own: whether there is one that both do.
 *
 * The compiler calls back for each access, as it does for ThreadSanitizer; here
 * it is this program that takes note of them.  With a queue that both share it
 * must find some, or else it shows nothing.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <timerheap/timerheap.h>

#include "lines.h"

#define TIMERS 10000
#define ROUNDS 4
#define SEC 1000000000ULL

static struct timerheap *queues[2];

static void work(struct timerheap *th, uint32_t first, uint32_t last)
{
	struct timerheap_event events[64];
	uint64_t later = timerheap_now(th) + 1000 * SEC;

	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = first; i < last; i++)
			timerheap_arm(th, i, later - i * (uint64_t)round);
		for (uint32_t i = first; i < last; i++)
			timerheap_arm(th, i, later + i);
		for (uint32_t i = first; i < last; i += 2)
			timerheap_cancel(th, i);
		for (uint32_t i = first; i < last; i += 4)
			timerheap_arm(th, i, 1 + i);
		while (timerheap_wait(th, 1, 0) > 0)
			timerheap_reap(th, events, 64);
	}
}

static void *home(void *argument)
{
	unsigned int number = (unsigned int)(uintptr_t)argument;
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;

	opts.nslots = TIMERS;
	if (timerheap_open(&queues[number], &opts))
		abort();
	for (uint32_t i = 0; i < TIMERS; i++)
		timerheap_slot_alloc(queues[number], NULL);
	lines_record(number);
	work(queues[number], 0, TIMERS);
	lines_stop();
	return NULL;
}

/* One after the other: which lines they write does not depend on when. */
static void run(void *(*body)(void *), uintptr_t number)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, (void *)number))
		abort();
	pthread_join(thread, NULL);
}

/* The same in one queue, half of the timers each. */
static void *guest(void *argument)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th;

	(void)argument;
	opts.nslots = TIMERS;
	if (timerheap_open(&th, &opts))
		abort();
	for (uint32_t half = 0; half < 2; half++) {
		lines_record(half);
		work(th, TIMERS / 2 * half, TIMERS / 2 * (half + 1));
		lines_stop();
	}
	timerheap_close(th);
	return NULL;
}

static void result(const char *workload, size_t value)
{
	printf("{\"workload\":\"%s\",\"peer\":\"timerheap\",\"n\":%d,"
	       "\"cpus\":2,\"mode\":\"native\",\"unit\":\"cache lines\","
	       "\"value\":%zu}\n",
	       workload, TIMERS, value);
}

int main(void)
{
	size_t own, shared, control;

	run(home, 0);
	run(home, 1);
	own = lines_of(0);
	shared = lines_of_both();
	lines_forget();
	run(guest, 0);
	control = lines_of_both();
	result("lines_written_by_one_queue", own);
	result("lines_written_by_two_queues", shared);
	result("lines_written_in_a_shared_queue", control);
	return shared || !own || !control;
}
