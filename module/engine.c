// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <asm/barrier.h>

#include "drift.h"
#include "engine.h"
#include "fire.h"
#include "place.h"

/* Slots initialised between two chances for others to run. */
#define RESCHED_EVERY	4096

/**
 * th_engine_init - what the memory's owner did not set
 * @engine: pointers and sizes set, all else zero; process context
 *
 * The slots' memory is zero but for armed_ns, which is written here.
 */
void th_engine_init(struct th_engine *engine)
{
	u32 slot;

	for (slot = 0; slot < engine->nslots; slot++) {
		engine->slots[slot].armed_ns = TH_NEVER;
		if (slot % RESCHED_EVERY == 0)
			cond_resched();
	}
	th_wheel_init(&engine->wheel, &engine->heap, engine->nslots);
	engine->next_event_ns = TH_NEVER;
	engine->header->next_event_ns = TH_NEVER;
	th_drift_reset(&engine->stats);
}

/**
 * th_engine_set_flags - change flags of the header
 * @engine: the engine; home CPU, interrupts off
 * @mask: which
 * @flags: their new values
 */
void th_engine_set_flags(struct th_engine *engine, u32 mask, u32 flags)
{
	u32 next = (engine->header_flags & ~mask) | (flags & mask);

	if (next == engine->header_flags)
		return;
	WRITE_ONCE(engine->header_flags, next);
	/* For is_coming(), kick.c: a kick for this flag finds it set there. */
	smp_store_release(&engine->header->flags, next);
}

/**
 * th_engine_arm - arm for a caller who does not map the queue; any CPU
 * @engine: the engine
 * @arm: valid
 *
 * It always rings: armed_ns is in memory that user space may have written.
 *
 * Return: whether the queue must be kicked for it.
 */
bool th_engine_arm(struct th_engine *engine, const struct timerheap_arm *arm)
{
	struct timerheap_slot *slot = &engine->slots[arm->slot];

	WRITE_ONCE(slot->period_ns, arm->period_ns);
	WRITE_ONCE(slot->slack_ns, arm->slack_ns);
	WRITE_ONCE(slot->flags, arm->flags);
	/* Pairs with the barrier in settle() and the cmpxchg in claim(). */
	xchg(&slot->expires_ns, arm->expires_ns);
	th_doorbell_ring(&engine->doorbells, arm->slot);
	/* Pairs with the barrier in publish(). */
	smp_mb__after_atomic();
	return th_sat_add(arm->expires_ns, arm->slack_ns) <
		READ_ONCE(engine->next_event_ns);
}

/**
 * th_engine_cancel - cancel for a caller who does not map the queue; any CPU
 * @engine: the engine
 * @slot: index of the slot
 *
 * Return: whether it was pending, and will not fire.
 */
bool th_engine_cancel(struct th_engine *engine, u32 slot)
{
	/* Pairs with the cmpxchg in claim(). */
	return xchg(&engine->slots[slot].expires_ns, 0) != 0;
}

/* One that is in the wheel; what the heap's @count is then. */
static noinline u32 hurry(struct th_engine *engine, u32 index, u32 count)
{
	engine->heap.count = count;
	th_place_hurry(engine, index);
	return engine->heap.count;
}

/* Not idle, and not so late that slack could take it past the end of time. */
static bool is_plain(u64 expires)
{
	return (s64)(expires - 1) >= 0;
}

/*
 * Where armed_ns falls no second look is needed: who saw the old one and rang
 * nothing has a deadline after both.
 */
static inline void answer(struct th_engine *engine, struct th_heap *heap,
			  struct timerheap_slot *slot, size_t index)
{
	u64 expires = READ_ONCE(slot->expires_ns), key;
	size_t i = heap->pos[index];

	if (likely(!i && is_plain(expires))) {
		key = expires + READ_ONCE(slot->slack_ns);
		th_heap_push(heap, index, key);
		WRITE_ONCE(slot->armed_ns, key);
		return;
	}
	if (unlikely(i > heap->count)) {
		heap->count = hurry(engine, index, heap->count);
		return;
	}
	key = th_place_key(slot, expires);
	if (expires && th_heap_advance(heap, index, key))
		WRITE_ONCE(slot->armed_ns, key);
}

/* Those that are bells of slots. */
static u64 valid(const struct th_engine *engine, const struct th_bells *bells)
{
	u32 n = engine->nslots - bells->first;

	return n < TH_BELLS ? bells->bits & (BIT_ULL(n) - 1) : bells->bits;
}

/* Without the first @n. */
static u64 bits_after(u64 bits, unsigned int n)
{
	while (bits && n--)
		bits &= bits - 1;
	return bits;
}

/*
 * Answer @most of the bells at most; how many it were.  The heap is a copy, for
 * registers: it cannot be what a slot's word is written to.
 */
static unsigned int answer_some(struct th_engine *engine,
				struct th_bells *bells, unsigned int most)
{
	size_t first = bells->first;
	struct timerheap_slot *slots = engine->slots;
	struct th_heap heap = engine->heap;
	u64 rest = most < TH_BELLS ? bits_after(bells->bits, most) : 0;
	u64 bits = bells->bits & ~rest;
	unsigned int n = hweight64(bits);

	for (; bits; bits &= bits - 1) {
		size_t index = first + __ffs64(bits);

		answer(engine, &heap, &slots[index], index);
	}
	engine->heap.count = heap.count;
	bells->bits = rest;
	engine->stats.doorbells += n;
	return n;
}

/*
 * Answer doorbells with half of what is left of the budget, so that they and
 * the expiries do not starve each other; when that is one unit, they have it
 * in turns.  While nothing is due it may be all.  A word without bells costs
 * as much as a bell.
 */
static void drain(struct th_engine *engine, struct th_run *run)
{
	unsigned int quota = (run->left + (engine->stats.runs & 1)) / 2;
	struct th_bells bells = { 0 };

	/* This run goes on with another's work: perhaps only bells are left. */
	if (!engine->next_event_ns)
		th_fire_look(engine, run);
	if (run->idle)
		quota = run->left;
	run->left -= quota;
	th_doorbell_begin(&engine->doorbells);
	while (quota && th_doorbell_next(&engine->doorbells, &bells)) {
		bells.bits = valid(engine, &bells);
		quota -= answer_some(engine, &bells, quota) ?: 1;
	}
	th_doorbell_end(&engine->doorbells, &bells);
	run->left += quota;
}

static void set_next_event(struct th_engine *engine, u64 next)
{
	WRITE_ONCE(engine->next_event_ns, next);
	WRITE_ONCE(engine->header->next_event_ns, next);
}

/**
 * th_engine_postpone - th_engine_run() is due, and will come shortly
 * @engine: the engine; home CPU, interrupts off
 *
 * Until then nobody needs to kick.
 */
void th_engine_postpone(struct th_engine *engine)
{
	set_next_event(engine, 0);
}

/*
 * Say when the kernel will look by itself; 0 when it comes back shortly or
 * waits for the consumer's kick, since no arm needs to kick then.
 */
static void publish(struct th_engine *engine, struct th_run *run)
{
	run->posted |= th_ring_publish(&engine->ring);
	if (run->more || run->stalled)
		set_next_event(engine, 0);
	else
		set_next_event(engine, th_place_next(engine));
	/* Pairs with the user's or of level 1, before next_event_ns. */
	smp_mb();
}

static u64 next_run(const struct th_engine *engine, const struct th_run *run)
{
	u64 key = th_place_next(engine);

	if (run->more)
		return TH_SOON;
	if (run->stalled || key == TH_NEVER)
		return TH_NEVER;
	return th_sat_add(th_sat_sub(key, run->lead_ns), engine->delay_ns);
}

static void note_stall(struct th_engine *engine, const struct th_run *run,
		       u32 flags_before)
{
	bool before = flags_before & TIMERHEAP_HDR_STALLED;

	if (!run->stalled)
		th_engine_set_flags(engine, TIMERHEAP_HDR_STALLED, 0);
	else if (!before)
		engine->stats.stalls++;
	if (run->stalled != before)
		trace_timerheap_stall(&engine->name, run->stalled);
}

/**
 * th_engine_run - look at the queue
 * @engine: the engine; home CPU, interrupts off
 * @budget: doorbells, moves, expiries and further passes at most; 1 or more
 *
 * To be called when th_env_program() asked for it, and when kicked.  Expiries
 * found due in one pass over the heap are posted in order of their keys.
 *
 * Cost: nslots / 2048 loads, and O(log n) for each unit of the budget.
 *
 * Return: how much of the budget was used.
 */
unsigned int th_engine_run(struct th_engine *engine, unsigned int budget)
{
	struct th_run run = {
		.left = budget,
		.cpu = th_env_cpu(engine),
		.lead_ns = min_t(u32, READ_ONCE(engine->header->lead_ns),
				 TIMERHEAP_LEAD_MAX_NS),
		.counted = engine->ring.tail,
		.told = engine->ring.tail,
	};
	unsigned int pass = th_engine_pass_cost(engine);
	u32 flags_before = engine->header_flags;
	u64 next;

	engine->stats.runs++;
	for (;;) {
		if (th_doorbell_any(&engine->doorbells))
			drain(engine, &run);
		th_fire_due(engine, &run);
		publish(engine, &run);
		if (run.more || !th_doorbell_any(&engine->doorbells))
			break;
		run.more = run.left <= pass || th_fire_is_over(&run);
		if (run.more)
			break;
		run.left -= pass;
	}

	if (run.more) {
		engine->stats.runs_over_budget++;
		th_engine_postpone(engine);
	}
	note_stall(engine, &run, flags_before);
	if (run.posted)
		th_env_wake(engine);
	next = next_run(engine, &run);
	th_env_program(engine, next);
	trace_timerheap_run(&engine->name, run.start, budget,
			    budget - run.left, next, run.stalled,
			    engine->name.queue);
	return budget - run.left;
}
