/* SPDX-License-Identifier: GPL-2.0-only */
/* Coroutines, of which a seeded scheduler runs one at a time. */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include <linux/types.h>
#include <ucontext.h>

#include "prng.h"
#include "sim/buffer.h"

#define AGENTS_MAX 20

struct th_queue;

struct agent {
	const char *name;
	void (*body)(void *arg);
	void *arg;
	bool done;

	/* asleep: until then, or until ready() says so; NULL: only time */
	bool asleep;
	u64 wake_ns;
	bool (*ready)(void *arg);
	void *ready_arg;

	/* the scheduler's */
	unsigned int priority;
	u64 frozen_until; /* a step */

	struct buffer buffer;

	/* of host/ */
	int cpu; /* that it is on */
	unsigned int irqs_off; /* so many times over */
	bool in_chunk; /* in th_env_run() */
	const struct th_queue *kicks; /* in th_kick() */
	unsigned int preempt_off; /* so many times over */
	bool must_yield; /* another wants its CPU */
	struct host_sleeper *sleeping;

	ucontext_t context;
	void *stack;
	void *fake_stack;
};

enum schedule {
	SCHEDULE_UNIFORM, /* any agent at each access */
	SCHEDULE_STICKY, /* mostly the one that runs */
	SCHEDULE_PRIORITY, /* the highest; it changes a few times (PCT) */
	SCHEDULE_FREEZE, /* any, and some stand still for long */
	SCHEDULES,
};

extern const char *const schedule_names[SCHEDULES];

/* The one that runs; NULL: none, the world is being made or looked at. */
extern struct agent *agent_self;
/* Accesses of this seed so far. */
extern u64 agent_steps;

void agents_reset(enum schedule schedule, struct prng *prng, u64 steps);
struct agent *agent_start(const char *name, void (*body)(void *), void *arg);
bool agents_run(void);

/* By an agent: let others run. */
void agent_step(void);
void agent_sleep(u64 ns);
void agent_wait(u64 until_ns, bool (*ready)(void *), void *arg);

struct agent *agent_number(unsigned int i);

#endif
