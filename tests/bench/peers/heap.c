// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a good event loop does: an indexed 4-ary heap of its own, and one
 * timerfd at the earliest deadline, set at most once a turn of the loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench.h"
#include "loops.h"
#include "times.h"

#define ARITY 4

struct node {
	uint64_t key;
	uint32_t timer;
};

static _Thread_local struct node *nodes;
static _Thread_local uint32_t *position;
static _Thread_local uint64_t *period;
static _Thread_local uint32_t count;
static _Thread_local uint64_t programmed;
static _Thread_local int fd = -1, epoll = -1;

static void place(uint32_t i, struct node node)
{
	nodes[i] = node;
	position[node.timer] = i + 1;
}

static void sift_up(uint32_t i, struct node node)
{
	while (i) {
		uint32_t up = (i - 1) / ARITY;

		if (nodes[up].key <= node.key)
			break;
		place(i, nodes[up]);
		i = up;
	}
	place(i, node);
}

static void sift_down(uint32_t i, struct node node)
{
	for (;;) {
		uint32_t child = i * ARITY + 1, least = child;
		uint32_t end = child + ARITY < count ? child + ARITY : count;

		if (child >= count)
			break;
		while (++child < end)
			if (nodes[child].key < nodes[least].key)
				least = child;
		if (node.key <= nodes[least].key)
			break;
		place(i, nodes[least]);
		i = least;
	}
	place(i, node);
}

static void settle_node(uint32_t i, struct node node)
{
	if (i && node.key < nodes[(i - 1) / ARITY].key)
		sift_up(i, node);
	else
		sift_down(i, node);
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	struct node node = { deadline_ns, timer };

	if (position[timer])
		settle_node(position[timer] - 1, node);
	else
		sift_up(count++, node);
	return 0;
}

static inline int cancel_one(uint32_t timer)
{
	uint32_t i = position[timer];
	struct node last;

	if (!i)
		return 0;
	position[timer] = 0;
	last = nodes[--count];
	if (last.timer != timer)
		settle_node(i - 1, last);
	return 0;
}

BENCH_LOOPS(arm_one, cancel_one)

static void arm_periodic(uint32_t timer, uint64_t deadline_ns,
			 uint64_t period_ns)
{
	period[timer] = period_ns;
	arm(timer, deadline_ns);
}

static void settle(void)
{
	uint64_t first = count ? nodes[0].key : 0;
	struct itimerspec when = { .it_value = timespec_of(first) };

	if (first == programmed)
		return;
	programmed = first;
	bench_check(!timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL),
		    "timerfd_settime");
}

static void wait_until(uint64_t until_ns)
{
	struct epoll_event event;
	uint64_t ticks;
	int ready = epoll_wait(epoll, &event, 1, ms_until(until_ns));

	bench_check(ready >= 0, "epoll_wait");
	if (!ready)
		return;
	programmed = 0;
	bench_check(read(fd, &ticks, sizeof(ticks)) == sizeof(ticks) ||
			    errno == EAGAIN,
		    "read");
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	uint64_t now = bench_now();
	int got = 0;

	if (!count || nodes[0].key > now) {
		settle();
		wait_until(until_ns);
		now = bench_now();
	}
	for (; got < n && count && nodes[0].key <= now; got++) {
		uint32_t timer = nodes[0].timer;
		uint64_t every = period[timer];
		uint64_t missed = every ? (now - nodes[0].key) / every : 0;

		expiries[got].timer = timer;
		expiries[got].periods = (uint32_t)missed + 1;
		if (every)
			arm(timer, nodes[0].key + (missed + 1) * every);
		else
			cancel_one(timer);
	}
	return got;
}

static void open_heap(uint32_t n)
{
	struct epoll_event event = { .events = EPOLLIN };

	nodes = bench_alloc(n, sizeof(*nodes));
	position = bench_alloc(n, sizeof(*position));
	period = bench_alloc(n, sizeof(*period));
	count = 0;
	programmed = 0;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	bench_check(fd >= 0, "timerfd_create");
	epoll = epoll_create1(EPOLL_CLOEXEC);
	bench_check(epoll >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event),
		    "epoll");
}

static void close_heap(void)
{
	close(epoll);
	close(fd);
	free(nodes);
	free(position);
	free(period);
}

const struct bench_peer bench_heap = {
	.name = "heap",
	.open = open_heap,
	.close = close_heap,
	.arm = arm,
	.arm_periodic = arm_periodic,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.commit = settle,
	.collect = collect,
	.bytes = 28,
};
