// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <asm/barrier.h>

#include "fire.h"
#include "place.h"
#include "post.h"

/* Expiries fired by one reading of the clock. */
#define NOW_EVERY	16
/* Slots in the wheel looked at, likewise; each is a third of the work. */
#define TURN_EVERY	48
/* So far ahead a run that has moved what was pushed back looks for more. */
#define AHEAD_NS	1000000

static void read_clock(struct th_engine *engine, struct th_run *run)
{
	run->now = th_env_now(engine);
	if (!run->start)
		run->start = run->now;
	run->horizon = th_sat_sub(th_sat_add(run->now, run->lead_ns),
				  engine->delay_ns);
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
 * Go on to @next if @expires still is the deadline; else false.  armed_ns comes
 * first: a user who saw the old one and rang nothing exchanged the deadline
 * before, so that the compare-exchange is lost.  One who saw the new one and
 * rang nothing may have lowered the slack, too, and be too late in the heap:
 * where it is lost the slot must be settled.
 */
static inline bool claim(struct timerheap_slot *slot, u64 expires, u64 next,
			 u64 next_key)
{
	WRITE_ONCE(slot->armed_ns, next_key);
	/* Pairs with the user's exchange: one of the two has the deadline. */
	return likely(cmpxchg(&slot->expires_ns, expires, next) == expires);
}

static void settle(struct th_engine *engine, const struct th_run *run,
		   u32 index)
{
	th_place_settle(engine, index,
			READ_ONCE(engine->slots[index].expires_ns),
			run->horizon);
}

static void expire_periodic(struct th_engine *engine, struct th_run *run,
			    struct timerheap_slot *slot, u32 index, u64 expires,
			    u64 period)
{
	u32 overruns = 0;
	u64 next = next_deadline(engine, slot, period, expires, run->now,
				 &overruns);
	u64 next_key = th_place_key(slot, next);

	if (!claim(slot, expires, next, next_key)) {
		settle(engine, run, index);
		return;
	}
	th_post(engine, run, index, expires, overruns);
	engine->stats.overruns += overruns;
	/* Armed for the same deadline meanwhile, with other slack. */
	if (unlikely(th_place_key(slot, next) != next_key))
		settle(engine, run, index);
	else
		th_heap_set(&engine->heap, index, next_key);
}

/* Fire the slot if @expires still is its deadline. */
static void expire(struct th_engine *engine, struct th_run *run,
		   struct timerheap_slot *slot, u32 index, u64 expires)
{
	u64 period = READ_ONCE(slot->period_ns);

	if (unlikely(period)) {
		expire_periodic(engine, run, slot, index, expires, period);
		return;
	}
	if (!claim(slot, expires, 0, TH_NEVER)) {
		settle(engine, run, index);
		return;
	}
	th_post(engine, run, index, expires, 0);
	th_heap_remove(&engine->heap, index);
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
static bool is_due(const struct th_engine *engine, const struct th_run *run)
{
	u64 expires;

	if (th_wheel_due(&engine->wheel, run->horizon))
		return true;
	if (th_heap_empty(&engine->heap))
		return false;
	expires = READ_ONCE(engine->slots[th_heap_root_slot(&engine->heap)]
			    .expires_ns);
	return th_heap_min_key(&engine->heap) <= run->horizon ||
		expires - 1 < run->horizon;
}

/**
 * th_fire_look - see whether anything is due, before there is anything to do
 * @engine: the engine; home CPU, interrupts off
 * @run: says afterwards whether it is idle
 */
void th_fire_look(struct th_engine *engine, struct th_run *run)
{
	read_clock(engine, run);
	run->idle = !is_due(engine, run);
}

/*
 * Whether the slot, first by its @key, only waits to be moved: it spares the
 * interrupt that would come for that.  To be asked in runs that came for such
 * a one, or slots that are pushed back all the time would be moved in each run.
 */
static bool moves_shortly(const struct th_run *run,
			  const struct timerheap_slot *slot, u64 key,
			  u64 expires)
{
	return run->moved && key - run->horizon <= AHEAD_NS &&
		(!expires || th_place_key(slot, expires) > key);
}

/*
 * One-shot timers of the root's deadline, which is due, from the heap's end,
 * where they leave without another's having to move; at @most so many.  It ends
 * at one that is not like this, or has just been changed: that stays in the
 * heap, for others to look at.  Heap and ring are copies, for registers.
 */
static noinline unsigned int fire_alike(struct th_engine *engine,
					struct th_run *run, unsigned int most)
{
	struct timerheap_slot *slots = engine->slots;
	struct th_heap heap = engine->heap;
	struct th_ring ring = engine->ring;
	u64 key = th_heap_min_key(&heap);
	const struct timerheap_expiry alike = th_post_record(run, key);
	unsigned int n;

	th_post_begin(engine, run, key);
	most = min_t(u32, most, th_ring_room(&ring));
	for (n = 0; n < most && th_heap_ends_with(&heap, key); n++) {
		u32 index = th_heap_last_slot(&heap);
		struct timerheap_slot *slot = &slots[index];
		struct timerheap_expiry expiry = alike;

		/* As in fire_some(). */
		if (smp_load_acquire(&slot->expires_ns) != key ||
		    READ_ONCE(slot->period_ns) ||
		    !claim(slot, key, 0, TH_NEVER))
			break;
		expiry.slot = index;
		th_ring_post(&ring, &expiry);
		th_heap_remove_last(&heap, index);
	}
	engine->heap.count = heap.count;
	engine->ring.tail = ring.tail;
	return n;
}

/* There are several, and it has not been found just now that they are not. */
static bool may_be_alike(const struct th_engine *engine,
			 const struct th_run *run, bool tried)
{
	const struct th_heap *heap = &engine->heap;
	u64 key = th_heap_min_key(heap);

	return key <= run->horizon && th_heap_ends_with(heap, key) &&
		!tried && heap->count > 1 && !trace_timerheap_expire_enabled();
}

/*
 * Fire what is due, in order of heap key, and move what was pushed back: @most
 * of it, by one reading of the clock.  How much it was.
 */
static unsigned int fire_some(struct th_engine *engine, struct th_run *run,
			      unsigned int most)
{
	unsigned int n = 0, alike;
	bool tried = false;

	while (n < most && !th_heap_empty(&engine->heap)) {
		u64 key = th_heap_min_key(&engine->heap), expires;
		struct timerheap_slot *slot;
		u32 index;

		if (may_be_alike(engine, run, tried)) {
			alike = fire_alike(engine, run, most - n);
			tried = !alike;
			n += alike;
			continue;
		}
		index = key <= run->horizon ?
			th_heap_min_slot(&engine->heap) :
			th_heap_root_slot(&engine->heap);
		slot = &engine->slots[index];
		/*
		 * Pairs with the user's exchange: period and flags, written
		 * before it, are those of this deadline.
		 */
		expires = smp_load_acquire(&slot->expires_ns);

		/* Idle, 0, becomes the latest of all. */
		if (likely(expires - 1 < run->horizon)) {
			if (unlikely(!has_room(engine))) {
				run->stalled = true;
				break;
			}
			expire(engine, run, slot, index, expires);
			n++;
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
		trace_timerheap_move(&engine->name, index, key, expires);
		th_place_settle(engine, index, expires, run->horizon);
		n++;
	}
	return n;
}

/**
 * th_fire_due - fire what is due, as long as the run may
 * @engine: the engine; home CPU, interrupts off
 * @run: says afterwards whether there is more, or no room
 *
 * Cost: O(log n) for each unit of the budget.
 */
void th_fire_due(struct th_engine *engine, struct th_run *run)
{
	unsigned int before = run->left, most, n;

	run->stalled = false;
	do {
		read_clock(engine, run);
		/* First: some of those may be due before what is in the heap. */
		if (th_wheel_due(&engine->wheel, run->horizon)) {
			most = min_t(unsigned int, run->left, TURN_EVERY);
			n = th_place_turn(engine, run->horizon, most);
			run->moved = true;
			most = n;
		} else {
			most = min_t(unsigned int, run->left, NOW_EVERY);
			n = fire_some(engine, run, most);
			th_post_count(engine, run);
		}
		run->left -= n;
	} while (n == most && run->left && !th_fire_is_over(run));
	th_post_end(engine, run);
	run->more = n == most && is_due(engine, run);
	run->idle = run->left == before && !run->more && !run->stalled;
}
