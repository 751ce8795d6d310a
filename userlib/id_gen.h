/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A number's time and counter together are its position: time << counter_bits |
 * counter.  A generator's positions are taken once, in ascending order, from
 * one word, @head; all else only says how far that may go, and a stale look
 * at it makes it go less far.  So uniqueness hangs on that word and on the
 * lease's mark, and on no clock.
 */
#ifndef ID_GEN_H
#define ID_GEN_H

#include <stdbool.h>

#include "id_layout.h"

#define THID__LINE 64

/*
 * In memory that a child of fork() finds zeroed, so that what it inherited, in
 * blocks as well, is not taken twice.
 */
struct thid {
	/*
	 * written by ticks, read by all: UINT64_MAX - time, in units.  0: there
	 * is no time, and no block is good; @why says why, 0 that this is a
	 * child.
	 */
	uint64_t past;
	int why;
	/* changes with each tick, for those who wait */
	uint32_t turn;
	/* written by ticks: the first unit of time that may not be used yet */
	uint64_t ceiling;
	/* set once */
	uint64_t step;
	bool uuid;
	uint32_t flags;
	uint32_t counter_bits;
	uint32_t borrow;
	uint64_t most;
	uint64_t block;
	uint64_t worker;
	struct thid__shifts at;
	struct thid_lease lease;

	/* any thread: the next position */
	uint64_t head __attribute__((aligned(THID__LINE)));
	uint64_t taken;
	uint64_t borrowed;
	uint64_t refused;
	uint64_t waits;
	uint32_t waiters;

	/* the thread that ticks */
	uint64_t last_ns __attribute__((aligned(THID__LINE)));
	bool ticked;
	/* when the log is told that the end is near; 0: nobody is */
	uint64_t warn_ns;
	int64_t anchor_ns;
	int64_t seen_ns;
	uint64_t mark_ns;
	uint64_t ahead_ns;
	struct thid_layout layout;
	struct thid_stats stats;
	void (*log)(void *arg, const char *line);
	void *arg;
};

/*
 * id_take.c: up to @want positions of one unit of time, at least 1.  Sets
 * @first and returns how many, or -errno.
 */
int thid__take(struct thid *g, uint64_t want, uint64_t *first);
/* The same; waits where that is what the options said. */
int thid__take_or_wait(struct thid *g, uint64_t want, uint64_t *first);
/* Whether the worker's number may be another's by now; looks at a clock. */
bool thid__lease_is_over(const struct thid *g);
/* The number, or the high half of the UUID, at a position. */
uint64_t thid__compose(const struct thid *g, uint64_t position);

/* id_wait.c: sleep until @turn is not @seen any more. */
int thid__wait(uint32_t *turn, uint32_t seen);
void thid__wake(uint32_t *turn);

/* id_clock.c */
uint64_t thid__boot_ns(void);
uint64_t thid__wall_ns(void);
/* Memory that a child finds zeroed; NULL: none. */
void *thid__alloc(size_t size);
void thid__free(void *memory, size_t size);
int thid__random(void *to, size_t size);

static inline uint64_t thid__time(uint64_t past)
{
	return UINT64_MAX - past;
}

#endif
