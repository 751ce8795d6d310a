/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * timerheap_arm() and timerheap_cancel() compiled into the caller, for loops
 * over many timers: a call less each time.  The same in all else, and the two
 * kinds may be mixed.
 *
 * A program that uses these depends on where the library keeps what is below;
 * that stays for as long as the library's soname.
 */
#ifndef TIMERHEAP_INLINE_H
#define TIMERHEAP_INLINE_H

#include <errno.h>
#include <stdbool.h>

#include <timerheap/timerheap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What struct timerheap begins with; set once, by timerheap_open(). */
struct timerheap__head {
	struct timerheap_slot *slots;
	__u64 *expected;
	__u32 nslots;
	__u32 ring_mask;
	struct timerheap_header *header;
	__u64 *level0;
	__u64 *level1;
};

/* A deadline that no clock reaches: the kernel's times are signed. */
#define TIMERHEAP__FOREVER ((__u64)INT64_MAX)

/*
 * Memory that the kernel, or another thread, touches at the same time.  The
 * library and its tests have these in their own ways.
 */
#ifndef TIMERHEAP__ACCESS
#define timerheap__load32(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define timerheap__store64_release(p, value) \
	__atomic_store_n(p, value, __ATOMIC_RELEASE)
#define timerheap__xchg64_sc(p, value) \
	__atomic_exchange_n(p, value, __ATOMIC_SEQ_CST)
#define timerheap__cas64_sc(p, seen, value)                                  \
	__atomic_compare_exchange_n(p, seen, value, false, __ATOMIC_SEQ_CST, \
				    __ATOMIC_ACQUIRE)
#define timerheap__or64_sc(p, bits) __atomic_fetch_or(p, bits, __ATOMIC_SEQ_CST)
#define timerheap__load64_sc(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#endif

/* Instructions that compilers don't make of atomic operations. */
#if defined(__x86_64__) && !defined(TIMERHEAP_SHARED_HEADER) && \
	!defined(__SANITIZE_THREAD__)
#define TIMERHEAP__X86 1
#endif

/*
 * value < *p, by one sc load.  Every load of x86 is one, also as the operand
 * of a comparison.
 */
static inline bool timerheap__before_sc(__u64 value, const __u64 *p)
{
#ifdef TIMERHEAP__X86
	bool before;

	__asm__ volatile("cmpq %2, %1"
			 : "=@ccb"(before)
			 : "r"(value), "m"(*p)
			 : "memory");
	return before;
#else
	return value < timerheap__load64_sc(p);
#endif
}

/*
 * Set a bit of an array, sequentially consistent.  By an index of 32 bits, so
 * that a caller need not keep it in 64 as well; it counts as signed, and no
 * queue has 2^31 slots.
 */
static inline void timerheap__set_bit_sc(__u64 *words, __u32 bit)
{
#ifdef TIMERHEAP__X86
	__asm__ volatile("lock btsl %1, %0"
			 : "+m"(*words)
			 : "r"(bit)
			 : "cc", "memory");
#else
	timerheap__or64_sc(&words[bit / 64], 1ULL << bit % 64);
#endif
}

/*
 * Exchange the deadline.  Returns whether the kernel would come to the slot
 * too late; @latest is set either way.  A deadline of at most
 * TIMERHEAP__FOREVER cannot overflow with its slack.
 */
static inline bool timerheap__exchange(struct timerheap_slot *s,
				       __u64 deadline_ns, __u64 *latest)
{
	/* This thread's own setting: only the kernel reads it meanwhile. */
	*latest = deadline_ns + timerheap__load32(&s->slack_ns);
	/* Pairs with the kernel's cmpxchg: what is replaced does not fire. */
	timerheap__xchg64_sc(&s->expires_ns, deadline_ns);
	/*
	 * Pairs with the kernel's barrier between its store of armed_ns and
	 * its second look at expires_ns: one of the two sees the other.
	 */
	return timerheap__before_sc(*latest, &s->armed_ns);
}

/*
 * Ring the slot's doorbell; whether the kernel would otherwise look later than
 * at @latest.
 */
static inline bool timerheap__ring(const struct timerheap__head *head,
				   __u32 slot, __u64 latest)
{
	/*
	 * Level 0 first: the kernel takes level 1 before level 0, and level 0
	 * before expires_ns, each by an exchange, so what it misses here it is
	 * rung for again.
	 */
	timerheap__set_bit_sc(head->level0, slot);
	timerheap__set_bit_sc(head->level1, slot / 64);
	/*
	 * Pairs with the kernel's barrier between its store of next_event_ns
	 * and its look at level 1: one of the two sees the other.
	 */
	return timerheap__before_sc(latest, &head->header->next_event_ns);
}

/**
 * timerheap_ring() - the rest of timerheap_arm_inline(), and for nothing else
 * @th: the queue.
 * @slot: the slot.
 * @latest_ns: its deadline and slack.
 *
 * Rings, once more if need be, and kicks if that is earlier than the next event.
 *
 * Return: as timerheap_arm().
 */
#pragma GCC visibility push(default)
int timerheap_ring(struct timerheap *th, uint32_t slot, uint64_t latest_ns);
#pragma GCC visibility pop

/**
 * timerheap_arm_inline() - timerheap_arm()
 * @th: the queue.
 * @slot: a slot that was allocated.
 * @deadline_ns: when.
 *
 * Cost: as timerheap_arm(), less a function call, but when it kicks.
 *
 * Return: as timerheap_arm().
 */
static inline int timerheap_arm_inline(struct timerheap *th, uint32_t slot,
				       uint64_t deadline_ns)
{
	const struct timerheap__head *head =
		(const struct timerheap__head *)(const void *)th;
	__u64 latest;

	if (__builtin_expect(slot >= head->nslots, 0))
		return -EINVAL;
	if (__builtin_expect((__s64)deadline_ns <= 0, 0)) {
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
	timerheap__store64_release(&head->expected[slot], deadline_ns);
	if (timerheap__exchange(&head->slots[slot], deadline_ns, &latest) &&
	    __builtin_expect(timerheap__ring(head, slot, latest), 0))
		return timerheap_ring(th, slot, latest);
	return 0;
}

/**
 * timerheap_cancel_inline() - timerheap_cancel()
 * @th: the queue.
 * @slot: a slot that was allocated.
 *
 * Cost: as timerheap_cancel(), less a function call.
 *
 * Return: as timerheap_cancel().
 */
static inline int timerheap_cancel_inline(struct timerheap *th, uint32_t slot)
{
	const struct timerheap__head *head =
		(const struct timerheap__head *)(const void *)th;
	__u64 deadline;

	if (__builtin_expect(slot >= head->nslots, 0))
		return -EINVAL;
	/*
	 * Pairs with the kernel's cmpxchg: with 0 it fired, and its record
	 * stays welcome.
	 */
	deadline = timerheap__xchg64_sc(&head->slots[slot].expires_ns, 0);
	if (!deadline)
		return 0;
	/*
	 * Pairs with the compare-exchange in timerheap_reap(), and makes what
	 * is in the ring unwelcome.  It is 0 here when the slot was armed twice
	 * for the same time, and reap took the first's record for both.  Else
	 * it is the deadline, unless it ticks: then reap may be a few behind,
	 * and take some of these meanwhile, but as the slot is idle by now it
	 * comes to an end.
	 */
	while (!timerheap__cas64_sc(&head->expected[slot], &deadline, 0))
		if (!deadline)
			return 0;
	return 1;
}

#ifdef __cplusplus
}
#endif

#endif
