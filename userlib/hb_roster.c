// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>

#include "hb_backoff.h"
#include "hb_roster.h"

int thb__roster_init(struct thb__roster *r, uint32_t max, uint64_t seed)
{
	uint32_t size = 16;

	/* Half full at most. */
	while (size < 2 * max)
		size *= 2;
	*r = (struct thb__roster){
		.buckets = calloc(size, sizeof(*r->buckets)),
		.nodes = calloc(max, sizeof(*r->nodes)),
		.seed = seed,
		.mask = size - 1,
	};
	if (r->buckets && r->nodes)
		return 0;
	thb__roster_free(r);
	return -ENOMEM;
}

void thb__roster_free(struct thb__roster *r)
{
	free(r->buckets);
	free(r->nodes);
	*r = (struct thb__roster){ .mask = 0 };
}

static uint32_t home_of(const struct thb__roster *r, uint64_t node)
{
	uint64_t state = node ^ r->seed;

	return (uint32_t)thb__random(&state) & r->mask;
}

/* Where it is, or where it would go. */
static uint32_t bucket_of(const struct thb__roster *r, uint64_t node)
{
	uint32_t at = home_of(r, node);

	while (r->buckets[at] && r->nodes[r->buckets[at] - 1] != node)
		at = (at + 1) & r->mask;
	return at;
}

/* No bucket: 0 - 1 is nobody. */
uint32_t thb__roster_find(const struct thb__roster *r, uint64_t node)
{
	return r->buckets[bucket_of(r, node)] - 1;
}

void thb__roster_add(struct thb__roster *r, uint64_t node, uint32_t entry)
{
	r->nodes[entry] = node;
	r->buckets[bucket_of(r, node)] = entry + 1;
}

/* Those behind it move up, as far as that brings them no further from home. */
void thb__roster_remove(struct thb__roster *r, uint64_t node)
{
	uint32_t hole = bucket_of(r, node), at = hole;

	for (;;) {
		uint32_t home;

		at = (at + 1) & r->mask;
		if (!r->buckets[at])
			break;
		home = home_of(r, r->nodes[r->buckets[at] - 1]);
		if (((at - home) & r->mask) >= ((at - hole) & r->mask)) {
			r->buckets[hole] = r->buckets[at];
			hole = at;
		}
	}
	r->buckets[hole] = 0;
}
