/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_BITOPS_H
#define STANDIN_LINUX_BITOPS_H

#include <linux/compiler.h>
#include <linux/types.h>

#define BIT_ULL(n) (1ULL << (n))

/* Undefined for 0. */
static inline unsigned long __ffs64(u64 word)
{
	return (unsigned long)__builtin_ctzll(word);
}

static inline unsigned int hweight64(u64 word)
{
	return (unsigned int)__builtin_popcountll(word);
}

#ifdef TH_SIM
static inline bool test_and_set_bit(unsigned int bit, unsigned long *word)
{
	return sim_or(word, BIT_ULL(bit), SIM_ORDERED) & BIT_ULL(bit);
}

static inline void clear_bit_unlock(unsigned int bit, unsigned long *word)
{
	sim_and(word, ~BIT_ULL(bit), SIM_RELEASE);
}
#endif

static inline u64 rol64(u64 word, unsigned int shift)
{
	return (word << (shift & 63)) | (word >> ((-shift) & 63));
}

static inline u64 ror64(u64 word, unsigned int shift)
{
	return (word >> (shift & 63)) | (word << ((-shift) & 63));
}

#endif
