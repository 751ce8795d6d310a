// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

int open_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	REQUIRE(fd >= 0);
	return fd;
}

int call(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

struct timerheap_setup setup_of(uint32_t nslots, int cpu)
{
	return (struct timerheap_setup){
		.size = sizeof(struct timerheap_setup),
		.clockid = CLOCK_MONOTONIC,
		.cpu = cpu,
		.nslots = nslots,
	};
}

void queue_map(struct queue *q)
{
	q->map = mmap(NULL, q->setup.mmap_size, PROT_READ | PROT_WRITE,
		      MAP_SHARED, q->fd, 0);
	REQUIRE(q->map != MAP_FAILED);
	q->header = (void *)(q->map + q->setup.header_off);
	q->level1 = (void *)(q->map + q->setup.level1_off);
	q->level0 = (void *)(q->map + q->setup.level0_off);
	q->ring = (void *)(q->map + q->setup.ring_off);
	q->slots = (void *)(q->map + q->setup.slots_off);
}

void queue_open(struct queue *q, uint32_t nslots, uint32_t ring, int cpu,
		clockid_t clock)
{
	q->setup = setup_of(nslots, cpu);
	q->setup.ring_entries = ring;
	q->setup.clockid = clock;
	q->fd = open_device();
	REQUIRE_EQ(call(q->fd, TIMERHEAP_IOC_SETUP, &q->setup), 0);
	queue_map(q);
}

void queue_close(struct queue *q)
{
	REQUIRE(!munmap(q->map, q->setup.mmap_size));
	REQUIRE(!close(q->fd));
}

uint64_t queue_now(const struct queue *q)
{
	return now_ns(q->setup.clockid);
}

void slot_config(struct queue *q, uint32_t slot, uint64_t period,
		 uint32_t slack, uint32_t flags)
{
	struct timerheap_slot *s = &q->slots[slot];

	__atomic_store_n(&s->period_ns, period, __ATOMIC_RELAXED);
	__atomic_store_n(&s->slack_ns, slack, __ATOMIC_RELAXED);
	__atomic_store_n(&s->flags, flags, __ATOMIC_RELAXED);
}

void slot_ring(struct queue *q, uint32_t slot)
{
	uint32_t word = slot / 64;

	__atomic_fetch_or(&q->level0[word], 1ULL << slot % 64,
			  __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&q->level1[word / 64], 1ULL << word % 64,
			  __ATOMIC_SEQ_CST);
}

static enum arm_path arm(struct queue *q, uint32_t slot, uint64_t deadline,
			 uint64_t *old)
{
	struct timerheap_slot *s = &q->slots[slot];
	uint64_t latest = deadline + s->slack_ns;
	uint64_t before;

	if (latest < deadline)
		latest = TIMERHEAP_NEVER;
	before =
		__atomic_exchange_n(&s->expires_ns, deadline, __ATOMIC_SEQ_CST);
	if (old)
		*old = before;
	if (latest >= __atomic_load_n(&s->armed_ns, __ATOMIC_SEQ_CST))
		return ARM_LAZY;
	slot_ring(q, slot);
	return latest < queue_next_event(q) ? ARM_KICKED : ARM_RANG;
}

enum arm_path slot_arm_kickless(struct queue *q, uint32_t slot,
				uint64_t deadline, uint64_t *old)
{
	return arm(q, slot, deadline, old);
}

enum arm_path slot_arm(struct queue *q, uint32_t slot, uint64_t deadline,
		       uint64_t *old)
{
	enum arm_path path = arm(q, slot, deadline, old);

	if (path == ARM_KICKED)
		REQUIRE_EQ(queue_kick(q), 0);
	return path;
}

uint64_t slot_cancel(struct queue *q, uint32_t slot)
{
	return __atomic_exchange_n(&q->slots[slot].expires_ns, 0,
				   __ATOMIC_SEQ_CST);
}

uint64_t slot_deadline(const struct queue *q, uint32_t slot)
{
	return __atomic_load_n(&q->slots[slot].expires_ns, __ATOMIC_SEQ_CST);
}

uint64_t slot_armed(const struct queue *q, uint32_t slot)
{
	return __atomic_load_n(&q->slots[slot].armed_ns, __ATOMIC_SEQ_CST);
}

uint32_t queue_flags(const struct queue *q)
{
	return __atomic_load_n(&q->header->flags, __ATOMIC_SEQ_CST);
}

uint64_t queue_next_event(const struct queue *q)
{
	return __atomic_load_n(&q->header->next_event_ns, __ATOMIC_SEQ_CST);
}

uint32_t queue_ready(const struct queue *q)
{
	return __atomic_load_n(&q->header->cq_tail, __ATOMIC_ACQUIRE) -
		__atomic_load_n(&q->header->cq_head, __ATOMIC_RELAXED);
}

uint32_t queue_reap(struct queue *q, struct timerheap_expiry *to, uint32_t n)
{
	uint32_t head = q->header->cq_head;
	uint32_t ready = queue_ready(q);
	uint32_t i;

	REQUIRE(ready <= q->setup.ring_entries);
	for (i = 0; i < n && i < ready; i++)
		to[i] = q->ring[(head + i) & (q->setup.ring_entries - 1)];
	if (!i)
		return 0;
	__atomic_store_n(&q->header->cq_head, head + i, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (queue_flags(q) & TIMERHEAP_HDR_STALLED)
		REQUIRE_EQ(queue_kick(q), 0);
	return i;
}

uint32_t queue_collect(struct queue *q, struct timerheap_expiry *to, uint32_t n,
		       uint64_t give_up)
{
	struct pollfd pollfd = { .fd = q->fd, .events = POLLIN };
	uint32_t got = 0;

	if (!give_up)
		give_up = queue_now(q) + PATIENCE_NS;
	while (got < n) {
		uint64_t now = queue_now(q);

		got += queue_reap(q, to + got, n - got);
		if (got == n || now >= give_up)
			break;
		if (!queue_ready(q))
			poll(&pollfd, 1, (give_up - now) / NSEC_PER_MSEC + 1);
	}
	return got;
}

bool queue_is_quiet(struct queue *q, unsigned int ms)
{
	struct pollfd pollfd = { .fd = q->fd, .events = POLLIN };

	return poll(&pollfd, 1, ms) == 0 && !queue_ready(q);
}

void queue_ring_hollow(struct queue *q)
{
	for (uint32_t i = 0; i < q->setup.nslots / 4096; i++)
		q->level1[i] = ~0ULL;
}

void queue_ring_all(struct queue *q)
{
	for (uint32_t i = 0; i < q->setup.nslots / 64; i++)
		q->level0[i] = ~0ULL;
	queue_ring_hollow(q);
}

int queue_kick(struct queue *q)
{
	return call(q->fd, TIMERHEAP_IOC_KICK, NULL);
}

int queue_wait(struct queue *q, uint32_t min, uint64_t deadline,
	       uint32_t *ready)
{
	struct timerheap_wait wait = {
		.size = sizeof(wait),
		.min_expiries = min,
		.deadline_ns = deadline,
	};
	int err;

	POISON(wait.ready);
	err = call(q->fd, TIMERHEAP_IOC_WAIT, &wait);
	if (err)
		CHECK(IS_POISON(wait.ready));
	if (ready)
		*ready = wait.ready;
	return err;
}

int queue_arm(struct queue *q, uint32_t slot, uint64_t deadline,
	      uint64_t period, uint32_t slack, uint32_t flags)
{
	struct timerheap_arm entry = {
		.expires_ns = deadline,
		.period_ns = period,
		.slot = slot,
		.slack_ns = slack,
		.flags = flags,
	};
	struct timerheap_batch batch = {
		.size = sizeof(batch),
		.count = 1,
		.entries = (uintptr_t)&entry,
	};
	int err;

	POISON(batch.done);
	err = call(q->fd, TIMERHEAP_IOC_ARM, &batch);
	CHECK_EQ(batch.done, !err);
	return err;
}

int queue_cancel(struct queue *q, uint32_t slot)
{
	struct timerheap_cancel entry = { .slot = slot };
	struct timerheap_batch batch = {
		.size = sizeof(batch),
		.count = 1,
		.entries = (uintptr_t)&entry,
	};
	int err;

	POISON(batch.done);
	POISON(entry.result);
	err = call(q->fd, TIMERHEAP_IOC_CANCEL, &batch);
	CHECK_EQ(batch.done, !err);
	if (err)
		return err;
	CHECK(entry.result <= 1);
	return entry.result;
}

struct timerheap_stats queue_stats(const struct queue *q)
{
	struct timerheap_stats stats;

	POISON(stats);
	stats.size = sizeof(stats);
	stats.flags = 0;
	REQUIRE_EQ(call(q->fd, TIMERHEAP_IOC_STATS, &stats), 0);
	REQUIRE_EQ(stats.size, sizeof(stats));
	REQUIRE_EQ(stats.flags, 0);
	return stats;
}

struct timerheap_stats cpu_stats(int fd, int cpu)
{
	struct timerheap_stats stats;

	POISON(stats);
	stats.size = sizeof(stats);
	stats.flags = 0;
	stats.cpu = cpu;
	REQUIRE_EQ(call(fd, TIMERHEAP_IOC_CPU_STATS, &stats), 0);
	REQUIRE_EQ(stats.cpu, cpu);
	return stats;
}

struct timerheap_info device_info(int fd)
{
	struct timerheap_info info;

	POISON(info);
	info.size = sizeof(info);
	info.flags = 0;
	REQUIRE_EQ(call(fd, TIMERHEAP_IOC_INFO, &info), 0);
	REQUIRE_EQ(info.size, sizeof(info));
	return info;
}

int device_inject(int fd, uint64_t min_ns, uint64_t max_ns, int64_t step_ns)
{
	struct timerheap_inject inject = {
		.size = sizeof(inject),
		.delay_min_ns = min_ns,
		.delay_max_ns = max_ns,
		.step_ns = step_ns,
	};

	return call(fd, TIMERHEAP_IOC_INJECT, &inject);
}
