/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that a seed repeats: splitmix64. */
#ifndef TEST_PRNG_H
#define TEST_PRNG_H

#include <linux/types.h>

struct prng {
	u64 state;
};

static inline u64 prng_next(struct prng *prng)
{
	u64 z = prng->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 to n - 1; slightly uneven, which matters to no test here. */
static inline u64 prng_below(struct prng *prng, u64 n)
{
	return prng_next(prng) % n;
}

/* From @least to @most. */
static inline u64 prng_range(struct prng *prng, u64 least, u64 most)
{
	return least + prng_below(prng, most - least + 1);
}

/* True once in @n times. */
static inline bool prng_once_in(struct prng *prng, u64 n)
{
	return !prng_below(prng, n);
}

#endif
