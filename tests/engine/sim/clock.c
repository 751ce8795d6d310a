// SPDX-License-Identifier: GPL-2.0-only
#include "sat.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

struct clock sim_clock;

void clock_reset(u64 now, unsigned int speed, unsigned int steps_in)
{
	sim_clock = (struct clock){
		.true_ns = 1000000,
		.offset_ns = now - 1000000,
		.speed = speed,
		.steps_in = steps_in,
	};
}

u64 clock_now(void)
{
	return sim_clock.true_ns + sim_clock.offset_ns;
}

/* There is no time after this. */
#define END (TH_NEVER - 2)

bool clock_has_ended(void)
{
	return clock_now() >= END;
}

/* When the queue's clock will say @queue_ns, if nobody sets it. */
u64 clock_true_at(u64 queue_ns)
{
	u64 now = clock_now();

	if (queue_ns == TH_NEVER)
		return TH_NEVER;
	if (queue_ns <= now)
		return sim_clock.true_ns;
	return th_sat_add(sim_clock.true_ns, queue_ns - now);
}

/* As the wall clock is: forwards or backwards, by little or much. */
static void set(struct prng *prng)
{
	u64 shift = prng_range(prng, 46, 60);
	u64 by = prng_next(prng) >> shift;

	if (prng_once_in(prng, 2) && clock_now() > by + 1000) {
		by = -by;
		fault(FAULT_CLOCK_BACK);
	} else {
		fault(FAULT_CLOCK_FORWARD);
	}
	sim_clock.offset_ns += by;
	oracle_trace("clock set by %lld to %llu", (long long)by, clock_now());
}

static void move(u64 by)
{
	if (by > END - clock_now())
		by = END - clock_now();
	sim_clock.true_ns += by;
}

void clock_pass(struct prng *prng)
{
	if (sim_clock.speed)
		move(prng_below(prng, sim_clock.speed + 1));
	/* Then somebody who spins gets there. */
	if (agent_steps < world.plan.steps && sim_clock.steps_in &&
	    prng_once_in(prng, sim_clock.steps_in))
		set(prng);
}

void clock_jump(u64 true_ns)
{
	if (true_ns > sim_clock.true_ns)
		move(true_ns - sim_clock.true_ns);
}
