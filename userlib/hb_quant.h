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

/* All zeroes: nothing was seen. */
struct thb__quant {
	uint64_t max_ns;
	uint32_t total;
	uint16_t counts[THB__QUANTS];
};

/* After @half_life values, each counts half.  At most 32,767. */
void thb__quant_add(struct thb__quant *q, uint64_t ns, uint32_t half_life);

/* By nearest rank, 1 to 100 percent; 0: nothing was seen.  O(THB__QUANTS). */
uint64_t thb__quant_percentile(const struct thb__quant *q,
			       unsigned int percent);

#endif
