/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exponential back-off with decorrelated jitter: each pause is random between
 * the base and three times the last one, up to a cap (M. Brooker, "Exponential
 * Backoff And Jitter", AWS Architecture Blog, 2015).
 */
#ifndef TIMERHEAP_HB_BACKOFF_H
#define TIMERHEAP_HB_BACKOFF_H

#include <stdint.h>

struct thb__backoff {
	uint64_t base_ns;
	uint64_t most_ns;
	uint64_t last_ns;
	uint64_t random;
};

/* 0 < @base_ns <= @most_ns <= THB_LONGEST_NS; @seed: any. */
void thb__backoff_init(struct thb__backoff *b, uint64_t base_ns,
		       uint64_t most_ns, uint64_t seed);

/* How long to pause before the next attempt: base_ns to most_ns. */
uint64_t thb__backoff_next(struct thb__backoff *b);

/* An attempt succeeded: the next pause is a short one again. */
static inline void thb__backoff_reset(struct thb__backoff *b)
{
	b->last_ns = b->base_ns;
}

/* A generator of uniform 64-bit numbers: splitmix64 (Steele et al., 2014). */
static inline uint64_t thb__random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return z ^ z >> 31;
}

#endif
