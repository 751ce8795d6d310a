/* SPDX-License-Identifier: GPL-2.0-only */
/* Times saturate: TH_NEVER is later than everything and stays so. */
#ifndef TH_SAT_H
#define TH_SAT_H

#include <linux/types.h>

#define TH_NEVER	(~(u64)0)

static inline u64 th_sat_add(u64 a, u64 b)
{
	u64 sum = a + b;

	return sum < a ? TH_NEVER : sum;
}

static inline u64 th_sat_mul(u64 a, u32 b)
{
	u64 product;

	return __builtin_mul_overflow(a, b, &product) ? TH_NEVER : product;
}

static inline u64 th_sat_sub(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

#endif
