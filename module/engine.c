// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <asm/barrier.h>

#include "drift.h"
#include "engine.h"

/* Expiries fired by one reading of the clock. */
#define NOW_EVERY	16
/* A run that took so long is over, whatever is left of its budget. */
#define RUN_NS		20000
/* So far ahead a run that has moved what was pushed back looks for more. */
#define AHEAD_NS	1000000
/* Slots initialised between two chances for others to run. */
#define RESCHED_EVERY	4096

/* One run: what it knows and what it may still do. */
struct run {
	u64 start;
	u64 now;
	/* Due up to here: now, plus lead, minus injected delay. */
	u64 horizon;
	u64 lead_ns;
	unsigned int left;
	u32 cpu;
	/* Expiries of one deadline at one time, yet to be counted. */
	u64 expires;
	u32 alike;
	bool idle;	/* nothing was due */
	bool moved;	/* something was, and had been pushed back */
	bool more;
	bool stalled;
	bool posted;
};

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

static u64 key_of(const struct timerheap_slot *slot, u64 expires)
{
	return th_sat_add(expires, READ_ONCE(slot->slack_ns));
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
	/* Pairs with the barrier in settle() and the cmpxchg in expire(). */
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
	/* Pairs with the cmpxchg in expire(). */
	return xchg(&engine->slots[slot].expires_ns, 0) != 0;
}

/*
 * Put the slot where @expires belongs and say so; TH_NEVER when it is idle.
 * A user who exchanged the deadline before it could see the new armed_ns may
 * have rung nothing: what it wrote is read here, and a slot that is now too
 * late in the heap is rung for it, so that the work stays within the budget
 * whatever user space does.
 */
static void settle(struct th_engine *engine, u32 index, u64 expires)
{
	struct timerheap_slot *slot = &engine->slots[index];
	u64 key = expires ? key_of(slot, expires) : TH_NEVER;

	th_heap_set(&engine->heap, index, key);
	WRITE_ONCE(slot->armed_ns, key);
	/* Pairs with the user's exchange of expires_ns, before armed_ns. */
	smp_mb();
	expires = READ_ONCE(slot->expires_ns);
	if (expires && key_of(slot, expires) < key)
		th_doorbell_ring(&engine->doorbells, index);
}

/*
 * Where armed_ns falls no second look is needed: who saw the old one and rang
 * nothing has a deadline after both.
 */
static void answer(struct th_engine *engine, u32 index)
{
	struct timerheap_slot *slot = &engine->slots[index];
	u64 expires = READ_ONCE(slot->expires_ns);
	u64 key = expires ? key_of(slot, expires) : TH_NEVER;

	if (th_heap_advance(&engine->heap, index, key))
		WRITE_ONCE(slot->armed_ns, key);
}

/* Those that are bells of slots. */
static u64 valid(const struct th_engine *engine, const struct th_bells *bells)
{
	u32 n = engine->nslots - bells->first;

	return n < TH_BELLS ? bells->bits & (BIT_ULL(n) - 1) : bells->bits;
}

/* Answer @most of the bells at most; how many it were. */
static unsigned int answer_some(struct th_engine *engine,
				struct th_bells *bells, unsigned int most)
{
	u32 first = bells->first;
	u64 bits = bells->bits;
	unsigned int n;

	for (n = 0; bits && n < most; n++) {
		answer(engine, first + __ffs64(bits));
		bits &= bits - 1;
	}
	bells->bits = bits;
	engine->stats.doorbells += n;
	return n;
}

/*
 * Answer doorbells with half of what is left of the budget, so that they and
 * the expiries do not starve each other; when that is one unit, they have it
 * in turns.  While nothing is due it may be all.  A word without bells costs
 * as much as a bell.
 */
static void drain(struct th_engine *engine, struct run *run)
{
	unsigned int quota = (run->left + (engine->stats.runs & 1)) / 2;
	struct th_bells bells = { 0 };

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

static void count_alike(struct th_engine *engine, struct run *run)
{
	if (run->alike)
		th_drift_record(&engine->stats, run->horizon +
				engine->delay_ns - run->expires, run->alike);
	run->alike = 0;
}

static void count(struct th_engine *engine, struct run *run, u64 expires)
{
	if (expires != run->expires)
		count_alike(engine, run);
	run->expires = expires;
	run->alike++;
}

static void read_clock(struct th_engine *engine, struct run *run)
{
	run->now = th_env_now(engine);
	if (!run->start)
		run->start = run->now;
	run->horizon = th_sat_sub(th_sat_add(run->now, run->lead_ns),
				  engine->delay_ns);
}

/* By a clock that may be set back meanwhile; then the budget holds. */
static bool is_over(const struct run *run)
{
	return th_sat_sub(run->now, run->start) >= RUN_NS;
}

/*
 * The deadline after @expires.  On the grid it is the first point after now,
 * found without counting through the missed ones.
 */
static u64 next_deadline(const struct th_engine *engine,
			 const struct timerheap_slot *slot, u64 period,
			 u64 expires, u64 now, u32 *overruns)
{
	u64 missed = 0;

	period = max(period, engine->min_period_ns);
	if (now > expires && now - expires >= period) {
		missed = div64_u64(now - expires, period);
		*overruns = min_t(u64, missed, U32_MAX);
	}
	if (READ_ONCE(slot->flags) & TIMERHEAP_SLOT_RESTART)
		return th_sat_add(max(now, expires), period);
	return th_sat_add(expires + missed * period, period);
}

/*
 * Fire the slot if @expires still is its deadline.  armed_ns comes first: a
 * user who saw the old one and rang nothing exchanged the deadline before, so
 * that the compare-exchange is lost.  One who saw the new one and rang nothing
 * may have lowered the slack, too, and be too late in the heap.
 */
static void expire(struct th_engine *engine, struct run *run, u32 index,
		   u64 expires)
{
	struct timerheap_slot *slot = &engine->slots[index];
	struct timerheap_expiry expiry = {
		.expires_ns = expires,
		.fired_ns = run->now,
		.slot = index,
		.cpu = run->cpu,
		.flags = expires > run->now ? TIMERHEAP_EXPIRY_LEAD : 0,
	};
	u64 period = READ_ONCE(slot->period_ns);
	u64 next = 0, next_key = TH_NEVER;

	if (unlikely(period)) {
		next = next_deadline(engine, slot, period, expires, run->now,
				     &expiry.overruns);
		next_key = key_of(slot, next);
	}
	WRITE_ONCE(slot->armed_ns, next_key);
	/* Pairs with the user's exchange: one of the two has the deadline. */
	if (unlikely(cmpxchg(&slot->expires_ns, expires, next) != expires)) {
		settle(engine, index, READ_ONCE(slot->expires_ns));
		return;
	}
	th_ring_post(&engine->ring, &expiry);
	count(engine, run, expires);
	if (likely(!period)) {
		th_heap_remove(&engine->heap, index);
		return;
	}
	engine->stats.overruns += expiry.overruns;
	th_heap_set(&engine->heap, index, next_key);
}

/*
 * The flag goes up before the last look for room, so that a consumer who made
 * some in between is seen here, or sees the flag and kicks.
 */
static bool has_room(struct th_engine *engine)
{
	if (likely(!th_ring_full(&engine->ring)))
		return true;
	th_engine_set_flags(engine, TIMERHEAP_HDR_STALLED,
			    TIMERHEAP_HDR_STALLED);
	/* Pairs with the consumer's barrier between cq_head and flags. */
	smp_mb();
	return !th_ring_full(&engine->ring);
}

/* Whether the slot that stands first must be looked at by now. */
static bool is_due(const struct th_engine *engine, const struct run *run)
{
	u64 expires;

	if (th_heap_empty(&engine->heap))
		return false;
	expires = READ_ONCE(engine->slots[th_heap_root_slot(&engine->heap)]
			    .expires_ns);
	return th_heap_min_key(&engine->heap) <= run->horizon ||
		expires - 1 < run->horizon;
}

/*
 * Whether the slot, first by its @key, only waits to be moved: it spares the
 * interrupt that would come for that.  To be asked in runs that came for such
 * a one, or slots that are pushed back all the time would be moved in each run.
 */
static bool moves_shortly(const struct run *run,
			  const struct timerheap_slot *slot, u64 key,
			  u64 expires)
{
	return run->moved && key - run->horizon <= AHEAD_NS &&
		(!expires || key_of(slot, expires) > key);
}

/*
 * Fire what is due, in order of heap key, and move what was pushed back: @most
 * of it, by one reading of the clock.  How much it was.
 */
static unsigned int fire_some(struct th_engine *engine, struct run *run,
			      unsigned int most)
{
	unsigned int n;

	for (n = 0; n < most && !th_heap_empty(&engine->heap); n++) {
		u64 key = th_heap_min_key(&engine->heap);
		u32 index = key <= run->horizon ?
			th_heap_min_slot(&engine->heap) :
			th_heap_root_slot(&engine->heap);
		struct timerheap_slot *slot = &engine->slots[index];
		/*
		 * Pairs with the user's exchange: period and flags, written
		 * before it, are those of this deadline.
		 */
		u64 expires = smp_load_acquire(&slot->expires_ns);

		/* Idle, 0, becomes the latest of all. */
		if (likely(expires - 1 < run->horizon)) {
			run->stalled = !has_room(engine);
			if (run->stalled)
				break;
			expire(engine, run, index, expires);
			continue;
		}
		if (key > run->horizon &&
		    !moves_shortly(run, slot, key, expires))
			break;
		run->moved = true;
		if (expires)
			engine->stats.lazy_moves++;
		else
			engine->stats.lazy_drops++;
		settle(engine, index, expires);
	}
	return n;
}

static void fire(struct th_engine *engine, struct run *run)
{
	unsigned int before = run->left, most, n;

	run->stalled = false;
	do {
		most = min_t(unsigned int, run->left, NOW_EVERY);
		read_clock(engine, run);
		n = fire_some(engine, run, most);
		count_alike(engine, run);
		run->left -= n;
	} while (n == most && run->left && !is_over(run));
	run->more = n == most && is_due(engine, run);
	run->idle = run->left == before && !run->more && !run->stalled;
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
static void publish(struct th_engine *engine, struct run *run)
{
	run->posted |= th_ring_publish(&engine->ring);
	if (run->more || run->stalled)
		set_next_event(engine, 0);
	else
		set_next_event(engine, th_heap_min_key(&engine->heap));
	/* Pairs with the user's or of level 1, before next_event_ns. */
	smp_mb();
}

static u64 next_run(const struct th_engine *engine, const struct run *run)
{
	u64 key = th_heap_min_key(&engine->heap);

	if (run->more)
		return TH_SOON;
	if (run->stalled || key == TH_NEVER)
		return TH_NEVER;
	return th_sat_add(th_sat_sub(key, run->lead_ns), engine->delay_ns);
}

static void note_stall(struct th_engine *engine, const struct run *run,
		       u32 flags_before)
{
	if (!run->stalled)
		th_engine_set_flags(engine, TIMERHEAP_HDR_STALLED, 0);
	else if (!(flags_before & TIMERHEAP_HDR_STALLED))
		engine->stats.stalls++;
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
	struct run run = {
		.left = budget,
		.cpu = th_env_cpu(engine),
		.lead_ns = min_t(u32, READ_ONCE(engine->header->lead_ns),
				 TIMERHEAP_LEAD_MAX_NS),
	};
	unsigned int pass = th_engine_pass_cost(engine);
	u32 flags_before = engine->header_flags;

	engine->stats.runs++;
	for (;;) {
		if (th_doorbell_any(&engine->doorbells))
			drain(engine, &run);
		fire(engine, &run);
		publish(engine, &run);
		if (run.more || !th_doorbell_any(&engine->doorbells))
			break;
		run.more = run.left <= pass || is_over(&run);
		if (run.more)
			break;
		run.left -= pass;
	}

	if (run.more) {
		engine->stats.runs_over_budget++;
		publish(engine, &run);
	}
	note_stall(engine, &run, flags_before);
	if (run.posted)
		th_env_wake(engine);
	th_env_program(engine, next_run(engine, &run));
	return budget - run.left;
}
