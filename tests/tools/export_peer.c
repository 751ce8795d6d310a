// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * For export_cases: an application with a queue and an ID generator, which
 * publishes both.  Usage: export_peer TICKS, of a millisecond; then it says how
 * many timers fired and how many IDs it took, and stays until a signal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <timerheap/id.h>
#include <timerheap/timerheap.h>

#define TICK_NS 1000000U

static int extend(void *arg, uint64_t mark_ns)
{
	(void)arg;
	(void)mark_ns;
	return 0;
}

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "export_peer: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static struct timerheap_page *open_page(const char *name)
{
	struct timerheap_page *page;

	check(timerheap_page_open(&page, name, NULL), name);
	return page;
}

static struct thid *open_ids(struct thid_timer **timer)
{
	const struct thid_lease lease = { .extend = extend };
	struct thid_opts opts;
	struct thid *g;

	thid_opts_init(&opts);
	opts.lease = &lease;
	check(thid_open(&g, &opts), "thid_open");
	check(thid_timer_open(timer, g, 0, NULL), "thid_timer_open");
	return g;
}

static struct timerheap *open_queue(void)
{
	struct timerheap *th;
	int slot;

	check(timerheap_open(&th, NULL), "timerheap_open");
	slot = timerheap_slot_alloc(th, NULL);
	check(slot, "slot");
	check(timerheap_slot_config(th, (uint32_t)slot, TICK_NS, 0, 0),
	      "config");
	check(timerheap_arm(th, (uint32_t)slot, timerheap_now(th) + TICK_NS),
	      "arm");
	return th;
}

/* Until so many fired; periods that were missed did not. */
static void run(struct timerheap *th, struct thid_timer *timer,
		struct thid_block *block, long ticks)
{
	struct timerheap_event ev;

	while (ticks) {
		uint64_t id;

		check(timerheap_wait(th, 1, TIMERHEAP_NEVER), "wait");
		if (timerheap_reap(th, &ev, 1) != 1)
			continue;
		ticks--;
		check(thid_timer_run(timer), "tick");
		(void)thid_next(block, &id);
	}
}

int main(int argc, char **argv)
{
	long ticks = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	struct timerheap_page *queue_page = open_page("market");
	struct timerheap_page *ids_page = open_page("orders");
	struct timerheap_stats queue;
	struct thid_timer *timer;
	struct thid *g = open_ids(&timer);
	struct timerheap *th = open_queue();
	struct thid_stats ids;
	struct thid_block b;

	thid_block_init(&b, g);
	run(th, timer, &b, ticks);
	/* It has fired since, but nobody makes room: until the ring is full. */
	check(timerheap_cancel(th, 0), "cancel");
	check(timerheap_publish(th, queue_page), "publish");
	check(timerheap_stats(th, &queue), "stats");
	check(thid_publish(g, ids_page), "publish");
	thid_stats(g, &ids);
	printf("%llu %llu\n", (unsigned long long)queue.expiries,
	       (unsigned long long)ids.taken);
	fflush(stdout);
	pause();
	return 0;
}
