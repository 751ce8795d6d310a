// SPDX-License-Identifier: LGPL-2.1-or-later
/* The periodic timers on timerfd and epoll. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "demo.h"

#define BATCH 256

static int add(int epoll, struct demo_timer *timer)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.ptr = timer,
	};

	timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer->fd < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, timer->fd, &event) < 0)
		return -errno;
	return 0;
}

int demo_timerfd_begin(struct demo_lane *lane)
{
	int rc = 0;

	lane->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (lane->epoll < 0)
		return -errno;
	for (unsigned int i = 0; i < lane->ntimers && !rc; i++)
		rc = add(lane->epoll, &lane->timers[i]);
	return rc;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / DEMO_SEC),
		.tv_nsec = (long)(ns % DEMO_SEC),
	};
}

static int arm_all(struct demo_lane *lane)
{
	for (unsigned int i = 0; i < lane->ntimers; i++) {
		struct itimerspec spec = {
			.it_value = timespec_of(lane->timers[i].first_ns),
			.it_interval = timespec_of(lane->demo->period_ns),
		};

		if (timerfd_settime(lane->timers[i].fd, TFD_TIMER_ABSTIME,
				    &spec, NULL) < 0)
			return -errno;
		lane->result.arms++;
	}
	demo_progress(&lane->progress.arms, lane->result.arms);
	return 0;
}

static int report(struct demo_lane *lane, struct demo_timer *timer)
{
	uint64_t expirations;

	if (read(timer->fd, &expirations, sizeof(expirations)) < 0)
		return errno == EAGAIN ? 0 : -errno;
	lane->result.reaped++;
	demo_grid_report(lane, timer, timer->next_ns, 0, demo_now(),
			 expirations - 1);
	return 0;
}

static int wait_and_report(struct demo_lane *lane, uint64_t until_ns)
{
	struct epoll_event events[BATCH];
	uint64_t now = demo_loop(lane);
	uint64_t ms = until_ns > now ? (until_ns - now) / DEMO_MS + 1 : 0;
	int n = epoll_wait(lane->epoll, events, BATCH, (int)ms);

	lane->result.waits++;
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		int rc = report(lane, events[i].data.ptr);

		if (rc)
			return rc;
	}
	return 0;
}

void demo_timerfd_run(struct demo_lane *lane)
{
	struct demo *demo = lane->demo;
	uint64_t end_ns = demo->start_ns + demo->set.seconds * DEMO_SEC;
	int rc = arm_all(lane);

	while (!rc && demo_now() < end_ns && !demo_stopped(lane))
		rc = wait_and_report(lane, end_ns);
	lane->end_ns = demo_now();
	end_ns = lane->end_ns + DEMO_GRACE_NS;
	while (!rc && !demo_grid_complete(lane) && demo_now() < end_ns)
		rc = wait_and_report(lane, end_ns);
	if (rc)
		demo_call_failed(lane, "timerfd", rc);
	else
		demo_grid_check(lane);
}

void demo_timerfd_end(struct demo_lane *lane)
{
	for (unsigned int i = 0; i < lane->ntimers; i++)
		if (lane->timers[i].fd >= 0)
			close(lane->timers[i].fd);
	if (lane->epoll >= 0)
		close(lane->epoll);
}
