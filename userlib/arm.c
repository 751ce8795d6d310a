// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>

#include "internal.h"

#define rare(condition) __builtin_expect(!!(condition), 0)

/*
 * Ring the slot's doorbell; whether the kernel would otherwise look later than
 * at @latest.
 */
static inline bool ring(struct timerheap *th, __u32 slot, __u64 latest)
{
	/*
	 * Level 0 first: the kernel takes level 1 before level 0, and level 0
	 * before expires_ns, each by an exchange, so what it misses here it is
	 * rung for again.
	 */
	th_set_bit_sc(th->level0, slot);
	th_set_bit_sc(th->level1, slot / TIMERHEAP__BITS);
	/*
	 * Pairs with the kernel's barrier between its store of next_event_ns
	 * and its look at level 1: one of the two sees the other.
	 */
	return th_before_sc(latest, &th->header->next_event_ns);
}

/* Remember that a kick is due. */
static void defer(struct timerheap *th)
{
	__u64 seen = th_load64(&th->deferred);

	/* Pairs with the load in timerheap__deferred(): the bell came first. */
	while (!th_cas64_sc(&th->deferred, &seen, seen + 1))
		;
}

/* How many arms a kick from now on answers. */
__u64 timerheap__deferred(const struct timerheap *th)
{
	return th_load64_acquire(&th->deferred);
}

/*
 * The kick for the first @count deferred arms was done.  It is counted only
 * now, so that whoever finds its arm counted needs no kick of its own.
 */
void timerheap__flushed(struct timerheap *th, __u64 count)
{
	__u64 seen = th_load64(&th->flushed);

	while (seen < count && !th_cas64_sc(&th->flushed, &seen, count))
		;
}

static int kick(struct timerheap *th)
{
	__u64 count = timerheap__deferred(th);
	int rc = timerheap__kick(th);

	if (!rc)
		timerheap__flushed(th, count);
	return rc;
}

static __attribute__((noinline)) int kick_or_defer(struct timerheap *th)
{
	int rc = kick(th);

	if (rc)
		defer(th);
	return rc;
}

/*
 * Exchange the deadline.  Returns whether the kernel would come to the slot
 * too late; @latest is set either way.  A deadline of at most
 * TIMERHEAP__FOREVER cannot overflow with its slack.
 */
static inline bool exchange(struct timerheap_slot *s, __u64 deadline_ns,
			    __u64 *latest)
{
	/* This thread's own setting: only the kernel reads it meanwhile. */
	*latest = deadline_ns + th_load32(&s->slack_ns);
	/* Pairs with the kernel's cmpxchg: what is replaced does not fire. */
	th_xchg64_sc(&s->expires_ns, deadline_ns);
	/*
	 * Pairs with the kernel's barrier between its store of armed_ns and
	 * its second look at expires_ns: one of the two sees the other.
	 */
	return th_before_sc(*latest, &s->armed_ns);
}

int timerheap_arm(struct timerheap *th, uint32_t slot, uint64_t deadline_ns)
{
	__u64 latest;

	if (rare(slot >= th->nslots))
		return -EINVAL;
	if (rare((__s64)deadline_ns <= 0)) {
		if (!deadline_ns)
			return -EINVAL;
		deadline_ns = TIMERHEAP__FOREVER;
	}
	/*
	 * Before the exchange: the kernel may fire at once, and the record
	 * brings this store along to the consumer.  The release is for the
	 * slot's data, when an old record happens to have this very deadline;
	 * pairs with the acquire in timerheap_reap().
	 */
	th_store64_release(&th->expected[slot], deadline_ns);
	if (exchange(&th->slots[slot], deadline_ns, &latest) &&
	    rare(ring(th, slot, latest)))
		return kick_or_defer(th);
	return 0;
}

/* For a slot of the library's own; whether a kick is due. */
bool timerheap__place(struct timerheap *th, __u32 slot, __u64 deadline_ns)
{
	__u64 latest;

	return exchange(&th->slots[slot], deadline_ns, &latest) &&
		ring(th, slot, latest);
}

int timerheap_arm_deferred(struct timerheap *th, uint32_t slot,
			   uint64_t deadline_ns)
{
	__u64 latest;

	if (slot >= th->nslots || !deadline_ns)
		return -EINVAL;
	if (deadline_ns > TIMERHEAP__FOREVER)
		deadline_ns = TIMERHEAP__FOREVER;
	/* As in timerheap_arm(). */
	th_store64_release(&th->expected[slot], deadline_ns);
	if (exchange(&th->slots[slot], deadline_ns, &latest) &&
	    ring(th, slot, latest))
		defer(th);
	return 0;
}

int timerheap_flush(struct timerheap *th)
{
	int rc;

	if (th_load64_acquire(&th->flushed) >= timerheap__deferred(th))
		return 0;
	rc = kick(th);
	return rc ? rc : 1;
}

int timerheap_cancel(struct timerheap *th, uint32_t slot)
{
	if (slot >= th->nslots)
		return -EINVAL;
	/*
	 * Pairs with the kernel's cmpxchg: with 0 it fired, and its record
	 * stays welcome.
	 */
	if (!th_xchg64_sc(&th->slots[slot].expires_ns, 0))
		return 0;
	/*
	 * Pairs with the compare-exchange in timerheap_reap(), and makes what
	 * is in the ring unwelcome.  It is 0 here when the slot was armed twice
	 * for the same time, and reap took the first's record for both.
	 */
	return th_xchg64_sc(&th->expected[slot], 0) != 0;
}
