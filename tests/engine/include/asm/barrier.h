/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_ASM_BARRIER_H
#define STANDIN_ASM_BARRIER_H

#include <linux/compiler.h>

#ifdef TH_SIM
#define smp_mb() sim_fence()
#define smp_rmb() sim_read_fence()
#define smp_load_acquire(p) sim_load(p, sizeof(*(p)), SIM_ORDERED)
#define smp_store_release(p, value) \
	sim_store(p, sizeof(*(p)), value, SIM_ORDERED)
#else
/* ThreadSanitizer knows no fences; this one it leaves alone. */
#define smp_mb() __sync_synchronize()
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#endif

#define smp_mb__after_atomic() smp_mb()

#endif
