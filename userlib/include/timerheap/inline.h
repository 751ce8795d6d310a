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
#define timerheap__load64_sc(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#endif

/*
 * value < *p, by one sc load.  Every load of x86 is one, also as the operand
 * of a comparison, which compilers don't make of an atomic one.
 */
static inline bool timerheap__before_sc(__u64 value, const __u64 *p)
{
#if defined(__x86_64__) && !defined(TIMERHEAP_SHARED_HEADER) && \
	!defined(__SANITIZE_THREAD__)
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

/**
 * timerheap_ring() - the rest of timerheap_arm_inline(), and for nothing else
 * @th: the queue.
 * @slot: the slot.
 * @latest_ns: its deadline and slack.
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
 * Cost: as timerheap_arm(), less a function call when a deadline is pushed back.
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
	if (timerheap__exchange(&head->slots[slot], deadline_ns, &latest))
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

	if (__builtin_expect(slot >= head->nslots, 0))
		return -EINVAL;
	/*
	 * Pairs with the kernel's cmpxchg: with 0 it fired, and its record
	 * stays welcome.
	 */
	if (!timerheap__xchg64_sc(&head->slots[slot].expires_ns, 0))
		return 0;
	/*
	 * Pairs with the compare-exchange in timerheap_reap(), and makes what
	 * is in the ring unwelcome.  It is 0 here when the slot was armed twice
	 * for the same time, and reap took the first's record for both.
	 */
	return timerheap__xchg64_sc(&head->expected[slot], 0) != 0;
}

#ifdef __cplusplus
}
#endif

#endif
