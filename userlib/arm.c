// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>

#include "internal.h"

static inline bool ring(struct timerheap *th, __u32 slot, __u64 latest)
{
	return timerheap__ring((const void *)th, slot, latest);
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

int timerheap_ring(struct timerheap *th, uint32_t slot, uint64_t latest_ns)
{
	if (__builtin_expect(ring(th, slot, latest_ns), 0))
		return kick_or_defer(th);
	return 0;
}

int timerheap_arm(struct timerheap *th, uint32_t slot, uint64_t deadline_ns)
{
	return timerheap_arm_inline(th, slot, deadline_ns);
}

/* For a slot of the library's own; whether a kick is due. */
bool timerheap__place(struct timerheap *th, __u32 slot, __u64 deadline_ns)
{
	__u64 latest;

	return timerheap__exchange(&th->slots[slot], deadline_ns, &latest) &&
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
	/* As in timerheap_arm_inline(). */
	th_store64_release(&th->expected[slot], deadline_ns);
	if (timerheap__exchange(&th->slots[slot], deadline_ns, &latest) &&
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
	return timerheap_cancel_inline(th, slot);
}
