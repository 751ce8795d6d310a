// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays of arms and cancels with one bad entry: its errno, the number of
 * those before it, which were carried out, and none of those after it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "queue.h"

#define ENTRIES 10

/*
 * Slots 0 to 9 with arms[bad] spoilt: the ones before it are armed, and it and
 * the ones after it are not.
 */
static void try_arms(struct timerheap_arm *arms, uint32_t bad, uint32_t count,
		     int want)
{
	struct timerheap_batch batch = {
		.size = sizeof(batch),
		.count = count,
		.entries = (uintptr_t)arms,
	};
	struct queue q;

	queue_open(&q, ENTRIES, 0, 0, CLOCK_MONOTONIC);
	POISON(batch.done);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_ARM, &batch), want);
	CHECK_EQ(batch.done, bad);
	CHECK_EQ(batch.count, count);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint64_t deadline = i < bad ? arms[i].expires_ns : 0;

		CHECK_EQ(slot_deadline(&q, i), deadline);
		if (i < bad)
			CHECK(WAIT_UNTIL(slot_armed(&q, i) == deadline));
		else
			CHECK_EQ(slot_armed(&q, i), TIMERHEAP_NEVER);
	}
	queue_close(&q);
}

static void fill_arms(struct timerheap_arm *arms)
{
	memset(arms, 0, ENTRIES * sizeof(*arms));
	for (uint32_t i = 0; i < ENTRIES; i++) {
		arms[i].slot = i;
		arms[i].expires_ns = (1ULL << 60) + i;
	}
}

static void arm_entries(void)
{
	static const uint32_t places[] = { 0, 1, 5, ENTRIES - 1 };
	struct timerheap_arm arms[ENTRIES];

	for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
		uint32_t bad = places[p];

		fill_arms(arms);
		arms[bad].expires_ns = 0;
		try_arms(arms, bad, ENTRIES, -EINVAL);
		fill_arms(arms);
		arms[bad].slot = ENTRIES;
		try_arms(arms, bad, ENTRIES, -EINVAL);
		arms[bad].slot = UINT32_MAX;
		try_arms(arms, bad, ENTRIES, -EINVAL);
		fill_arms(arms);
		arms[bad].flags = TIMERHEAP_SLOT_RESTART << 1;
		try_arms(arms, bad, ENTRIES, -EINVAL);
		arms[bad].flags = 1U << 31;
		try_arms(arms, bad, ENTRIES, -EINVAL);
		fill_arms(arms);
		arms[bad].__resv = 1;
		try_arms(arms, bad, ENTRIES, -EINVAL);
	}
	fill_arms(arms);
	try_arms(arms, ENTRIES, ENTRIES, 0);
}

static void arm_entries_half_mapped(void)
{
	struct timerheap_arm arms[ENTRIES];

	fill_arms(arms);
	for (uint32_t whole = 0; whole < 3; whole++) {
		/* So many whole ones, and half of the next. */
		size_t inside = whole * sizeof(arms[0]) + sizeof(arms[0]) / 2;
		char *edge = map_edge(inside);

		memcpy(edge, arms, inside);
		try_arms((void *)edge, whole, ENTRIES, -EFAULT);
		try_arms((void *)edge, whole, UINT32_MAX, -EFAULT);
	}
	try_arms(NULL, 0, ENTRIES, -EFAULT);
	try_arms(KERNEL_ADDRESS, 0, ENTRIES, -EFAULT);
}

/* Ten slots are armed; those before @bad are cancelled, and told so. */
static void try_cancels(struct timerheap_cancel *cancels, uint32_t bad,
			int want)
{
	struct timerheap_batch batch = {
		.size = sizeof(batch),
		.count = ENTRIES,
		.entries = (uintptr_t)cancels,
	};
	struct queue q;

	queue_open(&q, ENTRIES, 0, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < ENTRIES; i++)
		slot_arm(&q, i, 1ULL << 60, NULL);
	POISON(batch.done);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_CANCEL, &batch), want);
	CHECK_EQ(batch.done, bad);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		CHECK_EQ(slot_deadline(&q, i), i < bad ? 0 : 1ULL << 60);
		if (i < bad)
			CHECK_EQ(cancels[i].result, 1);
	}
	queue_close(&q);
}

static void fill_cancels(struct timerheap_cancel *cancels)
{
	for (uint32_t i = 0; i < ENTRIES; i++) {
		POISON(cancels[i]);
		cancels[i].slot = i;
	}
}

static void cancel_entries(void)
{
	static const uint32_t places[] = { 0, 1, 5, ENTRIES - 1 };
	struct timerheap_cancel cancels[ENTRIES];

	for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
		uint32_t bad = places[p];

		fill_cancels(cancels);
		cancels[bad].slot = ENTRIES;
		try_cancels(cancels, bad, -EINVAL);
		for (uint32_t i = bad; i < ENTRIES; i++)
			CHECK(IS_POISON(cancels[i].result));
		fill_cancels(cancels);
		cancels[bad].slot = UINT32_MAX;
		try_cancels(cancels, bad, -EINVAL);
	}
	fill_cancels(cancels);
	try_cancels(cancels, ENTRIES, 0);
}

static void cancel_entries_half_mapped(void)
{
	struct timerheap_cancel cancels[ENTRIES];
	char *page;

	fill_cancels(cancels);
	for (uint32_t whole = 0; whole < 3; whole++) {
		/* Of the next one the slot, but not the result. */
		size_t inside = whole * sizeof(cancels[0]) + 4;
		char *edge = map_edge(inside);

		memcpy(edge, cancels, inside);
		try_cancels((void *)edge, whole, -EFAULT);
	}
	page = map_edge(PAGE_SIZE);
	memcpy(page, cancels, sizeof(cancels));
	REQUIRE(!mprotect(page, PAGE_SIZE, PROT_READ));
	try_cancels((void *)page, 0, -EFAULT);
	try_cancels(NULL, 0, -EFAULT);
}

static const struct test_case cases[] = {
	CASE(arm_entries),
	CASE(arm_entries_half_mapped),
	CASE(cancel_entries),
	CASE(cancel_entries_half_mapped),
};

TEST_MAIN(cases)
