// SPDX-License-Identifier: GPL-2.0-only
/* poll(2) and epoll(7), level- and edge-triggered. */
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define PATIENCE_MS ((int)(PATIENCE_NS / NSEC_PER_MSEC))

static int poll_for(int fd, short events, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int n = poll(&pollfd, 1, timeout_ms);

	REQUIRE(n >= 0);
	return n ? pollfd.revents : 0;
}

static void by_poll(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t deadline;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(poll_for(q.fd, POLLIN | POLLOUT | POLLPRI, 0), 0);
	for (int i = 0; i < 20; i++) {
		deadline = mono_ns() + 5 * NSEC_PER_MSEC;
		slot_arm(&q, 1, deadline, NULL);
		CHECK_EQ(poll_for(q.fd, POLLIN, PATIENCE_MS), POLLIN);
		CHECK_ORDER(mono_ns(), >=, deadline);
		/* It stays so until the record is taken. */
		CHECK_EQ(poll_for(q.fd, POLLIN | POLLRDNORM | POLLOUT, 0),
			 POLLIN | POLLRDNORM);
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
		CHECK_EQ(poll_for(q.fd, POLLIN, 0), 0);
	}
}

static int make_epoll(const struct queue *q, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int fd = epoll_create1(0);

	event.data.ptr = (void *)q;
	REQUIRE(fd >= 0);
	REQUIRE(!epoll_ctl(fd, EPOLL_CTL_ADD, q->fd, &event));
	return fd;
}

static int epoll_for(int fd, int timeout_ms)
{
	struct epoll_event event;
	int n = epoll_wait(fd, &event, 1, timeout_ms);

	REQUIRE(n >= 0);
	return n;
}

static void level_triggered(void)
{
	struct timerheap_expiry e;
	struct queue q;
	int fd;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	fd = make_epoll(&q, EPOLLIN);
	CHECK_EQ(epoll_for(fd, 0), 0);
	for (int i = 0; i < 20; i++) {
		slot_arm(&q, 1, mono_ns() + NSEC_PER_MSEC, NULL);
		slot_arm(&q, 2, mono_ns() + NSEC_PER_MSEC, NULL);
		CHECK_EQ(epoll_for(fd, PATIENCE_MS), 1);
		CHECK_EQ(epoll_for(fd, 0), 1);
		CHECK(WAIT_UNTIL(queue_ready(&q) == 2));
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
		CHECK_EQ(epoll_for(fd, 0), 1);
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
		CHECK_EQ(epoll_for(fd, 0), 0);
	}
}

static void edge_triggered(void)
{
	struct timerheap_expiry e;
	struct queue q;
	int fd;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	fd = make_epoll(&q, EPOLLIN | EPOLLET);
	CHECK_EQ(epoll_for(fd, 0), 0);
	for (int i = 0; i < 20; i++) {
		slot_arm(&q, 1, mono_ns() + NSEC_PER_MSEC, NULL);
		CHECK_EQ(epoll_for(fd, PATIENCE_MS), 1);
		/* Once, consumed or not. */
		CHECK_EQ(epoll_for(fd, 5), 0);
		/* Each batch is an edge, though the ring was not empty. */
		slot_arm(&q, 2, mono_ns() + NSEC_PER_MSEC, NULL);
		CHECK_EQ(epoll_for(fd, PATIENCE_MS), 1);
		CHECK_EQ(epoll_for(fd, 5), 0);
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
		CHECK_EQ(epoll_for(fd, 5), 0);
	}
}

/* Records that were there before count as an edge, too. */
static void added_late(void)
{
	struct queue q;
	int fd;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 1, 1, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	fd = make_epoll(&q, EPOLLIN | EPOLLET);
	CHECK_EQ(epoll_for(fd, 0), 1);
	CHECK_EQ(epoll_for(fd, 5), 0);
}

/* An edge-triggered loop that takes all it finds never hangs. */
static void edge_triggered_loop(void)
{
	static struct timerheap_expiry records[64];
	unsigned long total = scaled(20000), got = 0;
	struct queue q;
	int fd;

	queue_open(&q, 64, 0, other_cpu(0), CLOCK_MONOTONIC);
	fd = make_epoll(&q, EPOLLIN | EPOLLET);
	for (uint32_t i = 0; i < 64; i++)
		slot_arm(&q, i, mono_ns() + i * NSEC_PER_USEC, NULL);
	pin_to(0);
	while (got < total) {
		uint32_t n;

		REQUIRE_EQ(epoll_for(fd, PATIENCE_MS), 1);
		while ((n = queue_reap(&q, records, ARRAY_SIZE(records)))) {
			for (uint32_t i = 0; i < n; i++)
				slot_arm(&q, records[i].slot,
					 mono_ns() +
						 records[i].slot *
							 NSEC_PER_USEC,
					 NULL);
			got += n;
		}
	}
}

static void several_queues(void)
{
	enum { QUEUES = 8 };
	struct queue queues[QUEUES];
	int fd = epoll_create1(0), seen = 0;

	for (int i = 0; i < QUEUES; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

		queue_open(&queues[i], 4, 0, i % cpus_online(),
			   CLOCK_MONOTONIC);
		REQUIRE(!epoll_ctl(fd, EPOLL_CTL_ADD, queues[i].fd, &event));
		slot_arm(&queues[i], 0, mono_ns() + i * NSEC_PER_MSEC, NULL);
	}
	for (int i = 0; i < QUEUES; i++) {
		struct epoll_event event;
		struct timerheap_expiry e;

		REQUIRE_EQ(epoll_wait(fd, &event, 1, PATIENCE_MS), 1);
		CHECK_EQ(event.events, EPOLLIN);
		REQUIRE_EQ(queue_reap(&queues[event.data.u32], &e, 1), 1);
		seen |= 1 << event.data.u32;
	}
	CHECK_EQ(seen, (1 << QUEUES) - 1);
	CHECK_EQ(epoll_for(fd, 0), 0);
}

struct sleeper {
	struct queue *q;
	atomic_int woken;
};

static void *sleep_in_poll(void *arg)
{
	struct sleeper *sleeper = arg;

	CHECK_EQ(poll_for(sleeper->q->fd, POLLIN, PATIENCE_MS), POLLIN);
	sleeper->woken++;
	return NULL;
}

static void all_are_woken(void)
{
	struct queue q;
	struct sleeper sleeper = { .q = &q };
	pthread_t threads[5];

	queue_open(&q, 4, 0, 0, CLOCK_MONOTONIC);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = start_thread(sleep_in_poll, &sleeper);
	sleep_ms(50);
	CHECK_EQ(sleeper.woken, 0);
	slot_arm(&q, 0, mono_ns(), NULL);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		join_thread(threads[i]);
	CHECK_EQ(sleeper.woken, ARRAY_SIZE(threads));
}

/* A closed queue leaves the set by itself. */
static void closed_in_epoll(void)
{
	struct queue q;
	int fd;

	queue_open(&q, 4, 0, 0, CLOCK_MONOTONIC);
	fd = make_epoll(&q, EPOLLIN);
	slot_arm(&q, 0, mono_ns() + 20 * NSEC_PER_MSEC, NULL);
	queue_close(&q);
	CHECK_EQ(epoll_for(fd, 50), 0);
}

/* A descriptor that epoll knew before there was a queue. */
static void before_setup(void)
{
	struct queue q = { .fd = open_device() };
	struct timerheap_expiry e;
	int epoll;

	CHECK_EQ(poll_for(q.fd, POLLIN, 0), POLLERR);
	epoll = make_epoll(&q, EPOLLIN | EPOLLET);
	CHECK_EQ(epoll_for(epoll, 0), 1);
	CHECK_EQ(epoll_for(epoll, 0), 0);
	q.setup = setup_of(10, 0);
	REQUIRE_EQ(call(q.fd, TIMERHEAP_IOC_SETUP, &q.setup), 0);
	queue_map(&q);
	slot_arm(&q, 1, mono_ns() + 5 * NSEC_PER_MSEC, NULL);
	CHECK_EQ(epoll_for(epoll, PATIENCE_MS), 1);
	CHECK(WAIT_UNTIL(queue_reap(&q, &e, 1)));
	CHECK_EQ(e.slot, 1);
	close(epoll);
}

static const struct test_case cases[] = {
	CASE(by_poll),	      CASE(level_triggered), CASE(edge_triggered),
	CASE(added_late),     CASE(before_setup),    CASE(edge_triggered_loop),
	CASE(several_queues), CASE(all_are_woken),   CASE(closed_in_epoll),
};

TEST_MAIN(cases)
