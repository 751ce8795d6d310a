// SPDX-License-Identifier: GPL-2.0-only
/* The clocks that a timer may have, and whose time it is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timer.h"

static const clockid_t all[] = { CLOCK_REALTIME, CLOCK_MONOTONIC,
				 CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM,
				 CLOCK_BOOTTIME_ALARM };

/* An alarm's clock is read by its plain name. */
static clockid_t plain(clockid_t clock)
{
	if (clock == CLOCK_REALTIME_ALARM)
		return CLOCK_REALTIME;
	return clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : clock;
}

static void check_clock(clockid_t clock)
{
	int fd = timer(clock, 0);
	uint64_t start, deadline;

	for (int i = 0; i < 5; i++) {
		start = now_ns(plain(clock));
		REQUIRE_EQ(set(fd, 0, 5 * MS, 0), 0);
		CHECK_ORDER(get(fd).value, <=, 5 * MS);
		CHECK_EQ(take(fd), 1);
		CHECK_ORDER(now_ns(plain(clock)), >=, start + 5 * MS);
		deadline = now_ns(plain(clock)) + 5 * MS;
		REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
		CHECK_EQ(take(fd), 1);
		CHECK_ORDER(now_ns(plain(clock)), >=, deadline);
	}
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, 1, 0), 0);
	CHECK_EQ(take(fd), 1);
	start = now_ns(plain(clock));
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start + 2 * MS, 2 * MS), 0);
	sleep_ms(20);
	CHECK_ORDER(take(fd), >=, 10L);
	CHECK_ORDER(get(fd).value, <=, 2 * MS);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK(!is_ready(fd, 10));
}

static void realtime(void)
{
	check_clock(CLOCK_REALTIME);
}

static void monotonic(void)
{
	check_clock(CLOCK_MONOTONIC);
}

static void boottime(void)
{
	check_clock(CLOCK_BOOTTIME);
}

static void realtime_alarm(void)
{
	check_clock(CLOCK_REALTIME_ALARM);
}

static void boottime_alarm(void)
{
	check_clock(CLOCK_BOOTTIME_ALARM);
}

static void alarms_need_a_capability(void)
{
	int realtime = timer(CLOCK_REALTIME_ALARM, TFD_NONBLOCK);
	int boottime = timer(CLOCK_BOOTTIME_ALARM, TFD_NONBLOCK);
	struct itimerspec second = spec_of(SEC, 0), bad = second;

	REQUIRE_EQ(set(realtime, 0, 100 * SEC, 0), 0);
	drop_capability(CAP_WAKE_ALARM);
	CHECK_EQ(value_of(timerfd_create(CLOCK_REALTIME_ALARM, 0)), -EPERM);
	CHECK_EQ(value_of(timerfd_create(CLOCK_BOOTTIME_ALARM, 0)), -EPERM);
	CHECK_EQ(value_of(timerfd_create(CLOCK_BOOTTIME_ALARM, 1)), -EINVAL);
	CHECK_EQ(set(realtime, 0, SEC, 0), -EPERM);
	CHECK_EQ(set(boottime, 0, 0, 0), -EPERM);
	CHECK_EQ(value_of(timerfd_settime(boottime, 0, nowhere, NULL)),
		 -EFAULT);
	bad.it_value.tv_nsec = -1;
	CHECK_EQ(value_of(timerfd_settime(boottime, 0, &bad, NULL)), -EINVAL);
	CHECK_EQ(value_of(timerfd_settime(boottime, 8, &second, NULL)),
		 -EINVAL);
	/* To look is free. */
	CHECK_ORDER(get(realtime).value, >, 60 * SEC);
	CHECK_EQ(take(realtime), -EAGAIN);
}

/* What an alarm was set to is seen for as long as it is ahead. */
static void alarms_show_what_they_were(void)
{
	int fd = timer(CLOCK_BOOTTIME_ALARM, TFD_NONBLOCK);

	CHECK_EQ(get(fd).value, 0);
	REQUIRE_EQ(set(fd, 0, 100 * SEC, SEC), 0);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	CHECK_EQ(get(fd).interval, 0);
}

static void no_other_clocks(void)
{
	static const clockid_t bad[] = { CLOCK_PROCESS_CPUTIME_ID,
					 CLOCK_THREAD_CPUTIME_ID,
					 CLOCK_MONOTONIC_RAW,
					 CLOCK_REALTIME_COARSE,
					 CLOCK_MONOTONIC_COARSE,
					 CLOCK_TAI,
					 10,
					 12,
					 -1,
					 -2,
					 1 << 30,
					 (clockid_t)(1U << 31) };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_EQ(value_of(timerfd_create(bad[i], 0)), -EINVAL);
		CHECK_EQ(value_of(timerfd_create(bad[i], TFD_CLOEXEC)),
			 -EINVAL);
	}
}

static void no_other_flags(void)
{
	for (int bit = 0; bit < 32; bit++) {
		int flag = (int)(1U << bit);

		if (flag == TFD_CLOEXEC || flag == TFD_NONBLOCK)
			continue;
		CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC, flag)),
			 -EINVAL);
		CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC,
						 flag | TFD_CLOEXEC)),
			 -EINVAL);
	}
	CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC, -1)), -EINVAL);
}

/* Ran in a time namespace whose clocks are ahead or behind by this much. */
static void in_namespace(int64_t ahead_s, void (*check)(void))
{
	char text[100];
	int fd, n;
	pid_t pid;

	if (unshare(CLONE_NEWTIME)) {
		CHECK_EQ(errno, EINVAL);
		skip("the kernel has no time namespaces");
	}
	n = snprintf(text, sizeof(text), "monotonic %lld 0\nboottime %lld 5\n",
		     (long long)ahead_s, (long long)ahead_s);
	fd = open("/proc/self/timens_offsets", O_WRONLY);
	REQUIRE_EQ(write(fd, text, n), n);
	close(fd);
	pid = fork();
	if (!pid) {
		check();
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
}

static void check_in_namespace(clockid_t clock)
{
	int fd = timer(clock, TFD_NONBLOCK);
	uint64_t deadline = now_ns(plain(clock)) + 50 * MS;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
	CHECK_ORDER(get(fd).value, <=, 50 * MS);
	CHECK_EQ(take_later(fd), 1);
	CHECK_ORDER(now_ns(plain(clock)), >=, deadline);
	CHECK_ORDER(now_ns(plain(clock)), <, deadline + 20 * SEC);
	REQUIRE_EQ(set(fd, 0, 20 * MS, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	/* Before that clock began. */
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, 1, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	REQUIRE_EQ(
		set(fd, TFD_TIMER_ABSTIME, now_ns(plain(clock)) + 100 * SEC, 0),
		0);
	CHECK(!is_ready(fd, 20));
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
	CHECK_ORDER(get(fd).value, <=, 100 * SEC);
}

static void check_all_in_namespace(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		check_in_namespace(all[i]);
}

static void namespace_that_is_ahead(void)
{
	in_namespace(100000, check_all_in_namespace);
}

/* By less than the host has been up, or it could not be made. */
static void namespace_that_is_behind(void)
{
	in_namespace(-1, check_all_in_namespace);
}

/* A timer is the host's: who inherits it sees the same time left. */
static int inherited;

static void check_inherited(void)
{
	CHECK_ORDER(get(inherited).value, >, 60 * SEC);
	CHECK_ORDER(get(inherited).value, <=, 100 * SEC);
}

static void inherited_by_a_namespace(void)
{
	inherited = timer(CLOCK_MONOTONIC, 0);
	REQUIRE_EQ(set(inherited, TFD_TIMER_ABSTIME, mono_ns() + 100 * SEC, 0),
		   0);
	in_namespace(100000, check_inherited);
}

static const struct test_case cases[] = {
	CASE(realtime),
	CASE(monotonic),
	CASE(boottime),
	CASE(realtime_alarm),
	CASE(boottime_alarm),
	CASE(alarms_need_a_capability),
	CASE(alarms_show_what_they_were),
	CASE(no_other_clocks),
	CASE(no_other_flags),
	CASE(namespace_that_is_ahead),
	CASE(namespace_that_is_behind),
	CASE(inherited_by_a_namespace),
};

TEST_MAIN(cases)
