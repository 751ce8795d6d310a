/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Percentiles of what was seen of late, in little memory: a histogram with 4
 * buckets to a power of two, from 1 us to 17 s, whose counts are halved now and
 * then.  What it says is at most 25 % too much.
 */
#ifndef TIMERHEAP_HB_QUANT_H
#define TIMERHEAP_HB_QUANT_H

#include <stdint.h>

#define THB__QUANTS 100
/* In units of 1,024 ns; values below 4 have a bucket each. */
#define THB__QUANT_UNIT 10
#define THB__QUANT_SUB 2
#define THB__QUANT_FIRST (1U << THB__QUANT_SUB)

/* All zeroes: nothing was seen. */
struct thb__quant {
	uint64_t max_ns;
	uint32_t total;
	uint16_t counts[THB__QUANTS];
};

/* All counts become half of what they are. */
void thb__quant_halve(struct thb__quant *q);

static inline unsigned int thb__quant_bucket(uint64_t ns)
{
	uint64_t value = ns >> THB__QUANT_UNIT;
	unsigned int down, bucket;

	if (value < THB__QUANT_FIRST)
		return (unsigned int)value;
	/* So many halvings leave FIRST to 2 FIRST - 1. */
	down = 63 - THB__QUANT_SUB - (unsigned int)__builtin_clzll(value);
	bucket = (unsigned int)(value >> down) + down * THB__QUANT_FIRST;
	return bucket < THB__QUANTS ? bucket : THB__QUANTS - 1;
}

/* After @half_life values, each counts half.  At most 32,767. */
static inline void thb__quant_add(struct thb__quant *q, uint64_t ns,
				  uint32_t half_life)
{
	q->counts[thb__quant_bucket(ns)]++;
	if (ns > q->max_ns)
		q->max_ns = ns;
	if (++q->total >= 2 * half_life)
		thb__quant_halve(q);
}

/* By nearest rank, 1 to 100 percent; 0: nothing was seen.  O(THB__QUANTS). */
uint64_t thb__quant_percentile(const struct thb__quant *q,
			       unsigned int percent);

#endif
