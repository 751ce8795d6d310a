/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue in a world that the input decides: two users, a consumer, a clock.
 * All of them may act before any access of the engine to shared memory.
 */
#ifndef FUZZ_ENGINE_WORLD_H
#define FUZZ_ENGINE_WORLD_H

#include "engine.h"
#include "fuzz.h"

#define USERS 2
/* Slots that the users arm; the queue may have more. */
#define HOT 8
#define MOST_RECORDS 128
#define CPU 3
/* The kernel's times are signed. */
#define LATEST ((u64)INT64_MAX)

struct user {
	unsigned int step; /* of the arm under way; 0: idle */
	u32 hot;
	u64 deadline;
	u64 period;
	u32 slack;
	u32 flags;
};

/* What is known of a slot beside what is in its memory. */
struct truth {
	unsigned int settings; /* how often they were written */
	unsigned int seen; /* what that was when the engine looked */
};

struct record {
	struct timerheap_expiry expiry;
	bool exact; /* overruns too */
};

struct world {
	struct th_engine engine;
	struct input *in;
	bool hostile; /* no word of the mapping is safe */
	u32 meddled; /* hot slots whose own words are not: bits */

	/* the environment */
	u64 now;
	u64 programmed;
	u64 next_delay;
	bool kicked; /* somebody asked for a run */

	/* the users */
	struct user users[USERS];
	struct truth truth[HOT];
	u32 head; /* the consumer's */
	bool moved; /* cq_head was stored, flags not read yet */

	/* the run under way */
	bool running;
	bool alone; /* nobody else acts */
	bool nested; /* somebody else's accesses */
	unsigned int gap; /* accesses until somebody acts */
	unsigned int accesses;
	u64 clock; /* as the engine read it */
	u64 lead; /* likewise; TH_NEVER: not yet */
	bool woken;

	/* records that were or are to be posted, and not consumed */
	struct record records[MOST_RECORDS];
	u32 fired; /* free-running, as the ring's tail */
	u32 published;
};

extern struct world world;

/* engine_users.c */
struct timerheap_slot *hot_slot(u32 hot);
bool mid_arm(u32 hot);
bool idle(void);
void user_step(struct user *user);
void user_finish(struct user *user);
void consume(u32 most);
void act(void);

/* engine_oracle.c */
u32 hot_of(u32 slot);
void fires(u32 slot, u64 expires, u64 next);
void published(u32 tail);
void verify_record(u32 number);
void verify_promises(void);
void run(unsigned int budget);

#endif
