/* SPDX-License-Identifier: GPL-2.0-only */
/* What every fuzz target needs: to take its input apart, and to complain. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whatever the input: returns 0, or ends the process when something is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                      \
	do {                                                                  \
		if (!(condition)) {                                           \
			dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
				#condition);                                  \
			abort();                                              \
		}                                                             \
	} while (0)

struct input {
	const uint8_t *data;
	size_t left;
};

/* Little-endian; past the end there are zeroes. */
static inline uint64_t input_take(struct input *in, unsigned int bytes)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < bytes && in->left; i++, in->left--)
		value |= (uint64_t)*in->data++ << 8 * i;
	return value;
}

/* 0 to n - 1, from one byte. */
static inline uint32_t input_below(struct input *in, uint32_t n)
{
	return (uint32_t)input_take(in, 1) % n;
}

/* A number as bugs like them: around @near, at either end, round, or any. */
static inline uint64_t input_number(struct input *in, uint64_t near)
{
	uint8_t kind = (uint8_t)input_take(in, 1);
	uint64_t low = kind % 32;

	switch (kind / 32) {
	case 0:
		return low;
	case 1:
		return near + low;
	case 2:
		return near - low;
	case 3:
		return ~low;
	case 4:
		return (1ULL << (low * 2 + 1)) - 1 + input_take(in, 1);
	case 5:
		return near + input_take(in, 2);
	case 6:
		return near - input_take(in, 2);
	default:
		return input_take(in, 8);
	}
}

#endif
