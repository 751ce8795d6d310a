/* SPDX-License-Identifier: GPL-2.0-only */
/* A word of 1, 4 or 8 bytes. */
#ifndef SIM_WORD_H
#define SIM_WORD_H

#include <linux/types.h>

static inline u64 word_get(const volatile void *p, unsigned int size)
{
	switch (size) {
	case 1:
		return *(const volatile u8 *)p;
	case 4:
		return *(const volatile u32 *)p;
	default:
		return *(const volatile u64 *)p;
	}
}

static inline void word_put(volatile void *p, unsigned int size, u64 value)
{
	switch (size) {
	case 1:
		*(volatile u8 *)p = (u8)value;
		break;
	case 4:
		*(volatile u32 *)p = (u32)value;
		break;
	default:
		*(volatile u64 *)p = value;
		break;
	}
}

#endif
