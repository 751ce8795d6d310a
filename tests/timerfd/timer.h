/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timerfd as programs call it, with times in nanoseconds and errors as values.
 * Whose the timers are is in COLUMN: the kernel's ("timerfd") or, when the
 * library is preloaded, those of timerheap; each that is made is asked.
 */
#ifndef TIMERFD_TIMER_H
#define TIMERFD_TIMER_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>

#include "../selftest/harness.h"

/* linux/timerfd.h, which is not to be had beside sys/timerfd.h. */
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)

#define MS NSEC_PER_MSEC
#define SEC NSEC_PER_SEC
#define ON_SET (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)

/* An address that nothing is at, which the compiler does not know of. */
extern void *nowhere;

struct setting {
	uint64_t value;
	uint64_t interval;
};

bool column_is_timerheap(void);
/* Whether the descriptor is one of timerheap's. */
bool is_timerheap(int fd);
/* Ends the case when it is not whose it should be. */
int timer(clockid_t clock, int flags);
struct itimerspec spec_of(uint64_t value, uint64_t interval);
/* 0 or -errno. */
int set(int fd, int flags, uint64_t value, uint64_t interval);
int set_old(int fd, int flags, uint64_t value, uint64_t interval,
	    struct setting *old);
struct setting get(int fd);
/* The count, or -errno. */
int64_t take(int fd);
/* The same once poll() has found some; -ETIME: it has not. */
int64_t take_later(int fd);
bool is_ready(int fd, int timeout_ms);
/* A call's value, or -errno. */
int64_t value_of(int64_t rc);
bool kernel_is_at_least(int major, int minor);
int open_descriptors(void);
/* A set capability is cleared for this process. */
void drop_capability(int capability);
/* Now, by this clock. */
void step_clock(int64_t by_ns);
/* By exactly so much, there and back. */
void shift_clock(long seconds);
/* As it was when the program started, and went on since. */
void restore_clock(void);

#endif
