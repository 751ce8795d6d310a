// SPDX-License-Identifier: LGPL-2.1-or-later
/* libevent: microseconds, a binary heap, and a timerfd (precise timers). */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "bench.h"
#include "loops.h"

static _Thread_local struct event_base *base;
static _Thread_local struct event *events, until;
static _Thread_local uint32_t nevents;
static _Thread_local struct bench_expiry *out;
static _Thread_local int got, room;

static void on_timer(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	out[got].timer = (uint32_t)((struct event *)data - events);
	out[got++].periods = 1;
	if (got == room)
		event_base_loopbreak(base);
}

static void on_until(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
}

static void open_base(uint32_t n)
{
	struct event_config *config = event_config_new();

	bench_check(config, "event_config_new");
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	bench_check(base, "event_base_new");
	event_config_free(config);
	events = bench_alloc(n, sizeof(*events));
	nevents = n;
	for (uint32_t i = 0; i < n; i++)
		evtimer_assign(&events[i], base, on_timer, &events[i]);
	evtimer_assign(&until, base, on_until, NULL);
}

static void close_base(void)
{
	for (uint32_t i = 0; i < nevents; i++)
		evtimer_del(&events[i]);
	event_base_free(base);
	free(events);
}

static inline int add(struct event *event, uint64_t deadline_ns)
{
	uint64_t now = bench_now();
	uint64_t us = deadline_ns > now ? (deadline_ns - now) / BENCH_US : 0;
	struct timeval left = { (time_t)(us / 1000000),
				(suseconds_t)(us % 1000000) };

	return evtimer_add(event, &left);
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	return add(&events[timer], deadline_ns);
}

static inline int cancel_one(uint32_t timer)
{
	return evtimer_del(&events[timer]);
}

BENCH_LOOPS(arm_one, cancel_one)

static void arm_periodic(uint32_t timer, uint64_t deadline_ns,
			 uint64_t period_ns)
{
	struct timeval every = { (time_t)(period_ns / BENCH_SEC),
				 (suseconds_t)(period_ns % BENCH_SEC /
					       BENCH_US) };

	(void)deadline_ns;
	event_assign(&events[timer], base, -1, EV_PERSIST, on_timer,
		     &events[timer]);
	bench_check(!evtimer_add(&events[timer], &every), "evtimer_add");
}

static void settle(void)
{
}

/* What expires meanwhile goes nowhere. */
static void turn(void)
{
	static _Thread_local struct bench_expiry nowhere[BENCH_BATCH];

	out = nowhere;
	got = 0;
	room = BENCH_BATCH;
	bench_check(event_base_loop(base, EVLOOP_NONBLOCK) >= 0,
		    "event_base_loop");
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	out = expiries;
	got = 0;
	room = n;
	bench_check(!add(&until, until_ns), "evtimer_add");
	bench_check(event_base_loop(base, EVLOOP_ONCE) >= 0, "event_base_loop");
	evtimer_del(&until);
	return got;
}

const struct bench_peer bench_libevent = {
	.name = "libevent",
	.open = open_base,
	.close = close_base,
	.arm = arm,
	.arm_periodic = arm_periodic,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.commit = turn,
	.collect = collect,
	.bytes = 140,
};
