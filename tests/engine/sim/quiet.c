// SPDX-License-Identifier: GPL-2.0-only
/*
 * What holds whenever the engine stands still, and what a run may have done.
 */
#include <string.h>

#include "area.h"
#include "fire.h"
#include "internal.h"
#include "sat.h"
#include "sim/kernel.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

/* At the beginning of the run. */
static struct timerheap_stats stats_before;
static u32 fired_before;

static bool is_stalled(void)
{
	return world.engine.header_flags & TIMERHEAP_HDR_STALLED;
}

static u64 latest_of(u32 slot)
{
	const struct timerheap_slot *s = &world.engine.slots[slot];

	return s->expires_ns
		? th_sat_add(s->expires_ns, truth_slot(slot)->slack_ns)
		: TH_NEVER;
}

static bool is_rung(u32 slot)
{
	const struct th_doorbells *bells = &world.engine.doorbells;
	u32 word = slot / 64;

	return bells->level0[word] >> slot % 64 & 1 &&
		bells->level1[word / 64] >> word % 64 & 1;
}

/* When the kernel has to run for what is due at @latest. */
static u64 run_for(u64 latest)
{
	return th_sat_add(th_sat_sub(latest, kernel.lead_ns),
			  world.engine.delay_ns);
}

/* The kernel will look at the slot in time. */
static void check_covered(u32 slot)
{
	u64 latest = latest_of(slot);

	if (latest == TH_NEVER)
		return;
	if (area_look(&world.engine, slot) > latest && !is_rung(slot))
		oracle_fail("lost",
			    "slot %u, due at %llu, is looked at at %llu and "
			    "not rung",
			    slot, latest, area_look(&world.engine, slot));
	if (!is_stalled() && kernel.programmed_ns > run_for(latest))
		oracle_fail("late",
			    "slot %u is due at %llu, the next run at "
			    "%llu",
			    slot, latest, kernel.programmed_ns);
}

/* A stalled queue waits for a consumer who knows. */
static void check_stall(void)
{
	const struct th_ring *ring = &world.engine.ring;

	if (!is_stalled() || kernel.programmed_ns == TH_SOON ||
	    world.consumer_busy || world.consumer_late)
		return;
	if (ring->tail - world.engine.header->cq_head <= ring->mask)
		oracle_fail("stall", "the queue waits for room, and has it");
}

void truth_quiet(void)
{
	const u32 *active;
	u32 i, n = truth_active(&active);

	if (kernel_is_coming())
		return;
	for (i = 0; i < n; i++) {
		const struct truth_slot *truth = truth_slot(active[i]);

		if (!truth->busy && !truth->deferred && !truth->late)
			check_covered(active[i]);
	}
	check_stall();
}

void truth_run_begins(void)
{
	const u32 *active;
	u32 i, n = truth_active(&active);

	kernel.start_ns = 0;
	stats_before = world.engine.stats;
	fired_before = truth_fired();
	/* It answers every doorbell that was rung. */
	for (i = 0; i < n; i++) {
		truth_slot(active[i])->deferred = 0;
		truth_slot(active[i])->late = false;
	}
}

u64 truth_now(u64 now)
{
	if (!kernel.start_ns)
		kernel.start_ns = now;
	kernel.now_ns = now;
	return now;
}

/* By a clock that may have been set forward meanwhile. */
static bool took_too_long(void)
{
	return th_sat_sub(kernel.now_ns, kernel.start_ns) >= TH_RUN_NS;
}

static u64 work_of(const struct timerheap_stats *stats)
{
	return stats->expiries + stats->doorbells + stats->lazy_moves +
		stats->lazy_drops;
}

static void check_bounds(unsigned int budget, unsigned int used)
{
	const struct th_engine *engine = &world.engine;
	u64 work = work_of(&engine->stats) - work_of(&stats_before);
	int passes;
	unsigned int accesses =
		(budget + 2) * (40 + 4 * engine->doorbells.level1_words);

	/* One a pass, of which the first is free, and one that it comes back. */
	passes = (int)kernel.publications - 1;
	if (kernel.programmed_ns == TH_SOON)
		passes--;
	if (passes > 0)
		work += passes * th_engine_pass_cost(engine);
	if (used > budget || work > used)
		oracle_fail("budget", "%llu done, %u admitted, of %u", work,
			    used, budget);
	if (kernel.accesses > accesses)
		oracle_fail("bounded", "%u accesses for a budget of %u",
			    kernel.accesses, budget);
}

static void check_publication(void)
{
	const struct th_engine *engine = &world.engine;
	u32 ran = truth_fired() - fired_before;

	if (engine->header->cq_tail != engine->ring.tail ||
	    engine->ring.published != engine->ring.tail)
		oracle_fail("publish", "the tail is not published");
	if (engine->header->flags != engine->header_flags)
		oracle_fail("publish", "the flags are not published");
	if (engine->header->next_event_ns != engine->next_event_ns)
		oracle_fail("publish", "the next event is not published");
	if (ran && !kernel.woken)
		oracle_fail("wake", "%u expiries, and nobody was woken", ran);
}

static void check_next(unsigned int budget, unsigned int used)
{
	const struct th_engine *engine = &world.engine;
	u64 key = min(th_heap_min_key(&engine->heap),
		      th_wheel_next(&engine->wheel));
	bool soon = kernel.programmed_ns == TH_SOON;
	u64 wanted = is_stalled() || key == TH_NEVER ? TH_NEVER : run_for(key);

	if (!kernel.program_called)
		oracle_fail("program", "no next run was asked for");
	if (!soon && kernel.programmed_ns != wanted)
		oracle_fail("program", "the next run is at %llu, not %llu",
			    kernel.programmed_ns, wanted);
	if (soon && wanted && used != budget && !took_too_long() &&
	    !th_doorbell_any(&engine->doorbells))
		oracle_fail("idle", "back soon, and nothing is left to do");
	wanted = soon || is_stalled() ? 0 : key;
	if (engine->next_event_ns != wanted)
		oracle_fail("next", "the next event is %llu, not %llu",
			    engine->next_event_ns, wanted);
}

static void check_area(void)
{
	const char *flaw;

	if (world.engine.nslots > 200 && !prng_once_in(&world.prng, 50))
		return;
	flaw = area_flaw(&world.engine);
	if (flaw)
		oracle_fail("heap", "%s", flaw);
}

void truth_run_ends(unsigned int budget, unsigned int used)
{
	check_area();
	check_bounds(budget, used);
	check_publication();
	check_next(budget, used);
	truth_quiet();
}

/* The figures are those of what happened. */
void truth_totals(void)
{
	struct timerheap_stats total, *stats = &total;
	u64 overruns = 0, in_buckets = 0;
	u32 i;

	kernel_stats(stats);
	for (i = 0; i < truth_fired(); i++)
		overruns += truth_fire(i)->record.overruns;
	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		in_buckets += stats->hist[i];
	if (stats->expiries != truth_fired() || in_buckets != truth_fired() ||
	    stats->overruns != overruns)
		oracle_fail("stats",
			    "expiries %llu of %u, overruns %llu of "
			    "%llu",
			    stats->expiries, truth_fired(), stats->overruns,
			    overruns);
}

/* Nothing that is due by @limit is left. */
bool truth_all_passed(u64 limit)
{
	const u32 *active;
	u32 i, n = truth_active(&active);

	for (i = 0; i < n; i++)
		if (latest_of(active[i]) <= limit)
			return false;
	return truth_consumed() == truth_fired();
}
