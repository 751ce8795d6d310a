/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_ATOMIC_H
#define STANDIN_LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/types.h>

#ifdef TH_SIM
#define xchg(p, value) sim_xchg(p, sizeof(*(p)), value)
#define cmpxchg(p, old, value) sim_cmpxchg(p, sizeof(*(p)), old, value)
#define atomic64_or(bits, v) sim_or_only(&(v)->counter, (u64)(bits))

/* What only the module's environment in the kernel uses. */
#define ATOMIC_INIT(i) \
	{              \
		i      \
	}
#define ATOMIC64_INIT(i) \
	{                \
		i        \
	}
#define atomic_read(v) ((int)READ_ONCE((v)->counter))
#define atomic_read_acquire(v) ((int)smp_load_acquire(&(v)->counter))
#define atomic_set(v, i) WRITE_ONCE((v)->counter, i)
#define atomic_inc(v) \
	((void)sim_add(&(v)->counter, sizeof(int), 1, SIM_RELAXED))

#define atomic_dec(v) \
	((void)sim_add(&(v)->counter, sizeof(int), -1ULL, SIM_RELAXED))

static inline int atomic_inc_return(atomic_t *v)
{
	return (int)sim_add(&v->counter, sizeof(int), 1, SIM_ORDERED) + 1;
}

static inline int atomic_inc_return_release(atomic_t *v)
{
	return (int)sim_add(&v->counter, sizeof(int), 1, SIM_RELEASE) + 1;
}

static inline int atomic_dec_return_release(atomic_t *v)
{
	return (int)sim_add(&v->counter, sizeof(int), -1ULL, SIM_RELEASE) - 1;
}

#define atomic64_read(v) ((s64)READ_ONCE((v)->counter))
#define atomic64_add(i, v) \
	((void)sim_add(&(v)->counter, sizeof(s64), (u64)(i), SIM_RELAXED))
#else
#define xchg(p, value) __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, value)                                              \
	__extension__({                                                     \
		__typeof__(*(p)) standin_seen = (old);                      \
                                                                            \
		__atomic_compare_exchange_n(p, &standin_seen, value, false, \
					    __ATOMIC_SEQ_CST,               \
					    __ATOMIC_RELAXED);              \
		standin_seen;                                               \
	})

/* Orders nothing, as in the kernel. */
static inline void atomic64_or(s64 bits, atomic64_t *v)
{
	__atomic_fetch_or(&v->counter, bits, __ATOMIC_RELAXED);
}
#endif

#endif
