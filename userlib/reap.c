// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which records count
 * -------------------
 * A record is known by (slot, expires_ns), and expected[slot] is the deadline
 * that counts.  Arming stores it, cancelling and freeing store 0, and the
 * consumer takes a record by a compare-exchange of that word to the deadline
 * which must follow: whoever comes first wins, and the other sees it.
 *
 *   arm, fire, reap		the record has the expected deadline: taken.
 *   arm E, fire, arm D, reap	E is not expected any more: dropped.  D comes.
 *   arm D between the reaper's	the compare-exchange fails, the reaper looks
 *   look and its exchange	again: dropped, D comes.  After its exchange:
 *				E was taken before the arm.
 *   arm stored D, not yet in	E fires, or a tick of the old period: dropped;
 *   the slot			the arm takes its place.
 *   cancel finds the slot	it had not fired: expected 0, and older ticks
 *   pending			are dropped.
 *   cancel finds the slot idle	it fired; its record is, or will be, in the
 *				ring and is expected: taken.
 *   free, alloc, arm D,	expected went to 0, then D: the former owner's
 *   with a record in the ring	record is dropped, unless it has D as well.
 *				Then D has passed: the new owner gets its event
 *				from that record, with its own data, and the
 *				kernel's second one is dropped.
 *   free, alloc and arm for	the data read is the former owner's.  Only if
 *   the same nanosecond,	the deadline had passed, and free overlaps with
 *   between reading the data	reap: what timerheap_slot_free() documents.
 *   and the exchange
 *
 * Periodic slots: the kernel tells enough to compute the deadline that it went
 * on to.  The consumer stores that one with DERIVED set, to mean "from a record
 * that was taken, no arm since".  A record that does not match a derived
 * deadline shows that the one taken was not the last to have its deadline: the
 * slot was armed again for a time that had passed and fired, and now a second
 * record says how many periods were missed by then.  It is dropped, but the
 * deadline it leads to is the one to expect.  So a periodic timer heals
 * with its next record, whatever was taken for what.
 */
#include <errno.h>
#include <limits.h>

#include "internal.h"
#include "probe.h"

#define DERIVED (1ULL << 63)

static __u64 periods(const struct timerheap_expiry *rec, __u64 period)
{
	if (rec->overruns != UINT32_MAX)
		return (__u64)rec->overruns + 1;
	/* Saturated: the count itself, up to when it fired. */
	return (rec->fired_ns - rec->expires_ns) / period + 1;
}

/* What to expect after @rec; the kernel computes the same. */
static __u64 following(const struct timerheap *th,
		       const struct timerheap_expiry *rec)
{
	const struct timerheap_slot *s = &th->slots[rec->slot];
	__u64 period = th_load64(&s->period_ns);
	__u64 base = rec->expires_ns, count = 1, next;

	if (!period)
		return 0;
	if (period < th->min_period_ns)
		period = th->min_period_ns;
	if (!(th_load32(&s->flags) & TIMERHEAP_SLOT_RESTART))
		count = periods(rec, period);
	else if (rec->fired_ns > base)
		base = rec->fired_ns;
	if (__builtin_mul_overflow(count, period, &next) ||
	    __builtin_add_overflow(base, next, &next) ||
	    next > TIMERHEAP__FOREVER)
		next = TIMERHEAP__FOREVER;
	return next | DERIVED;
}

/* Whether @rec counts; then @data is its slot's. */
static __attribute__((noinline)) bool claim(struct timerheap *th,
					    const struct timerheap_expiry *rec,
					    void **data)
{
	__u64 *expected = &th->expected[rec->slot], seen, next;
	bool mine;

	/* Pairs with the release in timerheap_arm(), and so in the retry. */
	seen = th_load64_acquire(expected);
	do {
		mine = (seen & ~DERIVED) == rec->expires_ns;
		if (!mine && !(seen & DERIVED))
			return false;
		/* By the settings that were stored before what was seen. */
		next = following(th, rec);
		*data = th_load_ptr(&th->data[rec->slot]);
		/* Pairs with the exchange in timerheap_cancel(). */
	} while (!th_cas64_sc(expected, &seen, next));
	return mine;
}

/* The same where there is nothing to it: a one-shot timer, still expected. */
static inline bool claim_oneshot(struct timerheap *th,
				 const struct timerheap_expiry *rec,
				 __u64 *expected, void *const *from,
				 void **data)
{
	__u64 seen = th_load64_acquire(expected);

	if (seen != rec->expires_ns ||
	    th_load64(&th->slots[rec->slot].period_ns))
		return false;
	*data = th_load_ptr(from);
	/* As in claim(). */
	return th_cas64_sc(expected, &seen, 0);
}

static inline void copy(const struct timerheap_expiry *rec, __u32 slot,
			struct timerheap_event *ev)
{
	ev->deadline_ns = rec->expires_ns;
	ev->fired_ns = rec->fired_ns;
	ev->slot = rec->slot;
	ev->overruns = rec->overruns;
	ev->cpu = rec->cpu;
	ev->flags = rec->flags;
	ev->timer = slot;
}

/*
 * Those from @rec to @end that count, as events from @ev on; where these end.
 * A function of its own has registers for all that the loop needs.
 */
static __attribute__((noinline)) struct timerheap_event *take(
	struct timerheap *th, const struct timerheap_expiry *rec,
	const struct timerheap_expiry *end, struct timerheap_event *ev)
{
	/* Copies: they cannot be what an event is written to. */
	__u64 *expected = th->expected;
	void **data = th->data;

	for (; rec != end; rec++) {
		__u32 slot = rec->slot;

		if (slot >= th->nslots)
			continue;
		if (claim_oneshot(th, rec, &expected[slot], &data[slot],
				  &ev->data) ||
		    claim(th, rec, &ev->data))
			copy(rec, slot, ev++);
	}
	return ev;
}

/*
 * Give the kernel the room back; say so if somebody traces, and kick it if it
 * waits for that.
 */
static int advance(struct timerheap *th, __u32 from, __u32 to)
{
	__u32 flags;

	if (from != to) {
		timerheap__probe_reap(th->number, from, to - from);
		/* Pairs with the kernel's acquire: the records were read. */
		th_store32_release(&th->header->cq_head, to);
		/*
		 * Pairs with the kernel's barrier between its store of flags
		 * and its last look at cq_head: one of the two sees the other.
		 */
		th_fence_sc();
	}
	flags = th_load32(&th->header->flags);
	if (flags & TIMERHEAP_HDR_TRACED && from != to)
		return timerheap__reaped(th, flags & TIMERHEAP_HDR_STALLED);
	if (flags & TIMERHEAP_HDR_STALLED)
		return timerheap__kick(th);
	return 0;
}

/* How many of @left records lie in a row from position @head on; @most. */
static __u32 in_a_row(const struct timerheap *th, __u32 head, __u32 left,
		      __u32 most)
{
	__u32 row = th->ring_mask + 1 - (head & th->ring_mask);

	row = row < left ? row : left;
	return row < most ? row : most;
}

int timerheap_reap(struct timerheap *th, struct timerheap_event *ev,
		   unsigned int n)
{
	__u32 from = th_load32(&th->header->cq_head), head = from, row;
	__u32 left = timerheap__ready(th);
	struct timerheap_event *next = ev, *end;
	int count, rc;

	if (!ev && n)
		return -EINVAL;
	end = ev + (n < INT_MAX ? n : INT_MAX);
	for (; left && next != end; left -= row, head += row) {
		const struct timerheap_expiry *rec =
			&th->ring[head & th->ring_mask];

		row = in_a_row(th, head, left, (__u32)(end - next));
		next = take(th, rec, rec + row, next);
	}
	count = (int)(next - ev);
	rc = advance(th, from, head);
	return count || !rc ? count : rc;
}

/* Drop the library's own records, as far as they come first. */
void timerheap__trim(struct timerheap *th)
{
	__u32 from = th_load32(&th->header->cq_head), head = from;
	__u32 left = timerheap__ready(th);

	while (left && th->ring[head & th->ring_mask].slot >= th->nslots) {
		left--;
		head++;
	}
	/* Should the kick fail, reap or the next trim does it. */
	if (head != from)
		(void)advance(th, from, head);
}
