// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "sat.h"
#include "sim/kernel.h"
#include "sim/ledger.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

static struct truth_slot *slots;
static u32 *active; /* slots that were ever used */
static u32 nactive;

static struct truth_fire *fires;
static u32 fires_size;
static u32 fired;
static u32 consumed;
static u32 first; /* where the ring's counters started */

void truth_reset(u32 nslots)
{
	free(slots);
	free(active);
	slots = calloc(nslots, sizeof(*slots));
	active = calloc(nslots, sizeof(*active));
	nactive = 0;
	fired = 0;
	consumed = 0;
	first = world.engine.ring.tail;
}

struct truth_slot *truth_slot(u32 slot)
{
	return &slots[slot];
}

u32 truth_fired(void)
{
	return fired;
}

u32 truth_consumed(void)
{
	return consumed;
}

const struct truth_fire *truth_fire(u32 number)
{
	return &fires[number];
}

u32 truth_active(const u32 **list)
{
	*list = active;
	return nactive;
}

/* An operation on the slot begins; @arm: the ledger's, or -1. */
void truth_begin(u32 slot, int arm)
{
	struct truth_slot *truth = &slots[slot];

	if (!truth->active) {
		truth->active = true;
		active[nactive++] = slot;
		truth->arm = -1;
	}
	truth->busy++;
	truth->arming = arm;
}

void truth_want(u32 slot, u64 period, u32 slack, u32 flags)
{
	slots[slot].wanted_period_ns = period;
	slots[slot].wanted_slack_ns = slack;
	slots[slot].wanted_flags = flags;
}

void truth_end(u32 slot)
{
	slots[slot].busy--;
	truth_quiet();
}

/* In other words than the engine's. */
static u64 next_tick(const struct timerheap_expiry *record, u64 period,
		     u32 flags, u32 *overruns)
{
	unsigned __int128 from = record->expires_ns, missed = 0, next;

	*overruns = 0;
	if (!period)
		return 0;
	if (period < world.plan.min_period_ns)
		period = world.plan.min_period_ns;
	if (record->fired_ns > from)
		missed = (record->fired_ns - from) / period;
	*overruns = missed > ~0U ? ~0U : (u32)missed;
	if (!(flags & TIMERHEAP_SLOT_RESTART))
		next = from + (missed + 1) * period;
	else if (record->fired_ns > from)
		next = (unsigned __int128)record->fired_ns + period;
	else
		next = from + period;
	return next > TH_NEVER ? TH_NEVER : (u64)next;
}

static void append(const struct truth_fire *fire)
{
	if (fired == fires_size) {
		fires_size = fires_size ? 2 * fires_size : 1024;
		fires = realloc(fires, fires_size * sizeof(*fires));
	}
	fires[fired++] = *fire;
}

static void check_due(u32 slot, u64 deadline)
{
	const struct th_engine *engine = &world.engine;
	u64 horizon = th_sat_sub(th_sat_add(kernel.now_ns, kernel.lead_ns),
				 engine->delay_ns);

	if (!kernel.running)
		oracle_fail("owner", "slot %u fired outside of a run", slot);
	if (!deadline)
		oracle_fail("exact", "idle slot %u fired", slot);
	if (deadline > horizon)
		oracle_fail("early", "slot %u fired at %llu for %llu", slot,
			    kernel.now_ns, deadline);
	if (th_heap_empty(&engine->heap) ||
	    th_wheel_has(&engine->wheel, slot) ||
	    th_heap_key(&engine->heap, slot) !=
		    th_heap_min_key(&engine->heap) ||
	    th_wheel_due(&engine->wheel, horizon))
		oracle_fail("order", "slot %u fired before its turn", slot);
	if (first + fired - engine->header->cq_head > engine->ring.mask)
		oracle_fail("ring", "slot %u fired into a full ring", slot);
}

static void fire(u32 slot, u64 deadline, u64 next)
{
	struct truth_slot *truth = &slots[slot];
	bool exact = truth->unchanged &&
		truth->seen_exchanges == truth->exchanges;
	struct truth_fire fire = {
		.record = {
			.expires_ns = deadline,
			.fired_ns = kernel.now_ns,
			.slot = slot,
			.cpu = kernel.cpu,
			.flags = deadline > kernel.now_ns ?
				TIMERHEAP_EXPIRY_LEAD : 0,
		},
		.arm = truth->arm,
	};
	u64 wanted;

	check_due(slot, deadline);
	/* Settings on the way, or of another arm for the same deadline. */
	wanted = next_tick(&fire.record,
			   exact ? truth->period_ns : truth->seen_period_ns,
			   exact ? truth->flags : truth->seen_flags,
			   &fire.record.overruns);
	if (next != wanted)
		oracle_fail("grid", "slot %u goes on at %llu instead of %llu",
			    slot, next, wanted);
	append(&fire);
	if (fire.arm >= 0)
		ledger_fired(
			fire.arm,
			truth->seen_exchanges == truth->exchanges ||
				(truth->seen_period_ns == truth->period_ns &&
				 truth->seen_flags == truth->flags));
	truth->seen_exchanges = ++truth->exchanges;
}

void truth_exchanged(u32 slot, u64 old, u64 value)
{
	struct truth_slot *truth = &slots[slot];
	const struct timerheap_slot *s = &world.engine.slots[slot];

	if (agent_self == kernel.runner) {
		fire(slot, old, value);
		return;
	}
	if (value &&
	    (s->period_ns != truth->wanted_period_ns ||
	     s->slack_ns != truth->wanted_slack_ns ||
	     s->flags != truth->wanted_flags))
		oracle_fail("settings", "slot %u is armed without them", slot);
	truth->exchanges++;
	truth->arm = truth->arming;
	truth->period_ns = s->period_ns;
	truth->flags = s->flags;
	truth->slack_ns = s->slack_ns;
	truth->unchanged = true;
}

void truth_settings_changed(u32 slot)
{
	struct truth_slot *truth = &slots[slot];
	const struct timerheap_slot *s = &world.engine.slots[slot];

	if (s->period_ns != truth->period_ns || s->flags != truth->flags)
		truth->unchanged = false;
	/* The kernel may have gone by any since the arm. */
	if (s->slack_ns > truth->slack_ns)
		truth->slack_ns = s->slack_ns;
}

static void check_record(u32 number)
{
	const struct th_ring *ring = &world.engine.ring;

	if (memcmp(&ring->entries[(first + number) & ring->mask],
		   &fires[number].record, sizeof(fires[number].record)))
		oracle_fail("record", "number %u is not what was fired",
			    number);
}

/* The engine publishes up to @tail. */
void truth_tail(u32 tail)
{
	u32 number;

	if (tail - first != fired)
		oracle_fail("publish", "%u records are published, %u fired",
			    tail - first, fired);
	for (number = consumed; number < fired; number++)
		check_record(number);
}

/* The consumer gives back up to @head: until now all is intact. */
void truth_head(u32 head)
{
	if (head - first - consumed > fired - consumed)
		oracle_fail("ring", "head %u is out of range", head);
	for (; consumed != head - first; consumed++)
		check_record(consumed);
}

u64 truth_flush_begins(void)
{
	return agent_steps;
}

/* What was deferred before the flush began needs no more; @done: it says so. */
void truth_flush_ends(u64 stamp, bool done)
{
	u32 i;

	if (!done)
		return;
	for (i = 0; i < nactive; i++)
		if (slots[active[i]].deferred <= stamp)
			slots[active[i]].deferred = 0;
	truth_quiet();
}
