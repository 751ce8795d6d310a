/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indexed 4-ary min-heap of {key, slot}.  Pure: it takes no lock, reads no
 * clock, allocates nothing; whoever owns it serialises the calls.
 */
#ifndef TH_HEAP_H
#define TH_HEAP_H

#include <linux/types.h>

#include "sat.h"

struct th_node {
	u64 key;
	u32 slot;
	u32 unused;
};

/*
 * Nodes are counted from 1, so that zeroed memory is an empty heap: a slot at
 * position 0 is not in it.  Node 2 starts a cache line, and with it each
 * group of four siblings.
 */
struct th_heap {
	struct th_node *nodes;
	u32 *pos;
	u32 count;
};

#define TH_HEAP_ROOT		1
/* Nodes to allocate for n slots, the ones that only align included. */
#define TH_HEAP_NODES(n)	((n) + 3)

/**
 * th_heap_init - an empty heap for n slots
 * @heap: the heap
 * @memory: TH_HEAP_NODES(n) nodes on a 64-byte boundary
 * @pos: n words, all 0
 */
static inline void th_heap_init(struct th_heap *heap, struct th_node *memory,
				u32 *pos)
{
	heap->nodes = memory + 2;
	heap->pos = pos;
	heap->count = 0;
}

static inline bool th_heap_empty(const struct th_heap *heap)
{
	return heap->count == 0;
}

/* The least key; TH_NEVER when empty. */
static inline u64 th_heap_min_key(const struct th_heap *heap)
{
	return heap->count ? heap->nodes[TH_HEAP_ROOT].key : TH_NEVER;
}

/* The slot that has it; not to be called on an empty heap. */
static inline u32 th_heap_min_slot(const struct th_heap *heap)
{
	return heap->nodes[TH_HEAP_ROOT].slot;
}

/* The slot's key; TH_NEVER when it is not in the heap. */
static inline u64 th_heap_key(const struct th_heap *heap, u32 slot)
{
	u32 i = heap->pos[slot];

	return i ? heap->nodes[i].key : TH_NEVER;
}

void th_heap_set(struct th_heap *heap, u32 slot, u64 key);

#endif
