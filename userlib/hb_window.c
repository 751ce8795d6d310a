// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdbool.h>
#include <string.h>

#include "hb_window.h"

void thb__window_init(struct thb__window *w, uint64_t *bits, uint32_t size)
{
	*w = (struct thb__window){ .bits = bits, .size = size };
	thb__window_start(w, 1);
}

void thb__window_start(struct thb__window *w, uint64_t sequence)
{
	memset(w->bits, 0, w->size / 8);
	w->first = sequence;
	w->top = sequence - 1;
	w->at = (uint32_t)(w->top % w->size);
}

static uint64_t *word_of(const struct thb__window *w, uint64_t sequence)
{
	return &w->bits[sequence % w->size / THB__WINDOW_BITS];
}

static uint64_t bit_of(uint64_t sequence)
{
	return 1ULL << sequence % THB__WINDOW_BITS;
}

static bool is_seen(const struct thb__window *w, uint64_t sequence)
{
	return *word_of(w, sequence) & bit_of(sequence);
}

/* Forget what the numbers from top + 1 to @sequence displace. */
static void advance(struct thb__window *w, uint64_t sequence)
{
	uint64_t from = w->top + 1;

	if (sequence - w->top >= w->size) {
		memset(w->bits, 0, w->size / 8);
		return;
	}
	for (; from % THB__WINDOW_BITS && from <= sequence; from++)
		*word_of(w, from) &= ~bit_of(from);
	for (; from + THB__WINDOW_BITS <= sequence; from += THB__WINDOW_BITS)
		*word_of(w, from) = 0;
	for (; from <= sequence; from++)
		*word_of(w, from) &= ~bit_of(from);
}

enum thb__place thb__window_skip(struct thb__window *w, uint64_t sequence)
{
	enum thb__place place = THB__OVERTAKEN;

	if (sequence > w->top) {
		advance(w, sequence);
		w->top = sequence;
		w->at = (uint32_t)(sequence % w->size);
		place = THB__NEW;
	} else if (w->top - sequence >= w->size) {
		return THB__TOO_OLD;
	} else if (is_seen(w, sequence)) {
		return THB__DUPLICATE;
	}
	*word_of(w, sequence) |= bit_of(sequence);
	return place;
}

uint32_t thb__window_gaps(const struct thb__window *w, uint32_t n)
{
	uint32_t gaps = 0;

	for (uint32_t i = 0; i < n && w->top - i >= w->first; i++)
		gaps += !is_seen(w, w->top - i);
	return gaps;
}
