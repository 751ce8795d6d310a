/* SPDX-License-Identifier: GPL-2.0-only */
/* How a call is made: its arguments, its files, its answer. */
#ifndef GUESTFUZZ_CALL_H
#define GUESTFUZZ_CALL_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "calls.h"

#define FILES 3
/* A program is over soon. */
#define MOMENT_NS 3000000

/*
 * A program's files and, behind them, its timerfds.  They have numbers of
 * their own, so that what races with a close(2) never meets one of the other
 * kind.
 */
#define FIRST_FILE 110

static inline int file(uint64_t arg)
{
	return FIRST_FILE + arg % FILES;
}

static inline int timerfd(uint64_t arg)
{
	return FIRST_FILE + FILES + arg % FILES;
}

/* Of either kind. */
static inline int any_file(uint64_t arg)
{
	return FIRST_FILE + arg % (2 * FILES);
}

/* @fd, or -errno, gets the number @as. */
long call_place_file(long fd, int as);

/* What @arg says; 0 stands for @normal. */
uint64_t call_field(uint64_t arg, uint64_t normal);
uint64_t call_now_ns(clockid_t clock);
/* A structure that starts with its size, which may be said to be another. */
void *call_place_sized(struct actor *actor, uint64_t where, uint64_t sizing,
		       const void *data, size_t known);

/* -errno for -1 */
long call_answer(long ret);
void call_set_fail_nth(const struct actor *actor, unsigned int number);

/* The same, where an allocation or a copy inside of the call may fail. */
#define TRY(actor, call)                                         \
	__extension__({                                          \
		long ret_;                                       \
		if ((actor)->fail)                               \
			call_set_fail_nth(actor, (actor)->fail); \
		ret_ = call_answer(call);                        \
		if ((actor)->fail)                               \
			call_set_fail_nth(actor, 0);             \
		ret_;                                            \
	})

#endif
