/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ID_LAYOUT_H
#define ID_LAYOUT_H

#include <timerheap/id.h>

#define THID__YEAR_S (365 * 86400ULL)

/* Version and variant, in either half of a UUID. */
#define THID__VERSION 0x7000ULL
#define THID__VERSION_MASK 0xF000ULL
#define THID__VARIANT (1ULL << 63)
#define THID__VARIANT_MASK (3ULL << 62)

/* How far to the left each field is. */
struct thid__shifts {
	uint32_t time;
	uint32_t counter;
	uint32_t worker;
};

/* Of a layout that thid_layout_check() likes. */
struct thid__shifts thid__shifts(const struct thid_layout *layout);
/* The beginning of a unit of time; saturated. */
uint64_t thid__time_ns(const struct thid_layout *layout, uint64_t time);

/* A mask of so many low bits, up to 63. */
static inline uint64_t thid__low(uint32_t bits)
{
	return (1ULL << bits) - 1;
}

#endif
