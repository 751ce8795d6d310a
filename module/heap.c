// SPDX-License-Identifier: GPL-2.0-only
#include <linux/compiler.h>

#include "heap.h"

#define ARITY	4

/* Without branches on keys, which nothing could predict. */
static inline size_t least_of_four(const u64 *keys, size_t i)
{
	size_t a = i + (keys[i + 1] < keys[i]);
	size_t b = i + 2 + (keys[i + 3] < keys[i + 2]);

	return a + (b - a) * (keys[b] < keys[a]);
}

static noinline size_t least_of_few(const u64 *keys, size_t i, size_t last)
{
	size_t least = i;

	while (++i <= last)
		if (keys[i] < keys[least])
			least = i;
	return least;
}

/* Of the siblings from @i on, which is not past the last entry. */
static inline size_t least_of(const u64 *keys, size_t i, size_t last)
{
	if (likely(i + ARITY - 1 <= last))
		return least_of_four(keys, i);
	return least_of_few(keys, i, last);
}

static inline size_t first_child(size_t i)
{
	return ARITY * i - 2;
}

/* The hole at @i sinks to where the slot with @key belongs. */
static void sift_down(struct th_heap *heap, size_t i, u64 key, u32 slot)
{
	u64 *keys = heap->keys;
	u32 *slots = heap->slots, *pos = heap->pos;
	size_t last = heap->count, child;

	while ((child = first_child(i)) <= last) {
		child = least_of(keys, child, last);
		if (key <= keys[child])
			break;
		keys[i] = keys[child];
		slots[i] = slots[child];
		pos[slots[i]] = i;
		i = child;
	}
	keys[i] = key;
	slots[i] = slot;
	pos[slot] = i;
}

/* In the hole at @i, where the key that was there still stands. */
static void settle(struct th_heap *heap, size_t i, u64 key, u32 slot)
{
	if (key < heap->keys[i])
		th_heap_rise(heap, i, key, slot);
	else
		sift_down(heap, i, key, slot);
}

static void take_out(struct th_heap *heap, u32 slot)
{
	u32 i = heap->pos[slot], last = heap->count--;

	heap->pos[slot] = 0;
	if (i != last)
		settle(heap, i, heap->keys[last], heap->slots[last]);
}

/**
 * th_heap_lowest - of those that have the least key, one with none below it
 * @heap: the heap, not empty
 *
 * Cost: O(1) on average when the one before was given a later key.
 *
 * Return: its slot.
 */
u32 th_heap_lowest(struct th_heap *heap)
{
	const u64 *keys = heap->keys;
	u64 key = keys[TH_HEAP_ROOT];
	size_t i = heap->lowest + 1, last = heap->count, child;

	/* The next sibling, the parent, or all over again. */
	if (i > last || keys[i] != key)
		i = th_heap_parent(i - 1);
	if (!i || i > last || keys[i] != key)
		i = TH_HEAP_ROOT;
	while ((child = first_child(i)) <= last) {
		child = least_of(keys, child, last);
		if (keys[child] != key)
			break;
		i = child;
	}
	heap->lowest = i;
	return heap->slots[i];
}

/**
 * th_heap_set - give a slot that is in the heap another key
 * @heap: the heap
 * @slot: the slot
 * @key: the new key; TH_NEVER takes the slot out
 *
 * Cost: O(log4 n) moves; O(1) when the slot stays where it is.
 */
void th_heap_set(struct th_heap *heap, u32 slot, u64 key)
{
	if (key == TH_NEVER)
		take_out(heap, slot);
	else
		settle(heap, heap->pos[slot], key, slot);
}
