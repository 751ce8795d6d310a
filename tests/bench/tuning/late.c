// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How late a thread is that waits for one deadline after the other, each a
 * millisecond away, beside a load.  Usage: late COUNT [fifo] [lead].  A line: p50,
 * p99 and max of that, and p99 of the interrupt's part, in microseconds.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <timerheap/timerheap.h>

#define MS UINT64_C(1000000)
#define PRIORITY 50
/* Until the lead has learnt. */
#define WARM_UP 200

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "late: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static void sys_check(int rc, const char *what)
{
	check(rc ? -errno : 0, what);
}

static struct timerheap *set_up(int argc, char **argv)
{
	const struct sched_param param = { .sched_priority = PRIORITY };
	struct timerheap *th;

	sys_check(mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
	check(timerheap_open(&th, NULL), "timerheap_open");
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "fifo"))
			sys_check(sched_setscheduler(0, SCHED_FIFO, &param),
				  "SCHED_FIFO");
		else if (!strcmp(argv[i], "lead"))
			check(timerheap_set_lead(th, TIMERHEAP_LEAD_AUTO),
			      "lead");
		else
			check(-EINVAL, argv[i]);
	}
	return th;
}

/* From the end of the last one, as one that is late would hide others. */
static uint64_t wait_once(struct timerheap *th)
{
	uint64_t deadline = timerheap_now(th) + MS;

	check(timerheap_wait_precise(th, deadline), "wait");
	return timerheap_now(th) - deadline;
}

static int compare(const void *a, const void *b)
{
	uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

	return p < q ? -1 : p > q;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	struct timerheap_stats st;
	struct timerheap *th;
	uint64_t *late;

	if (count < 1)
		check(-EINVAL, "COUNT");
	th = set_up(argc, argv);
	late = calloc((size_t)count, sizeof(*late));
	check(late ? 0 : -ENOMEM, "samples");
	for (int i = 0; i < WARM_UP; i++)
		wait_once(th);
	check(timerheap_reset_stats(th), "reset");
	for (long i = 0; i < count; i++)
		late[i] = wait_once(th);
	check(timerheap_stats(th, &st), "stats");
	qsort(late, (size_t)count, sizeof(*late), compare);
	printf("%.1f %.1f %.1f %.1f\n", (double)late[count / 2] / 1e3,
	       (double)late[count - 1 - count / 100] / 1e3,
	       (double)late[count - 1] / 1e3,
	       (double)timerheap_hist_percentile(&st, 99) / 1e3);
	timerheap_close(th);
	return 0;
}
