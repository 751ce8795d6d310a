/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host of several CPUs, on which the module's env.c, kick.c, cpu.c, clock.c
 * and reader.c run unchanged.  Each CPU's interrupts are an agent; threads are
 * on a CPU, and keep its interrupts out while they have them off.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/wait.h>

#include "queue.h"
#include "sim/agent.h"

#define NEIGHBOURS_MAX 3
/* As in env.c. */
#define GAP_NS 20000

struct task_struct *host_current(void);

struct host {
	/* the plan */
	unsigned int ncpus;
	clockid_t clockid;
	u64 kick_ns; /* an interrupt between CPUs takes at most */
	bool hotplug;
	bool wall_steps;
	bool injects;
	unsigned int neighbours;

	/* what there is */
	struct th_queue *queues[NEIGHBOURS_MAX + 1]; /* the first: main */
	wait_queue_head_t wait; /* main's */
	unsigned int kicking; /* calls of th_kick() for main */
	u32 wanted; /* records that main's sleeper waits for */
	struct host_sleeper *sleeper;
	unsigned int neighbours_left;
	u64 neighbours_fired;
	u64 stops; /* of main: hand-overs */
	bool plugging; /* the hotplug agent is not done */
	bool leaving; /* main is being detached */
	bool over;
	int boot_cpu; /* before there are agents */
};

extern struct host host;

/* smp.c */
void host_cpus_start(void);
/* Another interrupt may have become due. */
void host_alarm(int cpu);
bool host_is_masked(int cpu);
/* A system call: the thread is on any CPU. */
void host_enter(void);
void host_unplug(int cpu);
void host_plug(int cpu);

/* hrtimer.c */
void timers_reset(void);
void timers_run(int cpu);
bool timers_due(int cpu);
u64 timers_next(int cpu);
void timers_leave(int cpu);

/* time.c */
void time_start(void);
void time_end(void);
u64 time_base(clockid_t clockid);
void time_act(void);
void time_masked(int cpu);
void time_read(const struct th_queue *queue, u64 now);
void time_run_ends(const struct timerheap_header *header);

/* hotplug.c */
void hotplug_start(void);

/* grant.c */
void grants_reset(void);
void grant_begins(const struct th_engine *engine, unsigned int budget);
void grant_forget(const struct th_engine *engine);
void grant_ends(struct th_engine *engine, unsigned int budget,
		unsigned int used);
void gap_promised(struct hrtimer *timer, u64 expires);
void gap_returned(struct hrtimer *timer);
bool gap_is_due(const struct th_engine *engine);
void gaps_check(void);

/* neighbour.c */
void neighbour_start(unsigned int number);

/* kernel.c */
void host_quiet(void);
void host_check_sleeper(void);

#endif
