/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An engine on the bench: its environment is a clock that stands still until
 * it is moved, unless it is told to tick, and the user's side of the protocol
 * is plain function calls.
 */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include "engine.h"

struct bench {
	struct th_engine engine;
	u64 now_ns;
	u64 tick_ns; /* each reading of the clock moves it so far */
	u64 programmed_ns; /* TH_SOON, a time, or TH_NEVER */
	unsigned int wakes;
	u32 cpu;
};

#define BENCH_BUDGET 256

struct bench *bench_make(u32 nslots, u32 ring_size);
void bench_free(struct bench *bench);

/* the user */
void bench_config(struct bench *bench, u32 slot, u64 period, u32 slack,
		  u32 flags);
bool bench_arm(struct bench *bench, u32 slot, u64 deadline);
bool bench_cancel(struct bench *bench, u32 slot);
void bench_ring(struct bench *bench, u32 slot);
bool bench_take(struct bench *bench, struct timerheap_expiry *expiry);

/* the kernel */
unsigned int bench_run(struct bench *bench, unsigned int budget);
unsigned int bench_run_all(struct bench *bench, unsigned int budget);
void bench_pass_to(struct bench *bench, u64 now);

/* Fail the test, unless the next record is this one. */
void bench_expect(struct bench *bench, u32 slot, u64 deadline, u64 fired,
		  u32 overruns, u32 flags);
void bench_expect_none(struct bench *bench);

#endif
