/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the last sequence numbers were seen: a bit each, in a ring (as in
 * RFC 6479, which widens the window of RFC 4303 without shifting).
 */
#ifndef TIMERHEAP_HB_WINDOW_H
#define TIMERHEAP_HB_WINDOW_H

#include <stdint.h>

/* Of a word. */
#define THB__WINDOW_BITS 64

enum thb__place { THB__NEW, THB__OVERTAKEN, THB__DUPLICATE, THB__TOO_OLD };

/*
 * @bits has room for @size, a multiple of 64; @top is the highest seen, and @at
 * where that is in the ring.
 */
struct thb__window {
	uint64_t *bits;
	uint64_t top;
	uint64_t first;
	uint32_t size;
	uint32_t at;
};

void thb__window_init(struct thb__window *w, uint64_t *bits, uint32_t size);

/* Start over: @sequence will be the first.  O(size / 64). */
void thb__window_start(struct thb__window *w, uint64_t sequence);

/* For what is not the next after top.  O(1 + numbers skipped / 64). */
enum thb__place thb__window_skip(struct thb__window *w, uint64_t sequence);

/* Mark it as seen, and say what it is. */
static inline enum thb__place thb__window_add(struct thb__window *w,
					      uint64_t sequence)
{
	if (sequence != w->top + 1)
		return thb__window_skip(w, sequence);
	w->top = sequence;
	w->at = w->at + 1 < w->size ? w->at + 1 : 0;
	w->bits[w->at / THB__WINDOW_BITS] |= 1ULL << w->at % THB__WINDOW_BITS;
	return THB__NEW;
}

/*
 * How many of the last @n numbers up to top were not seen, of those since the
 * first; @n is at most 64.
 */
uint32_t thb__window_gaps(const struct thb__window *w, uint32_t n);

#endif
