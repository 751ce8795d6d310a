/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where slots wait that have been pushed back: a timing wheel (Varghese and
 * Lauck, 1987) of lists, each of two milliseconds.  The engine looks at them when
 * that begins; most have been pushed back again by then, and go to a later list
 * in O(1).  Pure, as the heap is, whose arrays it shares: a slot is in one of
 * the two, so that the entries which the heap leaves free are enough.
 */
#ifndef TH_WHEEL_H
#define TH_WHEEL_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "heap.h"

/* How long a list is, as a power of two of nanoseconds; and how many there are. */
#ifndef TH_WHEEL_SHIFT
#define TH_WHEEL_SHIFT	21
#define TH_WHEEL_LISTS	256
#endif

/* In an entry's key: the neighbours in its list. */
struct th_link {
	u32 before;	/* TH_WHEEL_HEAD | list for the first */
	u32 after;	/* 0 for the last */
};

#define TH_WHEEL_HEAD	0x80000000U

struct th_wheel {
	/* set once */
	struct th_link *links;
	u32 *slots;
	u32 *pos;
	u32 last;		/* entry */

	/* home CPU */
	u32 count;		/* entries, at the end of the arrays */
	u64 next_ns;		/* when the first list begins; TH_NEVER: none */
	u64 base;		/* of the lists' numbers; none is TH_WHEEL_LISTS past it */
	u64 open;		/* number of the first list that may be linked to, */
	u64 room;		/* and how many there are */
	u64 filled[TH_WHEEL_LISTS / 64];
	u32 heads[TH_WHEEL_LISTS];
};

void th_wheel_init(struct th_wheel *wheel, const struct th_heap *heap,
		   u32 nslots);
void th_wheel_turn(struct th_wheel *wheel, u64 horizon);
void th_wheel_emptied(struct th_wheel *wheel);
void th_wheel_free(struct th_wheel *wheel, u32 i);
u32 th_wheel_unlink(struct th_wheel *wheel, u32 slot);

/* When the first list begins; TH_NEVER when all are empty. */
static inline u64 th_wheel_next(const struct th_wheel *wheel)
{
	return wheel->next_ns;
}

/* Whether a list has begun that is not empty. */
static inline bool th_wheel_due(const struct th_wheel *wheel, u64 horizon)
{
	return wheel->next_ns <= horizon && wheel->count;
}

static inline u32 th_wheel_list(u64 ns)
{
	return (ns >> TH_WHEEL_SHIFT) % TH_WHEEL_LISTS;
}

/* Whether the slot has an entry. */
static inline bool th_wheel_has(const struct th_wheel *wheel, u32 slot)
{
	return wheel->pos[slot] > wheel->last - wheel->count;
}

/* A new entry for a slot that is not in the heap. */
static inline u32 th_wheel_entry(struct th_wheel *wheel, u32 slot)
{
	u32 i = wheel->last - wheel->count++;

	wheel->slots[i] = slot;
	wheel->pos[slot] = i;
	return i;
}

/**
 * th_wheel_fits - whether a slot can wait here
 * @wheel: the wheel
 * @key: the slot's
 *
 * As of the last th_wheel_turn().  Half a second ahead it can.  After the clock
 * has been set back it may be that it cannot before time is where it was.
 */
static inline bool th_wheel_fits(const struct th_wheel *wheel, u64 key)
{
	return (key >> TH_WHEEL_SHIFT) - wheel->open < wheel->room;
}

/**
 * th_wheel_link - have an entry wait for its list
 * @wheel: the wheel
 * @i: the entry, in no list
 * @key: one that fits
 *
 * Return: when the list begins, which is not after @key.
 */
static inline u64 th_wheel_link(struct th_wheel *wheel, u32 i, u64 key)
{
	u64 begins = key & ~0ULL << TH_WHEEL_SHIFT;
	u32 list = th_wheel_list(key), after = wheel->heads[list];

	wheel->links[i].before = TH_WHEEL_HEAD | list;
	wheel->links[i].after = after;
	wheel->heads[list] = i;
	if (after) {
		wheel->links[after].before = i;
		return begins;
	}
	wheel->filled[list / 64] |= BIT_ULL(list % 64);
	if (begins < wheel->next_ns)
		wheel->next_ns = begins;
	return begins;
}

/**
 * th_wheel_begin - have the first list begin with another entry
 * @wheel: the wheel, not empty
 * @i: one of the list, when those before it are elsewhere; 0: none, and
 *	th_wheel_emptied() is to follow
 */
static inline void th_wheel_begin(struct th_wheel *wheel, u32 i)
{
	u32 list = th_wheel_list(wheel->next_ns);

	wheel->heads[list] = i;
	if (i)
		wheel->links[i].before = TH_WHEEL_HEAD | list;
}

/* The first entry of the first list; not to be called on an empty wheel. */
static inline u32 th_wheel_first(const struct th_wheel *wheel)
{
	return wheel->heads[th_wheel_list(wheel->next_ns)];
}

#endif
