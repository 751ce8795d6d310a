// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <limits.h>

#include "id_gen.h"

#define rare(condition) __builtin_expect(!!(condition), 0)

void thid_block_init(struct thid_block *b, struct thid *g)
{
	*b = (struct thid_block){ .generator = g };
}

/*
 * Whether the block has a number whose time has not passed.  What was taken
 * stays unique however stale the time is that is seen here.
 */
static inline bool is_good(const struct thid_block *b)
{
	return b->left &&
		b->floor <=
		__atomic_load_n(&b->generator->past, __ATOMIC_RELAXED);
}

/*
 * Where a lease may end, all but @n are held between calls, so that there is
 * nothing to take without a look at the clock; and nothing to pay elsewhere.
 */
static void hold(struct thid_block *b, uint64_t n)
{
	if (!b->generator->lease.until)
		return;
	b->held = b->left - n;
	b->left = n;
}

static void let_go(struct thid_block *b)
{
	if (!b->held || thid__lease_is_over(b->generator))
		return;
	b->left = b->held;
	b->held = 0;
}

static int take_block(struct thid_block *b)
{
	struct thid *g = b->generator;
	uint64_t first;
	int n = thid__take_or_wait(g, g->block, &first);

	b->left = 0;
	b->held = 0;
	if (n < 0)
		return n;
	b->next = thid__compose(g, first);
	b->left = (uint64_t)n;
	b->floor = UINT64_MAX - (first >> g->counter_bits);
	return 0;
}

static __attribute__((noinline)) int refill(struct thid_block *b)
{
	int rc = 0;

	let_go(b);
	if (!is_good(b))
		rc = take_block(b);
	if (!rc)
		hold(b, 1);
	return rc;
}

static inline int take_one(struct thid_block *b, uint64_t *id)
{
	int rc;

	if (rare(!is_good(b))) {
		rc = refill(b);
		if (rc)
			return rc;
	}
	*id = b->next;
	b->next += b->generator->step;
	b->left--;
	return 0;
}

int thid_next(struct thid_block *b, uint64_t *id)
{
	if (rare(b->generator->uuid))
		return -EINVAL;
	return take_one(b, id);
}

static void fill(uint64_t *ids, uint32_t n, uint64_t id, uint64_t step)
{
	for (uint32_t i = 0; i < n; i++, id += step)
		ids[i] = id;
}

/* Of the block, as far as it is good. */
static uint32_t fill_from_block(struct thid_block *b, uint64_t *ids, uint32_t n)
{
	uint64_t step = b->generator->step;

	let_go(b);
	if (!is_good(b))
		return 0;
	if (n > b->left)
		n = (uint32_t)b->left;
	fill(ids, n, b->next, step);
	b->next += n * step;
	b->left -= n;
	hold(b, 0);
	return n;
}

int thid_next_n(struct thid_block *b, uint64_t *ids, uint32_t n)
{
	struct thid *g = b->generator;
	uint64_t first;
	uint32_t done;
	int got;

	if (n > INT_MAX || g->uuid)
		return -EINVAL;
	for (done = fill_from_block(b, ids, n); done < n;
	     done += (uint32_t)got) {
		got = thid__take_or_wait(g, n - done, &first);
		if (got < 0)
			return done ? (int)done : got;
		/* What is left of the block is before these. */
		b->left = 0;
		b->held = 0;
		fill(ids + done, (uint32_t)got, thid__compose(g, first),
		     g->step);
	}
	return (int)done;
}

static void put(uint8_t *at, uint64_t value)
{
	for (int i = 8; i--; value >>= 8)
		at[i] = (uint8_t)value;
}

static int random_word(struct thid_block *b, uint64_t *word)
{
	if (!b->random_left) {
		int rc = thid__random(b->random, sizeof(b->random));

		if (rc)
			return rc;
		b->random_left = THID_RANDOM;
	}
	*word = b->random[--b->random_left];
	return 0;
}

int thid_uuid_next(struct thid_block *b, uint8_t *uuid)
{
	struct thid *g = b->generator;
	uint64_t high, low;
	int rc;

	if (!g->uuid)
		return g->block ? -EINVAL : -ECHILD;
	rc = random_word(b, &low);
	if (!rc)
		rc = take_one(b, &high);
	if (rc)
		return rc;
	low &= thid__low(g->at.worker);
	put(uuid, high);
	put(uuid + 8, THID__VARIANT | g->worker << g->at.worker | low);
	return 0;
}
