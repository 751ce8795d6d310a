/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_ATOMIC_H
#define STANDIN_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifdef TH_SIM
#define xchg(p, value) sim_xchg(p, sizeof(*(p)), value)
#define cmpxchg(p, old, value) sim_cmpxchg(p, sizeof(*(p)), old, value)
#define atomic64_or(bits, v) \
	((void)sim_or(&(v)->counter, (u64)(bits), SIM_RELAXED))
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
