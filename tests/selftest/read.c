// SPDX-License-Identifier: GPL-2.0-only
/* read(2): blocking, not blocking, interrupted, by several readers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define RECORD ((ssize_t)sizeof(struct timerheap_expiry))

static void set_nonblocking(int fd)
{
	REQUIRE(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

static void blocking(void)
{
	struct timerheap_expiry records[3];
	struct queue q;
	uint64_t deadline;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < 20; i++) {
		deadline = mono_ns() + 10 * NSEC_PER_MSEC;
		slot_arm(&q, 1, deadline, NULL);
		POISON(records);
		REQUIRE_EQ(read(q.fd, records, sizeof(records)), RECORD);
		CHECK_ORDER(mono_ns(), >=, deadline);
		CHECK_EQ(records[0].expires_ns, deadline);
		CHECK_EQ(records[0].slot, 1);
		CHECK(IS_POISON(records[1]));
	}
}

static void not_blocking(void)
{
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	set_nonblocking(q.fd);
	POISON(e);
	CHECK_EQ(read(q.fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, EAGAIN);
	slot_arm(&q, 1, mono_ns() + 50 * NSEC_PER_SEC, NULL);
	CHECK_EQ(read(q.fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK(IS_POISON(e));
	slot_arm(&q, 1, 1, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	CHECK_EQ(read(q.fd, &e, sizeof(e)), RECORD);
	CHECK_EQ(read(q.fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, EAGAIN);
}

/* A reader and the mapping take from the same ring, past its end. */
static void around_the_ring(void)
{
	struct timerheap_expiry records[8];
	uint64_t next = 1, expected = 1;
	struct queue q;

	queue_open(&q, 8, 8, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < 200; i++) {
		uint32_t n = 1 + i % 8;
		ssize_t got;

		for (uint32_t slot = 0; slot < n; slot++)
			slot_arm(&q, slot, next++, NULL);
		CHECK(WAIT_UNTIL(queue_ready(&q) == n));
		if (i % 3) {
			got = read(q.fd, records, sizeof(records));
			REQUIRE_EQ(got, n * RECORD);
		} else {
			REQUIRE_EQ(queue_reap(&q, records, 8), n);
		}
		for (uint32_t slot = 0; slot < n; slot++)
			CHECK_EQ(records[slot].expires_ns, expected++);
	}
	CHECK_EQ(q.header->cq_head, next - 1);
}

static void in_pieces(void)
{
	struct timerheap_expiry a, b[2];
	struct iovec iov[] = { { &a, sizeof(a) }, { b, sizeof(b) } };
	struct queue q;

	queue_open(&q, 8, 8, 0, CLOCK_MONOTONIC);
	for (uint32_t slot = 0; slot < 5; slot++)
		slot_arm(&q, slot, slot + 1, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 5));
	CHECK_EQ(read(q.fd, &a, sizeof(a)), RECORD);
	CHECK_EQ(a.expires_ns, 1);
	CHECK_EQ(read(q.fd, b, sizeof(b) - 1), RECORD);
	CHECK_EQ(b[0].expires_ns, 2);
	CHECK_EQ(readv(q.fd, iov, 2), 3 * RECORD);
	CHECK_EQ(a.expires_ns, 3);
	CHECK_EQ(b[0].expires_ns, 4);
	CHECK_EQ(b[1].expires_ns, 5);
}

#define SLOTS 512

struct crowd {
	struct queue q;
	atomic_uchar *seen; /* records of each deadline, which are 1, ... */
	atomic_ulong got;
	unsigned long total;
};

static void *read_along(void *arg)
{
	struct crowd *crowd = arg;
	struct timerheap_expiry records[7];

	while (crowd->got < crowd->total) {
		ssize_t n = read(crowd->q.fd, records, sizeof(records));

		if (n < 0 && errno == EAGAIN) {
			sched_yield();
			continue;
		}
		REQUIRE(n > 0 && n % RECORD == 0);
		for (ssize_t i = 0; i < n / RECORD; i++) {
			REQUIRE(records[i].expires_ns - 1 < crowd->total);
			crowd->seen[records[i].expires_ns - 1]++;
		}
		crowd->got += n / RECORD;
	}
	return NULL;
}

/* Each record goes to one reader, whether they sleep or poll. */
static void read_by_several(bool nonblocking)
{
	struct crowd crowd = { .total = scaled(40000) / SLOTS * SLOTS };
	pthread_t threads[4];

	crowd.seen = calloc(crowd.total, 1);
	queue_open(&crowd.q, SLOTS, 0, 0, CLOCK_MONOTONIC);
	if (nonblocking)
		set_nonblocking(crowd.q.fd);
	for (int i = 0; i < 4; i++)
		threads[i] = start_thread(read_along, &crowd);
	for (unsigned long n = 0; n < crowd.total; n++) {
		uint32_t slot = n % SLOTS;

		while (slot_deadline(&crowd.q, slot))
			sched_yield();
		slot_arm(&crowd.q, slot, n + 1, NULL);
	}
	CHECK(WAIT_UNTIL(crowd.got == crowd.total));
	for (unsigned long n = 0; n < crowd.total; n++)
		CHECK_EQ(crowd.seen[n], 1);
	CHECK(!queue_ready(&crowd.q));
	/* Those that still sleep in read(2) end with the case. */
	(void)threads;
}

static void several_sleeping(void)
{
	read_by_several(false);
}

static void several_polling(void)
{
	read_by_several(true);
}

/* read(2) takes nothing out when it cannot hand it over. */
static void bad_arguments(void)
{
	struct timerheap_expiry e;
	char small[31], large[33];
	struct queue q;
	char *edge;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	POISON(small);
	CHECK_EQ(read(q.fd, small, sizeof(small)), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(read(q.fd, small, 0), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK(IS_POISON(small));
	slot_arm(&q, 1, 1, NULL);
	slot_arm(&q, 2, 2, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 2));
	edge = map_edge(0);
	CHECK_EQ(read(q.fd, edge, 64), -1);
	CHECK_EQ(errno, EFAULT);
	edge = KERNEL_ADDRESS;
	CHECK_EQ(read(q.fd, edge, 64), -1);
	CHECK_EQ(errno, EFAULT);
	edge = map_edge(48);
	CHECK_EQ(read(q.fd, edge, 64), -1);
	CHECK_EQ(errno, EFAULT);
	CHECK_EQ(queue_ready(&q), 2);
	POISON(large);
	CHECK_EQ(read(q.fd, large, sizeof(large)), sizeof(e));
	CHECK_EQ((unsigned char)large[32], POISON_BYTE);
	memcpy(&e, large, sizeof(e));
	CHECK_EQ(e.slot, 1);
	CHECK_EQ(read(q.fd, edge, 48), sizeof(e));
	memcpy(&e, edge, sizeof(e));
	CHECK_EQ(e.slot, 2);
	CHECK_EQ(queue_ready(&q), 0);
}

static void on_signal(int signal)
{
	(void)signal;
}

static void catch_signal(int flags)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = flags };

	REQUIRE(!sigaction(SIGUSR1, &action, NULL));
}

static void *signal_soon(void *thread)
{
	sleep_ms(100);
	pthread_kill(*(pthread_t *)thread, SIGUSR1);
	return NULL;
}

static void interrupted(void)
{
	pthread_t self = pthread_self();
	struct timerheap_expiry e;
	struct queue q;
	pthread_t thread;

	catch_signal(0);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	thread = start_thread(signal_soon, &self);
	POISON(e);
	CHECK_EQ(read(q.fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, EINTR);
	CHECK(IS_POISON(e));
	join_thread(thread);
}

static void restarted(void)
{
	pthread_t self = pthread_self();
	struct timerheap_expiry e;
	uint64_t deadline;
	struct queue q;
	pthread_t thread;

	catch_signal(SA_RESTART);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 300 * NSEC_PER_MSEC;
	slot_arm(&q, 1, deadline, NULL);
	thread = start_thread(signal_soon, &self);
	CHECK_EQ(read(q.fd, &e, sizeof(e)), RECORD);
	CHECK_EQ(e.expires_ns, deadline);
	join_thread(thread);
}

static const struct test_case cases[] = {
	CASE(blocking),	   CASE(not_blocking),	   CASE(around_the_ring),
	CASE(in_pieces),   CASE(several_sleeping), CASE(several_polling),
	CASE(interrupted), CASE(restarted),	   CASE(bad_arguments),
};

TEST_MAIN(cases)
