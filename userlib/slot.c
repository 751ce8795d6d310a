// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which slots are taken: a bit each, and a count that is reserved from before
 * a bit is looked for, so that a search always finds one and "all are taken"
 * is never said in error.
 */
#include <errno.h>

#include "internal.h"

static bool reserve(struct timerheap *th)
{
	__u32 used = th_load32(&th->used);

	do {
		if (used >= th->nslots)
			return false;
		/* Pairs with the release in timerheap_slot_free(). */
	} while (!th_cas32_acquire(&th->used, &used, used + 1));
	return true;
}

/* Set a clear bit of the word and return it, or TIMERHEAP__BITS. */
static __u32 take_bit(__u64 *word)
{
	__u64 taken = th_load64(word);

	while (~taken) {
		__u32 bit = (__u32)__builtin_ctzll(~taken);
		__u64 before = th_or64_sc(word, 1ULL << bit);

		if (!(before & 1ULL << bit))
			return bit;
		taken = before;
	}
	return TIMERHEAP__BITS;
}

/* A slot whose bit was clear.  Bits past nslots are set from the start. */
static __u32 find(struct timerheap *th)
{
	__u32 words = (th->nslots + TIMERHEAP__BITS - 1) / TIMERHEAP__BITS;
	__u32 word = th_load32(&th->hint);

	for (;;) {
		__u32 bit = take_bit(&th->taken[word]);

		if (bit < TIMERHEAP__BITS) {
			th_store32(&th->hint, word);
			return word * TIMERHEAP__BITS + bit;
		}
		if (++word >= words)
			word = 0;
	}
}

int timerheap_slot_alloc(struct timerheap *th, void *data)
{
	__u32 slot;

	if (!reserve(th))
		return -ENOSPC;
	slot = find(th);
	/*
	 * Reaches the consumer with the next arm.  Slots that never have data
	 * take no memory for it.
	 */
	if (th_load_ptr(&th->data[slot]) != data)
		th_store_ptr(&th->data[slot], data);
	return (int)slot;
}

int timerheap_slot_free(struct timerheap *th, uint32_t slot)
{
	__u64 *word, bit;

	if (slot >= th->nslots)
		return -EINVAL;
	word = &th->taken[slot / TIMERHEAP__BITS];
	bit = 1ULL << slot % TIMERHEAP__BITS;
	if (!(th_load64(word) & bit))
		return -EINVAL;
	/* As timerheap_cancel(), but a record that waits is dropped as well. */
	th_xchg64_sc(&th->slots[slot].expires_ns, 0);
	th_xchg64_sc(&th->expected[slot], 0);
	(void)timerheap_slot_config(th, slot, 0, 0, 0);
	/* Both pair with the next owner's alloc: it finds the slot idle. */
	th_and64_release(word, ~bit);
	th_sub32_release(&th->used, 1);
	return 0;
}

int timerheap_slot_config(struct timerheap *th, uint32_t slot,
			  uint64_t period_ns, uint32_t slack_ns, uint32_t flags)
{
	struct timerheap_slot *s;

	if (slot >= th->nslots || flags & ~TIMERHEAP_SLOT_RESTART)
		return -EINVAL;
	s = &th->slots[slot];
	/* The next arm's exchange releases these to the kernel. */
	th_store64(&s->period_ns, period_ns);
	th_store32(&s->slack_ns, slack_ns);
	th_store32(&s->flags, flags);
	return 0;
}
