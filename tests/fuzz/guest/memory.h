/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory at addresses that are always the same: places for arguments, good
 * and bad, and places for mappings of queues.
 */
#ifndef GUESTFUZZ_MEMORY_H
#define GUESTFUZZ_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096
#define MAPS 3
#define MAP_SPAN (16ULL << 20)
#define MAP_AT(i) ((char *)0x200000000000 + (i)*MAP_SPAN)

struct scratch {
	char *base;
};

void scratch_init(struct scratch *scratch, unsigned int number);
/*
 * The address of a copy of @data, of which as much is there as can be; what
 * memory that is, @where chooses: 0 is good memory.
 */
void *scratch_place(const struct scratch *scratch, uint64_t where,
		    const void *data, size_t size);

/* Of memory that may not be there; false when it was not. */
bool memory_copy(void *to, const void *from, size_t size);
bool memory_or(uint64_t *word, uint64_t bits);
void memory_catch_faults(void);

#endif
