/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: answers doorbells, fires what is due, publishes when it will
 * look again.  The protocol with user space lives here; where it runs, what
 * time it is and how it is called back are its environment's business, which
 * is the kernel (cpu.c), or a test.
 */
#ifndef TH_ENGINE_H
#define TH_ENGINE_H

#include <linux/types.h>
#include <linux/timerheap.h>

#include "doorbell.h"
#include "heap.h"
#include "ring.h"
#include "sat.h"
#include "trace.h"
#include "wheel.h"

struct th_engine {
	/* set once */
	struct th_name name;	/* for tracepoints */
	struct timerheap_header *header;
	struct timerheap_slot *slots;
	u32 nslots;
	u64 min_period_ns;

	/* home CPU, interrupts off */
	struct th_doorbells doorbells;
	struct th_heap heap;
	struct th_wheel wheel;
	struct th_ring ring;
	u64 delay_ns;		/* injected lateness */

	/* written by the home CPU, read by any */
	struct timerheap_stats stats;
	u64 next_event_ns;	/* as published */
	u32 header_flags;	/* as published */
};

/* "As soon as the CPU may be taken again", for th_env_program(). */
#define TH_SOON		0

/* What the environment supplies; each is called with interrupts off. */

/* Now, in the queue's clock. */
u64 th_env_now(struct th_engine *engine);
/* Call th_engine_run() at @when, TH_SOON, or not by itself (TH_NEVER). */
void th_env_program(struct th_engine *engine, u64 when);
/* There are new expiries in the ring. */
void th_env_wake(struct th_engine *engine);
/* The CPU that runs. */
u32 th_env_cpu(struct th_engine *engine);

/* What a pass over the doorbells costs of the budget, without any rung. */
static inline unsigned int th_engine_pass_cost(const struct th_engine *engine)
{
	return 1 + engine->doorbells.level1_words / TH_BELLS;
}

void th_engine_init(struct th_engine *engine);
void th_engine_postpone(struct th_engine *engine);
unsigned int th_engine_run(struct th_engine *engine, unsigned int budget);
bool th_engine_arm(struct th_engine *engine, const struct timerheap_arm *arm);
bool th_engine_cancel(struct th_engine *engine, u32 slot);
void th_engine_set_flags(struct th_engine *engine, u32 mask, u32 flags);

#endif
