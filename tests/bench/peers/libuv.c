// SPDX-License-Identifier: LGPL-2.1-or-later
/* libuv: milliseconds, a binary heap, and the time-out of epoll_wait(2). */
#include <stdlib.h>
#include <uv.h>

#include "bench.h"
#include "loops.h"

static _Thread_local uv_loop_t loop;
static _Thread_local uv_timer_t *timers, until;
static _Thread_local uint32_t ntimers;
/* A turn of the loop calls back for all that is due, however many. */
static _Thread_local uint32_t *expired, nexpired, taken;

static void on_timer(uv_timer_t *timer)
{
	expired[nexpired++ % ntimers] = (uint32_t)(timer - timers);
	/* Or else this turn would go on to sleep. */
	uv_stop(&loop);
}

static void on_until(uv_timer_t *timer)
{
	(void)timer;
}

static void open_loop(uint32_t n)
{
	bench_check(!uv_loop_init(&loop), "uv_loop_init");
	timers = bench_alloc(n, sizeof(*timers));
	expired = bench_alloc(n, sizeof(*expired));
	ntimers = n;
	nexpired = 0;
	taken = 0;
	for (uint32_t i = 0; i < n; i++)
		uv_timer_init(&loop, &timers[i]);
	uv_timer_init(&loop, &until);
}

static void close_loop(void)
{
	for (uint32_t i = 0; i < ntimers; i++)
		uv_close((uv_handle_t *)&timers[i], NULL);
	uv_close((uv_handle_t *)&until, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	free(timers);
	free(expired);
}

/* Relative to the loop's own time, which is that of its last turn. */
static uint64_t ms_from_now(uint64_t deadline_ns)
{
	uint64_t ms = (deadline_ns + BENCH_MS - 1) / BENCH_MS;

	return ms > uv_now(&loop) ? ms - uv_now(&loop) : 0;
}

static void arm_periodic(uint32_t timer, uint64_t deadline_ns,
			 uint64_t period_ns)
{
	uv_timer_start(&timers[timer], on_timer, ms_from_now(deadline_ns),
		       period_ns / BENCH_MS);
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	return uv_timer_start(&timers[timer], on_timer,
			      ms_from_now(deadline_ns), 0);
}

static inline int cancel_one(uint32_t timer)
{
	return uv_timer_stop(&timers[timer]);
}

BENCH_LOOPS(arm_one, cancel_one)

static void settle(void)
{
}

static void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	int got = 0;

	if (taken == nexpired) {
		uv_update_time(&loop);
		uv_timer_start(&until, on_until, ms_from_now(until_ns), 0);
		uv_run(&loop, UV_RUN_ONCE);
		uv_timer_stop(&until);
	}
	for (; got < n && taken != nexpired; got++, taken++) {
		expiries[got].timer = expired[taken % ntimers];
		expiries[got].periods = 1;
	}
	return got;
}

const struct bench_peer bench_libuv = {
	.name = "libuv",
	.open = open_loop,
	.close = close_loop,
	.arm = arm,
	.arm_periodic = arm_periodic,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.commit = turn,
	.collect = collect,
	.bytes = 160,
	.tick_ns = BENCH_MS,
};
