/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The completion ring: the home CPU posts, one consumer takes.  Full means
 * "not now", never "lost".
 */
#ifndef TH_RING_H
#define TH_RING_H

#include <linux/types.h>
#include <linux/timerheap.h>

/*
 * @tail counts on by itself, and @head is the last sane value seen of the
 * consumer's: nothing that user space writes can make the ring overrun.
 */
struct th_ring {
	/* set once */
	struct timerheap_expiry *entries;
	struct timerheap_header *header;
	u32 mask;
	/* home CPU */
	u32 tail;
	u32 head;
	/* written by the home CPU, read by any */
	u32 published;
};

void th_ring_init(struct th_ring *ring, struct timerheap_header *header,
		  struct timerheap_expiry *entries, u32 size);
bool th_ring_refresh(struct th_ring *ring);
bool th_ring_publish(struct th_ring *ring);
u32 th_ring_ready(const struct th_ring *ring, u32 head);

/**
 * th_ring_full - whether there is no room for another record
 * @ring: the ring
 *
 * A head that no consumer can have reached makes the ring full for as long as
 * it stands there.  Cost: two loads; the consumer's line only when the ring
 * fills up.
 */
static inline bool th_ring_full(struct th_ring *ring)
{
	return ring->tail - ring->head > ring->mask && !th_ring_refresh(ring);
}

/* How many more records there is room for, by the head that was seen last. */
static inline u32 th_ring_room(const struct th_ring *ring)
{
	return ring->mask + 1 - (ring->tail - ring->head);
}

/**
 * th_ring_post - write a record
 * @ring: a ring that is not full
 * @expiry: the record
 *
 * The consumer sees it after the next th_ring_publish().
 */
static inline void th_ring_post(struct th_ring *ring,
				const struct timerheap_expiry *expiry)
{
	ring->entries[ring->tail++ & ring->mask] = *expiry;
}

#endif
