// SPDX-License-Identifier: GPL-2.0-only
/* The one thread that consumes. */
#include <string.h>

#include "internal.h"
#include "sat.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/kernel.h"
#include "sim/ledger.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/user.h"
#include "sim/world.h"

#define EVENTS 32
/* So long after the users left all is over. */
#define REST_NS 10000000000ULL

static void reap(unsigned int n)
{
	struct timerheap_event events[EVENTS];
	int count;

	memset(events, 0xa5, sizeof(events));
	oracle_trace("reap %u", n);
	world.consumer_busy = true;
	world.consumer_late = false;
	ledger_reap_begins();
	count = timerheap_reap(world.th, events, n);
	oracle_trace("reaped %d", count);
	if (count > (int)n)
		oracle_fail("event", "%d events instead of %u", count, n);
	ledger_reap_ends(events, count);
	world.consumer_busy = false;
	truth_quiet();
}

static void wait(void)
{
	/* Few often come while it falls asleep, many hardly ever do. */
	u32 most = percent(50) ? 2 : world.plan.ring_size;
	u32 min = prng_range(&world.prng, 0, most);
	u64 deadline =
		clock_now() + prng_below(&world.prng, world.plan.range_ns);
	u64 stamp = truth_flush_begins(), waits = kernel.waits;

	oracle_trace("wait for %u until %llu", min, deadline);
	timerheap_wait(world.th, min, deadline);
	truth_flush_ends(stamp, kernel.waits != waits);
	oracle_trace("waited");
}

static void wait_precise(void)
{
	u64 deadline =
		clock_now() + prng_below(&world.prng, world.plan.range_ns);
	int rc;

	oracle_trace("wait precisely until %llu", deadline);
	world.consumer_busy = true;
	truth_begin(world.th->nslots, -1);
	rc = timerheap_wait_precise(world.th, deadline);
	world.consumer_busy = false;
	truth_end(world.th->nslots);
	oracle_trace("waited precisely: %d", rc);
	if (!rc && clock_now() < deadline && !world.plan.clock_steps_in)
		oracle_fail("early", "a precise wait until %llu", deadline);
}

static void set_lead(void)
{
	u32 lead = prng_below(&world.prng, world.plan.range_ns);

	oracle_trace("set lead %u", lead);
	timerheap_set_lead(world.th, percent(20) ? 0 : lead);
}

static void act(void)
{
	u64 what = prng_below(&world.prng, 100);

	if (what < 60)
		reap(prng_range(&world.prng, 1, EVENTS));
	else if (what < 85)
		wait();
	else if (what < 92 && world.plan.precise)
		wait_precise();
	else if (what < 96 && world.plan.lead)
		set_lead();
	else
		agent_step();
}

static bool is_ready(void *unused)
{
	(void)unused;
	return world.engine.ring.published != world.engine.header->cq_head;
}

/* Until all that is due has come. */
static void drain(void)
{
	u64 limit = th_sat_add(clock_now(), REST_NS), end;

	/* Delays count from there; time may end meanwhile. */
	if (limit > TH_NEVER - REST_NS)
		limit = TH_NEVER - 4 * world.plan.range_ns;
	end = clock_true_at(th_sat_add(limit, REST_NS / 2));
	world.draining = true;
	for (;;) {
		reap(EVENTS);
		if (truth_all_passed(limit))
			return;
		if (sim_clock.true_ns >= end)
			oracle_fail("lost", "it is over, and not all fired");
		if (!is_ready(NULL))
			agent_wait(end, is_ready, NULL);
	}
}

static void dawdle(void)
{
	fault(FAULT_SLOW_CONSUMER);
	agent_sleep(prng_below(&world.prng, 2 * world.plan.range_ns));
}

static void body(void *unused)
{
	(void)unused;
	while (world.users_left) {
		if (world.plan.slow_consumer && percent(50))
			dawdle();
		else
			user_thinks();
		act();
		agent_step();
	}
	drain();
	world.finished = true;
}

void consumer_start(void)
{
	world.consumer = agent_start("consumer", body, NULL);
}
