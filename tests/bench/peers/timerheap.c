// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>

#include "bench.h"
#include "internal.h"

#define BENCH_SELF struct timerheap *const self = th;
#include "loops.h"

static _Thread_local struct timerheap *th;
static _Thread_local bool lead_set;
static _Thread_local uint32_t slack;

static void check(int rc, const char *what)
{
	if (rc < 0)
		bench_die(what, -rc);
}

static void open_queue(uint32_t n)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;

	opts.nslots = n;
	check(timerheap_open(&th, &opts), "timerheap_open");
	lead_set = false;
	slack = 0;
	for (uint32_t i = 0; i < n; i++)
		check(timerheap_slot_alloc(th, NULL), "timerheap_slot_alloc");
}

static void close_queue(void)
{
	timerheap_close(th);
}

#define arm_one(timer, deadline_ns) \
	timerheap_arm_inline(self, timer, deadline_ns)
#define cancel_one(timer) timerheap_cancel_inline(self, timer)
BENCH_LOOPS(arm_one, cancel_one)

static void arm_periodic(uint32_t timer, uint64_t deadline_ns,
			 uint64_t period_ns)
{
	check(timerheap_slot_config(th, timer, period_ns, slack, 0),
	      "timerheap_slot_config");
	arm(timer, deadline_ns);
}

static bool is_rung(void)
{
	uint32_t group = TIMERHEAP__BITS * TIMERHEAP__BITS;

	for (uint32_t i = 0; i < (th->nslots + group - 1) / group; i++)
		if (th_load64_sc(&th->level1[i]))
			return true;
	return false;
}

/* Doorbells wait for the next event; this has them answered now, all of them. */
static void settle(void)
{
	do
		check(timerheap__sys_kick(timerheap_fd(th)), "kick");
	while (is_rung());
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	struct timerheap_event events[BENCH_BATCH];
	int count, rc = timerheap_wait(th, 1, until_ns);

	if (rc == -ETIMEDOUT)
		return 0;
	check(rc, "timerheap_wait");
	count = timerheap_reap(th, events, (unsigned int)n);
	check(count, "timerheap_reap");
	for (int i = 0; i < count; i++) {
		expiries[i].timer = events[i].slot;
		expiries[i].periods = events[i].overruns + 1;
	}
	return count;
}

static void set_slack(uint32_t slack_ns)
{
	slack = slack_ns;
}

/* The lead is the queue's; for other workloads it would be early. */
static void sleep_until(uint64_t deadline_ns)
{
	if (!lead_set)
		check(timerheap_set_lead(th, TIMERHEAP_LEAD_AUTO), "set_lead");
	lead_set = true;
	check(timerheap_wait_precise(th, deadline_ns), "wait_precise");
}

const struct bench_peer bench_timerheap = {
	.name = "timerheap",
	.open = open_queue,
	.close = close_queue,
	.arm = arm,
	.arm_periodic = arm_periodic,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.collect = collect,
	.sleep_until = sleep_until,
	.set_slack = set_slack,
	.bytes = 80,
};
