/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the library touches memory that others touch at the same time: the
 * kernel, or another thread.  A test that wants to decide the order of these
 * accesses defines TIMERHEAP_SHARED_HEADER to a header with the same names.
 *
 * "sc" is sequentially consistent.  The kernel's side has full barriers where
 * this one has sc operations, so each pair of the protocol's table holds.
 */
#ifndef TIMERHEAP_SHARED_H
#define TIMERHEAP_SHARED_H

#ifdef TIMERHEAP_SHARED_HEADER
#include TIMERHEAP_SHARED_HEADER
#else

#include <linux/types.h>
#include <stdbool.h>

static inline __u64 th_load64(const __u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline __u64 th_load64_acquire(const __u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline __u64 th_load64_sc(const __u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static inline __u32 th_load32(const __u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline __u32 th_load32_acquire(const __u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void *th_load_ptr(void *const *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void th_store64(__u64 *p, __u64 value)
{
	__atomic_store_n(p, value, __ATOMIC_RELAXED);
}

static inline void th_store64_release(__u64 *p, __u64 value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

static inline void th_store32(__u32 *p, __u32 value)
{
	__atomic_store_n(p, value, __ATOMIC_RELAXED);
}

static inline void th_store32_release(__u32 *p, __u32 value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

static inline void th_store_ptr(void **p, void *value)
{
	__atomic_store_n(p, value, __ATOMIC_RELAXED);
}

/* These return what was there before. */

static inline __u64 th_xchg64_sc(__u64 *p, __u64 value)
{
	return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);
}

static inline __u64 th_or64_sc(__u64 *p, __u64 bits)
{
	return __atomic_fetch_or(p, bits, __ATOMIC_SEQ_CST);
}

static inline __u64 th_and64_release(__u64 *p, __u64 bits)
{
	return __atomic_fetch_and(p, bits, __ATOMIC_RELEASE);
}

static inline __u32 th_sub32_release(__u32 *p, __u32 value)
{
	return __atomic_fetch_sub(p, value, __ATOMIC_RELEASE);
}

/* Compare and exchange; when it fails, *seen is what was there. */
static inline bool th_cas64_sc(__u64 *p, __u64 *seen, __u64 value)
{
	return __atomic_compare_exchange_n(p, seen, value, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

static inline bool th_cas32_acquire(__u32 *p, __u32 *seen, __u32 value)
{
	return __atomic_compare_exchange_n(p, seen, value, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void th_fence_sc(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif /* TIMERHEAP_SHARED_HEADER */

#endif /* TIMERHEAP_SHARED_H */
