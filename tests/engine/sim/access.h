/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every access to shared memory, of the engine and of the library, comes
 * through here.  Before it is carried out any other agent may run.
 */
#ifndef SIM_ACCESS_H
#define SIM_ACCESS_H

#include <linux/types.h>
#include <stdbool.h>

enum sim_order {
	SIM_RELAXED,
	SIM_RELEASE, /* an atomic operation that only releases */
	SIM_ORDERED, /* a load acquires, a store releases; atomic: both */
};

__u64 sim_load(const volatile void *p, unsigned int size, enum sim_order);
void sim_store(volatile void *p, unsigned int size, __u64 value,
	       enum sim_order);
/* These return what was there before. */
__u64 sim_xchg(volatile void *p, unsigned int size, __u64 value);
__u64 sim_cmpxchg(volatile void *p, unsigned int size, __u64 old, __u64 value);
__u64 sim_add(volatile void *p, unsigned int size, __u64 value, enum sim_order);
__u64 sim_or(volatile void *p, __u64 bits, enum sim_order);
/* Relaxed; returns nothing. */
void sim_or_only(volatile void *p, __u64 bits);
__u64 sim_and(volatile void *p, __u64 bits, enum sim_order);
/* What was at some addresses is there no more. */
void sim_forget(void);
void sim_fence(void);
void sim_read_fence(void);

#endif
