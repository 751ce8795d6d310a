// SPDX-License-Identifier: LGPL-2.1-or-later
/* A timerfd for each timer, and one epoll over all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench.h"
#include "loops.h"
#include "times.h"

static _Thread_local int epoll = -1;
static _Thread_local int *fds;
static _Thread_local uint32_t nfds;

static void open_fds(uint32_t n)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	bench_check(epoll >= 0, "epoll_create1");
	fds = bench_alloc(n, sizeof(*fds));
	nfds = n;
	for (uint32_t i = 0; i < n; i++) {
		struct epoll_event event = { EPOLLIN, { .u32 = i } };

		fds[i] = timerfd_create(CLOCK_MONOTONIC,
					TFD_NONBLOCK | TFD_CLOEXEC);
		if (fds[i] < 0 && errno == EMFILE)
			bench_skip("more descriptors than a process may have");
		bench_check(fds[i] >= 0, "timerfd_create");
		bench_check(!epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event),
			    "epoll_ctl");
	}
}

static void close_fds(void)
{
	for (uint32_t i = 0; i < nfds; i++)
		close(fds[i]);
	close(epoll);
	free(fds);
}

static inline int settime(uint32_t timer, uint64_t deadline_ns,
			  uint64_t period_ns)
{
	const struct itimerspec when = {
		.it_value = timespec_of(deadline_ns),
		.it_interval = timespec_of(period_ns),
	};

	return timerfd_settime(fds[timer], TFD_TIMER_ABSTIME, &when, NULL);
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
	bench_check(!settime(timer, deadline_ns, period_ns), "timerfd_settime");
}

static void settle(void)
{
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	struct epoll_event events[BENCH_BATCH];
	int ready = epoll_wait(epoll, events, n, ms_until(until_ns));
	int count = 0;

	bench_check(ready >= 0, "epoll_wait");
	for (int i = 0; i < ready; i++) {
		uint64_t ticks;
		ssize_t got =
			read(fds[events[i].data.u32], &ticks, sizeof(ticks));

		if (got < 0 && errno == EAGAIN)
			continue;
		bench_check(got == sizeof(ticks), "read");
		expiries[count].timer = events[i].data.u32;
		expiries[count++].periods = (uint32_t)ticks;
	}
	return count;
}

static void sleep_until(uint64_t deadline_ns)
{
	uint64_t ticks;

	/* One blocks here, as a thread that waits for one timer would. */
	bench_check(!fcntl(fds[0], F_SETFL, 0), "fcntl");
	arm(0, deadline_ns);
	bench_check(read(fds[0], &ticks, sizeof(ticks)) == sizeof(ticks),
		    "read");
}

const struct bench_peer bench_timerfd = {
	.name = "timerfd",
	.open = open_fds,
	.close = close_fds,
	.arm = arm,
	.arm_periodic = arm_periodic,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.collect = collect,
	.sleep_until = sleep_until,
	.most = 100001,
	.why = "a million take a gigabyte, and many minutes in emulation",
	.bytes = 900,
};
