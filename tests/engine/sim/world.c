// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "area.h"
#include "library.h"
#include "sim/clock.h"
#include "sim/kernel.h"
#include "sim/ledger.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/user.h"
#include "sim/world.h"

struct world world;
bool world_weak;

#define ONE_OF(array) \
	((array)[prng_below(&world.prng, sizeof(array) / sizeof(*(array)))])

static void plan_shape(struct plan *plan)
{
	static const u32 sizes[] = { 1,	 2,  3,	 8,   8,    8,	  20,
				     63, 64, 65, 130, 4096, 4097, 8200 };
	static const u32 rings[] = { 1, 2, 4, 8, 16, 64, 256 };
	static const u32 budgets[] = { 1, 2, 3, 4, 7, 16, 64, 256 };

	plan->nslots = ONE_OF(sizes);
	plan->ring_size = ONE_OF(rings);
	plan->budget = ONE_OF(budgets);
	plan->users = prng_below(&world.prng, 4);
	plan->raw_users = prng_below(&world.prng, plan->users ? 3 : 4);
	if (!plan->users && !plan->raw_users)
		plan->users = 1;
	if (plan->nslots < 2 && plan->raw_users)
		plan->users = 0;
	if (plan->raw_users)
		plan->raw_slots = prng_range(&world.prng, 1,
					     plan->nslots / 2 < RAW_MAX
						     ? (plan->nslots + 1) / 2
						     : RAW_MAX);
}

static void plan_time(struct plan *plan)
{
	static const u64 ranges[] = { 20, 100, 100, 1000, 20000, 1000000 };
	static const unsigned int speeds[] = { 0, 1, 1, 3, 20 };

	plan->range_ns = ONE_OF(ranges);
	plan->speed = ONE_OF(speeds);
	plan->clock_steps_in = percent(20) ? 300 : 0;
	plan->start_ns = 1ULL << prng_range(&world.prng, 20, 50);
	plan->min_period_ns = percent(30) ? plan->range_ns / 4 + 1 : 1;
	plan->gap_ns = prng_below(&world.prng, plan->range_ns);
	plan->late_ns = percent(50) ? plan->range_ns / 2 : 0;
	plan->delay_ns = percent(25) ? plan->range_ns : 0;
	plan->slack_ns = percent(50) ? plan->range_ns : 0;
	/* At the end of time, where the library's deadlines do not go. */
	if (!plan->users && percent(30)) {
		plan->start_ns = ~0ULL -
			plan->range_ns *
				prng_range(&world.prng, 50, plan->steps);
		plan->clock_steps_in = 0;
	}
}

static void plan_manners(struct plan *plan)
{
	plan->schedule = prng_below(&world.prng, SCHEDULES);
	plan->model = percent(40) ? MODEL_SC
				  : 1 + prng_below(&world.prng, MODELS - 1);
	plan->collide = percent(10);
	plan->lead = percent(30);
	plan->precise = plan->users && percent(30);
	plan->slow_consumer = percent(40);
	plan->postpone_percent = percent(50) ? 0 : 30;
	plan->sync_percent = prng_below(&world.prng, 4) * 33;
	plan->error_in = percent(20) ? 10 : 0;
	if (world_weak) {
		plan->model = MODEL_WEAK;
		plan->collide = true;
	}
}

/* The counters of a ring wrap after 2^32 records; here much earlier. */
static void start_ring(struct th_ring *ring)
{
	u32 first = percent(50) ? 0 : ~0U - prng_below(&world.prng, 50);

	ring->tail = first;
	ring->head = first;
	ring->published = first;
	ring->header->cq_head = first;
	ring->header->cq_tail = first;
}

static void take_raw_slots(void)
{
	struct timerheap *th = world.th;
	unsigned int i;

	for (i = 0; i < world.plan.raw_slots; i++) {
		struct timerheap_slot *s;

		th->hint = prng_below(&world.prng, (th->nslots + 63) / 64);
		world.raw[i] = timerheap_slot_alloc(th, NULL);
		s = &world.engine.slots[world.raw[i]];
		s->period_ns = pick_period();
		s->slack_ns = pick_slack();
		s->flags = percent(30) ? TIMERHEAP_SLOT_RESTART : 0;
		truth_want(world.raw[i], s->period_ns, s->slack_ns, s->flags);
	}
}

static void make(u64 seed, u64 steps)
{
	struct plan *plan = &world.plan;

	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.prng.state = seed * 0x2545f4914f6cdd1d;
	plan->steps = steps;
	plan_shape(plan);
	plan_time(plan);
	plan_manners(plan);
	clock_reset(plan->start_ns, plan->speed, plan->clock_steps_in);
	agents_reset(plan->schedule, &world.prng, steps);
	area_make(&world.engine, plan->nslots + plan->precise, plan->ring_size);
	world.engine.min_period_ns = plan->min_period_ns;
	start_ring(&world.engine.ring);
	world.th = library_make(&world.engine, plan->precise);
	truth_reset(world.engine.nslots);
	ledger_reset(plan->nslots);
	history_reset();
	take_raw_slots();
}

void world_run(u64 seed, u64 steps)
{
	unsigned int i;

	make(seed, steps);
	oracle_trace("%u slots, ring %u, budget %u, %u+%u users, %s, %s",
		     world.plan.nslots, world.plan.ring_size, world.plan.budget,
		     world.plan.users, world.plan.raw_users,
		     schedule_names[world.plan.schedule],
		     model_names[world.plan.model]);
	kernel_start();
	for (i = 0; i < world.plan.users; i++)
		user_start(i);
	for (i = 0; i < world.plan.raw_users; i++)
		raw_start(i);
	consumer_start();
	if (agents_run()) {
		truth_totals();
		ledger_totals();
	} else if (!clock_has_ended()) {
		oracle_fail("deadlock", "everyone waits for somebody");
	}
	kernel_stats(&world.stats);
	library_free(world.th);
	area_free(&world.engine);
}
