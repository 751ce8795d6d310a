// SPDX-License-Identifier: GPL-2.0-only
/* SETUP: what it takes, what it returns, and what works before it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

static void defaults(void)
{
	struct timerheap_setup setup = setup_of(1000, TIMERHEAP_CPU_CURRENT);
	int fd = open_device();

	poison_bytes(&setup.header_off,
		     offsetof(struct timerheap_setup, __resv) -
			     offsetof(struct timerheap_setup, header_off));
	POISON(setup.mmap_size);
	pin_to(0);
	REQUIRE_EQ(call(fd, TIMERHEAP_IOC_SETUP, &setup), 0);
	CHECK_EQ(setup.size, sizeof(setup));
	CHECK_EQ(setup.flags, 0);
	CHECK_EQ(setup.clockid, CLOCK_MONOTONIC);
	CHECK_EQ(setup.cpu, 0);
	CHECK_EQ(setup.nslots, 1000);
	CHECK_EQ(setup.ring_entries, TIMERHEAP_RING_MIN);
	CHECK_EQ(setup.__resv, 0);
}

struct part {
	uint64_t start, size;
};

static int by_start(const void *a, const void *b)
{
	const struct part *left = a, *right = b;

	return (left->start > right->start) - (left->start < right->start);
}

/* Parts lie in the mapping, on cache lines of their own. */
static void check_layout(const struct timerheap_setup *setup)
{
	uint64_t words = (setup->nslots + 63) / 64;
	struct part parts[] = {
		{ setup->header_off, sizeof(struct timerheap_header) },
		{ setup->level1_off, (words + 63) / 64 * 8 },
		{ setup->level0_off, words * 8 },
		{ setup->ring_off, setup->ring_entries * 32ULL },
		{ setup->slots_off, setup->nslots * 32ULL },
		{ setup->mmap_size, 0 },
	};

	qsort(parts, ARRAY_SIZE(parts), sizeof(parts[0]), by_start);
	CHECK_EQ(parts[ARRAY_SIZE(parts) - 1].start, setup->mmap_size);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(parts); i++) {
		CHECK_EQ(parts[i].start % 64, 0);
		CHECK_ORDER(parts[i].start + parts[i].size, <=,
			    parts[i + 1].start);
	}
	CHECK_EQ(setup->mmap_size % getpagesize(), 0);
}

static void sizes(void)
{
	static const struct {
		uint32_t nslots, ring, want;
	} rows[] = {
		{ 1, 0, 256 },
		{ 1, 1, 1 },
		{ 1, 3, 4 },
		{ 63, 2, 2 },
		{ 64, 255, 256 },
		{ 65, 257, 512 },
		{ 1024, 0, 256 },
		{ 2047, 0, 256 },
		{ 2048, 0, 512 },
		{ 4095, 65536, 65536 },
		{ 4096, 65535, 65536 },
		{ 4097, 32769, 65536 },
		{ 100000, 0, 16384 },
		{ 262143, 0, 32768 },
		{ 262144, 0, 65536 },
		{ 300000, 0, 65536 },
		{ 8, 65536, 65536 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct queue q;
		uint32_t last = rows[i].nslots - 1;
		struct timerheap_expiry e;

		queue_open(&q, rows[i].nslots, rows[i].ring, 0,
			   CLOCK_MONOTONIC);
		CHECK_EQ(q.setup.ring_entries, rows[i].want);
		CHECK_EQ(q.setup.nslots, rows[i].nslots);
		check_layout(&q.setup);
		/* The last slot works as any other. */
		slot_arm(&q, last, 1, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.slot, last);
		queue_close(&q);
	}
}

static void initial_state(void)
{
	static const struct timerheap_slot idle = {
		.armed_ns = TIMERHEAP_NEVER,
	};
	struct queue q;

	queue_open(&q, 5000, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(q.header->next_event_ns, TIMERHEAP_NEVER);
	CHECK_EQ(q.header->cq_tail, 0);
	CHECK_EQ(q.header->cq_head, 0);
	CHECK_EQ(q.header->lead_ns, 0);
	CHECK_EQ(q.header->cpu, 0);
	CHECK_EQ(q.header->clock_steps, 0);
	CHECK_EQ(q.header->flags & ~TIMERHEAP_HDR_CLOCK_UNRELIABLE, 0);
	for (uint32_t i = 0; i < 5000; i++)
		CHECK(!memcmp(&q.slots[i], &idle, sizeof(idle)));
	for (uint32_t i = 0; i < (5000 + 63) / 64; i++)
		CHECK_EQ(q.level0[i], 0);
	CHECK_EQ(q.level1[0] | q.level1[1], 0);
	for (uint32_t i = 0; i < q.setup.ring_entries; i++)
		CHECK_EQ(q.ring[i].expires_ns | q.ring[i].fired_ns, 0);
}

static void each_cpu(void)
{
	for (int cpu = 0; cpu < cpus_online(); cpu++) {
		struct timerheap_expiry e;
		struct queue q;

		queue_open(&q, 10, 0, cpu, CLOCK_MONOTONIC);
		CHECK_EQ(q.setup.cpu, cpu);
		CHECK_EQ(q.header->cpu, cpu);
		slot_arm(&q, 3, mono_ns() + NSEC_PER_MSEC, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.cpu, cpu);
		CHECK_EQ(queue_stats(&q).cpu, cpu);
		queue_close(&q);
		pin_to(cpu);
		queue_open(&q, 10, 0, TIMERHEAP_CPU_CURRENT, CLOCK_MONOTONIC);
		CHECK_EQ(q.setup.cpu, cpu);
		queue_close(&q);
		pin_to(-1);
	}
}

static void only_once(void)
{
	struct timerheap_setup again = setup_of(20, 0), before;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 3, mono_ns() + 20 * NSEC_PER_MSEC, NULL);
	before = again;
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_SETUP, &again), -EBUSY);
	CHECK(!memcmp(&again, &before, sizeof(again)));
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 3);
	CHECK_EQ(queue_arm(&q, 10, 1, 0, 0, 0), -EINVAL);
}

struct contest {
	int fd;
	int result;
	pthread_barrier_t *start;
};

static void *set_up(void *arg)
{
	struct timerheap_setup setup = setup_of(10, 0);
	struct contest *contest = arg;

	pthread_barrier_wait(contest->start);
	contest->result = call(contest->fd, TIMERHEAP_IOC_SETUP, &setup);
	return NULL;
}

static void one_of_several_wins(void)
{
	for (int round = 0; round < 50; round++) {
		struct contest contests[4];
		pthread_barrier_t start;
		pthread_t threads[4];
		int fd = open_device(), won = 0;

		pthread_barrier_init(&start, NULL, 4);
		for (int i = 0; i < 4; i++) {
			contests[i] = (struct contest){ fd, 0, &start };
			threads[i] = start_thread(set_up, &contests[i]);
		}
		for (int i = 0; i < 4; i++) {
			join_thread(threads[i]);
			won += !contests[i].result;
			CHECK(!contests[i].result ||
			      contests[i].result == -EBUSY);
		}
		CHECK_EQ(won, 1);
		close(fd);
	}
}

static void before_setup(void)
{
	struct timerheap_wait wait = { .size = sizeof(wait) };
	struct timerheap_batch batch = { .size = sizeof(batch) };
	struct timerheap_inject inject = { .size = sizeof(inject) };
	struct timerheap_stats stats = { .size = sizeof(stats) };
	struct timerheap_expiry e;
	int fd = open_device();
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	CHECK_EQ(call(fd, TIMERHEAP_IOC_KICK, NULL), -ENXIO);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_WAIT, &wait), -ENXIO);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_ARM, &batch), -ENXIO);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_CANCEL, &batch), -ENXIO);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_STATS, &stats), -ENXIO);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_RESET_STATS, NULL), -ENXIO);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_REAPED, NULL), -ENXIO);
	/* Not even bad pointers come before it. */
	CHECK_EQ(call(fd, TIMERHEAP_IOC_WAIT, NULL), -ENXIO);
	CHECK_EQ(read(fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, ENXIO);
	CHECK(mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, fd, 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, ENXIO);
	CHECK_EQ(poll(&pollfd, 1, 0), 1);
	CHECK_EQ(pollfd.revents, POLLERR);

	CHECK_EQ(device_info(fd).abi_version, TIMERHEAP_ABI_VERSION);
	CHECK_EQ(cpu_stats(fd, 0).cpu, 0);
	if (device_info(fd).features & TIMERHEAP_FEATURE_INJECT)
		CHECK_EQ(call(fd, TIMERHEAP_IOC_INJECT, &inject), 0);
	else
		CHECK_EQ(call(fd, TIMERHEAP_IOC_INJECT, &inject), -EOPNOTSUPP);
}

static void info(void)
{
	int fd = open_device();
	struct timerheap_info info = device_info(fd);

	CHECK_EQ(info.flags, 0);
	CHECK_EQ(info.abi_version, 1);
	CHECK_EQ(info.max_slots, read_number(PARAMS "max_slots"));
	CHECK_EQ(info.max_ring, TIMERHEAP_RING_MAX);
	CHECK_EQ(info.budget, read_number(PARAMS "budget"));
	CHECK_EQ(info.min_period_ns, read_number(PARAMS "min_period_ns"));
	CHECK_EQ(info.features & ~TIMERHEAP_FEATURE_INJECT, 0);
	CHECK_EQ(info.clock_flags & ~0x1fU, 0);
	/* RELIABLE stands for all of the others. */
	CHECK_EQ(!!(info.clock_flags & TIMERHEAP_CLOCK_RELIABLE),
		 (info.clock_flags & 0x1e) == 0x1e);
	CHECK_EQ(info.inject_min_ns | info.inject_max_ns, 0);
	CHECK_EQ(info.inject_step_ns, 0);
}

/* Queues have nothing in common but their CPUs. */
static void many_queues(void)
{
	enum { QUEUES = 300 };
	static struct queue queues[QUEUES];
	struct rlimit limit = { 1000, 1000 };
	uint64_t start = mono_ns() + 100 * NSEC_PER_MSEC;
	struct timerheap_expiry e;

	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < QUEUES; i++) {
		queue_open(&queues[i], 8, 4, i % cpus_online(),
			   CLOCK_MONOTONIC);
		slot_arm(&queues[i], i % 8, start + i % 10, NULL);
	}
	for (int i = 0; i < QUEUES; i++) {
		REQUIRE_EQ(queue_collect(&queues[i], &e, 1, 0), 1);
		CHECK_EQ(e.slot, i % 8);
		CHECK_EQ(e.expires_ns, start + i % 10);
		CHECK_ORDER(e.fired_ns, >=, e.expires_ns);
		CHECK_EQ(e.cpu, i % cpus_online());
		CHECK_EQ(queue_stats(&queues[i]).expiries, 1);
	}
}

static const struct test_case cases[] = {
	CASE(defaults),	    CASE(sizes),     CASE(initial_state),
	CASE(each_cpu),	    CASE(only_once), CASE(one_of_several_wins),
	CASE(before_setup), CASE(info),	     CASE(many_queues),
};

TEST_MAIN(cases)
