// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_quant.h"

/* In units of 1,024 ns; values below 4 have a bucket each. */
#define UNIT 10
#define SUB 2
#define FIRST (1U << SUB)

static unsigned int bucket_of(uint64_t ns)
{
	uint64_t value = ns >> UNIT;
	unsigned int power, bucket;

	if (value < FIRST)
		return (unsigned int)value;
	power = 63 - (unsigned int)__builtin_clzll(value);
	bucket = (power - SUB + 1) * FIRST +
		((unsigned int)(value >> (power - SUB)) & (FIRST - 1));
	return bucket < THB__QUANTS ? bucket : THB__QUANTS - 1;
}

/* The least value of a bucket. */
static uint64_t lower(unsigned int bucket)
{
	unsigned int power = bucket / FIRST;

	if (power < 1)
		return (uint64_t)bucket << UNIT;
	return (uint64_t)(FIRST + bucket % FIRST) << (power - 1 + UNIT);
}

static void halve(struct thb__quant *q)
{
	q->total = 0;
	for (unsigned int i = 0; i < THB__QUANTS; i++) {
		q->counts[i] /= 2;
		q->total += q->counts[i];
	}
}

void thb__quant_add(struct thb__quant *q, uint64_t ns, uint32_t half_life)
{
	q->counts[bucket_of(ns)]++;
	if (ns > q->max_ns)
		q->max_ns = ns;
	if (++q->total >= 2 * half_life)
		halve(q);
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
