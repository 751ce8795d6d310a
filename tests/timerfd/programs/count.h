/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each program here does by its library's timers: TICKS of a periodic one
 * and a single one after them, none of them early.
 */
#ifndef PROGRAMS_COUNT_H
#define PROGRAMS_COUNT_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define TICKS 50
#define PERIOD_MS 20
#define LAST_MS (TICKS * PERIOD_MS + 500)
/* Libraries that keep the time of the loop's turn count from before now. */
#define GRACE_US 1000

static inline uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t start_us;
static int ticks, early;

static inline void check_time(uint64_t ms)
{
	if (now_us() + GRACE_US >= start_us + ms * 1000)
		return;
	early++;
	printf("early: after %llu us, not %llu ms\n",
	       (unsigned long long)(now_us() - start_us),
	       (unsigned long long)ms);
}

/* Whether that was the last of them. */
static inline int tick(void)
{
	check_time((uint64_t)++ticks * PERIOD_MS);
	return ticks == TICKS;
}

/* The exit status, after the single one. */
static inline int finish(void)
{
	check_time(LAST_MS);
	printf("%d ticks, %d early\n", ticks, early);
	return ticks != TICKS || early;
}

#endif
