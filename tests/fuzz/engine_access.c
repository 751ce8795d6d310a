// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine's environment, and its access to shared memory, before each of
 * which others may act.
 */
#include "engine_world.h"
#include "sim/access.h"

/* Not in each version of sim/access.h. */
void sim_or_only(volatile void *p, u64 bits);

u64 th_env_now(struct th_engine *engine)
{
	(void)engine;
	world.clock = world.now;
	return world.clock;
}

void th_env_program(struct th_engine *engine, u64 when)
{
	(void)engine;
	world.programmed = when;
}

/* Each batch has a delay of its own. */
void th_env_wake(struct th_engine *engine)
{
	engine->delay_ns = world.next_delay;
	world.woken = true;
}

u32 th_env_cpu(struct th_engine *engine)
{
	(void)engine;
	return CPU;
}

static void others_turn(void)
{
	if (!world.running || world.nested)
		return;
	world.accesses++;
	if (world.gap) {
		world.gap--;
		return;
	}
	world.nested = true;
	act();
	world.nested = false;
	world.gap = world.in->left ? input_below(world.in, 32) : ~0U;
}

static u64 load(const volatile void *p, unsigned int size)
{
	return size == 8 ? *(const volatile u64 *)p : *(const volatile u32 *)p;
}

static void store(volatile void *p, unsigned int size, u64 value)
{
	if (size == 8)
		*(volatile u64 *)p = value;
	else
		*(volatile u32 *)p = (u32)value;
}

/* The slot whose deadline is at @p, or nslots. */
static u32 slot_at(const volatile void *p)
{
	size_t offset = (size_t)((const volatile char *)p -
				 (const char *)world.engine.slots);

	if (offset % sizeof(struct timerheap_slot) ||
	    offset / sizeof(struct timerheap_slot) >= world.engine.nslots)
		return world.engine.nslots;
	return (u32)(offset / sizeof(struct timerheap_slot));
}

u64 sim_load(const volatile void *p, unsigned int size, enum sim_order order)
{
	u32 slot, hot;
	u64 value;

	others_turn();
	value = load(p, size);
	if (world.nested || !world.running)
		return value;
	if (p == &world.engine.header->lead_ns) {
		CHECK(world.lead == TH_NEVER);
		world.lead = value < TIMERHEAP_LEAD_MAX_NS
			? value
			: TIMERHEAP_LEAD_MAX_NS;
	}
	slot = slot_at(p);
	if (order == SIM_ORDERED && slot < world.engine.nslots) {
		hot = hot_of(slot) % HOT;
		world.truth[hot].seen = world.truth[hot].settings;
	}
	return value;
}

void sim_store(volatile void *p, unsigned int size, u64 value,
	       enum sim_order order)
{
	(void)order;
	others_turn();
	if (p == &world.engine.header->cq_tail)
		published((u32)value);
	store(p, size, value);
}

u64 sim_xchg(volatile void *p, unsigned int size, u64 value)
{
	u64 before;

	others_turn();
	before = load(p, size);
	store(p, size, value);
	return before;
}

u64 sim_cmpxchg(volatile void *p, unsigned int size, u64 old, u64 value)
{
	u64 before;

	others_turn();
	before = load(p, size);
	if (before != old)
		return before;
	if (slot_at(p) < world.engine.nslots)
		fires(slot_at(p), old, value);
	store(p, size, value);
	return before;
}

u64 sim_or(volatile void *p, u64 bits, enum sim_order order)
{
	u64 before;

	(void)order;
	others_turn();
	before = load(p, sizeof(bits));
	store(p, sizeof(bits), before | bits);
	return before;
}

void sim_or_only(volatile void *p, u64 bits)
{
	sim_or(p, bits, SIM_RELAXED);
}

void sim_fence(void)
{
	others_turn();
}
