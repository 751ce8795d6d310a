// SPDX-License-Identifier: GPL-2.0-only
/* What users ask for. */
#include "internal.h"
#include "sat.h"
#include "sim/clock.h"
#include "sim/user.h"
#include "sim/world.h"

static u64 soon(void)
{
	return th_sat_add(clock_now(),
			  prng_range(&world.prng, 1, world.plan.range_ns));
}

/* Far away: never reached, or just so. */
static u64 far(void)
{
	switch (prng_below(&world.prng, 4)) {
	case 0:
		return TH_NEVER - prng_below(&world.prng, 3);
	case 1:
		return TIMERHEAP__FOREVER - 1 + prng_below(&world.prng, 3);
	case 2:
		return TH_NEVER - prng_below(&world.prng, 1000000);
	default:
		return th_sat_add(clock_now(), 1ULL << 40);
	}
}

u64 pick_deadline(u32 slot)
{
	const struct timerheap_slot *s = &world.engine.slots[slot];
	u64 deadline = soon(), now = clock_now();

	if (world.plan.collide && percent(70))
		return 1;
	switch (prng_below(&world.prng, 20)) {
	case 0:
	case 1:
		/* In the past, down to the beginning of time. */
		deadline = now - prng_below(&world.prng, 50);
		if (percent(30))
			deadline = 1;
		break;
	case 2:
		/* For the same time once more. */
		if (s->expires_ns)
			deadline = s->expires_ns;
		break;
	case 3:
		/* Where the grid goes on. */
		if (s->expires_ns)
			deadline = th_sat_add(s->expires_ns, s->period_ns);
		break;
	case 4:
	case 5:
		/* So that several are for the same time. */
		deadline -= deadline % 64;
		break;
	case 6:
		deadline = far();
		break;
	case 7:
		/* A little earlier or later than it is in the heap. */
		if (s->armed_ns != TH_NEVER)
			deadline = s->armed_ns + 2 - prng_below(&world.prng, 5);
		break;
	}
	return deadline ? deadline : 1;
}

u64 pick_period(void)
{
	if (percent(60))
		return 0;
	if (percent(5))
		return TH_NEVER - prng_below(&world.prng, 3);
	return prng_range(&world.prng, 1, world.plan.range_ns);
}

u32 pick_slack(void)
{
	if (!world.plan.slack_ns || percent(50))
		return 0;
	if (percent(3))
		return ~0U;
	return prng_range(&world.prng, 1, world.plan.slack_ns);
}

void user_thinks(void)
{
	if (percent(35))
		agent_sleep(
			prng_below(&world.prng, world.plan.range_ns / 2 + 2));
}
