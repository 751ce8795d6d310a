// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <linux/compiler.h>
#include <linux/math.h>

#include "area.h"

#define LINE 64

/* Each part is an allocation of its own: AddressSanitizer guards its ends. */
static void *part(size_t bytes)
{
	void *memory;

	if (posix_memalign(&memory, LINE, bytes))
		abort();
	return memset(memory, 0, bytes);
}

/**
 * area_make - an idle queue
 * @engine: set up, whatever it held
 * @nslots: 1 or more
 * @ring_size: a power of two
 */
void area_make(struct th_engine *engine, u32 nslots, u32 ring_size)
{
	u32 words = TH_BELL_WORDS(nslots);

	memset(engine, 0, sizeof(*engine));
	engine->nslots = nslots;
	engine->header = part(sizeof(*engine->header));
	engine->slots = part(nslots * sizeof(*engine->slots));
	th_doorbell_init(&engine->doorbells,
			 part(TH_BELL_WORDS(words) * sizeof(u64)),
			 part(words * sizeof(u64)), nslots);
	th_heap_init(&engine->heap, part(TH_HEAP_ENTRIES(nslots) * sizeof(u64)),
		     part(TH_HEAP_ENTRIES(nslots) * sizeof(u32)),
		     part(nslots * sizeof(u32)));
	th_ring_init(&engine->ring, engine->header,
		     part(ring_size * sizeof(struct timerheap_expiry)),
		     ring_size);
	th_engine_init(engine);
}

void area_free(struct th_engine *engine)
{
	free(engine->ring.entries);
	free(engine->heap.pos);
	free(engine->heap.slots - 2);
	free(engine->heap.keys - 2);
	free(engine->doorbells.level1);
	free(engine->doorbells.level0);
	free(engine->slots);
	free(engine->header);
}

static const char *heap_flaw(const struct th_heap *heap)
{
	u32 i;

	for (i = 1; i <= heap->count; i++) {
		if (heap->pos[heap->slots[i]] != i)
			return "a node is not where its slot's position says";
		if (i > 1 && heap->keys[(i + 2) / 4] > heap->keys[i])
			return "a node's key is less than its parent's";
		if (heap->keys[i] == TH_NEVER)
			return "a node's key is TH_NEVER";
	}
	return NULL;
}

/**
 * area_flaw - what is wrong with the queue between two runs
 * @engine: not running
 *
 * Return: a description, or NULL.  Cost: O(nslots).
 */
const char *area_flaw(const struct th_engine *engine)
{
	const struct th_heap *heap = &engine->heap;
	const char *flaw = heap_flaw(heap);
	u32 slot, count = 0;

	if (flaw)
		return flaw;
	for (slot = 0; slot < engine->nslots; slot++) {
		u64 armed = __atomic_load_n(&engine->slots[slot].armed_ns,
					    __ATOMIC_RELAXED);

		if (armed != th_heap_key(heap, slot))
			return "armed_ns is not the slot's key in the heap";
		count += heap->pos[slot] != 0;
	}
	if (count != heap->count)
		return "the heap's count is not the number of positions";
	return NULL;
}
