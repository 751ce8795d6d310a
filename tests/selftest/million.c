// SPDX-License-Identifier: GPL-2.0-only
/* A million slots in one queue: set up, armed, pushed back, fired. */
#include <errno.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include "harness.h"
#include "queue.h"

#define MILLION 1000000U
/* Where checkers take their time. */
#define FEWER 300000U

static uint32_t slots;

/* The queue's, and as much again for the test and to be left over. */
#define SLOT_BYTES 240

static void need_memory(uint64_t n)
{
	if ((uint64_t)read_meminfo("MemAvailable") * 1024 < n * SLOT_BYTES)
		skip("needs %llu MB of memory",
		     (unsigned long long)n * SLOT_BYTES >> 20);
}

static void open_million(struct queue *q)
{
	slots = kernel_is_slow() ? FEWER : MILLION;
	need_memory(slots);
	queue_open(q, slots, 0, other_cpu(0), CLOCK_MONOTONIC);
	CHECK_EQ(q->setup.nslots, slots);
	CHECK_EQ(q->setup.ring_entries, TIMERHEAP_RING_MAX);
}

/* Each slot once, with its deadline, not early. */
static void collect_million(struct queue *q,
			    uint64_t (*deadline_of)(uint64_t, uint32_t),
			    uint64_t start)
{
	static struct timerheap_expiry batch[4096];
	unsigned char *seen = calloc(slots, 1);
	uint32_t got = 0;

	while (got < slots) {
		/* At least one, and what else is there. */
		uint32_t n = queue_collect(q, batch, 1, 0);

		REQUIRE_EQ(n, 1);
		n += queue_reap(q, batch + 1, ARRAY_SIZE(batch) - 1);
		for (uint32_t i = 0; i < n; i++) {
			REQUIRE(batch[i].slot < slots);
			CHECK_EQ(batch[i].expires_ns,
				 deadline_of(start, batch[i].slot));
			CHECK_ORDER(batch[i].fired_ns, >=, batch[i].expires_ns);
			CHECK_EQ(++seen[batch[i].slot], 1);
		}
		got += n;
	}
	CHECK_EQ(queue_ready(q), 0);
	CHECK_EQ(queue_stats(q).expiries, slots);
	free(seen);
}

/* Spread over four seconds, in an order of their own. */
static uint64_t spread(uint64_t start, uint32_t slot)
{
	return start + slot * 7919ULL % slots * 4 * NSEC_PER_USEC;
}

static uint64_t at_once(uint64_t start, uint32_t slot)
{
	(void)slot;
	return start;
}

static void by_mapping(void)
{
	unsigned long kicks = 0;
	uint64_t start;
	struct queue q;

	open_million(&q);
	start = mono_ns() + NSEC_PER_SEC;
	for (uint32_t i = 0; i < slots; i++)
		kicks += slot_arm(&q, i, spread(start, i), NULL) == ARM_KICKED;
	collect_million(&q, spread, start);
	CHECK_ORDER(queue_stats(&q).doorbells, >=, slots);
	note("%lu kicks for a million arms", kicks);
}

static void by_ioctl(void)
{
	uint64_t start = mono_ns() + NSEC_PER_SEC;
	struct timerheap_batch batch = { .size = sizeof(batch) };
	struct timerheap_arm *arms;
	struct queue q;

	open_million(&q);
	arms = calloc(slots, sizeof(*arms));
	batch.count = slots;
	batch.entries = (uintptr_t)arms;
	for (uint32_t i = 0; i < slots; i++) {
		arms[i].slot = i;
		arms[i].expires_ns = at_once(start, i);
	}
	REQUIRE_EQ(call(q.fd, TIMERHEAP_IOC_ARM, &batch), 0);
	CHECK_EQ(batch.done, slots);
	collect_million(&q, at_once, start);
}

/* All of them pushed back before they are due: no doorbell, one move each. */
static void pushed_back(void)
{
	struct timerheap_stats before, after;
	uint64_t first, second;
	struct queue q;

	open_million(&q);
	first = mono_ns() + 1000 * NSEC_PER_SEC;
	for (uint32_t i = 0; i < slots; i++)
		slot_arm_kickless(&q, i, first, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(queue_next_event(&q) == first &&
			 slot_armed(&q, slots - 1) == first));
	before = queue_stats(&q);
	CHECK_EQ(before.doorbells, slots);
	second = first + NSEC_PER_SEC;
	for (uint32_t i = 0; i < slots; i++)
		REQUIRE_EQ(slot_arm(&q, i, second, NULL), ARM_LAZY);
	after = queue_stats(&q);
	CHECK_EQ(after.runs, before.runs);
	CHECK_EQ(after.doorbells, before.doorbells);
	for (uint32_t i = 0; i < slots; i++)
		CHECK_EQ(slot_cancel(&q, i), second);
	CHECK_EQ(queue_stats(&q).expiries, 0);
}

static void one_too_many(void)
{
	struct timerheap_setup setup = setup_of(0, 0);
	int fd = open_device();

	need_memory(MILLION);
	setup.nslots = device_info(fd).max_slots + 1;
	CHECK_EQ(call(fd, TIMERHEAP_IOC_SETUP, &setup), -EINVAL);
	setup.nslots--;
	CHECK_EQ(call(fd, TIMERHEAP_IOC_SETUP, &setup), 0);
}

static const struct test_case cases[] = {
	SLOW_CASE(by_mapping, 120),
	SLOW_CASE(by_ioctl, 120),
	SLOW_CASE(pushed_back, 120),
	CASE(one_too_many),
};

TEST_MAIN(cases)
