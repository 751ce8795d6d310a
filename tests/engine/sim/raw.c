// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that does what the uapi header says, by itself or by ARM and
 * CANCEL.  These share their slots, whose settings stay what they are unless
 * there is only one such thread.
 */
#include "internal.h"
#include "sat.h"
#include "sim/kernel.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/user.h"
#include "sim/world.h"

static struct timerheap_slot *slot_at(u32 slot)
{
	return &world.engine.slots[slot];
}

static struct timerheap_arm pick_arm(u32 slot)
{
	const struct truth_slot *truth = truth_slot(slot);
	struct timerheap_arm arm = {
		.expires_ns = pick_deadline(slot),
		.slot = slot,
		.period_ns = truth->wanted_period_ns,
		.slack_ns = truth->wanted_slack_ns,
		.flags = truth->wanted_flags,
	};

	if (world.plan.raw_users == 1 && percent(30)) {
		arm.period_ns = pick_period();
		arm.slack_ns = pick_slack();
		arm.flags = percent(30) ? TIMERHEAP_SLOT_RESTART : 0;
		truth_want(slot, arm.period_ns, arm.slack_ns, arm.flags);
	}
	return arm;
}

/* What th_engine_arm() does for those who do not map. */
static bool must_kick(const struct timerheap_arm *arm)
{
	const struct th_doorbells *bells = &world.engine.doorbells;
	struct timerheap_slot *s = slot_at(arm->slot);
	u64 latest = th_sat_add(arm->expires_ns, arm->slack_ns);
	u32 word = arm->slot / 64;

	th_store64(&s->period_ns, arm->period_ns);
	th_store32(&s->slack_ns, arm->slack_ns);
	th_store32(&s->flags, arm->flags);
	th_xchg64_sc(&s->expires_ns, arm->expires_ns);
	if (latest >= th_load64_sc(&s->armed_ns))
		return false;
	th_or64_sc(&bells->level0[word], 1ULL << arm->slot % 64);
	th_or64_sc(&bells->level1[word / 64], 1ULL << word % 64);
	return latest < th_load64_sc(&world.engine.header->next_event_ns);
}

static void arm(u32 slot)
{
	struct timerheap_arm arm;
	bool kick;

	truth_begin(slot, -1);
	arm = pick_arm(slot);
	oracle_trace("raw arm of slot %u for %llu", slot, arm.expires_ns);
	if (percent(70))
		kick = must_kick(&arm);
	else
		kick = th_engine_arm(&world.engine, &arm);
	if (kick && kernel_kick())
		truth_slot(slot)->late = true;
	truth_end(slot);
}

static void cancel(u32 slot)
{
	truth_begin(slot, -1);
	oracle_trace("raw cancel of slot %u", slot);
	if (percent(50))
		th_xchg64_sc(&slot_at(slot)->expires_ns, 0);
	else
		th_engine_cancel(&world.engine, slot);
	truth_end(slot);
}

static void body(void *unused)
{
	unsigned int i;

	(void)unused;
	while (agent_steps < world.plan.steps) {
		u32 slot =
			world.raw[prng_below(&world.prng, world.plan.raw_slots)];

		user_thinks();
		if (percent(70))
			arm(slot);
		else
			cancel(slot);
		agent_step();
	}
	for (i = 0; i < world.plan.raw_slots; i++)
		if (slot_at(world.raw[i])->period_ns)
			cancel(world.raw[i]);
	user_leaves();
}

void raw_start(unsigned int number)
{
	static const char *const names[] = { "raw 0", "raw 1", "raw 2" };

	world.users_left++;
	agent_start(names[number], body, NULL);
}
