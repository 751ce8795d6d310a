// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Usage: late SECONDS TIMERS PERIOD_US TOGETHER [HOW]
 *
 * A consumer of periodic timers, of which TOGETHER each are due at one time.  It
 * prints a line for each expiry: the deadline, and when the consumer had it.
 *
 *   call      every 20 ms it sleeps 5 ms in a system call of another kind
 *   compute   every 20 ms it computes for 5 ms
 *   hog       every 20 ms a real-time thread on the same CPU computes for 5 ms
 *   more      it waits for eight expiries at once
 *   read      it takes expiries by read(2)
 *   boottime, realtime, tai: the clock of its timers
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <timerheap/timerheap.h>

#define MS 1000000ULL
#define BATCH 64

static clockid_t clock_id = CLOCK_MONOTONIC;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(clock_id, &ts);
	return (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
}

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "late: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static void pause_ms(unsigned int ms)
{
	struct timespec ts = { .tv_nsec = (long)(ms * MS) };

	nanosleep(&ts, NULL);
}

static void compute_ms(unsigned int ms)
{
	uint64_t end = now_ns() + ms * MS;

	while (now_ns() < end)
		;
}

static void *hog(void *unused)
{
	pthread_setname_np(pthread_self(), "hog");
	for (;;) {
		compute_ms(5);
		pause_ms(20);
	}
	return unused;
}

static void start_hog(void)
{
	struct sched_param param = { .sched_priority = 50 };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	check(-pthread_create(&thread, &attr, hog, NULL), "the hog");
}

static void note(uint64_t deadline_ns, uint64_t now)
{
	printf("%" PRIu64 " %" PRIu64 "\n", deadline_ns, now);
}

static void reap(struct timerheap *th, unsigned int min, uint64_t end)
{
	struct timerheap_event events[BATCH];
	int n, rc = timerheap_wait(th, min, end);
	uint64_t now;

	check(rc, "wait");
	n = timerheap_reap(th, events, BATCH);
	now = now_ns();
	check(n, "reap");
	for (int i = 0; i < n; i++)
		note(events[i].deadline_ns, now);
}

static void take(struct timerheap *th)
{
	struct timerheap_expiry records[BATCH];
	ssize_t size = read(timerheap_fd(th), records, sizeof(records));
	uint64_t now = now_ns();

	check(size < 0 ? -errno : 0, "read");
	for (size_t i = 0; i < (size_t)size / sizeof(records[0]); i++)
		note(records[i].expires_ns, now);
}

static void arm_all(struct timerheap *th, uint32_t timers, uint64_t period_ns,
		    uint32_t together)
{
	uint64_t first = now_ns() + 50 * MS, apart = period_ns / timers;

	for (uint32_t i = 0; i < timers; i++) {
		int slot = timerheap_slot_alloc(th, NULL);

		check(slot, "slot");
		check(timerheap_slot_config(th, (uint32_t)slot, period_ns, 0,
					    0),
		      "period");
		check(timerheap_arm(th, (uint32_t)slot,
				    first + i / together * apart),
		      "arm");
	}
}

static void choose_clock(const char *how)
{
	if (!strcmp(how, "boottime"))
		clock_id = CLOCK_BOOTTIME;
	else if (!strcmp(how, "realtime"))
		clock_id = CLOCK_REALTIME;
	else if (!strcmp(how, "tai"))
		clock_id = CLOCK_TAI;
}

/* Every 20 ms. */
static void be_late(const char *how)
{
	static uint64_t last_ns;
	uint64_t now = now_ns();

	if (now < last_ns + 20 * MS)
		return;
	if (!strcmp(how, "call"))
		pause_ms(5);
	else if (!strcmp(how, "compute"))
		compute_ms(5);
	last_ns = now_ns();
}

int main(int argc, char **argv)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	const char *how = argc == 6 ? argv[5] : "";
	struct timerheap *th;
	uint64_t end;

	if (argc < 5)
		return 2;
	opts.nslots = (uint32_t)atoi(argv[2]);
	opts.cpu = 0;
	choose_clock(how);
	opts.clockid = clock_id;
	check(timerheap_open(&th, &opts), "open");
	arm_all(th, opts.nslots, (uint64_t)atoi(argv[3]) * 1000,
		(uint32_t)atoi(argv[4]));
	if (!strcmp(how, "hog"))
		start_hog();
	end = now_ns() + (uint64_t)atoi(argv[1]) * 1000 * MS;
	while (now_ns() < end) {
		if (!strcmp(how, "read"))
			take(th);
		else
			reap(th, strcmp(how, "more") ? 1 : 8, end);
		be_late(how);
	}
	timerheap_close(th);
	return fflush(stdout) ? 1 : 0;
}
