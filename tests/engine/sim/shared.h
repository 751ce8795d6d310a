/* SPDX-License-Identifier: GPL-2.0-only */
/* userlib/shared.h's names, for TIMERHEAP_SHARED_HEADER. */
#ifndef SIM_SHARED_H
#define SIM_SHARED_H

#include <stdint.h>

#include "sim/access.h"

static inline __u64 th_load64(const __u64 *p)
{
	return sim_load(p, sizeof(*p), SIM_RELAXED);
}

static inline __u64 th_load64_acquire(const __u64 *p)
{
	return sim_load(p, sizeof(*p), SIM_ORDERED);
}

/* On machines where it is more than an acquire, that delays no store. */
static inline __u64 th_load64_sc(const __u64 *p)
{
	return sim_load(p, sizeof(*p), SIM_ORDERED);
}

static inline __u32 th_load32(const __u32 *p)
{
	return (__u32)sim_load(p, sizeof(*p), SIM_RELAXED);
}

static inline __u32 th_load32_acquire(const __u32 *p)
{
	return (__u32)sim_load(p, sizeof(*p), SIM_ORDERED);
}

static inline void *th_load_ptr(void *const *p)
{
	return (void *)(uintptr_t)sim_load(p, sizeof(*p), SIM_RELAXED);
}

static inline void th_store64(__u64 *p, __u64 value)
{
	sim_store(p, sizeof(*p), value, SIM_RELAXED);
}

static inline void th_store64_release(__u64 *p, __u64 value)
{
	sim_store(p, sizeof(*p), value, SIM_ORDERED);
}

static inline void th_store32(__u32 *p, __u32 value)
{
	sim_store(p, sizeof(*p), value, SIM_RELAXED);
}

static inline void th_store32_release(__u32 *p, __u32 value)
{
	sim_store(p, sizeof(*p), value, SIM_ORDERED);
}

static inline void th_store_ptr(void **p, void *value)
{
	sim_store(p, sizeof(*p), (uintptr_t)value, SIM_RELAXED);
}

static inline __u64 th_xchg64_sc(__u64 *p, __u64 value)
{
	return sim_xchg(p, sizeof(*p), value);
}

static inline __u64 th_or64_sc(__u64 *p, __u64 bits)
{
	return sim_or(p, bits, SIM_ORDERED);
}

static inline __u64 th_and64_release(__u64 *p, __u64 bits)
{
	return sim_and(p, bits, SIM_RELEASE);
}

static inline __u32 th_sub32_release(__u32 *p, __u32 value)
{
	return (__u32)sim_add(p, sizeof(*p), -(__u64)value, SIM_RELEASE);
}

static inline bool th_cas64_sc(__u64 *p, __u64 *seen, __u64 value)
{
	__u64 before = sim_cmpxchg(p, sizeof(*p), *seen, value);
	bool done = before == *seen;

	*seen = before;
	return done;
}

static inline bool th_cas32_acquire(__u32 *p, __u32 *seen, __u32 value)
{
	__u32 before = (__u32)sim_cmpxchg(p, sizeof(*p), *seen, value);
	bool done = before == *seen;

	*seen = before;
	return done;
}

static inline void th_fence_sc(void)
{
	sim_fence();
}

#endif
