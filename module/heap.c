// SPDX-License-Identifier: GPL-2.0-only
#include "heap.h"

#define ARITY	4

static u32 parent_of(u32 i)
{
	return (i + 2) / ARITY;
}

static u32 first_child_of(u32 i)
{
	return ARITY * i - 2;
}

static void place(struct th_heap *heap, u32 i, struct th_node node)
{
	heap->nodes[i] = node;
	heap->pos[node.slot] = i;
}

/* The hole at @i rises to where @node belongs. */
static void sift_up(struct th_heap *heap, u32 i, struct th_node node)
{
	while (i > TH_HEAP_ROOT) {
		u32 up = parent_of(i);

		if (heap->nodes[up].key <= node.key)
			break;
		place(heap, i, heap->nodes[up]);
		i = up;
	}
	place(heap, i, node);
}

static u32 least_child(const struct th_heap *heap, u32 first)
{
	const struct th_node *child = &heap->nodes[first];
	const struct th_node *last = &heap->nodes[heap->count];
	const struct th_node *least = child;

	if (last > child + ARITY - 1)
		last = child + ARITY - 1;
	while (++child <= last)
		if (child->key < least->key)
			least = child;
	return least - heap->nodes;
}

/* The hole at @i sinks to where @node belongs. */
static void sift_down(struct th_heap *heap, u32 i, struct th_node node)
{
	u32 child;

	while ((child = first_child_of(i)) <= heap->count) {
		child = least_child(heap, child);
		if (node.key <= heap->nodes[child].key)
			break;
		place(heap, i, heap->nodes[child]);
		i = child;
	}
	place(heap, i, node);
}

static void settle(struct th_heap *heap, u32 i, struct th_node node)
{
	if (i > TH_HEAP_ROOT && node.key < heap->nodes[parent_of(i)].key)
		sift_up(heap, i, node);
	else
		sift_down(heap, i, node);
}

static void take_out(struct th_heap *heap, u32 slot)
{
	u32 i = heap->pos[slot];
	struct th_node last;

	if (!i)
		return;
	heap->pos[slot] = 0;
	last = heap->nodes[heap->count--];
	if (last.slot != slot)
		settle(heap, i, last);
}

/**
 * th_heap_set - give a slot a key, in the heap or not yet
 * @heap: the heap
 * @slot: below the number it was made for
 * @key: the new key; TH_NEVER takes the slot out
 *
 * Cost: O(log4 n) moves; O(1) when the slot stays where it is.
 */
void th_heap_set(struct th_heap *heap, u32 slot, u64 key)
{
	struct th_node node = { .key = key, .slot = slot };

	if (key == TH_NEVER)
		take_out(heap, slot);
	else if (heap->pos[slot])
		settle(heap, heap->pos[slot], node);
	else
		sift_up(heap, ++heap->count, node);
}
