// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A generator on one of three workers' numbers, until SIGTERM: takes a number,
 * makes IDs and writes them down, and when it is refused says why and takes
 * one anew.  Ticks and signs of life come from a timerheap timer, where there is
 * the device.
 *
 * Usage: node ENDPOINTS IDS HELD >LOG
 *
 * A line of HELD: a number, since when it was ours, and when a call began that
 * made IDs of it, the last of these; by CLOCK_BOOTTIME.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <timerheap/id_etcd.h>

#define MS 1000000ULL
#define SEC 1000000000ULL
#define BATCH 40
/* Past the lease, so that it is the fence that stops who is cut off. */
#define AHEAD_NS (8 * SEC)

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * (int64_t)SEC + ts.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec ts = { ns / (int64_t)SEC, ns % (int64_t)SEC };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void say(const char *what, uint64_t worker, int error)
{
	printf("%s %" PRIu64 ": %s\n", what, worker, thid_advice(error));
	fflush(stdout);
}

struct tenure {
	FILE *ids;
	FILE *held;
	int64_t since_ns;
	int64_t last_ns;
};

static int make_some(struct thid_block *b, FILE *file)
{
	uint64_t ids[BATCH];
	int n = thid_next_n(b, ids, BATCH);

	for (int i = 0; i < n; i++)
		fprintf(file, "%016" PRIx64 "\n", ids[i]);
	return n < 0 ? n : 0;
}

struct ticks {
	struct thid *g;
	struct thid_timer *timer;
	int64_t due_ns;
};

static int start_ticks(struct ticks *t)
{
	int rc = thid_timer_open(&t->timer, t->g, 0, NULL);

	t->due_ns = clock_ns(CLOCK_MONOTONIC) / (int64_t)MS * (int64_t)MS;
	return rc == -ENOENT ? 0 : rc;
}

/* What they cannot do shows when there are no more numbers. */
static void await_tick(struct ticks *t)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC);

	if (t->timer) {
		(void)thid_timer_wait(t->timer, SEC);
		(void)thid_timer_run(t->timer);
		return;
	}
	t->due_ns += (int64_t)MS;
	if (t->due_ns < now)
		t->due_ns = now / (int64_t)MS * (int64_t)MS;
	else
		sleep_until(t->due_ns);
	(void)thid_tick(t->g, (uint64_t)t->due_ns,
			clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
}

/* Until it is refused. */
static int issue(struct thid *g, struct thid_etcd *e, struct tenure *tenure)
{
	struct ticks t = { .g = g };
	struct thid_block b;
	int rc = start_ticks(&t);

	thid_block_init(&b, g);
	while (!stop && (!rc || rc == -EAGAIN)) {
		int64_t began_ns;

		await_tick(&t);
		(void)thid_etcd_keep(e);
		began_ns = clock_ns(CLOCK_BOOTTIME);
		rc = make_some(&b, tenure->ids);
		if (!rc)
			tenure->last_ns = began_ns;
	}
	thid_timer_close(t.timer);
	return rc;
}

static void live(const char *endpoints, struct tenure *tenure)
{
	struct thid_etcd_opts eopts;
	struct thid_lease lease;
	struct thid_etcd *e;
	struct thid_opts opts;
	struct thid *g;
	int rc;

	thid_etcd_opts_init(&eopts);
	eopts.endpoints = endpoints;
	eopts.first = 1;
	eopts.last = 3;
	eopts.ttl_s = 3;
	eopts.margin_ms = 500;
	eopts.timeout_ms = 500;
	rc = thid_etcd_open(&e, &lease, &eopts);
	if (rc) {
		say("none", 0, rc);
		sleep_until(clock_ns(CLOCK_MONOTONIC) + 200 * (int64_t)MS);
		return;
	}
	tenure->since_ns = clock_ns(CLOCK_BOOTTIME);
	tenure->last_ns = tenure->since_ns;
	say("took", lease.worker, 0);
	thid_opts_init(&opts);
	opts.lease = &lease;
	opts.ahead_ns = AHEAD_NS;
	rc = thid_open(&g, &opts);
	if (rc)
		abort();
	rc = issue(g, e, tenure);
	fprintf(tenure->held, "%" PRIu64 " %" PRId64 " %" PRId64 "\n",
		lease.worker, tenure->since_ns, tenure->last_ns);
	if (rc)
		say("refused", lease.worker, rc);
	thid_close(g);
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct tenure tenure = { 0 };

	if (argc != 4)
		return 2;
	tenure.ids = fopen(argv[2], "we");
	tenure.held = fopen(argv[3], "we");
	if (!tenure.ids || !tenure.held)
		return 2;
	sigaction(SIGTERM, &act, NULL);
	while (!stop)
		live(argv[1], &tenure);
	return fclose(tenure.ids) || fclose(tenure.held) ? 1 : 0;
}
