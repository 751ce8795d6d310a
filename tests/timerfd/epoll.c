// SPDX-License-Identifier: GPL-2.0-only
/* epoll(7). */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "timer.h"

static int watch(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = 77 };
	int epoll = epoll_create1(0);

	REQUIRE(epoll >= 0);
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	return epoll;
}

/* Whether it is reported within so long, as it should be. */
static bool reported(int epoll, int timeout_ms)
{
	struct epoll_event event;
	int n = epoll_wait(epoll, &event, 1, timeout_ms);

	CHECK(n == 0 || (n == 1 && event.data.u64 == 77));
	if (n == 1)
		CHECK_EQ(event.events, EPOLLIN);
	return n == 1;
}

static void epoll_level_triggered(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), epoll = watch(fd, EPOLLIN);

	CHECK(!reported(epoll, 0));
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	for (int i = 0; i < 3; i++)
		CHECK(reported(epoll, 20000));
	CHECK_EQ(take(fd), 1);
	CHECK(!reported(epoll, 20));
}

static void epoll_of_all_events(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	int epoll = watch(
		fd, EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLPRI | EPOLLRDHUP);

	CHECK(!reported(epoll, 20));
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(reported(epoll, 20000));
}

static void epoll_edge_triggered(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	int epoll = watch(fd, EPOLLIN | EPOLLET);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(reported(epoll, 20000));
	CHECK(!reported(epoll, 20));
	CHECK_EQ(take(fd), 1);
	CHECK(!reported(epoll, 20));
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(reported(epoll, 20000));
}

/* It was never read in between. */
static void edge_after_rearm(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	int epoll = watch(fd, EPOLLIN | EPOLLET);

	for (int i = 0; i < 5; i++) {
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
		CHECK(reported(epoll, 20000));
		CHECK(!reported(epoll, 5));
	}
	CHECK_EQ(take(fd), 1);
}

/* Periods that nobody asks for take no interrupt, so there is one edge. */
static void edge_of_a_periodic_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int epoll = watch(fd, EPOLLIN | EPOLLET);

	REQUIRE_EQ(set(fd, 0, MS, MS), 0);
	CHECK(reported(epoll, 20000));
	CHECK(!reported(epoll, 30));
	CHECK_ORDER(take(fd), >=, 20);
	CHECK(reported(epoll, 20000));
	/* Asking for the time is asking. */
	CHECK(!reported(epoll, 10));
	get(fd);
	CHECK(reported(epoll, 20000));
}

static void cleared_before_it_is_reported(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	int epoll = watch(fd, EPOLLIN | EPOLLET);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK(!reported(epoll, 20));
}

static void modified_edges(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET,
				     .data.u64 = 77 };
	int fd = timer(CLOCK_MONOTONIC, 0);
	int epoll = watch(fd, EPOLLIN | EPOLLET);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(reported(epoll, 20000));
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
	CHECK(reported(epoll, 0));
	CHECK(!reported(epoll, 0));
}

static void added_when_ready(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), epoll;

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	epoll = watch(fd, EPOLLIN | EPOLLET);
	CHECK(reported(epoll, 0));
	CHECK(!reported(epoll, 0));
}

static void epoll_one_shot(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT,
				     .data.u64 = 77 };
	int fd = timer(CLOCK_MONOTONIC, 0);
	int epoll = watch(fd, EPOLLIN | EPOLLONESHOT);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(reported(epoll, 20000));
	CHECK(!reported(epoll, 0));
	CHECK_EQ(take(fd), 1);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(!reported(epoll, 20));
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
	CHECK(reported(epoll, 20000));
}

struct sleeper {
	int epoll;
	atomic_int state;
	bool woken;
};

static void *sleep_in_epoll(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->state = 1;
	sleeper->woken = reported(sleeper->epoll, 300);
	return NULL;
}

/* How many of two sets that watch the timer wake their sleepers. */
static int woken_of_two(uint32_t events)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct sleeper sleepers[2];
	pthread_t threads[2];

	for (int i = 0; i < 2; i++) {
		sleepers[i] = (struct sleeper){ .epoll = watch(fd, events) };
		threads[i] = start_thread(sleep_in_epoll, &sleepers[i]);
		CHECK(WAIT_UNTIL(sleepers[i].state));
	}
	sleep_ms(50);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	join_thread(threads[0]);
	join_thread(threads[1]);
	return sleepers[0].woken + sleepers[1].woken;
}

static void epoll_exclusive(void)
{
	CHECK_EQ(woken_of_two(EPOLLIN), 2);
	CHECK_EQ(woken_of_two(EPOLLIN | EPOLLEXCLUSIVE), 1);
}

/* A set lives on the file: another descriptor keeps it there. */
static void closed_but_duplicated(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), epoll = watch(fd, EPOLLIN);
	int other = dup(fd);

	close(fd);
	REQUIRE_EQ(set(other, 0, MS, 0), 0);
	CHECK(reported(epoll, 20000));
	close(other);
	CHECK(!reported(epoll, 20));
}

static void removed_and_nested(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), epoll = watch(fd, EPOLLIN);
	int outer = watch(epoll, EPOLLIN);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(reported(outer, 20000));
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
	CHECK(!reported(outer, 0));
	CHECK_EQ(value_of(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL)), -ENOENT);
}

static void many_in_one_set(void)
{
	enum { TIMERS = 200 };
	struct epoll_event event = { .events = EPOLLIN };
	int fds[TIMERS], epoll = epoll_create1(0), seen = 0;
	uint64_t start = mono_ns();

	for (int i = 0; i < TIMERS; i++) {
		fds[i] = timer(CLOCK_MONOTONIC, 0);
		event.data.u32 = i;
		REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event));
		REQUIRE_EQ(set(fds[i], TFD_TIMER_ABSTIME,
			       start + (i * 37 % TIMERS) * MS / 2 + MS, 0),
			   0);
	}
	while (seen < TIMERS && epoll_wait(epoll, &event, 1, 20000) == 1) {
		uint64_t due = start + (event.data.u32 * 37 % TIMERS) * MS / 2;

		CHECK_ORDER(mono_ns(), >=, due + MS);
		CHECK_EQ(take(fds[event.data.u32]), 1);
		seen++;
	}
	CHECK_EQ(seen, TIMERS);
}

static const struct test_case cases[] = {
	CASE(epoll_level_triggered),  CASE(epoll_of_all_events),
	CASE(epoll_edge_triggered),   CASE(edge_after_rearm),
	CASE(edge_of_a_periodic_one), CASE(cleared_before_it_is_reported),
	CASE(modified_edges),	      CASE(added_when_ready),
	CASE(epoll_one_shot),	      CASE(epoll_exclusive),
	CASE(closed_but_duplicated),  CASE(removed_and_nested),
	CASE(many_in_one_set),
};

TEST_MAIN(cases)
