// SPDX-License-Identifier: GPL-2.0-only
/* TFD_TIMER_CANCEL_ON_SET: who is told that the wall clock was set, and when. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timex.h>
#include <unistd.h>

#include "reader.h"
#include "timer.h"

static uint64_t far_ahead(void)
{
	return now_ns(CLOCK_REALTIME) + 100000 * SEC;
}

static int cancellable(int flags)
{
	int fd = timer(CLOCK_REALTIME, flags);

	REQUIRE_EQ(set(fd, ON_SET, far_ahead(), 0), 0);
	return fd;
}

/* At once, and once. */
static void read_says_so(void)
{
	int fd = cancellable(TFD_NONBLOCK);

	CHECK_EQ(take(fd), -EAGAIN);
	for (int i = 0; i < 5; i++) {
		step_clock(i % 2 ? (int64_t)SEC : -(int64_t)SEC);
		CHECK_EQ(take(fd), -ECANCELED);
		CHECK_EQ(take(fd), -EAGAIN);
	}
	CHECK(!is_ready(fd, 50));
}

static void poll_says_so(void)
{
	int fd = cancellable(TFD_NONBLOCK);

	step_clock(SEC);
	CHECK(is_ready(fd, 0));
	CHECK_EQ(take(fd), -ECANCELED);
	CHECK(!is_ready(fd, 20));
}

static void blocked_reader_is_woken(void)
{
	struct reader reader;
	pthread_t thread = start_reader(&reader, cancellable(0));

	sleep_ms(50);
	CHECK_EQ(reader.state, 1);
	step_clock(SEC);
	CHECK(WAIT_UNTIL(reader.state == 2));
	join_thread(thread);
	CHECK_EQ(reader.result, -ECANCELED);
}

static void blocked_poller_is_woken(void)
{
	struct reader poller;
	pthread_t thread = start_poller(&poller, cancellable(0));

	sleep_ms(50);
	CHECK_EQ(poller.state, 1);
	step_clock(-(int64_t)SEC);
	join_thread(thread);
	CHECK_EQ(poller.result, true);
	CHECK_EQ(take(poller.fd), -ECANCELED);
}

static void epoll_edge_on_each_step(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd = cancellable(TFD_NONBLOCK), epoll = epoll_create1(0);

	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(epoll_wait(epoll, &event, 1, 20), 0);
		step_clock(SEC);
		CHECK_EQ(epoll_wait(epoll, &event, 1, 20000), 1);
		CHECK_EQ(take(fd), -ECANCELED);
	}
}

static void there_and_back(void)
{
	int fd = cancellable(TFD_NONBLOCK);

	shift_clock(3);
	shift_clock(-3);
	CHECK_EQ(take(fd), -ECANCELED);
	CHECK_EQ(take(fd), -EAGAIN);
}

/* It is told, and goes on: nothing is cancelled in truth. */
static void still_armed(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME) + 200 * SEC, 0), 0);
	step_clock(SEC);
	CHECK_EQ(take(fd), -ECANCELED);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	step_clock(300 * (int64_t)SEC);
	CHECK_EQ(take(fd), -ECANCELED);
	CHECK_EQ(get(fd).value, 0);
}

/* ECANCELED also of settime, which has set it all the same. */
static void settime_says_so_and_arms(void)
{
	struct setting old = { 3, 3 };
	int fd = cancellable(TFD_NONBLOCK);

	step_clock(SEC);
	CHECK_EQ(set_old(fd, ON_SET, now_ns(CLOCK_REALTIME) + 50 * MS, 0, &old),
		 -ECANCELED);
	CHECK_EQ(old.value, 3);
	CHECK_ORDER(get(fd).value, <=, 50 * MS);
	CHECK_EQ(take_later(fd), 1);
	CHECK_EQ(set_old(fd, ON_SET, far_ahead(), 0, &old), 0);
	CHECK_EQ(old.value, 0);
}

static void settime_without_it_does_not(void)
{
	int fd = cancellable(TFD_NONBLOCK);

	step_clock(SEC);
	CHECK_EQ(set(fd, TFD_TIMER_ABSTIME, far_ahead(), 0), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	step_clock(SEC);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK(!is_ready(fd, 50));
	/* What it missed meanwhile it is not told of. */
	CHECK_EQ(set(fd, 0, SEC, 0), 0);
	step_clock(SEC);
	CHECK(!is_ready(fd, 50));
}

/* The setting that nobody was told of is told of when it is set so again. */
static void told_of_later(void)
{
	int fd = cancellable(TFD_NONBLOCK);

	step_clock(SEC);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(set(fd, 0, 100 * SEC, 0), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(set(fd, ON_SET, far_ahead(), 0), -ECANCELED);
	CHECK_EQ(set(fd, ON_SET, far_ahead(), 0), 0);
	CHECK_EQ(take(fd), -EAGAIN);
}

static void steps_before_it_was_set(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	step_clock(SEC);
	CHECK_EQ(set(fd, ON_SET, far_ahead(), 0), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK(!is_ready(fd, 50));
}

static void only_absolute_realtime(void)
{
	int relative = timer(CLOCK_REALTIME, TFD_NONBLOCK);
	int mono = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int boot = timer(CLOCK_BOOTTIME_ALARM, TFD_NONBLOCK);

	CHECK_EQ(set(relative, TFD_TIMER_CANCEL_ON_SET, 1000 * SEC, 0), 0);
	CHECK_EQ(set(mono, ON_SET, mono_ns() + 1000 * SEC, 0), 0);
	CHECK_EQ(set(boot, ON_SET, now_ns(CLOCK_BOOTTIME) + 1000 * SEC, 0), 0);
	step_clock(SEC);
	CHECK(!is_ready(relative, 50));
	CHECK_EQ(take(relative), -EAGAIN);
	CHECK_EQ(take(mono), -EAGAIN);
	CHECK_EQ(take(boot), -EAGAIN);
}

static void alarms_too(void)
{
	int fd = timer(CLOCK_REALTIME_ALARM, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, ON_SET, far_ahead(), 0), 0);
	step_clock(SEC);
	CHECK_EQ(take(fd), -ECANCELED);
	CHECK_EQ(take(fd), -EAGAIN);
}

static void disarmed_with_the_flag(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, ON_SET, 0, 0), 0);
	step_clock(SEC);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(take(fd), -ECANCELED);
	step_clock(SEC);
	/* Not of one that does not arm. */
	CHECK_EQ(set(fd, ON_SET, 0, 0), 0);
	CHECK(!is_ready(fd, 20));
	CHECK_EQ(take(fd), -ECANCELED);
}

/* A count that was there is gone with it. */
static void pending_count_is_lost(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME), 100 * MS), 0);
	CHECK(is_ready(fd, 20000));
	step_clock(SEC);
	CHECK_EQ(take(fd), -ECANCELED);
	CHECK_EQ(take(fd), -EAGAIN);
	/* And it does not go on until it is set. */
	CHECK(!is_ready(fd, 250));
}

static void slewing_is_no_step(void)
{
	struct timex change = { .modes = ADJ_FREQUENCY, .freq = 100 << 16 };
	struct timex back = { .modes = ADJ_FREQUENCY };
	int fd = cancellable(TFD_NONBLOCK);

	REQUIRE(adjtimex(&change) >= 0);
	CHECK(!is_ready(fd, 50));
	CHECK_EQ(take(fd), -EAGAIN);
	REQUIRE(adjtimex(&back) >= 0);
}

static void gettime_does_not_tell(void)
{
	int fd = cancellable(TFD_NONBLOCK);

	step_clock(SEC);
	CHECK_ORDER(get(fd).value, >, 50000 * SEC);
	CHECK_EQ(take(fd), -ECANCELED);
}

static void set_ticks_says_so(void)
{
	int fd = cancellable(TFD_NONBLOCK);
	uint64_t ticks = 5;

	step_clock(SEC);
	if (ioctl(fd, TFD_IOC_SET_TICKS, nowhere) && errno == ENOTTY)
		skip("the kernel has no checkpoints");
	CHECK_EQ(value_of(ioctl(fd, TFD_IOC_SET_TICKS, &ticks)), -ECANCELED);
	CHECK_EQ(value_of(ioctl(fd, TFD_IOC_SET_TICKS, &ticks)), 0);
	CHECK_EQ(take(fd), 5);
}

static void many_are_told(void)
{
	enum { TIMERS = 100 };
	int fds[TIMERS];

	for (int i = 0; i < TIMERS; i++)
		fds[i] = cancellable(TFD_NONBLOCK);
	step_clock(SEC);
	for (int i = 0; i < TIMERS; i++) {
		CHECK(is_ready(fds[i], 20000));
		CHECK_EQ(take(fds[i]), -ECANCELED);
		CHECK_EQ(take(fds[i]), -EAGAIN);
	}
}

static const struct test_case cases[] = {
	CASE(read_says_so),
	CASE(poll_says_so),
	CASE(blocked_reader_is_woken),
	CASE(blocked_poller_is_woken),
	CASE(epoll_edge_on_each_step),
	CASE(there_and_back),
	CASE(still_armed),
	CASE(settime_says_so_and_arms),
	CASE(settime_without_it_does_not),
	CASE(told_of_later),
	CASE(steps_before_it_was_set),
	CASE(only_absolute_realtime),
	CASE(alarms_too),
	CASE(disarmed_with_the_flag),
	CASE(pending_count_is_lost),
	CASE(slewing_is_no_step),
	CASE(gettime_does_not_tell),
	CASE(set_ticks_says_so),
	CASE(many_are_told),
};

TEST_MAIN_RESTORE(cases, restore_clock)
