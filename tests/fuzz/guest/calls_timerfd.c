// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "calls_timerfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/timerheap.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "call.h"

#define SECOND_NS 1000000000
#define SET_TICKS _IOW('T', 0, uint64_t)

/* Of each, for the deadlines that it is given. */
static _Atomic clockid_t clocks[FILES];

static uint64_t wall_offset_ns;

long make_timerfd(struct actor *actor, const uint64_t *arg)
{
	static const clockid_t known[] = { CLOCK_MONOTONIC, CLOCK_REALTIME,
					   CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM,
					   CLOCK_BOOTTIME_ALARM };
	clockid_t clock = arg[2] < 5 ? known[arg[2]] : (clockid_t)arg[2];
	struct timerheap_timerfd request = {
		.clockid = clock,
		.fd_flags = call_field(arg[3], TFD_CLOEXEC | TFD_NONBLOCK),
	};
	void *place = call_place_sized(actor, arg[4], arg[5], &request,
				       sizeof(request));
	long fd = TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_TIMERFD, place));

	if (fd >= 0)
		clocks[arg[1] % FILES] = clock;
	return call_place_file(fd, timerfd(arg[1]));
}

/* As it can be read without a device that wakes the machine. */
static uint64_t now_of(clockid_t clock)
{
	if (clock == CLOCK_REALTIME_ALARM)
		clock = CLOCK_REALTIME;
	if (clock == CLOCK_BOOTTIME_ALARM)
		clock = CLOCK_BOOTTIME;
	return call_now_ns(clock);
}

static struct timespec span(uint64_t ns)
{
	return (struct timespec){ ns / SECOND_NS, ns % SECOND_NS };
}

/* @now_ns is 0 for what is relative to it. */
static struct timespec time_of(uint64_t arg, uint64_t now_ns)
{
	uint64_t more = arg / 8;

	switch (arg % 8) {
	case 1: /* disarms */
		return span(0);
	case 2: /* has passed */
		return span(now_ns ? now_ns - more % now_ns : 1);
	case 3:
		return span(more);
	case 4:
		return (struct timespec){ INT64_MAX - more, SECOND_NS - 1 };
	case 5:
		return (struct timespec){ more, SECOND_NS + more };
	case 6:
		return (struct timespec){ 0, -1 - more };
	case 7:
		return (struct timespec){ -1 - more, 0 };
	default:
		return span(now_ns + 1 + more % MOMENT_NS);
	}
}

static bool sound(const struct itimerspec *its)
{
	return its->it_value.tv_sec >= 0 && its->it_value.tv_nsec >= 0 &&
		its->it_value.tv_nsec < SECOND_NS &&
		its->it_interval.tv_sec >= 0 && its->it_interval.tv_nsec >= 0 &&
		its->it_interval.tv_nsec < SECOND_NS;
}

/* What timerfd's own call would answer. */
static long ask(struct actor *actor, int fd, unsigned long cmd,
		const struct timerheap_timerfd_time *time, uint64_t where,
		uint64_t sizing)
{
	struct timerheap_timerfd_time *place =
		call_place_sized(actor, where, sizing, time, sizeof(*time));
	long ret = TRY(actor, ioctl(fd, cmd, place));

	return ret || where ? ret : place->result;
}

/* The former setting, or what is left, in memory that @where says. */
static uint64_t place_for(struct actor *actor, uint64_t where,
			  struct itimerspec *own)
{
	if (!where)
		return (uintptr_t)own;
	return (uintptr_t)scratch_place(&actor->scratch[1], where, own,
					sizeof(*own));
}

/* EPROTO, which is no answer of the call: what it returned is not sound. */
long set_timerfd(struct actor *actor, const uint64_t *arg)
{
	bool absolute = arg[3] & TFD_TIMER_ABSTIME;
	uint64_t now_ns = absolute ? now_of(clocks[arg[0] % FILES]) : 0;
	struct itimerspec old = { 0 },
			  value = {
				  .it_value = time_of(arg[1], now_ns),
				  .it_interval = span(arg[2]),
			  };
	struct timerheap_timerfd_time time = {
		.settime_flags = arg[3],
		.value = (uintptr_t)scratch_place(&actor->scratch[1], arg[4],
						  &value, sizeof(value)),
		.old_value = place_for(actor, arg[5], &old),
	};
	long ret = ask(actor, timerfd(arg[0]), TIMERHEAP_IOC_TIMERFD_SETTIME,
		       &time, arg[6], arg[7]);

	return ret || sound(&old) ? ret : -EPROTO;
}

long ask_timerfd(struct actor *actor, const uint64_t *arg)
{
	struct itimerspec value = { 0 };
	struct timerheap_timerfd_time time = {
		.old_value = place_for(actor, arg[1], &value),
	};
	long ret = ask(actor, timerfd(arg[0]), TIMERHEAP_IOC_TIMERFD_GETTIME,
		       &time, arg[2], arg[3]);

	return ret || sound(&value) ? ret : -EPROTO;
}

long set_ticks(struct actor *actor, const uint64_t *arg)
{
	uint64_t ticks = call_field(arg[1], 3);
	void *place = scratch_place(&actor->scratch[0], arg[2], &ticks,
				    sizeof(ticks));

	return TRY(actor, ioctl(timerfd(arg[0]), SET_TICKS, place));
}

/* EPROTO: it returned something else than nothing, or a count. */
long read_ticks(struct actor *actor, const uint64_t *arg)
{
	uint64_t *ticks = scratch_place(&actor->scratch[0], arg[1], "", 1);
	long ret = TRY(actor,
		       read(timerfd(arg[0]), ticks,
			    call_field(arg[2], 8) % (1 << 20)));

	if (ret <= 0 || arg[1])
		return ret;
	return ret == sizeof(*ticks) && *ticks ? ret : -EPROTO;
}

long read_fdinfo(struct actor *actor, const uint64_t *arg)
{
	char path[40], text[1000];
	long ret;
	int fd;

	sprintf(path, "/proc/thread-self/fdinfo/%d", timerfd(arg[0]));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = TRY(actor, read(fd, text, sizeof(text)));
	close(fd);
	return ret;
}

/* A call that belongs to files of the other kind. */
long stray(struct actor *actor, const uint64_t *arg)
{
	static const unsigned long of_timerfds[] = {
		TIMERHEAP_IOC_TIMERFD_SETTIME,
		TIMERHEAP_IOC_TIMERFD_GETTIME,
		SET_TICKS,
	};
	static const unsigned long of_files[] = {
		TIMERHEAP_IOC_SETUP, TIMERHEAP_IOC_INFO,  TIMERHEAP_IOC_KICK,
		TIMERHEAP_IOC_ARM,   TIMERHEAP_IOC_STATS, TIMERHEAP_IOC_TIMERFD,
	};
	int fd = any_file(arg[0]);

	return TRY(actor,
		   ioctl(fd,
			 fd < timerfd(0) ? of_timerfds[arg[1] % 3]
					 : of_files[arg[1] % 6],
			 actor->scratch[0].base));
}

void remember_clock(void)
{
	wall_offset_ns =
		call_now_ns(CLOCK_REALTIME) - call_now_ns(CLOCK_MONOTONIC);
}

static long set_clock(uint64_t ahead_ns)
{
	struct timespec ts =
		span(call_now_ns(CLOCK_MONOTONIC) + wall_offset_ns + ahead_ns);

	return call_answer(clock_settime(CLOCK_REALTIME, &ts));
}

void restore_clock(void)
{
	set_clock(0);
}

/* To a second ahead, or behind, or wherever it may be. */
long step_clock(struct actor *actor, const uint64_t *arg)
{
	uint64_t by_ns = call_field(arg[2], SECOND_NS);

	(void)actor;
	return set_clock(arg[1] % 2 ? -by_ns : by_ns);
}
