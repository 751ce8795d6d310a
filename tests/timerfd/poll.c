// SPDX-License-Identifier: GPL-2.0-only
/* poll(2) and select(2). */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>

#include "timer.h"

static void poll_says_pollin(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct pollfd p = { .fd = fd, .events = 0x7fff };
	uint64_t deadline = mono_ns() + 20 * MS;

	CHECK_EQ(poll(&p, 1, 0), 0);
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
	CHECK_EQ(poll(&p, 1, 20000), 1);
	CHECK_ORDER(mono_ns(), >=, deadline);
	CHECK_EQ(p.revents, POLLIN);
	/* Until it is read. */
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(poll(&p, 1, 0), 0);
}

static void nothing_but_pollin(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct pollfd p = { .fd = fd, .events = POLLRDNORM | POLLOUT };

	REQUIRE_EQ(set(fd, 0, 1, 0), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(p.revents, 0);
	p.events = 0;
	CHECK_EQ(poll(&p, 1, 0), 0);
}

static void *set_soon(void *arg)
{
	sleep_ms(30);
	CHECK_EQ(set(*(int *)arg, 0, MS, 0), 0);
	return NULL;
}

static void poll_before_it_is_set(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	pthread_t thread = start_thread(set_soon, &fd);

	CHECK(is_ready(fd, 20000));
	join_thread(thread);
}

static void clearing_ends_readiness(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK(!is_ready(fd, 0));
	REQUIRE_EQ(set(fd, 0, MS, MS), 0);
	CHECK(is_ready(fd, 20000));
	REQUIRE_EQ(set(fd, 0, 60 * SEC, MS), 0);
	CHECK(!is_ready(fd, 20));
}

static void gettime_leaves_it_ready(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	REQUIRE_EQ(set(fd, 0, MS, 5 * MS), 0);
	CHECK(is_ready(fd, 20000));
	get(fd);
	CHECK(is_ready(fd, 0));
	CHECK_ORDER(take(fd), >=, 1);
}

static void select_and_pselect(void)
{
	struct timespec patience = { .tv_sec = 20 }, none = { 0 };
	int fd = timer(CLOCK_MONOTONIC, 0);
	fd_set in, out, other;

	REQUIRE_EQ(set(fd, 0, SEC, 0), 0);
	FD_ZERO(&in);
	FD_SET(fd, &in);
	CHECK_EQ(pselect(fd + 1, &in, NULL, NULL, &none, NULL), 0);
	FD_SET(fd, &in);
	CHECK_EQ(pselect(fd + 1, &in, NULL, NULL, &patience, NULL), 1);
	CHECK(FD_ISSET(fd, &in));
	FD_ZERO(&out);
	FD_ZERO(&other);
	FD_SET(fd, &out);
	FD_SET(fd, &other);
	CHECK_EQ(pselect(fd + 1, NULL, &out, &other, &none, NULL), 0);
	CHECK_EQ(take(fd), 1);
	FD_SET(fd, &in);
	CHECK_EQ(pselect(fd + 1, &in, NULL, NULL, &none, NULL), 0);
}

static const struct test_case cases[] = {
	CASE(poll_says_pollin),	       CASE(nothing_but_pollin),
	CASE(poll_before_it_is_set),   CASE(clearing_ends_readiness),
	CASE(gettime_leaves_it_ready), CASE(select_and_pselect),
};

TEST_MAIN(cases)
