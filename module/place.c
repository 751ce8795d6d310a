// SPDX-License-Identifier: GPL-2.0-only
#include <linux/compiler.h>
#include <asm/barrier.h>

#include "place.h"

/*
 * Say that the kernel looks at @look, which was another time before.  A user
 * who exchanged the deadline before it could see the new armed_ns may have rung
 * nothing: what it wrote is read here, and a slot that would now be looked at
 * too late is rung for it, so that the work stays within the budget whatever
 * user space does.
 */
static inline void publish(struct th_engine *engine, u32 index, u64 look)
{
	struct timerheap_slot *slot = &engine->slots[index];
	u64 expires;

	WRITE_ONCE(slot->armed_ns, look);
	/* Pairs with the user's exchange of expires_ns, before armed_ns. */
	smp_mb();
	expires = READ_ONCE(slot->expires_ns);
	if (expires && expires < look && th_place_key(slot, expires) < look)
		th_doorbell_ring(&engine->doorbells, index);
}

/**
 * th_place_settle - put a slot where its deadline belongs, and say so
 * @engine: the engine; home CPU, interrupts off
 * @index: the slot, in the heap
 * @expires: its deadline; 0: it is idle, and is taken out
 * @horizon: what is due by then is being looked at now
 *
 * Into the wheel, where that is so far.  Cost: O(log4 n).
 */
void th_place_settle(struct th_engine *engine, u32 index, u64 expires,
		     u64 horizon)
{
	struct th_wheel *wheel = &engine->wheel;
	u64 key = expires ? th_place_key(&engine->slots[index], expires) :
		TH_NEVER, look = key;

	th_wheel_turn(wheel, horizon);
	if (th_wheel_fits(wheel, key)) {
		th_heap_set(&engine->heap, index, TH_NEVER);
		look = th_wheel_link(wheel, th_wheel_entry(wheel, index), key);
	} else {
		th_heap_set(&engine->heap, index, key);
	}
	publish(engine, index, look);
}

/* The entry is in no list. */
static noinline void to_heap(struct th_engine *engine, u32 i, u64 key)
{
	u32 index = engine->wheel.slots[i];

	th_wheel_free(&engine->wheel, i);
	th_heap_advance(&engine->heap, index, key);
}

/**
 * th_place_hurry - answer the bell of a slot that is in the wheel
 * @engine: the engine; home CPU, interrupts off
 * @index: the slot
 *
 * Its deadline may be before the wheel looks at it, and belongs in the heap.
 */
void th_place_hurry(struct th_engine *engine, u32 index)
{
	struct timerheap_slot *slot = &engine->slots[index];
	u64 expires = READ_ONCE(slot->expires_ns), key;

	if (!expires)
		return;
	key = th_place_key(slot, expires);
	to_heap(engine, th_wheel_unlink(&engine->wheel, index), key);
	publish(engine, index, key);
}

/* Entry @i, whose list goes on with @after; what it goes on with then. */
static noinline u32 leave(struct th_engine *engine, u32 i, u32 after,
			  u64 expires)
{
	struct th_wheel *wheel = &engine->wheel;
	u32 index = wheel->slots[i];
	u64 key = TH_NEVER;

	if (expires) {
		key = th_place_key(&engine->slots[index], expires);
		engine->stats.lazy_moves++;
	} else {
		engine->stats.lazy_drops++;
	}
	th_wheel_begin(wheel, after);
	to_heap(engine, i, key);
	publish(engine, index, key);
	return th_wheel_first(wheel);
}

/**
 * th_place_turn - look at slots of the first list, which has begun
 * @engine: the engine, whose wheel is due; home CPU, interrupts off
 * @horizon: what is due by then is being looked at
 * @most: at most so many
 *
 * Those that have been pushed back go to a later list; what is due soon, or
 * even now, goes to the heap.  Cost: O(1) for each that stays in the wheel.
 *
 * Return: how many, all of one list.
 */
unsigned int th_place_turn(struct th_engine *engine, u64 horizon,
			   unsigned int most)
{
	struct th_wheel *wheel = &engine->wheel;
	u32 i = th_wheel_first(wheel), after, n;

	th_wheel_turn(wheel, horizon);
	for (n = 0; i && n < most; n++, i = after) {
		u32 index = wheel->slots[i];
		struct timerheap_slot *slot = &engine->slots[index];
		u64 expires = READ_ONCE(slot->expires_ns);
		u64 key = th_place_key(slot, expires);

		trace_timerheap_move(&engine->name, index,
				     th_wheel_next(wheel), expires);
		after = wheel->links[i].after;
		if (unlikely(!expires || !th_wheel_fits(wheel, key))) {
			after = leave(engine, i, after, expires);
			continue;
		}
		publish(engine, index, th_wheel_link(wheel, i, key));
		engine->stats.lazy_moves++;
	}
	th_wheel_begin(wheel, i);
	if (!i)
		th_wheel_emptied(wheel);
	return n;
}
