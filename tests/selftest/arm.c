// SPDX-License-Identifier: GPL-2.0-only
/* Arming: through the mapping, by ioctl, in the past, in order, in bulk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

static void check_record(const struct timerheap_expiry *e, uint32_t slot,
			 uint64_t deadline, const struct queue *q)
{
	CHECK_EQ(e->slot, slot);
	CHECK_EQ(e->expires_ns, deadline);
	CHECK_ORDER(e->fired_ns, >=, deadline);
	CHECK_ORDER(e->fired_ns, <=, queue_now(q));
	CHECK_EQ(e->overruns, 0);
	CHECK_EQ(e->cpu, q->setup.cpu);
	CHECK_EQ(e->flags, 0);
}

static void check_fires_once(struct queue *q, uint32_t slot, uint64_t deadline)
{
	struct timerheap_expiry e;

	POISON(e);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	check_record(&e, slot, deadline, q);
	CHECK_EQ(slot_deadline(q, slot), 0);
	CHECK_EQ(slot_armed(q, slot), TIMERHEAP_NEVER);
	CHECK_EQ(queue_next_event(q), TIMERHEAP_NEVER);
	CHECK(queue_is_quiet(q, 30));
}

static void by_mapping(void)
{
	struct queue q;
	uint64_t deadline;

	queue_open(&q, 100, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 50 * NSEC_PER_MSEC;
	CHECK_EQ(slot_arm(&q, 42, deadline, NULL), ARM_KICKED);
	CHECK(WAIT_UNTIL(slot_armed(&q, 42) == deadline));
	CHECK(WAIT_UNTIL(queue_next_event(&q) == deadline));
	CHECK_EQ(q.level0[0] | q.level0[1] | q.level1[0], 0);
	check_fires_once(&q, 42, deadline);
}

static void by_ioctl(void)
{
	struct queue q;
	uint64_t deadline;

	queue_open(&q, 100, 0, other_cpu(0), CLOCK_MONOTONIC);
	pin_to(0);
	deadline = mono_ns() + 50 * NSEC_PER_MSEC;
	CHECK_EQ(queue_arm(&q, 99, deadline, 0, 0, 0), 0);
	CHECK(WAIT_UNTIL(slot_armed(&q, 99) == deadline));
	check_fires_once(&q, 99, deadline);
}

static void past_deadline(void)
{
	static const uint64_t ages[] = {
		0,
		1,
		NSEC_PER_MSEC,
		NSEC_PER_SEC,
	};
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		uint64_t deadline = mono_ns() - ages[i];
		struct timerheap_stats stats;
		struct timerheap_expiry e;

		REQUIRE_EQ(call(q.fd, TIMERHEAP_IOC_RESET_STATS, NULL), 0);
		slot_arm(&q, 1, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		check_record(&e, 1, deadline, &q);
		stats = queue_stats(&q);
		CHECK_EQ(stats.expiries, 1);
		CHECK_EQ(stats.lateness_max_ns, e.fired_ns - deadline);
		CHECK_EQ(stats.lateness_sum_ns, e.fired_ns - deadline);
	}
}

static void earliest_deadline(void)
{
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 1, 1, NULL);
	check_fires_once(&q, 1, 1);
	CHECK_EQ(queue_arm(&q, 2, 1, 0, 0, 0), 0);
	check_fires_once(&q, 2, 1);
}

/* No clock gets there; the kernel's times are signed. */
static void latest_deadline(void)
{
	static const uint64_t deadlines[] = {
		TIMERHEAP_NEVER,  TIMERHEAP_NEVER - 1, 1ULL << 63,
		(1ULL << 63) - 1, (1ULL << 63) - 2,
	};
	struct timerheap_expiry e;
	struct queue q;
	uint64_t soon;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		slot_arm(&q, i, deadlines[i], NULL);
	CHECK(queue_is_quiet(&q, 50));
	soon = mono_ns() + NSEC_PER_MSEC;
	slot_arm(&q, 9, soon, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	check_record(&e, 9, soon, &q);
	CHECK(queue_is_quiet(&q, 50));
	for (uint32_t i = 0; i < ARRAY_SIZE(deadlines); i++)
		CHECK_EQ(slot_cancel(&q, i), deadlines[i]);
	CHECK_EQ(queue_stats(&q).expiries, 1);
}

/* All in the heap before the first is due, so sorted to the last. */
static void in_order(void)
{
	enum { SLOTS = 5000 };
	static struct timerheap_expiry records[SLOTS];
	static bool seen[SLOTS];
	struct prng prng = { 1 };
	struct queue q;
	uint64_t start;

	queue_open(&q, SLOTS, 8192, 0, CLOCK_MONOTONIC);
	start = mono_ns() + NSEC_PER_SEC;
	for (uint32_t i = 0; i < SLOTS; i++)
		slot_arm(&q, i, start + prng_below(&prng, NSEC_PER_MSEC), NULL);
	REQUIRE_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(!q.level1[0] && !q.level1[1]));
	REQUIRE(mono_ns() < start);
	REQUIRE_EQ(queue_collect(&q, records, SLOTS, 0), SLOTS);
	for (int i = 0; i < SLOTS; i++) {
		const struct timerheap_expiry *e = &records[i];

		CHECK(!seen[e->slot]);
		seen[e->slot] = true;
		CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
		if (!i)
			continue;
		CHECK_ORDER(e->expires_ns, >=, records[i - 1].expires_ns);
		CHECK_ORDER(e->fired_ns, >=, records[i - 1].fired_ns);
	}
	CHECK(queue_is_quiet(&q, 30));
}

static void bulk(void)
{
	enum { SLOTS = 20000 };
	static struct timerheap_arm arms[SLOTS + 1];
	static struct timerheap_expiry records[SLOTS];
	static unsigned char seen[SLOTS];
	struct timerheap_batch batch = {
		.size = sizeof(batch),
		.count = SLOTS + 1,
		.entries = (uintptr_t)arms,
	};
	struct prng prng = { 2 };
	struct queue q;
	uint64_t start;

	queue_open(&q, SLOTS, 0, 0, CLOCK_MONOTONIC);
	start = mono_ns() + 50 * NSEC_PER_MSEC;
	for (uint32_t i = 0; i <= SLOTS; i++) {
		/* The last one arms slot 0 again, and that one holds. */
		arms[i].slot = i % SLOTS;
		arms[i].expires_ns =
			start + prng_below(&prng, 50 * NSEC_PER_MSEC);
	}
	arms[0].expires_ns = start + NSEC_PER_SEC;
	POISON(batch.done);
	REQUIRE_EQ(call(q.fd, TIMERHEAP_IOC_ARM, &batch), 0);
	CHECK_EQ(batch.done, SLOTS + 1);
	REQUIRE_EQ(queue_collect(&q, records, SLOTS, 0), SLOTS);
	for (int i = 0; i < SLOTS; i++) {
		const struct timerheap_expiry *e = &records[i];
		const struct timerheap_arm *arm =
			&arms[e->slot ? e->slot : SLOTS];

		CHECK_EQ(++seen[e->slot], 1);
		check_record(e, e->slot, arm->expires_ns, &q);
	}
	CHECK(queue_is_quiet(&q, 30));
}

static void empty_batch(void)
{
	struct timerheap_batch batch = { .size = sizeof(batch) };
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	POISON(batch.done);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_ARM, &batch), 0);
	CHECK_EQ(batch.done, 0);
	POISON(batch.done);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_CANCEL, &batch), 0);
	CHECK_EQ(batch.done, 0);
}

/* Each expiry arms the next; both CPUs have a part in it. */
static void chain(void)
{
	uint64_t deadline = 0;
	struct queue q;

	queue_open(&q, 4, 2, other_cpu(0), CLOCK_MONOTONIC);
	pin_to(0);
	for (unsigned long i = 0; i < scaled(3000); i++) {
		struct timerheap_expiry e;
		uint64_t next = mono_ns() + i % 100 * NSEC_PER_USEC;

		if (next <= deadline)
			next = deadline + 1;
		deadline = next;
		slot_arm(&q, i % 4, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		check_record(&e, i % 4, deadline, &q);
	}
	CHECK_EQ(queue_stats(&q).expiries, scaled(3000));
}

/* A slot armed anew before its record was consumed: both records are there. */
static void twice_before_consumed(void)
{
	struct timerheap_expiry e[2];
	struct queue q;
	uint64_t first, second;

	queue_open(&q, 4, 0, 0, CLOCK_MONOTONIC);
	first = mono_ns();
	slot_arm(&q, 0, first, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	second = mono_ns() + NSEC_PER_MSEC;
	slot_arm(&q, 0, second, NULL);
	REQUIRE_EQ(queue_collect(&q, e, 2, 0), 2);
	check_record(&e[0], 0, first, &q);
	check_record(&e[1], 0, second, &q);
}

/* Doorbells say "look", no more: of idle slots, of armed ones, of none. */
static void needless_doorbells(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t deadline;

	queue_open(&q, 100, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 50 * NSEC_PER_MSEC;
	slot_arm(&q, 7, deadline, NULL);
	for (uint32_t i = 0; i < 100; i++)
		slot_ring(&q, i);
	/* Past the last slot, and level 1 without level 0. */
	q.level0[1] |= 1ULL << 63;
	q.level1[0] = ~0ULL;
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(!(q.level0[0] | q.level0[1] | q.level1[0])));
	CHECK_EQ(slot_armed(&q, 7), deadline);
	CHECK_EQ(slot_armed(&q, 8), TIMERHEAP_NEVER);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	check_record(&e, 7, deadline, &q);
	CHECK(queue_is_quiet(&q, 30));
}

static int kick_by_fdatasync(struct queue *q)
{
	return fdatasync(q->fd);
}

static int kick_by_fsync(struct queue *q)
{
	return fsync(q->fd);
}

static int kick_by_msync(struct queue *q)
{
	return msync(q->map, q->setup.mmap_size, MS_SYNC);
}

static void expect_a_kick(int (*kick)(struct queue *q))
{
	uint64_t deadline = mono_ns() + 20 * NSEC_PER_MSEC;
	struct timerheap_stats stats;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 8, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(slot_arm_kickless(&q, 3, deadline, NULL), ARM_KICKED);
	CHECK_EQ(queue_next_event(&q), TIMERHEAP_NEVER);
	CHECK_EQ(kick(&q), 0);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	check_record(&e, 3, deadline, &q);
	stats = queue_stats(&q);
	CHECK_EQ(stats.kicks_local + stats.kicks_remote, 1);
	queue_close(&q);
}

static void by_sync(void)
{
	struct queue q = { .fd = open_device() };

	CHECK(kick_by_fdatasync(&q) == -1 && errno == ENXIO);
	CHECK(kick_by_fsync(&q) == -1 && errno == ENXIO);
	expect_a_kick(kick_by_fdatasync);
	expect_a_kick(kick_by_fsync);
	expect_a_kick(kick_by_msync);
}

static const struct test_case cases[] = {
	CASE(by_mapping),
	CASE(by_ioctl),
	CASE(past_deadline),
	CASE(earliest_deadline),
	CASE(latest_deadline),
	CASE(in_order),
	CASE(bulk),
	CASE(empty_batch),
	CASE(chain),
	CASE(twice_before_consumed),
	CASE(needless_doorbells),
	CASE(by_sync),
};

TEST_MAIN(cases)
