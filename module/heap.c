// SPDX-License-Identifier: GPL-2.0-only
#include "heap.h"

#define ARITY	4

/* Without branches on keys, which nothing could predict. */
static struct th_node *least_of_four(struct th_node *node)
{
	struct th_node *a = node + (node[1].key < node[0].key);
	struct th_node *b = node + 2 + (node[3].key < node[2].key);

	return b->key < a->key ? b : a;
}

static struct th_node *least_of(struct th_node *node, struct th_node *last)
{
	struct th_node *least = node;

	if (node + ARITY - 1 <= last)
		return least_of_four(node);
	while (++node <= last)
		if (node->key < least->key)
			least = node;
	return least;
}

/* The hole at @i sinks to where @node belongs. */
static void sift_down(struct th_heap *heap, size_t i, struct th_node node)
{
	struct th_node *nodes = heap->nodes, *last = nodes + heap->count;
	struct th_node *child;

	while ((child = nodes + ARITY * i - 2) <= last) {
		child = least_of(child, last);
		if (node.key <= child->key)
			break;
		nodes[i] = *child;
		heap->pos[child->slot] = i;
		i = child - nodes;
	}
	nodes[i] = node;
	heap->pos[node.slot] = i;
}

static void settle(struct th_heap *heap, u32 i, struct th_node node)
{
	if (i > TH_HEAP_ROOT && node.key < heap->nodes[th_heap_parent(i)].key)
		th_heap_rise(heap, i, node);
	else
		sift_down(heap, i, node);
}

static void take_out(struct th_heap *heap, u32 slot)
{
	u32 i = heap->pos[slot];
	struct th_node last;

	heap->pos[slot] = 0;
	last = heap->nodes[heap->count--];
	if (last.slot != slot)
		settle(heap, i, last);
}

/* A child with the same key; NULL when there is none. */
static const struct th_node *equal_child(const struct th_heap *heap,
					 const struct th_node *node)
{
	const struct th_node *nodes = heap->nodes;
	const struct th_node *child = nodes + ARITY * (node - nodes) - 2;
	const struct th_node *end = nodes + heap->count + 1;

	if (end > child + ARITY)
		end = child + ARITY;
	for (; child < end; child++)
		if (child->key == node->key)
			return child;
	return NULL;
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
	const struct th_node *nodes = heap->nodes, *node, *child;
	u64 key = nodes[TH_HEAP_ROOT].key;
	u32 i = heap->lowest + 1;

	/* The next sibling, the parent, or all over again. */
	if (i > heap->count || nodes[i].key != key)
		i = th_heap_parent(i - 1);
	if (!i || i > heap->count || nodes[i].key != key)
		i = TH_HEAP_ROOT;
	node = nodes + i;
	while ((child = equal_child(heap, node)))
		node = child;
	heap->lowest = node - nodes;
	return node->slot;
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
	struct th_node node = { .key = key, .slot = slot };

	if (key == TH_NEVER)
		take_out(heap, slot);
	else
		settle(heap, heap->pos[slot], node);
}
