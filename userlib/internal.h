/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TIMERHEAP_INTERNAL_H
#define TIMERHEAP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <timerheap/timerheap.h>

#include "shared.h"

#define TIMERHEAP__ACCESS
#define timerheap__load32 th_load32
#define timerheap__store64_release th_store64_release
#define timerheap__xchg64_sc th_xchg64_sc
#define timerheap__cas64_sc th_cas64_sc
#define timerheap__or64_sc th_or64_sc
#define timerheap__load64_sc th_load64_sc
#include <timerheap/inline.h>

#define TIMERHEAP__LINE 64
#define TIMERHEAP__BITS 64

/*
 * What timerheap_wait_precise() learns of its own wake-ups.  Belongs to the
 * consumer.
 */
struct timerheap__lead {
	bool automatic;
	bool measured;
	__u64 latency_ns;
	__u32 total;
	__u32 counts[TIMERHEAP_HIST_BUCKETS];
};

/*
 * A slot's word in expected[] is the deadline of the one record that
 * timerheap_reap() would accept for it; 0: none.  reap.c has the rules.
 */
struct timerheap {
	/* set once, and read by every arm; first, struct timerheap__head */
	struct timerheap_slot *slots;
	__u64 *expected;
	__u32 nslots;
	__u32 ring_mask;
	struct timerheap_header *header;
	__u64 *level0;
	__u64 *level1;
	int fd;
	int clockid;
	__u32 number; /* as tracepoints name the queue */
	struct timerheap_expiry *ring;
	void **data;
	/* set once */
	__u64 *taken; /* behind expected */
	__u64 min_period_ns;
	void *map;
	size_t map_size;
	/* whether slot number nslots exists, for timerheap_wait_precise() */
	bool own_slot;

	/* any thread: arms that left a kick due, and how many of them got it */
	__u64 deferred __attribute__((aligned(TIMERHEAP__LINE)));
	__u64 flushed;
	/* any thread: slots taken or about to be, and a word that had room */
	__u32 used;
	__u32 hint;

	struct timerheap__lead lead __attribute__((aligned(TIMERHEAP__LINE)));
};

#define SAME_PLACE(member)                                               \
	_Static_assert(offsetof(struct timerheap, member) ==             \
			       offsetof(struct timerheap__head, member), \
		       "programs have it compiled in, by timerheap/inline.h")
SAME_PLACE(slots);
SAME_PLACE(expected);
SAME_PLACE(nslots);
SAME_PLACE(ring_mask);
SAME_PLACE(header);
SAME_PLACE(level0);
SAME_PLACE(level1);
#undef SAME_PLACE

/* sys.c: the system, and all of it; tests put their own in its place. */
int timerheap__sys_open(const char *path);
int timerheap__sys_ioctl(int fd, unsigned long request, void *arg);
int timerheap__sys_kick(int fd);
int timerheap__sys_map(int fd, size_t size, void **map);
void timerheap__sys_unmap(void *map, size_t size);
void timerheap__sys_close(int fd);
__u64 timerheap__sys_now(int clockid);
int timerheap__sys_sleep(int clockid, __u64 until_ns);
int timerheap__sys_cpu(void);
int timerheap__sys_cpus(int **cpus);
int timerheap__sys_poll_create(void);
int timerheap__sys_poll_add(int pollfd, int fd);
int timerheap__sys_poll_wait(int pollfd, __u64 timeout_ns);

/* call.c: the queue's calls, by those who need only one. */
int timerheap__kick(struct timerheap *th);
int timerheap__reaped(struct timerheap *th, bool kick);
int timerheap__wait(struct timerheap *th, __u32 min, __u64 deadline_ns);

/* arm.c */
bool timerheap__place(struct timerheap *th, __u32 slot, __u64 deadline_ns);
__u64 timerheap__deferred(const struct timerheap *th);
void timerheap__flushed(struct timerheap *th, __u64 count);

/* queue.c */
int timerheap__read_opts(struct timerheap_opts *to,
			 const struct timerheap_opts *from);

/* reap.c */
void timerheap__trim(struct timerheap *th);

/* lead.c */
void timerheap__lead_learn(struct timerheap *th);
void timerheap__lead_measure(struct timerheap *th, __u64 latency_ns);

/* Records in the ring; to the consumer these are at least as many. */
static inline __u32 timerheap__ready(const struct timerheap *th)
{
	/* Pairs with the kernel's release of cq_tail: records are complete. */
	__u32 tail = th_load32_acquire(&th->header->cq_tail);

	return tail - th_load32(&th->header->cq_head);
}

#endif
