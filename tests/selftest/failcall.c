// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each copy from or to user space, and each allocation, of the calls on a
 * queue fails once, in turn: the error is the one that is documented, what was
 * passed in is as it was, what was carried out is as reported, and the queue
 * goes on.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "queue.h"

#define SLOTS 100
#define FAR (1ULL << 60)

struct subject {
	struct queue q;
	union {
		struct timerheap_info info;
		struct timerheap_stats stats;
		struct timerheap_wait wait;
		struct timerheap_batch batch;
	} arg, before;
	struct timerheap_arm arms[3];
	struct timerheap_cancel cancels[3];
	struct timerheap_expiry records[8];
};

/* Arm, sleep, take: the queue is alive. */
static void check_works(struct queue *q)
{
	struct timerheap_expiry e;
	uint64_t deadline = queue_now(q);

	slot_arm(q, 7, deadline, NULL);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 7);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
}

static int do_info(void *arg)
{
	struct subject *s = arg;

	return call(s->q.fd, TIMERHEAP_IOC_INFO, &s->arg);
}

static int do_stats(void *arg)
{
	struct subject *s = arg;

	return call(s->q.fd, TIMERHEAP_IOC_STATS, &s->arg);
}

static int do_cpu_stats(void *arg)
{
	struct subject *s = arg;

	return call(s->q.fd, TIMERHEAP_IOC_CPU_STATS, &s->arg);
}

static int do_wait(void *arg)
{
	struct subject *s = arg;

	return call(s->q.fd, TIMERHEAP_IOC_WAIT, &s->arg);
}

/* Only what the call returns differs from what was passed in. */
static void returned(void *arg, int err)
{
	struct subject *s = arg;
	bool same = !memcmp(&s->arg, &s->before, sizeof(s->arg));

	CHECK_EQ(same, err != 0);
	s->arg = s->before;
	check_works(&s->q);
}

static void asking(void)
{
	static struct subject s;
	struct fault_test test = { .check = returned, .least = { 0, 0, 2 } };

	fault_need();
	queue_open(&s.q, SLOTS, 0, 0, CLOCK_MONOTONIC);

	POISON(s.before);
	s.before.info = (struct timerheap_info){ .size = sizeof(s.arg.info) };
	s.arg = s.before;
	test.what = "INFO";
	test.act = do_info;
	fault_each(&test, &s);

	POISON(s.before);
	s.before.stats =
		(struct timerheap_stats){ .size = sizeof(s.arg.stats) };
	s.arg = s.before;
	test.what = "STATS";
	test.least[FAULT_SLAB] = 1;
	test.act = do_stats;
	fault_each(&test, &s);
	test.what = "CPU_STATS";
	test.act = do_cpu_stats;
	fault_each(&test, &s);

	POISON(s.before);
	s.before.wait = (struct timerheap_wait){ .size = sizeof(s.arg.wait),
						 .ready = 99 };
	s.arg = s.before;
	test.what = "WAIT";
	test.least[FAULT_SLAB] = 0;
	/* What it returns is put, where no fault is injected; see badarg. */
	test.least[FAULT_COPY] = 1;
	test.act = do_wait;
	fault_each(&test, &s);
}

static int do_arm(void *arg)
{
	struct subject *s = arg;

	s->arg.batch = (struct timerheap_batch){
		.size = sizeof(s->arg.batch),
		.count = ARRAY_SIZE(s->arms),
		.done = 99,
		.entries = (uintptr_t)s->arms,
	};
	return call(s->q.fd, TIMERHEAP_IOC_ARM, &s->arg);
}

/* Armed are those before the one that failed. */
static void armed(void *arg, int err)
{
	struct subject *s = arg;
	uint32_t done = s->arg.batch.done;

	if (!err)
		CHECK_EQ(done, ARRAY_SIZE(s->arms));
	else if (done != 99)
		CHECK(done < ARRAY_SIZE(s->arms));
	for (uint32_t i = 0; i < ARRAY_SIZE(s->arms); i++)
		CHECK_EQ(slot_cancel(&s->q, i),
			 done != 99 && i < done ? FAR : 0);
	check_works(&s->q);
}

static int do_cancel(void *arg)
{
	struct subject *s = arg;

	for (uint32_t i = 0; i < ARRAY_SIZE(s->cancels); i++) {
		s->cancels[i] =
			(struct timerheap_cancel){ .slot = i, .result = 99 };
		slot_arm_kickless(&s->q, i, FAR, NULL);
	}
	s->arg.batch = (struct timerheap_batch){
		.size = sizeof(s->arg.batch),
		.count = ARRAY_SIZE(s->cancels),
		.done = 99,
		.entries = (uintptr_t)s->cancels,
	};
	return call(s->q.fd, TIMERHEAP_IOC_CANCEL, &s->arg);
}

static void cancelled(void *arg, int err)
{
	struct subject *s = arg;

	CHECK_EQ(s->arg.batch.done, err ? 99 : ARRAY_SIZE(s->cancels));
	for (uint32_t i = 0; i < ARRAY_SIZE(s->cancels); i++) {
		CHECK_EQ(s->cancels[i].result, err ? 99 : 1);
		CHECK_EQ(slot_cancel(&s->q, i), err ? FAR : 0);
	}
	check_works(&s->q);
}

static void arming(void)
{
	static struct subject s;

	fault_need();
	queue_open(&s.q, SLOTS, 0, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < ARRAY_SIZE(s.arms); i++)
		s.arms[i] =
			(struct timerheap_arm){ .slot = i, .expires_ns = FAR };
	fault_each(&(struct fault_test){ .what = "ARM",
					 .least = { 0, 0, 4 },
					 .act = do_arm,
					 .check = armed },
		   &s);
	fault_each(&(struct fault_test){ .what = "CANCEL",
					 .least = { 0, 0, 1 },
					 .act = do_cancel,
					 .check = cancelled },
		   &s);
}

/* Six that are due, from the sixth of a ring of eight on. */
static void fill_ring(struct subject *s)
{
	uint32_t records = 6 + (8 + 6 - s->q.header->cq_tail % 8) % 8;

	for (uint32_t i = 0; i < records; i++) {
		if (i == records - 6)
			queue_reap(&s->q, s->records, 8);
		REQUIRE_EQ(queue_arm(&s->q, i % 8, 1, 0, 0, 0), 0);
		REQUIRE(WAIT_UNTIL(!slot_deadline(&s->q, i % 8)));
	}
	REQUIRE(WAIT_UNTIL(queue_ready(&s->q) == 6));
	POISON(s->records);
}

static int do_read(void *arg)
{
	struct subject *s = arg;
	ssize_t n = read(s->q.fd, s->records, sizeof(s->records));

	if (n >= 0)
		CHECK_EQ(n, 6 * sizeof(s->records[0]));
	return n < 0 ? -errno : 0;
}

/* In two pieces, since they wrap; nothing is consumed unless both arrive. */
static void was_read(void *arg, int err)
{
	struct subject *s = arg;

	CHECK_EQ(queue_ready(&s->q), err ? 6 : 0);
	if (err)
		return;
	for (int i = 0; i < 6; i++)
		CHECK_EQ(s->records[i].expires_ns, 1);
	CHECK(IS_POISON(s->records[6]));
	fill_ring(s);
}

static void reading(void)
{
	static struct subject s;

	fault_need();
	queue_open(&s.q, 8, 8, 0, CLOCK_MONOTONIC);
	fill_ring(&s);
	fault_each(&(struct fault_test){ .what = "read",
					 .least = { 0, 0, 2 },
					 .act = do_read,
					 .check = was_read },
		   &s);
}

static const struct test_case cases[] = {
	CASE(asking),
	CASE(arming),
	CASE(reading),
};

TEST_MAIN_RESTORE(cases, fault_restore)
