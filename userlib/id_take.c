// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Taking positions.  All atomics here are relaxed but those that say otherwise:
 * a position belongs to whose exchange of @head took it, by the order that all
 * threads see that one word change in, and what is read of other words only
 * bounds it.  The ceiling is stored after the lease holds, and whoever reads
 * it, reads no other memory that came with it.
 */
#include <errno.h>

#include "id_gen.h"

static uint64_t load(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static void count(uint64_t *at, uint64_t n)
{
	__atomic_fetch_add(at, n, __ATOMIC_RELAXED);
}

uint64_t thid__compose(const struct thid *g, uint64_t position)
{
	uint64_t time = position >> g->counter_bits;
	uint64_t counter = position & thid__low(g->counter_bits);
	uint64_t rest = g->uuid ? THID__VERSION : g->worker << g->at.worker;

	return time << g->at.time | counter << g->at.counter | rest;
}

/* Why there is no number of a time from @end on. */
static int refusal(const struct thid *g, uint64_t now, uint64_t time)
{
	int why = __atomic_load_n(&g->why, __ATOMIC_RELAXED);

	if (time >= g->most)
		return -EOVERFLOW;
	/* It is the mark that is in the way, and it could not be set. */
	if (time >= load(&g->ceiling) && time <= now + g->borrow && why)
		return why;
	return -EAGAIN;
}

bool thid__lease_is_over(const struct thid *g)
{
	return g->lease.until &&
		thid__boot_ns() >= g->lease.until(g->lease.arg);
}

int thid__take(struct thid *g, uint64_t want, uint64_t *first)
{
	/* Pairs with the release in raise_time(): the first head came before. */
	uint64_t past = __atomic_load_n(&g->past, __ATOMIC_ACQUIRE);
	uint64_t now = thid__time(past), head = load(&g->head);
	uint64_t end, time, left, n;

	if (!past) {
		int why = __atomic_load_n(&g->why, __ATOMIC_RELAXED);

		return why ? why : -ECHILD;
	}
	if (thid__lease_is_over(g))
		return -ESTALE;
	end = load(&g->ceiling);
	if (end > now + g->borrow + 1)
		end = now + g->borrow + 1;
	if (end > g->most)
		end = g->most;
	do {
		*first = now << g->counter_bits;
		if (*first < head)
			*first = head;
		time = *first >> g->counter_bits;
		if (time >= end)
			return refusal(g, now, time);
		left = ((time + 1) << g->counter_bits) - *first;
		n = want < left ? want : left;
	} while (!__atomic_compare_exchange_n(&g->head, &head, *first + n, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	count(&g->taken, n);
	if (time > now)
		count(&g->borrowed, n);
	return (int)n;
}

static bool can_wait(const struct thid *g, int rc)
{
	return rc == -EAGAIN && (g->flags & THID_WAIT);
}

int thid__take_or_wait(struct thid *g, uint64_t want, uint64_t *first)
{
	bool waited = false;
	int rc;

	for (;;) {
		/* Pairs with the release in thid_tick(): the time came first. */
		uint32_t seen = __atomic_load_n(&g->turn, __ATOMIC_ACQUIRE);

		rc = thid__take(g, want, first);
		if (!can_wait(g, rc))
			break;
		if (!waited)
			count(&g->waits, 1);
		waited = true;
		/*
		 * Pairs with the fence in thid_tick(): either that finds a
		 * waiter, or futex(2) finds another turn here.
		 */
		__atomic_fetch_add(&g->waiters, 1, __ATOMIC_SEQ_CST);
		rc = thid__wait(&g->turn, seen);
		__atomic_fetch_sub(&g->waiters, 1, __ATOMIC_RELAXED);
		if (rc)
			break;
	}
	if (rc == -EAGAIN)
		count(&g->refused, 1);
	return rc;
}
