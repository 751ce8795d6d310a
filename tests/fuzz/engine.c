// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine among users: nothing fires early, nothing is lost, nothing comes
 * twice, whatever they do in the middle of its runs; and where they write
 * garbage all over the mapping, it stays within its memory and its budget.
 */
#include "engine_world.h"

#include <linux/math.h>

#include "area.h"

struct world world;

/* Where time starts, and the shortest period. */
static const u64 starts[] = { 1, 1000, 1ULL << 40, LATEST - (1 << 20) };
static const u64 periods[] = { 1, 10, 10000, 1ULL << 32 };
static const u32 sizes[] = { 1, 2, 8, 64, 65, 130, 500, 4100 };
static const unsigned int budgets[] = { 1, 2, 3, 5, 8, 20, 64, 100 };

/* Runs, until the engine asks for no more, and nothing is left in the ring. */
static void settle(unsigned int budget)
{
	unsigned int runs = 0;

	world.alone = true;
	do {
		if (world.moved)
			consume(0);
		consume(~0U);
		consume(0);
		if (world.kicked || world.programmed <= world.now)
			run(budget);
		CHECK(++runs < 20000);
	} while (world.kicked || world.programmed <= world.now ||
		 world.head != world.fired);
	world.alone = false;
}

/*
 * All users are done: what had to fire has fired, and was seen.  (Where the
 * lead reaches back beyond the clock's zero the engine is not that exact.)
 */
static void settle_honestly(unsigned int budget)
{
	u64 horizon;
	u32 hot;

	for (hot = 0; hot < USERS; hot++)
		user_finish(&world.users[hot]);
	settle(budget);
	horizon = th_sat_sub(th_sat_add(world.now, world.lead),
			     world.engine.delay_ns);
	for (hot = 0; hot < HOT; hot++) {
		const struct timerheap_slot *slot = hot_slot(hot);
		u64 key = th_sat_add(slot->expires_ns, slot->slack_ns);

		CHECK(world.meddled >> hot & 1 || !slot->expires_ns ||
		      key > horizon || key < world.lead);
	}
}

/* The mapping is in order again, by which way ever; so is all the rest. */
static void recover(void)
{
	struct th_engine *engine = &world.engine;
	struct th_doorbells *bells = &engine->doorbells;
	u32 i;

	world.hostile = false;
	world.meddled = 0;
	world.next_delay = 0;
	engine->delay_ns = 0;
	world.in->left = 0;
	memset(world.users, 0, sizeof(world.users));
	memset(engine->slots, 0, engine->nslots * sizeof(*engine->slots));
	for (i = 0; i < engine->nslots; i++)
		engine->slots[i].armed_ns = area_look(engine, i);
	for (i = 0; i < HOT; i++)
		hot_slot(i)->expires_ns = world.now;
	memset(bells->level0, 0xff, bells->level0_words * sizeof(u64));
	memset(bells->level1, 0xff, bells->level1_words * sizeof(u64));
	engine->header->lead_ns = 0;
	engine->header->cq_tail = world.fired;
	engine->header->flags = engine->header_flags;
	engine->header->next_event_ns = engine->next_event_ns;
	world.head = world.fired;
	engine->header->cq_head = world.head;
	world.moved = false;
	world.kicked = true;
	settle(256);
	for (i = 0; i < HOT; i++)
		CHECK(!hot_slot(i)->expires_ns);
}

static void step(unsigned int budget)
{
	struct input *in = world.in;
	u8 op = (u8)input_take(in, 1);

	switch (op % 8) {
	case 0:
		if (world.programmed <= world.now || world.kicked)
			run(budget);
		break;
	case 1: /* a kick that nobody needs */
		run(1 + input_below(in, 100));
		break;
	case 2:
		if (world.programmed < LATEST && world.programmed > world.now)
			world.now = world.programmed;
		run(budget);
		break;
	case 3:
		if (!world.hostile)
			settle_honestly(budget);
		break;
	case 4: /* settings that whoever changes them kicks for */
		world.engine.header->lead_ns = op >> 3;
		world.next_delay = input_below(in, 100);
		world.engine.delay_ns = world.next_delay;
		world.kicked = true;
		break;
	case 5: /* the wall clock is set back, or no budget is left */
		if (op >> 3)
			world.now = 1 +
				th_sat_sub(world.now, 1 + input_take(in, 2));
		else
			th_engine_postpone(&world.engine);
		world.kicked = true;
		break;
	default:
		act();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 kind = (u8)input_take(&in, 1), plan = (u8)input_take(&in, 1);
	unsigned int budget = budgets[plan >> 5];

	memset(&world, 0, sizeof(world));
	world.in = &in;
	world.hostile = kind & 0x80;
	world.meddled = (u32)input_take(&in, 1);
	area_make(&world.engine, sizes[kind & 7], 1U << (kind >> 3 & 7) % 7);
	world.engine.min_period_ns = periods[plan & 3];
	world.now = starts[plan >> 2 & 3];
	world.programmed = TH_NEVER;
	/* In small queues slots share their fate. */
	if (world.engine.nslots < HOT && world.meddled)
		world.meddled = 0xff;
	while (in.left) {
		step(budget);
		verify_promises();
	}
	if (!world.hostile)
		settle_honestly(budget);
	recover();
	area_free(&world.engine);
	return 0;
}
