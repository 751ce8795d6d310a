// SPDX-License-Identifier: LGPL-2.1-or-later
/* How late the caller sees its deadlines. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define SAMPLES 2000
#define SAMPLES_LOADED 1000

/* 0.2 to 1.2 ms ahead, so that each sleeps. */
static uint64_t next_deadline(uint64_t *state)
{
	return bench_now() + BENCH_MS / 5 + bench_random(state) % BENCH_MS;
}

static uint64_t one_lateness(const struct bench_run *run, uint64_t deadline)
{
	struct bench_expiry expiry;
	uint64_t now;

	run->peer->arm(0, deadline);
	while (!run->peer->collect(&expiry, 1, deadline + BENCH_SEC))
		if (bench_now() > deadline + BENCH_SEC)
			bench_die("lateness: a timer is missing", 0);
	now = bench_now();
	/* libevent's own clock may be a little behind. */
	return now > deadline ? now - deadline : 0;
}

static void measure_lateness(const struct bench_run *run, const char *name,
			     uint32_t count)
{
	uint64_t *late = bench_alloc(count, sizeof(*late)), state = 1;

	run->peer->open(run->n);
	for (uint32_t i = 1; i < run->n; i++)
		run->peer->arm(i, bench_now() + 10000 * BENCH_SEC);
	run->peer->settle();
	bench_rest();
	for (uint32_t i = 0; i < count; i++)
		late[i] = one_lateness(run, next_deadline(&state));
	bench_percentiles(run, name, late, count);
	run->peer->close();
	free(late);
}

static void measure_precision(const struct bench_run *run, const char *name,
			      uint32_t count)
{
	uint64_t *off = bench_alloc(count, sizeof(*off)), state = 1;

	run->peer->open(run->n);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t deadline = next_deadline(&state), now;

		run->peer->sleep_until(deadline);
		now = bench_now();
		off[i] = now > deadline ? now - deadline : deadline - now;
	}
	bench_percentiles(run, name, off, count);
	run->peer->close();
	free(off);
}

/* On each CPU; ended by stop_stress(). */
static pid_t start_stress(unsigned int cpus)
{
	char count[16];
	pid_t pid;

	snprintf(count, sizeof(count), "%u", cpus);
	pid = fork();
	bench_check(pid >= 0, "fork");
	if (!pid) {
		bench_check(freopen("/dev/null", "w", stdout), "/dev/null");
		setpgid(0, 0);
		execlp("stress-ng", "stress-ng", "--quiet", "--cpu", count,
		       "--temp-path", "/tmp", (char *)NULL);
		_exit(127);
	}
	setpgid(pid, pid);
	usleep(300000);
	if (waitpid(pid, NULL, WNOHANG) == pid)
		bench_skip("stress-ng does not run");
	return pid;
}

static void stop_stress(pid_t pid)
{
	kill(-pid, SIGTERM);
	usleep(100000);
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void lateness(const struct bench_run *run)
{
	measure_lateness(run, "lateness", SAMPLES);
}

static void lateness_loaded(const struct bench_run *run)
{
	pid_t stress = start_stress(run->cpus);

	measure_lateness(run, "lateness_loaded", SAMPLES_LOADED);
	stop_stress(stress);
}

static void precise(const struct bench_run *run)
{
	measure_precision(run, "precise", SAMPLES);
}

static void precise_loaded(const struct bench_run *run)
{
	pid_t stress = start_stress(run->cpus);

	measure_precision(run, "precise_loaded", SAMPLES_LOADED);
	stop_stress(stress);
}

const struct bench_workload bench_lateness = {
	.name = "lateness",
	.what = "of one timer at a time, seen by its consumer",
	.run = lateness,
	.only = 1000,
	.expires = true,
};
const struct bench_workload bench_lateness_loaded = {
	.name = "lateness_loaded",
	.what = "the same, beside stress-ng on every CPU",
	.run = lateness_loaded,
	.only = 1000,
	.expires = true,
};
const struct bench_workload bench_precise = {
	.name = "precise",
	.what = "how far from the deadline the caller goes on",
	.run = precise,
	.only = 1,
	.sleeps = true,
};
const struct bench_workload bench_precise_loaded = {
	.name = "precise_loaded",
	.what = "the same, beside stress-ng on every CPU",
	.run = precise_loaded,
	.only = 1,
	.sleeps = true,
};
