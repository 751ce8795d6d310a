/* SPDX-License-Identifier: GPL-2.0-only */
/* One seed's world: a queue, its kernel, its users, and what is planned. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#ifdef SIM_HOST
#include "queue.h"
#endif
#include "engine.h"
#include "prng.h"
#include "sim/agent.h"

#define RAW_MAX 6

/* Drawn from the seed before anything happens. */
struct plan {
	enum schedule schedule;
	enum model model;
	u64 steps;
	u64 start_ns;
	u64 range_ns; /* deadlines are mostly this far ahead */
	unsigned int speed;
	unsigned int clock_steps_in;
	u32 nslots;
	u32 ring_size;
	unsigned int users; /* of the library */
	unsigned int raw_users; /* without it; they share slots */
	unsigned int raw_slots;
	unsigned int budget;
	bool collide; /* most arms are for the same time */
	u64 min_period_ns;
	u64 gap_ns; /* what TH_SOON waits at most */
	u64 late_ns; /* what the timer is late at most */
	u64 delay_ns; /* injected, at most */
	bool lead; /* the consumer sets one */
	bool precise; /* the consumer waits for points in time */
	bool slow_consumer;
	unsigned int sync_percent; /* kicks that wait for the run */
	unsigned int postpone_percent; /* runs that the CPU has no time for */
	unsigned int error_in; /* a kick fails once in so many; 0: never */
	u32 slack_ns; /* at most; 0: none */
};

struct world {
	u64 seed;
	struct plan plan;
	struct prng prng;
#ifdef SIM_HOST
	union {
		struct th_engine engine;
		struct th_queue queue;
	};
#else
	struct th_engine engine;
#endif
	struct timerheap *th;
	u32 raw[RAW_MAX];

	struct timerheap_stats stats; /* in the end */

	struct agent *consumer;
	unsigned int users_left;
	bool finished;
	bool draining;
	bool consumer_busy; /* in a call of the library */
	bool consumer_late; /* its kick failed; it will try again */
};

extern struct world world;

/* Weak memory in each seed, and most arms for the same time. */
extern bool world_weak;

void world_run(u64 seed, u64 steps);

static inline bool percent(unsigned int chance)
{
	return prng_below(&world.prng, 100) < chance;
}

#endif
