// SPDX-License-Identifier: GPL-2.0-only
/* The heap against a table that is searched from end to end. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "heap.h"
#include "prng.h"

struct pair {
	struct th_heap heap;
	u64 *keys; /* the reference: the key of each slot */
	u32 nslots;
};

/* It need not be zeroed. */
static void *entries(u32 nslots, size_t size)
{
	void *memory = NULL;

	size *= TH_HEAP_ENTRIES(nslots);
	assert_int_equal(posix_memalign(&memory, 64, size), 0);
	return memset(memory, 0xa5, size);
}

static void make(struct pair *pair, u32 nslots)
{
	u32 slot;

	pair->nslots = nslots;
	pair->keys = malloc(nslots * sizeof(u64));
	for (slot = 0; slot < nslots; slot++)
		pair->keys[slot] = TH_NEVER;
	th_heap_init(&pair->heap, entries(nslots, sizeof(u64)),
		     entries(nslots, sizeof(u32)), calloc(nslots, sizeof(u32)));
}

static void drop(struct pair *pair)
{
	free(pair->keys);
	free(pair->heap.pos);
	free(pair->heap.slots - 2);
	free(pair->heap.keys - 2);
}

static void set(struct pair *pair, u32 slot, u64 key)
{
	u64 before = pair->keys[slot];

	/* Odd slots by the ways that are made for it, where there is one. */
	if (key < before && (slot % 2 || before == TH_NEVER))
		assert_true(th_heap_advance(&pair->heap, slot, key));
	else if (slot % 2 && key == TH_NEVER && before != TH_NEVER)
		th_heap_remove(&pair->heap, slot);
	else if (before != TH_NEVER)
		th_heap_set(&pair->heap, slot, key);
	/* What is not earlier changes nothing. */
	assert_false(th_heap_advance(&pair->heap, slot, key));
	pair->keys[slot] = key;
}

static u64 least_key(const struct pair *pair)
{
	u64 least = TH_NEVER;
	u32 slot;

	for (slot = 0; slot < pair->nslots; slot++)
		if (pair->keys[slot] < least)
			least = pair->keys[slot];
	return least;
}

/* The heap holds exactly what the reference does, in order. */
static void verify(struct pair *pair)
{
	struct th_heap *heap = &pair->heap;
	u32 slot, i, count = 0;

	for (slot = 0; slot < pair->nslots; slot++) {
		u32 at = heap->pos[slot];

		assert_int_equal(th_heap_key(heap, slot), pair->keys[slot]);
		if (pair->keys[slot] == TH_NEVER) {
			assert_int_equal(at, 0);
			continue;
		}
		count++;
		assert_in_range(at, 1, heap->count);
		assert_int_equal(heap->slots[at], slot);
	}
	/* So many positions, each with its own slot: none is there twice. */
	assert_int_equal(heap->count, count);
	for (i = 2; i <= heap->count; i++)
		assert_true(heap->keys[(i + 2) / 4] <= heap->keys[i]);
	assert_int_equal(th_heap_min_key(heap), least_key(pair));
	assert_int_equal(th_heap_empty(heap), !count);
	if (count)
		assert_int_equal(pair->keys[th_heap_min_slot(heap)],
				 least_key(pair));
}

static void empty_has_no_event(void **state)
{
	struct pair pair;

	(void)state;
	make(&pair, 5);
	verify(&pair);
	assert_true(th_heap_empty(&pair.heap));
	assert_int_equal(th_heap_min_key(&pair.heap), TH_NEVER);
	set(&pair, 2, TH_NEVER);
	verify(&pair);
	drop(&pair);
}

static void one_slot(void **state)
{
	struct pair pair;

	(void)state;
	make(&pair, 1);
	set(&pair, 0, 7);
	verify(&pair);
	set(&pair, 0, 3);
	verify(&pair);
	set(&pair, 0, 9);
	verify(&pair);
	set(&pair, 0, TH_NEVER);
	verify(&pair);
	set(&pair, 0, 0);
	verify(&pair);
	set(&pair, 0, TH_NEVER - 1);
	verify(&pair);
	drop(&pair);
}

static void siblings_share_a_line(void **state)
{
	struct pair pair;
	u32 parent;

	(void)state;
	make(&pair, 1000);
	for (parent = 1; parent < 200; parent++) {
		u32 child = 4 * parent - 2;

		assert_int_equal((uintptr_t)&pair.heap.keys[child] % 32, 0);
		assert_int_equal((uintptr_t)&pair.heap.slots[child] % 16, 0);
		/* The four children are those whose parent this is. */
		assert_int_equal((4 * parent - 2 + 2) / 4, parent);
		assert_int_equal((4 * parent + 1 + 2) / 4, parent);
	}
	drop(&pair);
}

static void full_rises_and_falls(void **state)
{
	static const u32 sizes[] = { 1, 2, 3, 4, 5, 6, 7, 21, 22, 85, 86 };
	struct pair pair;
	u32 n, i;

	(void)state;
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
		make(&pair, sizes[n]);
		/* Descending: each new one rises to the root. */
		for (i = 0; i < sizes[n]; i++) {
			set(&pair, i, 1000 - i);
			verify(&pair);
			assert_int_equal(th_heap_min_slot(&pair.heap), i);
		}
		/* The root sinks to the end, one after the other. */
		for (i = 0; i < sizes[n]; i++) {
			set(&pair, th_heap_min_slot(&pair.heap), 2000 + i);
			verify(&pair);
		}
		for (i = 0; i < sizes[n]; i++) {
			set(&pair, i, TH_NEVER);
			verify(&pair);
		}
		drop(&pair);
	}
}

static void equal_keys(void **state)
{
	struct pair pair;
	u32 i;

	(void)state;
	make(&pair, 30);
	for (i = 0; i < 30; i++)
		set(&pair, i, 5);
	verify(&pair);
	for (i = 0; i < 30; i++) {
		/* An equal key moves nothing. */
		u32 at = pair.heap.pos[i];

		set(&pair, i, 5);
		assert_int_equal(pair.heap.pos[i], at);
	}
	for (i = 0; i < 30; i++) {
		set(&pair, th_heap_min_slot(&pair.heap), TH_NEVER);
		verify(&pair);
	}
	drop(&pair);
}

/* In phase: each that gets a later key, the same for all, stays where it is. */
static void equal_keys_move_on(void **state)
{
	struct pair pair;
	u32 i, round;

	(void)state;
	make(&pair, 1000);
	for (i = 0; i < 1000; i++)
		set(&pair, i, i < 990 ? 5 : 1000);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 990; i++) {
			u32 slot = th_heap_min_slot(&pair.heap);
			u32 at = pair.heap.pos[slot];

			assert_int_equal(pair.keys[slot], 5 + round * 10);
			set(&pair, slot, 15 + round * 10);
			assert_int_equal(pair.heap.pos[slot], at);
		}
		verify(&pair);
	}
	drop(&pair);
}

/* Where the search for the lowest ended before is no part of the heap now. */
static void equal_keys_and_fewer(void **state)
{
	struct pair pair;

	(void)state;
	make(&pair, 100);
	for (u32 i = 0; i < 100; i++)
		set(&pair, i, i < 99 ? 5 : 9);
	verify(&pair);
	assert_in_range(pair.heap.lowest, 43, 100);
	while (pair.heap.count > 9)
		set(&pair, pair.heap.slots[pair.heap.count], TH_NEVER);
	set(&pair, 99, 9);
	verify(&pair);
	drop(&pair);
}

/* What takes a removed node's place may have to rise, not only to sink. */
static void removal_that_rises(void **state)
{
	static const u64 keys[] = { 1,	 100, 2, 3, 4, 101, 102,
				    103, 104, 5, 6, 7, 8 };
	struct pair pair;
	u32 i;

	(void)state;
	make(&pair, 13);
	for (i = 0; i < 13; i++)
		set(&pair, i, keys[i]);
	verify(&pair);
	/* The last node, 8, goes below 100. */
	assert_int_equal(pair.heap.keys[13], 8);
	assert_int_equal(pair.heap.pos[5], 6);
	set(&pair, 5, TH_NEVER);
	verify(&pair);
	assert_int_equal(pair.heap.pos[12], 2);
	drop(&pair);
}

static void random_operations(u32 nslots, u32 rounds, u64 range)
{
	struct prng prng = { nslots * 1000003 + range };
	struct pair pair;
	u32 i;

	make(&pair, nslots);
	for (i = 0; i < rounds; i++) {
		u32 slot = prng_below(&prng, nslots);
		u64 key = prng_below(&prng, range);

		if (prng_once_in(&prng, 4))
			key = TH_NEVER;
		else if (prng_once_in(&prng, 20))
			key = TH_NEVER - 1 - key;
		else if (prng_once_in(&prng, 4) && pair.heap.count)
			slot = th_heap_min_slot(&pair.heap);
		set(&pair, slot, key);
		verify(&pair);
	}
	/* Empty it in order. */
	while (!th_heap_empty(&pair.heap)) {
		u64 key = th_heap_min_key(&pair.heap);

		set(&pair, th_heap_min_slot(&pair.heap), TH_NEVER);
		verify(&pair);
		assert_true(th_heap_min_key(&pair.heap) >= key);
	}
	drop(&pair);
}

static void random_sequences(void **state)
{
	static const u32 sizes[] = { 1, 2, 3, 5, 6, 17, 22, 86, 300 };
	u32 n;

	(void)state;
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
		random_operations(sizes[n], 1500, 1000000000000);
		random_operations(sizes[n], 1500, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_no_event),
		cmocka_unit_test(one_slot),
		cmocka_unit_test(siblings_share_a_line),
		cmocka_unit_test(full_rises_and_falls),
		cmocka_unit_test(equal_keys),
		cmocka_unit_test(equal_keys_move_on),
		cmocka_unit_test(equal_keys_and_fewer),
		cmocka_unit_test(removal_that_rises),
		cmocka_unit_test(random_sequences),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
