// SPDX-License-Identifier: LGPL-2.1-or-later
/* Threads on CPUs of their own, with timers of their own. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

#define MOST_CPUS 64
#define CHUNK 1000
#define ROUNDS 5

struct worker {
	const struct bench_run *run;
	pthread_t thread;
	int cpu;
	uint64_t operations;
};

static pthread_barrier_t begin;
static atomic_bool stop;

/* Pushed back, as timeouts are; one in a hundred earlier. */
static void *work(void *argument)
{
	struct worker *self = argument;
	const struct bench_run *run = self->run;
	uint64_t state = (uint64_t)self->cpu, deadline;
	uint32_t i = 0;

	bench_bind(self->cpu);
	run->peer->open(run->n);
	deadline = bench_now() + 10000 * BENCH_SEC;
	for (i = 0; i < run->n; i++)
		run->peer->arm(i, deadline);
	run->peer->settle();
	pthread_barrier_wait(&begin);
	while (!stop) {
		for (int k = 0; k < CHUNK; k++) {
			uint64_t random = bench_random(&state);

			i = (uint32_t)(random % run->n);
			run->peer->arm(i,
				       random >> 32 < UINT32_MAX / 100
					       ? deadline - k
					       : ++deadline);
		}
		self->operations += CHUNK;
	}
	pthread_barrier_wait(&begin);
	run->peer->close();
	return NULL;
}

static void start_workers(const struct bench_run *run, struct worker *workers)
{
	stop = false;
	pthread_barrier_init(&begin, NULL, run->cpus + 1);
	for (unsigned int i = 0; i < run->cpus; i++) {
		workers[i] = (struct worker){ .run = run, .cpu = (int)i };
		errno = pthread_create(&workers[i].thread, NULL, work,
				       &workers[i]);
		bench_check(!errno, "pthread_create");
	}
	pthread_barrier_wait(&begin);
}

static uint64_t stop_workers(const struct bench_run *run,
			     struct worker *workers)
{
	uint64_t operations = 0;

	for (unsigned int i = 0; i < run->cpus; i++) {
		pthread_join(workers[i].thread, NULL);
		operations += workers[i].operations;
	}
	pthread_barrier_destroy(&begin);
	return operations;
}

/* Million operations a second. */
static double rate(const struct bench_run *run, double seconds)
{
	struct worker workers[MOST_CPUS];
	struct timespec span = { 0, (long)(seconds * 1e9) };
	uint64_t start;

	start_workers(run, workers);
	start = bench_now();
	nanosleep(&span, NULL);
	stop = true;
	pthread_barrier_wait(&begin);
	start = bench_now() - start;
	return 1e3 * (double)stop_workers(run, workers) / (double)start;
}

/* The best of several times: others run on this machine as well. */
static void scaling(const struct bench_run *run)
{
	double best = 0;

	if (run->cpus > MOST_CPUS)
		bench_die("scaling: too many CPUs", 0);
	for (int i = 0; i < ROUNDS; i++) {
		double this = rate(run, run->seconds / ROUNDS);

		best = this > best ? this : best;
	}
	bench_result(run, "scaling", "Mop/s", best);
}

const struct bench_workload bench_scaling = {
	.name = "scaling",
	.what = "threads on CPUs of their own, with timers of their own",
	.run = scaling,
	.only = 10000,
	.seconds = 2,
};
