// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../module/heap.c"

#define SLOTS	300
#define ENTRIES	TH_HEAP_ENTRIES(SLOTS)
#define GUARD	0xa5a5a5a5U

struct fixture {
	struct th_heap heap;
	/* The heap's, with a guard behind each. */
	u64 *key_memory;
	u32 *slot_memory;
	struct rnd_state random;
	/* The naive heap: TH_NEVER is not in it. */
	u64 keys[SLOTS];
};

static int make(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u32 *pos = kunit_kcalloc(test, SLOTS, sizeof(*pos), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_NOT_NULL(test, pos);
	f->key_memory = kunit_kcalloc(test, ENTRIES + 1, sizeof(u64),
				      GFP_KERNEL);
	f->slot_memory = kunit_kcalloc(test, ENTRIES + 1, sizeof(u32),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->key_memory);
	KUNIT_ASSERT_NOT_NULL(test, f->slot_memory);
	f->key_memory[ENTRIES] = GUARD;
	f->slot_memory[ENTRIES] = GUARD;
	th_heap_init(&f->heap, f->key_memory, f->slot_memory, pos);
	prandom_seed_state(&f->random, 1);
	for (i = 0; i < SLOTS; i++)
		f->keys[i] = TH_NEVER;
	test->priv = f;
	return 0;
}

static u32 below(struct fixture *f, u32 limit)
{
	return prandom_u32_state(&f->random) % limit;
}

static void set(struct fixture *f, u32 slot, u64 key)
{
	u64 before = f->keys[slot];

	/* Odd slots by the ways that are made for it, where there is one. */
	if (key < before && (slot % 2 || before == TH_NEVER))
		th_heap_advance(&f->heap, slot, key);
	else if (slot % 2 && key == TH_NEVER && before != TH_NEVER)
		th_heap_remove(&f->heap, slot);
	else if (before != TH_NEVER)
		th_heap_set(&f->heap, slot, key);
	f->keys[slot] = key;
}

static u64 naive_min(const struct fixture *f)
{
	u64 least = TH_NEVER;
	u32 i;

	for (i = 0; i < SLOTS; i++)
		least = min(least, f->keys[i]);
	return least;
}

/* In order, each slot known by its place, and the same as the naive heap. */
static void verify(struct kunit *test, struct fixture *f)
{
	struct th_heap *heap = &f->heap;
	u32 i, count = 0;

	for (i = TH_HEAP_ROOT; i <= heap->count; i++) {
		KUNIT_ASSERT_LT(test, heap->slots[i], (u32)SLOTS);
		KUNIT_ASSERT_EQ(test, heap->pos[heap->slots[i]], i);
		if (i > TH_HEAP_ROOT)
			KUNIT_ASSERT_LE(test, heap->keys[th_heap_parent(i)],
					heap->keys[i]);
	}
	for (i = 0; i < SLOTS; i++) {
		KUNIT_ASSERT_EQ(test, th_heap_key(heap, i), f->keys[i]);
		count += f->keys[i] != TH_NEVER;
	}
	KUNIT_ASSERT_EQ(test, heap->count, count);
	KUNIT_ASSERT_EQ(test, th_heap_empty(heap), count == 0);
	KUNIT_ASSERT_EQ(test, th_heap_min_key(heap), naive_min(f));
	if (count)
		KUNIT_ASSERT_EQ(test, f->keys[th_heap_min_slot(heap)],
				naive_min(f));
	KUNIT_ASSERT_EQ(test, f->key_memory[ENTRIES], GUARD);
	KUNIT_ASSERT_EQ(test, f->slot_memory[ENTRIES], GUARD);
}

static void empty_at_first(struct kunit *test)
{
	struct fixture *f = test->priv;

	verify(test, f);
	set(f, 7, TH_NEVER);
	verify(test, f);
}

static void parents_and_children(struct kunit *test)
{
	u32 i, k;

	for (i = TH_HEAP_ROOT; i < 1000; i++)
		for (k = 0; k < ARITY; k++)
			KUNIT_EXPECT_EQ(test, th_heap_parent(ARITY * i - 2 + k),
					i);
}

static void comes_out_in_order(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 last = 0;
	u32 i;

	/* Many keys are equal. */
	for (i = 0; i < SLOTS; i++)
		set(f, i, below(f, SLOTS / 2));
	verify(test, f);
	for (i = 0; i < SLOTS; i++) {
		KUNIT_ASSERT_GE(test, th_heap_min_key(&f->heap), last);
		last = th_heap_min_key(&f->heap);
		set(f, th_heap_min_slot(&f->heap), TH_NEVER);
	}
	verify(test, f);
}

static void taken_from_any_place(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 victim, i;

	for (victim = 0; victim < SLOTS; victim++) {
		for (i = 0; i < SLOTS; i++)
			set(f, i, below(f, 1000));
		set(f, f->heap.slots[victim + 1], TH_NEVER);
		verify(test, f);
	}
}

/* The root's last child and the root's sibling-less chain: tiny heaps. */
static void small_sizes(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 size, i;

	for (size = 1; size <= 22; size++) {
		for (i = 0; i < size; i++)
			set(f, i, 100 - i);
		verify(test, f);
		for (i = 0; i < size; i++) {
			set(f, i, 200 + i);
			verify(test, f);
		}
		for (i = 0; i < size; i++) {
			set(f, size - 1 - i, TH_NEVER);
			verify(test, f);
		}
	}
}

static void extreme_keys(struct kunit *test)
{
	struct fixture *f = test->priv;

	set(f, 0, TH_NEVER - 1);
	set(f, 1, 0);
	set(f, 2, S64_MAX);
	set(f, 3, (u64)S64_MAX + 1);
	verify(test, f);
	KUNIT_EXPECT_EQ(test, th_heap_min_slot(&f->heap), 1U);
	set(f, 1, TH_NEVER);
	KUNIT_EXPECT_EQ(test, th_heap_min_slot(&f->heap), 2U);
	set(f, 2, TH_NEVER);
	KUNIT_EXPECT_EQ(test, th_heap_min_slot(&f->heap), 3U);
	set(f, 3, TH_NEVER);
	KUNIT_EXPECT_EQ(test, th_heap_min_slot(&f->heap), 0U);
	verify(test, f);
}

static void agrees_with_naive(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 step;

	for (step = 0; step < 4000; step++) {
		u32 slot = below(f, SLOTS);
		u64 key = f->keys[slot];

		switch (below(f, 5)) {
		case 0:
			key = TH_NEVER;
			break;
		case 1:
			if (key != TH_NEVER)
				key += below(f, 100);
			break;
		case 2:
			if (key != TH_NEVER)
				key = th_sat_sub(key, below(f, 100));
			break;
		default:
			key = below(f, 1000);
		}
		set(f, slot, key);
		verify(test, f);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(empty_at_first),
	KUNIT_CASE(parents_and_children),
	KUNIT_CASE(comes_out_in_order),
	KUNIT_CASE(taken_from_any_place),
	KUNIT_CASE(small_sizes),
	KUNIT_CASE(extreme_keys),
	KUNIT_CASE(agrees_with_naive),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_heap",
	.init = make,
	.test_cases = cases,
};

kunit_test_suite(suite);
