// SPDX-License-Identifier: GPL-2.0-only
#include <linux/compiler.h>
#include <asm/barrier.h>

#include "ring.h"

/**
 * th_ring_init - an empty ring
 * @ring: the ring
 * @header: where its head and tail are published
 * @entries: @size records
 * @size: a power of two
 */
void th_ring_init(struct th_ring *ring, struct timerheap_header *header,
		  struct timerheap_expiry *entries, u32 size)
{
	ring->entries = entries;
	ring->header = header;
	ring->mask = size - 1;
	ring->tail = 0;
	ring->head = 0;
	ring->published = 0;
}

/**
 * th_ring_refresh - look where the consumer is
 * @ring: the ring
 *
 * Return: whether there is room now.
 */
bool th_ring_refresh(struct th_ring *ring)
{
	/* Pairs with the consumer's release: it is done with the records. */
	u32 head = smp_load_acquire(&ring->header->cq_head);

	if (ring->tail - head > ring->mask)
		return false;
	ring->head = head;
	return true;
}

/**
 * th_ring_publish - let the consumer see what was posted
 * @ring: the ring
 *
 * Return: whether there was something.
 */
bool th_ring_publish(struct th_ring *ring)
{
	if (ring->published == ring->tail)
		return false;
	/* Pairs with the consumer's acquire: the records are complete. */
	smp_store_release(&ring->header->cq_tail, ring->tail);
	/* Pairs with th_ring_ready(): who is told by poll() sees the tail. */
	smp_store_release(&ring->published, ring->tail);
	return true;
}

/**
 * th_ring_ready - how many records wait for the consumer
 * @ring: the ring; any CPU
 * @head: what the consumer's head was read as
 *
 * Return: 0 to the ring's size; 0 when no consumer can have reached @head.
 */
u32 th_ring_ready(const struct th_ring *ring, u32 head)
{
	/* Pairs with th_ring_publish(). */
	u32 ready = smp_load_acquire(&ring->published) - head;

	return ready <= ring->mask + 1 ? ready : 0;
}
