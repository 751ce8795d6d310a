// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include <linux/math.h>

#include "library.h"

static void *zeroed(size_t count, size_t each)
{
	void *memory = calloc(count, each);

	if (!memory)
		abort();
	return memory;
}

/**
 * library_make - what timerheap_open() does, without its system calls
 * @engine: the queue
 * @own_slot: whether the last slot is the library's own
 */
struct timerheap *library_make(struct th_engine *engine, bool own_slot)
{
	struct timerheap *th = zeroed(1, sizeof(*th));
	__u32 nslots = engine->nslots - own_slot, words, i;

	th->nslots = nslots;
	th->own_slot = own_slot;
	th->slots = engine->slots;
	th->header = engine->header;
	th->level0 = engine->doorbells.level0;
	th->level1 = engine->doorbells.level1;
	th->ring = engine->ring.entries;
	th->ring_mask = engine->ring.mask;
	th->min_period_ns = engine->min_period_ns;
	th->expected = zeroed(nslots, sizeof(*th->expected));
	th->data = zeroed(nslots, sizeof(*th->data));
	words = DIV_ROUND_UP(nslots, TIMERHEAP__BITS);
	th->taken = zeroed(words, sizeof(*th->taken));
	for (i = nslots; i < words * TIMERHEAP__BITS; i++)
		th->taken[i / TIMERHEAP__BITS] |= 1ULL << i % TIMERHEAP__BITS;
	return th;
}

void library_free(struct timerheap *th)
{
	free(th->expected);
	free(th->data);
	free(th->taken);
	free(th);
}
