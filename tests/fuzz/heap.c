// SPDX-License-Identifier: GPL-2.0-only
/* The heap against an array of keys. */
#include "fuzz.h"

#include "heap.h"

#define MOST 200

static u64 keys[MOST];

static void *aligned(size_t bytes)
{
	void *memory = NULL;

	CHECK(!posix_memalign(&memory, 64, bytes));
	return memory;
}

static struct th_heap make(u32 nslots)
{
	struct th_heap heap;
	size_t entries = TH_HEAP_ENTRIES(nslots);

	th_heap_init(&heap, aligned(entries * sizeof(u64)),
		     aligned(entries * sizeof(u32)),
		     calloc(nslots, sizeof(u32)));
	memset(keys, 0xff, sizeof(keys));
	return heap;
}

static void verify(struct th_heap *heap, u32 nslots)
{
	u64 least = TH_NEVER;
	u32 slot, i, count = 0;

	for (slot = 0; slot < nslots; slot++) {
		CHECK(th_heap_key(heap, slot) == keys[slot]);
		CHECK(!heap->pos[slot] == (keys[slot] == TH_NEVER));
		count += keys[slot] != TH_NEVER;
		if (keys[slot] < least)
			least = keys[slot];
	}
	CHECK(heap->count == count);
	CHECK(th_heap_empty(heap) == !count);
	CHECK(th_heap_min_key(heap) == least);
	for (i = 1; i <= count; i++) {
		CHECK(heap->slots[i] < nslots);
		CHECK(heap->pos[heap->slots[i]] == i);
		if (i > 1)
			CHECK(heap->keys[(i + 2) / 4] <= heap->keys[i]);
	}
	if (count)
		CHECK(keys[th_heap_min_slot(heap)] == least);
}

static void set(struct th_heap *heap, u32 slot, u64 key)
{
	u32 before = heap->pos[slot];

	/* Odd slots by the ways that are made for it, where there is one. */
	if (key < keys[slot] && (slot % 2 || !before))
		CHECK(th_heap_advance(heap, slot, key));
	else if (slot % 2 && key == TH_NEVER && before)
		th_heap_remove(heap, slot);
	else if (before)
		th_heap_set(heap, slot, key);
	CHECK(!th_heap_advance(heap, slot, key));
	/* Whom nothing makes move stays, also among equals. */
	if (keys[slot] == key)
		CHECK(heap->pos[slot] == before);
	keys[slot] = key;
}

static void step(struct th_heap *heap, u32 nslots, struct input *in)
{
	u8 op = (u8)input_take(in, 1);
	u32 slot = input_below(in, nslots);

	switch (op % 8) {
	case 0:
		set(heap, slot, TH_NEVER);
		break;
	case 1:
		if (!th_heap_empty(heap))
			set(heap, th_heap_min_slot(heap), TH_NEVER);
		break;
	case 2:
		if (!th_heap_empty(heap))
			set(heap, th_heap_min_slot(heap),
			    input_number(in, th_heap_min_key(heap)));
		break;
	case 3:
		set(heap, slot, keys[slot]);
		break;
	case 4:
		set(heap, slot, keys[input_below(in, nslots)]);
		break;
	case 5:
		set(heap, slot, input_number(in, keys[slot]));
		break;
	default:
		/* Few keys, so that many are equal. */
		set(heap, slot, op >> 3);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u32 nslots = 1 + input_below(&in, MOST);
	struct th_heap heap = make(nslots);
	u64 last = 0;

	while (in.left) {
		step(&heap, nslots, &in);
		verify(&heap, nslots);
	}
	while (!th_heap_empty(&heap)) {
		CHECK(th_heap_min_key(&heap) >= last);
		last = th_heap_min_key(&heap);
		set(&heap, th_heap_min_slot(&heap), TH_NEVER);
		verify(&heap, nslots);
	}
	free(heap.keys - 2);
	free(heap.slots - 2);
	free(heap.pos);
	return 0;
}
