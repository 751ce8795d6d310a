// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A generator on one of three workers' numbers, until SIGTERM: takes a number,
 * makes IDs and writes them down, and when it is refused says why and takes
 * one anew.
 *
 * Usage: node ENDPOINTS FILE >LOG
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

static int make_some(struct thid_block *b, FILE *file)
{
	uint64_t ids[BATCH];
	int n = thid_next_n(b, ids, BATCH);

	for (int i = 0; i < n; i++)
		fprintf(file, "%016" PRIx64 "\n", ids[i]);
	return n < 0 ? n : 0;
}

/* Ticks of a millisecond, until it is refused. */
static int issue(struct thid *g, struct thid_etcd *e, FILE *file)
{
	int64_t due = clock_ns(CLOCK_MONOTONIC) / (int64_t)MS * (int64_t)MS;
	struct thid_block b;
	int rc = 0;

	thid_block_init(&b, g);
	while (!stop && (!rc || rc == -EAGAIN)) {
		int64_t offset =
			clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);

		/* What these cannot do shows when there are no more numbers. */
		(void)thid_tick(g, (uint64_t)due, offset);
		(void)thid_etcd_keep(e);
		rc = make_some(&b, file);
		due += (int64_t)MS;
		if (due < clock_ns(CLOCK_MONOTONIC))
			due = clock_ns(CLOCK_MONOTONIC) / (int64_t)MS *
				(int64_t)MS;
		else
			sleep_until(due);
	}
	return rc;
}

static void live(const char *endpoints, FILE *file)
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
	say("took", lease.worker, 0);
	thid_opts_init(&opts);
	opts.lease = &lease;
	opts.ahead_ns = SEC;
	rc = thid_open(&g, &opts);
	if (rc)
		abort();
	rc = issue(g, e, file);
	if (rc)
		say("refused", lease.worker, rc);
	thid_close(g);
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	FILE *file = argc == 3 ? fopen(argv[2], "we") : NULL;

	if (!file)
		return 2;
	sigaction(SIGTERM, &act, NULL);
	while (!stop)
		live(argv[1], file);
	return fclose(file) ? 1 : 0;
}
