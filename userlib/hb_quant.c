// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_quant.h"

/* The least value of a bucket. */
static uint64_t lower(unsigned int bucket)
{
	unsigned int power = bucket / THB__QUANT_FIRST;

	if (power < 1)
		return (uint64_t)bucket << THB__QUANT_UNIT;
	return (uint64_t)(THB__QUANT_FIRST + bucket % THB__QUANT_FIRST)
		<< (power - 1 + THB__QUANT_UNIT);
}

void thb__quant_halve(struct thb__quant *q)
{
	q->total = 0;
	for (unsigned int i = 0; i < THB__QUANTS; i++) {
		q->counts[i] /= 2;
		q->total += q->counts[i];
	}
}

uint64_t thb__quant_percentile(const struct thb__quant *q, unsigned int percent)
{
	uint32_t wanted = (q->total * percent + 99) / 100;
	unsigned int bucket = 0;
	uint64_t top;

	if (!q->total)
		return 0;
	for (; wanted > q->counts[bucket]; bucket++)
		wanted -= q->counts[bucket];
	top = lower(bucket + 1) - 1;
	return top < q->max_ns && bucket < THB__QUANTS - 1 ? top : q->max_ns;
}
