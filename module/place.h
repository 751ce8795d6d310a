/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a slot waits: in the heap, at its key, or in the wheel, before it. */
#ifndef TH_PLACE_H
#define TH_PLACE_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "engine.h"
#include "sat.h"

/* When the slot must be looked at, for this deadline: its key. */
static inline u64 th_place_key(const struct timerheap_slot *slot, u64 expires)
{
	return th_sat_add(expires, READ_ONCE(slot->slack_ns));
}

/* When the first of all slots must be looked at; TH_NEVER: there is none. */
static inline u64 th_place_next(const struct th_engine *engine)
{
	return min(th_heap_min_key(&engine->heap),
		   th_wheel_next(&engine->wheel));
}

void th_place_settle(struct th_engine *engine, u32 index, u64 expires,
		     u64 horizon);
void th_place_hurry(struct th_engine *engine, u32 index);
unsigned int th_place_turn(struct th_engine *engine, u64 horizon,
			   unsigned int most);

#endif
