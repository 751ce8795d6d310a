// SPDX-License-Identifier: LGPL-2.1-or-later
/* POSIX timers which queue a real-time signal, taken by sigtimedwait(2). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"
#include "loops.h"
#include "times.h"

static _Thread_local timer_t *timers;
static _Thread_local uint32_t ntimers;
static _Thread_local sigset_t set;

static void open_timers(uint32_t n)
{
	timers = bench_alloc(n, sizeof(*timers));
	ntimers = n;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	bench_check(!sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
	for (uint32_t i = 0; i < n; i++) {
		struct sigevent event = {
			.sigev_notify = SIGEV_SIGNAL,
			.sigev_signo = SIGRTMIN,
			.sigev_value.sival_int = (int)i,
		};

		bench_check(!timer_create(CLOCK_MONOTONIC, &event, &timers[i]),
			    "timer_create");
	}
}

static void close_timers(void)
{
	for (uint32_t i = 0; i < ntimers; i++)
		timer_delete(timers[i]);
	free(timers);
}

static inline int settime(uint32_t timer, uint64_t deadline_ns,
			  uint64_t period_ns)
{
	const struct itimerspec when = {
		.it_value = timespec_of(deadline_ns),
		.it_interval = timespec_of(period_ns),
	};

	return timer_settime(timers[timer], TIMER_ABSTIME, &when, NULL);
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	return settime(timer, deadline_ns, 0);
}

static inline int cancel_one(uint32_t timer)
{
	return settime(timer, 0, 0);
}

BENCH_LOOPS(arm_one, cancel_one)

static void arm_periodic(uint32_t timer, uint64_t deadline_ns,
			 uint64_t period_ns)
{
	bench_check(!settime(timer, deadline_ns, period_ns), "timer_settime");
}

static void settle(void)
{
}

/* One signal a call is all that there is. */
static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	uint64_t now = bench_now();
	struct timespec left = timespec_of(until_ns > now ? until_ns - now : 0);
	siginfo_t info;

	(void)n;
	if (sigtimedwait(&set, &info, &left) < 0) {
		bench_check(errno == EAGAIN, "sigtimedwait");
		return 0;
	}
	expiries->timer = (uint32_t)info.si_value.sival_int;
	expiries->periods = (uint32_t)info.si_overrun + 1;
	return 1;
}

const struct bench_peer bench_posix = {
	.name = "posix",
	.open = open_timers,
	.close = close_timers,
	.arm = arm,
	.arm_periodic = arm_periodic,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.collect = collect,
	.most = 20000,
	.why = "the kernel looks each up in one of 512 lists",
	.bytes = 700,
};
