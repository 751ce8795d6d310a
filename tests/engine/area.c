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

static const char *heap_flaw(const struct th_heap *heap, u32 nslots)
{
	u32 i;

	for (i = 1; i <= heap->count; i++) {
		if (heap->slots[i] >= nslots)
			return "a node is of no slot";
		if (heap->pos[heap->slots[i]] != i)
			return "a node is not where its slot's position says";
		if (i > 1 && heap->keys[(i + 2) / 4] > heap->keys[i])
			return "a node's key is less than its parent's";
		if (heap->keys[i] == TH_NEVER)
			return "a node's key is TH_NEVER";
	}
	return NULL;
}

/* When the list begins that the entry is in; walks to the list's first. */
static u64 list_begins(const struct th_wheel *wheel, u32 i)
{
	u64 base = wheel->base % TH_WHEEL_LISTS, list;

	while (!(wheel->links[i].before & TH_WHEEL_HEAD))
		i = wheel->links[i].before;
	list = wheel->links[i].before & ~TH_WHEEL_HEAD;
	return (wheel->base + (list - base) % TH_WHEEL_LISTS) << TH_WHEEL_SHIFT;
}

/**
 * area_look - when the kernel will look at a slot by itself
 * @engine: not running
 * @slot: the slot
 *
 * Return: the time, or TH_NEVER.
 */
u64 area_look(const struct th_engine *engine, u32 slot)
{
	if (th_wheel_has(&engine->wheel, slot))
		return list_begins(&engine->wheel, engine->heap.pos[slot]);
	return th_heap_key(&engine->heap, slot);
}

static const char *list_flaw(const struct th_wheel *wheel, u32 list, u32 *count)
{
	u32 before = TH_WHEEL_HEAD | list, i = wheel->heads[list];
	bool filled = wheel->filled[list / 64] >> list % 64 & 1;

	if (filled != (i != 0))
		return "a list's bit does not say whether it is empty";
	for (; i; before = i, i = wheel->links[i].after) {
		if (i > wheel->last || i <= wheel->last - wheel->count)
			return "an entry of a list is not in the wheel";
		if (wheel->slots[i] >= wheel->last)
			return "an entry is of no slot";
		if (wheel->links[i].before != before)
			return "an entry does not know what is before it";
		if (wheel->pos[wheel->slots[i]] != i)
			return "an entry is not where its slot's position says";
		if (list_begins(wheel, i) < wheel->next_ns)
			return "a list begins before the wheel is looked at";
		if (++*count > wheel->count)
			return "there is more in the lists than in the wheel";
	}
	return NULL;
}

static const char *wheel_flaw(const struct th_wheel *wheel)
{
	u64 next = wheel->next_ns;
	const char *flaw = NULL;
	u32 list, count = 0;

	for (list = 0; list < TH_WHEEL_LISTS && !flaw; list++)
		flaw = list_flaw(wheel, list, &count);
	if (flaw)
		return flaw;
	if (count != wheel->count)
		return "there is less in the lists than in the wheel";
	if (!count != (next == TH_NEVER))
		return "the wheel has a time, or slots, and not both";
	if (count && !wheel->heads[th_wheel_list(next)])
		return "the wheel is looked at for an empty list";
	return NULL;
}

/**
 * area_kept_flaw - what is wrong with what user space cannot see
 * @engine: not running
 *
 * Return: a description, or NULL.  Cost: O(nslots).
 */
const char *area_kept_flaw(const struct th_engine *engine)
{
	const char *flaw = heap_flaw(&engine->heap, engine->nslots)
		?: wheel_flaw(&engine->wheel);
	u32 slot, count = 0;

	for (slot = 0; slot < engine->nslots; slot++)
		count += engine->heap.pos[slot] != 0;
	if (!flaw && count != engine->heap.count + engine->wheel.count)
		return "the counts are not the number of positions";
	return flaw;
}

/**
 * area_flaw - what is wrong with the queue between two runs
 * @engine: not running
 *
 * Return: a description, or NULL.  Cost: O(nslots), and for each in the wheel a
 * walk along its list.
 */
const char *area_flaw(const struct th_engine *engine)
{
	const char *flaw = area_kept_flaw(engine);
	u32 slot;

	for (slot = 0; slot < engine->nslots && !flaw; slot++) {
		u64 armed = __atomic_load_n(&engine->slots[slot].armed_ns,
					    __ATOMIC_RELAXED);

		if (armed != area_look(engine, slot))
			flaw = "armed_ns is not when the slot is looked at";
	}
	return flaw;
}
