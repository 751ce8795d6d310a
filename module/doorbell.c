// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/math.h>
#include <asm/barrier.h>

#include "doorbell.h"

/* Slots of one level-1 word. */
#define GROUP	(TH_BELLS * TH_BELLS)

/**
 * th_doorbell_init - no bell rung
 * @doorbells: the doorbells
 * @level1: TH_BELL_WORDS(TH_BELL_WORDS(@nslots)) words, all 0
 * @level0: TH_BELL_WORDS(@nslots) words, all 0
 * @nslots: how many
 */
void th_doorbell_init(struct th_doorbells *doorbells, u64 *level1, u64 *level0,
		      u32 nslots)
{
	doorbells->level1 = level1;
	doorbells->level0 = level0;
	doorbells->level0_words = TH_BELL_WORDS(nslots);
	doorbells->level1_words = TH_BELL_WORDS(doorbells->level0_words);
	doorbells->cursor = 0;
}

static void or_word(u64 *word, u64 bits)
{
	atomic64_or((s64)bits, (atomic64_t *)word);
}

static void ring_word(struct th_doorbells *doorbells, u32 word, u64 bits)
{
	or_word(&doorbells->level0[word], bits);
	/* Pairs with the exchange of level 1 in take_group(). */
	smp_mb__after_atomic();
	or_word(&doorbells->level1[word / TH_BELLS],
		BIT_ULL(word % TH_BELLS));
}

/**
 * th_doorbell_ring - what a user does for slot @slot; any CPU
 * @doorbells: the doorbells
 * @slot: index of the slot
 *
 * Not a barrier for what comes after it.
 */
void th_doorbell_ring(struct th_doorbells *doorbells, u32 slot)
{
	ring_word(doorbells, slot / TH_BELLS, BIT_ULL(slot % TH_BELLS));
}

/**
 * th_doorbell_begin - start a round
 * @doorbells: the doorbells
 */
void th_doorbell_begin(struct th_doorbells *doorbells)
{
	if (doorbells->cursor >= doorbells->level0_words * TH_BELLS)
		doorbells->cursor = 0;
	/* The one that it starts in comes twice: its end, its beginning. */
	doorbells->groups_left = doorbells->level1_words + 1;
	doorbells->next_group = doorbells->cursor / GROUP;
	doorbells->words = 0;
}

static bool in_first_group(const struct th_doorbells *doorbells)
{
	return doorbells->groups_left == doorbells->level1_words;
}

/* The next word of level 1 that is not 0; false when there is none. */
static bool find_group(struct th_doorbells *doorbells, u32 *found)
{
	u32 group = doorbells->next_group, left;

	for (left = doorbells->groups_left; left; left--) {
		*found = group++;
		if (group == doorbells->level1_words)
			group = 0;
		if (READ_ONCE(doorbells->level1[*found]))
			break;
	}
	doorbells->next_group = group;
	doorbells->groups_left = left ? left - 1 : 0;
	return left;
}

static bool take_group(struct th_doorbells *doorbells)
{
	u64 words, before = 0;
	u32 group;

	if (!find_group(doorbells, &group))
		return false;
	/* Pairs with the user's or of level 1: level 0 came before it. */
	words = xchg(&doorbells->level1[group], 0);
	if (in_first_group(doorbells))
		before = BIT_ULL(doorbells->cursor / TH_BELLS % TH_BELLS) - 1;
	if (words & before)
		or_word(&doorbells->level1[group], words & before);
	doorbells->group = group;
	doorbells->words = words & ~before;
	return true;
}

static u64 take_word(struct th_doorbells *doorbells, u32 word)
{
	u64 bits, before = 0;

	if (word >= doorbells->level0_words)
		return 0;
	/* Pairs with the user's or of level 0: expires_ns came before it. */
	bits = xchg(&doorbells->level0[word], 0);
	if (in_first_group(doorbells) &&
	    word == doorbells->cursor / TH_BELLS)
		before = BIT_ULL(doorbells->cursor % TH_BELLS) - 1;
	if (bits & before)
		ring_word(doorbells, word, bits & before);
	return bits & ~before;
}

/**
 * th_doorbell_next - take the next word's bells
 * @doorbells: the doorbells; a round has begun
 * @bells: set; bits may be 0, since user space can set level 1 alone, and may
 *	have some past the last slot
 *
 * Return: false when the round is complete.
 */
bool th_doorbell_next(struct th_doorbells *doorbells, struct th_bells *bells)
{
	u32 word;

	while (!doorbells->words)
		if (!take_group(doorbells))
			return false;
	word = doorbells->group * TH_BELLS + __ffs64(doorbells->words);
	doorbells->words &= doorbells->words - 1;
	bells->first = word * TH_BELLS;
	bells->bits = take_word(doorbells, word);
	return true;
}

/**
 * th_doorbell_end - end the round, complete or not
 * @doorbells: the doorbells
 * @bells: what was taken last and not answered; bits 0 when there is nothing
 *
 * What the round did not come to is where the next one starts.
 */
void th_doorbell_end(struct th_doorbells *doorbells,
		     const struct th_bells *bells)
{
	u32 group = doorbells->group;

	if (doorbells->groups_left > doorbells->level1_words)
		return;
	if (doorbells->groups_left)
		doorbells->cursor = doorbells->next_group * GROUP;
	if (doorbells->words) {
		doorbells->cursor = group * GROUP +
			__ffs64(doorbells->words) * TH_BELLS;
		or_word(&doorbells->level1[group], doorbells->words);
	}
	if (bells->bits) {
		doorbells->cursor = bells->first + __ffs64(bells->bits);
		ring_word(doorbells, bells->first / TH_BELLS, bells->bits);
	}
}
