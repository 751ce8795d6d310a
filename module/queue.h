/* SPDX-License-Identifier: GPL-2.0-only */
/* One queue: its memory, and where its parts are. */
#ifndef TH_QUEUE_H
#define TH_QUEUE_H

#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/wait.h>

#include "engine.h"

struct th_queue {
	struct th_engine engine;

	/* home CPU, interrupts off */
	struct hrtimer timer;	/* in the queue's clock */
	u64 programmed_ns;	/* what it is set to; TH_NEVER: nothing */
	bool timer_runs;	/* its function does */
	struct hrtimer gap_timer;	/* CLOCK_MONOTONIC: a gap of the CPU */
	bool soon;		/* it is set */
	bool held;		/* needs none, since a kick goes on with it */
	u64 read_ns;		/* the clock, for this run; 0: not yet */
	u64 ran_ns;		/* when an interrupt last ran the engine */
	u32 clock_generation;	/* as of the last run that published it */
	u32 clock_steps;	/* likewise, since load */
	u32 clock_steps_at_setup;
	struct rnd_state random;	/* for injected delays */

	/* any CPU */
	int cpu;		/* written on the home CPU; -1: on its way */
	unsigned long kicked;	/* bit 0: an interrupt is under way */
	atomic_t kicks_in_flight;
	call_single_data_t csd;
	struct irq_work wake_work;
	wait_queue_head_t *wait;	/* the file's */
	struct mutex read_lock;		/* cq_head, among readers */

	/* under the list's lock, in cpu.c */
	struct list_head node;
	struct timerheap_stats earlier;	/* before the last hand-over */

	/* set once */
	int home;
	cpumask_var_t allowed;
	clockid_t clockid;
	void *area;
	struct timerheap_setup setup;	/* as returned to the user */
};

struct th_queue *th_queue_create(const struct timerheap_setup *setup,
				 wait_queue_head_t *wait);
void th_queue_destroy(struct th_queue *queue);
int th_queue_map(struct th_queue *queue, struct vm_area_struct *vma);
u32 th_queue_number(void);

#endif
