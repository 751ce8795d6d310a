// SPDX-License-Identifier: GPL-2.0-only
/* What /proc tells of a timer, and a count that is set. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reader.h"
#include "timer.h"

struct shown {
	int clock;
	uint64_t ticks;
	unsigned int flags;
	uint64_t value_s, value_ns, interval_s, interval_ns;
};

static struct shown show(int fd)
{
	char path[50], text[1000], *own;
	struct shown shown = { 0 };
	int file, n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = open(path, O_RDONLY);
	n = read(file, text, sizeof(text) - 1);
	close(file);
	REQUIRE(n > 0);
	text[n] = '\0';
	own = strstr(text, "clockid:");
	REQUIRE(own);
	n = 0;
	CHECK_EQ(sscanf(own,
			"clockid: %d\nticks: %lu\nsettime flags: 0%o\n"
			"it_value: (%lu, %lu)\nit_interval: (%lu, %lu)\n%n",
			&shown.clock, &shown.ticks, &shown.flags,
			&shown.value_s, &shown.value_ns, &shown.interval_s,
			&shown.interval_ns, &n),
		 7);
	/* To the end, and to the letter. */
	CHECK_EQ(own[n], '\0');
	CHECK_EQ(own[n - 1], '\n');
	return shown;
}

static void fdinfo(void)
{
	int fd = timer(CLOCK_BOOTTIME, TFD_NONBLOCK);
	struct shown now = show(fd);

	CHECK_EQ(now.clock, CLOCK_BOOTTIME);
	CHECK_EQ(now.ticks + now.flags + now.value_s + now.value_ns +
			 now.interval_s + now.interval_ns,
		 0);
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME,
		       now_ns(CLOCK_BOOTTIME) + 100 * SEC, 3 * SEC + 4),
		   0);
	now = show(fd);
	CHECK_EQ(now.flags, 1);
	CHECK_ORDER(now.value_s, >=, 60UL);
	CHECK_ORDER(now.value_s, <, 100UL);
	CHECK_EQ(now.interval_s, 3);
	CHECK_EQ(now.interval_ns, 4);
	CHECK_EQ(now.ticks, 0);
}

/* It counts, and shows nothing that is ahead; nor does it set it going. */
static void fdinfo_of_an_expired_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct shown now;

	REQUIRE_EQ(set(fd, 0, MS, MS), 0);
	CHECK(is_ready(fd, 20000));
	sleep_ms(20);
	for (int i = 0; i < 3; i++) {
		now = show(fd);
		CHECK_EQ(now.ticks, 1);
		CHECK_EQ(now.value_s, 0);
		CHECK_EQ(now.value_ns, 0);
		CHECK_EQ(now.flags, 0);
		CHECK_EQ(now.interval_ns, MS);
	}
	CHECK_ORDER(take(fd), >=, 20L);
}

static void fdinfo_of_flags(void)
{
	int fd = timer(CLOCK_REALTIME, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME) + 9 * SEC, 0), 0);
	CHECK_EQ(show(fd).flags, 3);
	CHECK_EQ(show(fd).clock, CLOCK_REALTIME);
	step_clock(SEC);
	CHECK_EQ(show(fd).ticks, 1);
	/* Those of a setting that said ECANCELED are not kept. */
	CHECK_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME) + 9 * SEC, 0),
		 -ECANCELED);
	CHECK_EQ(show(fd).flags, 3);
	CHECK_EQ(show(fd).ticks, 0);
	CHECK_EQ(set(fd, TFD_TIMER_CANCEL_ON_SET, SEC, 0), 0);
	CHECK_EQ(show(fd).flags, 2);
}

static int set_ticks(int fd, uint64_t ticks)
{
	return value_of(ioctl(fd, TFD_IOC_SET_TICKS, &ticks));
}

static void ticks_can_be_set(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	if (set_ticks(fd, 1) == -ENOTTY)
		skip("the kernel has no checkpoints");
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(set_ticks(fd, 0), -EINVAL);
	CHECK_EQ(value_of(ioctl(fd, TFD_IOC_SET_TICKS, nowhere)), -EFAULT);
	CHECK_EQ(value_of(ioctl(fd, TFD_IOC_SET_TICKS, KERNEL_ADDRESS)),
		 -EFAULT);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(set_ticks(fd, UINT64_MAX >> 1), 0);
	CHECK(is_ready(fd, 0));
	CHECK_EQ(show(fd).ticks, UINT64_MAX >> 1);
	CHECK_EQ(take(fd), INT64_MAX);
	/* Instead of what it had counted; and what is armed stays so. */
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(set_ticks(fd, 7), 0);
	CHECK_EQ(take(fd), 7);
	REQUIRE_EQ(set(fd, 0, SEC, 0), 0);
	CHECK_EQ(set_ticks(fd, 7), 0);
	CHECK_EQ(take(fd), 7);
	CHECK_EQ(take_later(fd), 1);
}

static void set_ticks_wakes(void)
{
	struct reader reader;
	pthread_t thread = start_reader(&reader, timer(CLOCK_MONOTONIC, 0));

	sleep_ms(50);
	if (set_ticks(reader.fd, 3) == -ENOTTY)
		skip("the kernel has no checkpoints");
	join_thread(thread);
	CHECK_EQ(reader.result, 3);
}

static const struct test_case cases[] = {
	CASE(fdinfo),	       CASE(fdinfo_of_an_expired_one),
	CASE(fdinfo_of_flags), CASE(ticks_can_be_set),
	CASE(set_ticks_wakes),
};

TEST_MAIN(cases)
