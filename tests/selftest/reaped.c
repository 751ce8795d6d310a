// SPDX-License-Identifier: GPL-2.0-only
/* REAPED: who traces learns when records were taken from the mapping. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"
#include "system.h"

#define TRACING "/sys/kernel/tracing/"
#define RING 4
#define EVENT TRACING "events/timerheap/timerheap_reap/"

static void trace(const char *on)
{
	CHECK_EQ(write_text(EVENT "enable", "%s", on), 0);
}

static void begin(struct queue *q, uint32_t ring)
{
	if (access(EVENT, F_OK))
		skip("this kernel, or the module, has no tracepoints");
	CHECK_EQ(write_text(TRACING "trace", " "), 0);
	pin_to(0);
	queue_open(q, 1000, ring, 0, CLOCK_MONOTONIC);
}

/* Lines of the trace that say so of the queue. */
static int told(const struct queue *q, uint32_t position)
{
	FILE *file = fopen(TRACING "trace", "re");
	char line[512], want[128];
	int count = 0;

	REQUIRE(file);
	snprintf(want, sizeof(want),
		 "timerheap_reap: queue=%u pid=%d position=%u\n",
		 q->header->queue, getpid(), position);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, want) != NULL;
	fclose(file);
	return count;
}

static bool is_asked(struct queue *q)
{
	CHECK_EQ(queue_kick(q), 0);
	return queue_flags(q) & TIMERHEAP_HDR_TRACED;
}

static void asks_while_traced(void)
{
	struct queue q, other;

	begin(&q, 0);
	CHECK(!is_asked(&q));
	trace("1");
	CHECK(is_asked(&q));
	queue_open(&other, 10, 0, 0, CLOCK_REALTIME);
	CHECK(is_asked(&other));
	trace("0");
	CHECK(!is_asked(&q));
	CHECK(!is_asked(&other));
	trace("1");
	CHECK(is_asked(&q));
	trace("0");
}

static void tells_the_head(void)
{
	struct timerheap_expiry e[3];
	struct queue q;

	begin(&q, 0);
	/* To nobody. */
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_REAPED, NULL), 0);
	trace("1");
	for (uint32_t slot = 0; slot < 3; slot++)
		slot_arm(&q, slot, queue_now(&q) + NSEC_PER_MSEC, NULL);
	REQUIRE_EQ(queue_collect(&q, e, 3, 0), 3);
	CHECK_EQ(told(&q, 3), 0);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_REAPED, NULL), 0);
	CHECK_EQ(told(&q, 3), 1);
	q.header->cq_head = 0xfffffffe;
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_REAPED, NULL), 0);
	CHECK_EQ(told(&q, 0xfffffffe), 1);
	CHECK_EQ(told(&q, 0), 0);
	trace("0");
}

static void kicks_if_asked_to(void)
{
	struct queue q;

	begin(&q, RING);
	for (uint32_t slot = 0; slot < RING + 1; slot++)
		slot_arm_kickless(&q, slot, 1, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(queue_flags(&q) & TIMERHEAP_HDR_STALLED);
	__atomic_store_n(&q.header->cq_head, RING, __ATOMIC_RELEASE);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_REAPED, NULL), 0);
	CHECK_EQ(queue_ready(&q), 0);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_REAPED, &q), 0);
	CHECK_EQ(queue_ready(&q), 1);
	CHECK(!(queue_flags(&q) & TIMERHEAP_HDR_STALLED));
}

static const struct test_case cases[] = {
	CASE(asks_while_traced),
	CASE(tells_the_head),
	CASE(kicks_if_asked_to),
};

TEST_MAIN(cases)
