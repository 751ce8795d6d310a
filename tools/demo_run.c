// SPDX-License-Identifier: LGPL-2.1-or-later
/* One phase: a thread on each CPU, and a line a second on how it goes. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "demo.h"

/* The threads arm everything in this time, and the first deadlines follow. */
#define HEAD_START_NS (200 * DEMO_MS)

static uint64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * DEMO_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t demo_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

bool demo_stopped(struct demo_lane *lane)
{
	return demo_interrupted() ||
		atomic_load_explicit(&lane->demo->stop, memory_order_relaxed);
}

/* The time; and how long the thread was away from the head of its loop. */
uint64_t demo_loop(struct demo_lane *lane)
{
	uint64_t now = demo_now();

	if (lane->loop_ns && now - lane->loop_ns > lane->result.pause_ns)
		lane->result.pause_ns = now - lane->loop_ns;
	lane->loop_ns = now;
	return now;
}

void demo_progress(_Atomic uint64_t *to, uint64_t value)
{
	atomic_store_explicit(to, value, memory_order_relaxed);
}

static int begin(struct demo_lane *lane)
{
	if (lane->demo->client == DEMO_TIMERFD)
		return demo_timerfd_begin(lane);
	return demo_heap_begin(lane);
}

static void carry(struct demo_lane *lane)
{
	uint64_t busy = read_clock(CLOCK_THREAD_CPUTIME_ID);
	uint64_t wall = demo_now();

	demo_grid_begin(lane);
	if (lane->demo->client == DEMO_TIMERFD)
		demo_timerfd_run(lane);
	else
		demo_heap_run(lane);
	lane->result.busy_ns = read_clock(CLOCK_THREAD_CPUTIME_ID) - busy;
	lane->result.wall_ns = demo_now() - wall;
}

static void *lane_thread(void *arg)
{
	struct demo_lane *lane = arg;
	struct demo *demo = lane->demo;
	int rc = begin(lane);

	if (rc)
		demo_call_failed(lane, "setting up the timers", rc);
	pthread_barrier_wait(&demo->barrier);
	/* main() sets the start. */
	pthread_barrier_wait(&demo->barrier);
	if (!demo_stopped(lane))
		carry(lane);
	if (demo->client == DEMO_TIMERFD)
		demo_timerfd_end(lane);
	sem_post(&demo->finished);
	return NULL;
}

static void start_thread(struct demo_lane *lane)
{
	size_t size = CPU_ALLOC_SIZE((size_t)lane->cpu + 1);
	cpu_set_t *set = CPU_ALLOC((size_t)lane->cpu + 1);
	pthread_attr_t attr;
	int rc = ENOMEM;

	if (set) {
		CPU_ZERO_S(size, set);
		CPU_SET_S((size_t)lane->cpu, size, set);
		pthread_attr_init(&attr);
		rc = pthread_attr_setaffinity_np(&attr, size, set);
		if (!rc)
			rc = pthread_create(&lane->thread, &attr, lane_thread,
					    lane);
		pthread_attr_destroy(&attr);
		CPU_FREE(set);
	}
	if (rc) {
		fprintf(stderr, "timerheap-demo: a thread on CPU %d: %s\n",
			lane->cpu, strerror(rc));
		exit(1);
	}
}

static uint64_t sum_of(const struct demo *demo, size_t member)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < demo->nlanes; i++) {
		const char *progress = (const char *)&demo->lanes[i].progress;

		sum += atomic_load_explicit(
			(const _Atomic uint64_t *)(progress + member),
			memory_order_relaxed);
	}
	return sum;
}

#define SUM_OF(demo, member) \
	sum_of(demo, offsetof(struct demo_progress, member))

static uint64_t latest(const struct demo *demo)
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < demo->nlanes; i++) {
		uint64_t late =
			atomic_load_explicit(&demo->lanes[i].progress.latest_ns,
					     memory_order_relaxed);

		if (late > most)
			most = late;
	}
	return most;
}

static void show_progress(const struct demo *demo, unsigned int second)
{
	fprintf(demo->out, "[%2u s] %-9s  %9s expiries, %s overruns, latest %s",
		second, demo->client == DEMO_HEAP ? "timerheap" : "timerfd",
		demo_count(SUM_OF(demo, expiries)).text,
		demo_count(SUM_OF(demo, overruns)).text,
		demo_time(latest(demo)).text);
	if (demo->client == DEMO_HEAP && demo->set.watchdogs)
		fprintf(demo->out, "; %s arms, %s abandoned, %s fired",
			demo_count(SUM_OF(demo, arms)).text,
			demo_count(SUM_OF(demo, abandoned)).text,
			demo_count(SUM_OF(demo, barked)).text);
	fputc('\n', demo->out);
	fflush(demo->out);
}

/* Until all threads are done. */
static void watch(struct demo *demo)
{
	unsigned int running = demo->nlanes, second = 1;

	while (running) {
		uint64_t next = demo->start_ns + second * DEMO_SEC;
		struct timespec ts = {
			.tv_sec = (time_t)(next / DEMO_SEC),
			.tv_nsec = (long)(next % DEMO_SEC),
		};

		if (!sem_clockwait(&demo->finished, CLOCK_MONOTONIC, &ts)) {
			running--;
		} else if (errno == ETIMEDOUT) {
			show_progress(demo, second);
			second = (unsigned int)((demo_now() - demo->start_ns) /
						DEMO_SEC) +
				1;
		}
	}
}

/**
 * demo_run() - one phase
 * @demo: the settings, the CPUs and where to report.
 * @client: who carries the load.
 * @percpu: the queues, for timerheap.
 *
 * Return: whether it ran to its end.
 */
bool demo_run(struct demo *demo, enum demo_client client,
	      struct timerheap_percpu *percpu)
{
	demo->client = client;
	demo_make_lanes(demo, percpu);
	pthread_barrier_init(&demo->barrier, NULL, demo->nlanes + 1);
	sem_init(&demo->finished, 0, 0);
	for (unsigned int i = 0; i < demo->nlanes; i++)
		start_thread(&demo->lanes[i]);

	pthread_barrier_wait(&demo->barrier);
	demo->start_ns = demo_now() + HEAD_START_NS;
	pthread_barrier_wait(&demo->barrier);
	watch(demo);

	for (unsigned int i = 0; i < demo->nlanes; i++)
		pthread_join(demo->lanes[i].thread, NULL);
	demo_keep_results(demo);
	sem_destroy(&demo->finished);
	pthread_barrier_destroy(&demo->barrier);
	demo_free_lanes(demo);
	return !demo_interrupted() && !atomic_load(&demo->stop);
}
