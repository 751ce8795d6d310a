/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doorbells: two levels of bits that anyone may set and only the home CPU
 * clears.  A round takes them word by word, from where the last one ended all
 * the way round, so that those rung in a loop do not keep others from their
 * turn.
 */
#ifndef TH_DOORBELL_H
#define TH_DOORBELL_H

#include <linux/compiler.h>
#include <linux/types.h>

struct th_doorbells {
	/* set once */
	u64 *level1;
	u64 *level0;
	u32 level1_words;
	u32 level0_words;

	/* home CPU */
	u32 cursor;		/* slot to start the next round at */
	u32 groups_left;	/* level-1 words yet to take */
	u32 next_group;
	u32 group;		/* the one that was taken last, */
	u64 words;		/* and what is left of it */
};

/* The bells of one level-0 word: bit i is slot @first + i. */
struct th_bells {
	u32 first;
	u64 bits;
};

#define TH_BELLS	64

/* Words for n bits of either level. */
#define TH_BELL_WORDS(n)	DIV_ROUND_UP(n, TH_BELLS)

void th_doorbell_init(struct th_doorbells *doorbells, u64 *level1, u64 *level0,
		      u32 nslots);
void th_doorbell_ring(struct th_doorbells *doorbells, u32 slot);

void th_doorbell_begin(struct th_doorbells *doorbells);
bool th_doorbell_next(struct th_doorbells *doorbells, struct th_bells *bells);
void th_doorbell_end(struct th_doorbells *doorbells,
		     const struct th_bells *bells);

/**
 * th_doorbell_any - whether a bell waits for the next round
 * @doorbells: the doorbells
 *
 * Cost: a load for each 4,096 slots.
 */
static inline bool th_doorbell_any(const struct th_doorbells *doorbells)
{
	u32 i;

	for (i = 0; i < doorbells->level1_words; i++)
		if (READ_ONCE(doorbells->level1[i]))
			return true;
	return false;
}

#endif
