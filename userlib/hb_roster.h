/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a node's number to its place: a hash table with linear probing. */
#ifndef TIMERHEAP_HB_ROSTER_H
#define TIMERHEAP_HB_ROSTER_H

#include <stdint.h>

#define THB__NOBODY UINT32_MAX

struct thb__roster {
	/* entry by bucket, plus one; 0: free */
	uint32_t *buckets;
	/* node by entry */
	uint64_t *nodes;
	uint64_t seed;
	uint32_t mask;
};

/*
 * For entries 0 to @max - 1.  Who can choose numbers of nodes does not know
 * @seed, and cannot make them collide.  0, or -ENOMEM.
 */
int thb__roster_init(struct thb__roster *r, uint32_t max, uint64_t seed);
void thb__roster_free(struct thb__roster *r);

/* Its entry, or THB__NOBODY. */
uint32_t thb__roster_find(const struct thb__roster *r, uint64_t node);

/* @node is not there yet, and @entry is free. */
void thb__roster_add(struct thb__roster *r, uint64_t node, uint32_t entry);

/* @node is there. */
void thb__roster_remove(struct thb__roster *r, uint64_t node);

#endif
