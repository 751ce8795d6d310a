// SPDX-License-Identifier: GPL-2.0-only
/* What must hold when the engine fires a slot, publishes, or ends a run. */
#include "area.h"
#include "engine_world.h"

#define NOT_PROGRAMMED 0xdeadbeef
/* Accesses: what a unit of the budget takes, and a pass. */
#define UNIT_COST 24
#define PASS_COST 16

typedef unsigned __int128 u128;

/* The number that the users have for it, or HOT. */
u32 hot_of(u32 slot)
{
	u32 hot = 0;

	while (hot < HOT && hot_slot(hot) != &world.engine.slots[slot])
		hot++;
	return hot;
}

/* The first deadline after @expires, and how many were missed. */
static u64 following(const struct timerheap_slot *slot, u64 expires,
		     u32 *overruns)
{
	u64 period = slot->period_ns, missed = 0;
	u128 next = expires;

	*overruns = 0;
	if (!period)
		return 0;
	if (period < world.engine.min_period_ns)
		period = world.engine.min_period_ns;
	if (world.clock > expires)
		missed = (world.clock - expires) / period;
	*overruns = missed > ~0U ? ~0U : (u32)missed;
	if (slot->flags & TIMERHEAP_SLOT_RESTART)
		next = world.clock > expires ? world.clock : expires;
	else
		next += (u128)missed * period;
	next += period;
	return next > TH_NEVER ? TH_NEVER : (u64)next;
}

void fires(u32 slot, u64 expires, u64 next)
{
	struct record *record = &world.records[world.fired % MOST_RECORDS];
	u32 hot = hot_of(slot), overruns;
	const struct truth *truth = &world.truth[hot % HOT];
	u64 horizon = th_sat_sub(th_sat_add(world.clock, world.lead),
				 world.engine.delay_ns);

	CHECK(expires && expires <= horizon);
	if (!world.hostile)
		CHECK(world.fired - world.engine.header->cq_head <=
		      world.engine.ring.mask);
	record->exact = hot < HOT && !mid_arm(hot) &&
		truth->settings == truth->seen;
	if (record->exact)
		CHECK(next ==
		      following(&world.engine.slots[slot], expires, &overruns));
	record->expiry = (struct timerheap_expiry){
		.expires_ns = expires,
		.fired_ns = world.clock,
		.slot = slot,
		.overruns = record->exact ? overruns : 0,
		.cpu = CPU,
		.flags = expires > world.clock ? TIMERHEAP_EXPIRY_LEAD : 0,
	};
	world.fired++;
}

/* What is in the ring at @number is what was fired as that. */
void verify_record(u32 number)
{
	struct record want = world.records[number % MOST_RECORDS];
	const struct th_ring *ring = &world.engine.ring;
	const struct timerheap_expiry *got =
		&ring->entries[number & ring->mask];

	if (!want.exact)
		want.expiry.overruns = got->overruns;
	CHECK(!memcmp(got, &want.expiry, sizeof(*got)));
}

/* All that the consumer may read from now on is complete. */
void published(u32 tail)
{
	u32 size = world.engine.ring.mask + 1, number = world.published;

	CHECK(tail == world.fired);
	if (tail - number > size)
		number = tail - size;
	for (; number != tail; number++)
		verify_record(number);
	world.published = tail;
}

static void verify_heap(void)
{
	const struct th_heap *heap = &world.engine.heap;
	u32 i, in_heap = 0;

	for (i = 1; i <= heap->count; i++) {
		CHECK(heap->slots[i] < world.engine.nslots);
		CHECK(heap->pos[heap->slots[i]] == i);
		CHECK(i == 1 || heap->keys[(i + 2) / 4] <= heap->keys[i]);
	}
	/* Of many slots only the hot ones ever get there. */
	if (world.engine.nslots > 200)
		return;
	for (i = 0; i < world.engine.nslots; i++)
		in_heap += heap->pos[i] != 0;
	CHECK(in_heap == heap->count);
}

/* Whenever no user is at work, the engine comes to each slot in time. */
void verify_promises(void)
{
	const struct th_engine *engine = &world.engine;
	u32 hot;

	if (world.hostile || world.kicked || !idle())
		return;
	CHECK(engine->header->next_event_ns == engine->next_event_ns);
	CHECK(engine->header->flags == engine->header_flags);
	if (engine->header_flags & TIMERHEAP_HDR_STALLED) {
		CHECK(world.fired - world.head > engine->ring.mask);
		return;
	}
	for (hot = 0; hot < HOT; hot++) {
		const struct timerheap_slot *slot = hot_slot(hot);
		u64 key = th_sat_add(slot->expires_ns, slot->slack_ns);

		if (world.meddled >> hot & 1 || !slot->expires_ns ||
		    key == TH_NEVER)
			continue;
		CHECK(world.programmed <=
		      th_sat_add(th_sat_sub(key, world.lead),
				 engine->delay_ns));
	}
}

/* All that costs of the budget, but for words and passes without a bell. */
static u64 work_done(void)
{
	const struct timerheap_stats *stats = &world.engine.stats;

	return stats->expiries + stats->doorbells + stats->lazy_moves +
		stats->lazy_drops;
}

/* One run of the engine, with whatever the others do meanwhile. */
void run(unsigned int budget)
{
	struct th_engine *engine = &world.engine;
	unsigned int pass = th_engine_pass_cost(engine), used;
	u32 before = world.fired;
	u64 done = work_done();

	world.kicked = false;
	world.woken = false;
	world.programmed = NOT_PROGRAMMED;
	world.lead = TH_NEVER;
	world.accesses = 0;
	world.gap = world.alone ? ~0U : input_below(world.in, 32);
	world.running = true;
	used = th_engine_run(engine, budget);
	world.running = false;

	CHECK(used <= budget);
	CHECK(work_done() - done <= used);
	CHECK(world.accesses <= UNIT_COST * used + PASS_COST * (pass + 1));
	CHECK(world.programmed != NOT_PROGRAMMED);
	CHECK(world.woken == (world.fired != before));
	CHECK(world.fired == engine->ring.tail);
	CHECK(world.published == world.fired);
	CHECK((u32)engine->stats.expiries == world.fired);
	verify_heap();
	if (!world.hostile && !world.meddled && engine->nslots <= 200 &&
	    area_flaw(engine)) {
		dprintf(2, "%s\n", area_flaw(engine));
		abort();
	}
	verify_promises();
}
