/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indexed 4-ary min-heap of {key, slot}.  Pure: it takes no lock, reads no
 * clock, allocates nothing; whoever owns it serialises the calls.
 */
#ifndef TH_HEAP_H
#define TH_HEAP_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "sat.h"

/*
 * Entries are counted from 1, so that zeroed memory is an empty heap: a slot at
 * position 0 is not in it.  Entry 2 starts a cache line, so that four siblings
 * share one.  Keys and slots are apart, since the way up or down compares keys.
 */
struct th_heap {
	u64 *keys;
	u32 *slots;
	u32 *pos;
	u32 count;
	u32 lowest;	/* where th_heap_lowest() ended */
};

#define TH_HEAP_ROOT		1
/* Entries to allocate for n slots, the ones that only align included: lines. */
#define TH_HEAP_ENTRIES(n)	(((n) + 3 + 7) / 8 * 8)

/**
 * th_heap_init - an empty heap for n slots
 * @heap: the heap
 * @keys: TH_HEAP_ENTRIES(n) words on a 64-byte boundary
 * @slots: TH_HEAP_ENTRIES(n) words on a 64-byte boundary
 * @pos: n words, all 0
 */
static inline void th_heap_init(struct th_heap *heap, u64 *keys, u32 *slots,
				u32 *pos)
{
	heap->keys = keys + 2;
	heap->slots = slots + 2;
	heap->pos = pos;
	heap->count = 0;
	heap->lowest = 0;
	/* Not above any key: what rises stops here. */
	heap->keys[0] = 0;
}

static inline bool th_heap_empty(const struct th_heap *heap)
{
	return heap->count == 0;
}

/* The least key; TH_NEVER when empty. */
static inline u64 th_heap_min_key(const struct th_heap *heap)
{
	return heap->count ? heap->keys[TH_HEAP_ROOT] : TH_NEVER;
}

/* The slot at the root, which has it; not to be called on an empty heap. */
static inline u32 th_heap_root_slot(const struct th_heap *heap)
{
	return heap->slots[TH_HEAP_ROOT];
}

/* Whether the last entry has the key; not for 0, which no slot has. */
static inline bool th_heap_ends_with(const struct th_heap *heap, u64 key)
{
	return heap->keys[heap->count] == key;
}

static inline u32 th_heap_last_slot(const struct th_heap *heap)
{
	return heap->slots[heap->count];
}

/* Take out the last entry, which is the slot's.  Cost: O(1). */
static inline void th_heap_remove_last(struct th_heap *heap, u32 slot)
{
	heap->count--;
	heap->pos[slot] = 0;
}

u32 th_heap_lowest(struct th_heap *heap);

/**
 * th_heap_min_slot - the slot with the least key that is best taken first
 * @heap: the heap, not empty
 *
 * Of several the one for which least has to move when it leaves or comes
 * later, so that many timers of one instant cost little each: the last node,
 * or else one below which no other has the same key.
 *
 * Cost: O(1), or O(log4 n) loads.
 */
static inline u32 th_heap_min_slot(struct th_heap *heap)
{
	const u64 *keys = heap->keys;
	u64 key = keys[TH_HEAP_ROOT];

	if (th_heap_ends_with(heap, key))
		return th_heap_last_slot(heap);
	if (heap->count > 4 && (keys[2] == key || keys[3] == key ||
				keys[4] == key || keys[5] == key))
		return th_heap_lowest(heap);
	return th_heap_root_slot(heap);
}

/* The slot's key; TH_NEVER when it is not in the heap. */
static inline u64 th_heap_key(const struct th_heap *heap, u32 slot)
{
	u32 i = heap->pos[slot];

	return i ? heap->keys[i] : TH_NEVER;
}

static inline size_t th_heap_parent(size_t i)
{
	return (i + 2) / 4;
}

/*
 * The hole at @i rises to where the slot with @key belongs.  Without what is
 * hidden from it the compiler computes the addresses there on each of the ways
 * to it, and needs more registers than there are.
 */
static inline void th_heap_rise(struct th_heap *heap, size_t i, u64 key,
				size_t slot)
{
	u64 *keys = heap->keys;
	u32 *slots = heap->slots, *pos = heap->pos;
	size_t up;

	while (unlikely(keys[up = th_heap_parent(i)] > key)) {
		keys[i] = keys[up];
		slots[i] = slots[up];
		pos[slots[i]] = i;
		i = up;
	}
	OPTIMIZER_HIDE_VAR(i);
	keys[i] = key;
	slots[i] = slot;
	pos[slot] = i;
}

/**
 * th_heap_push - take in a slot
 * @heap: the heap
 * @slot: not in it, and below the number it was made for
 * @key: its key, not TH_NEVER
 *
 * Inline, since all arms come by.  Cost: O(log4 n) moves, but of keys in
 * random order O(1) on average.
 */
static inline void th_heap_push(struct th_heap *heap, size_t slot, u64 key)
{
	th_heap_rise(heap, ++heap->count, key, slot);
}

/**
 * th_heap_advance - give a slot an earlier key, in the heap or not yet
 * @heap: the heap
 * @slot: below the number it was made for
 * @key: the new key
 *
 * Cost: as th_heap_push().
 *
 * Return: whether it is earlier; else nothing changed.
 */
static inline bool th_heap_advance(struct th_heap *heap, size_t slot, u64 key)
{
	size_t i = heap->pos[slot];

	if (key >= (i ? heap->keys[i] : TH_NEVER))
		return false;
	if (!i)
		i = ++heap->count;
	th_heap_rise(heap, i, key, slot);
	return true;
}

void th_heap_set(struct th_heap *heap, u32 slot, u64 key);

/**
 * th_heap_remove - take out a slot that is in the heap
 * @heap: the heap
 * @slot: the slot
 *
 * Cost: O(1) for the last one, which th_heap_min_slot() prefers.
 */
static inline void th_heap_remove(struct th_heap *heap, u32 slot)
{
	if (heap->pos[slot] == heap->count)
		th_heap_remove_last(heap, slot);
	else
		th_heap_set(heap, slot, TH_NEVER);
}

#endif
