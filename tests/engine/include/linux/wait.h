/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_WAIT_H
#define STANDIN_LINUX_WAIT_H

#include <linux/kernel.h>
#include <linux/sched.h>

struct host_sleeper {
	struct task_struct *task;
	struct host_sleeper *next;
	bool queued;
	bool woken;
};

typedef struct wait_queue_head {
	unsigned int count; /* shared: of those on the list */
	struct host_sleeper *list;
} wait_queue_head_t;

static inline void init_waitqueue_head(wait_queue_head_t *wait)
{
	*wait = (wait_queue_head_t){ 0 };
}

bool wq_has_sleeper(wait_queue_head_t *wait);
void wake_up(wait_queue_head_t *wait);

#define DEFINE_WAIT(name) struct host_sleeper name = { 0 }
#define TASK_INTERRUPTIBLE 1

void prepare_to_wait(wait_queue_head_t *wait, struct host_sleeper *sleeper,
		     int state);
void schedule(void);
void finish_wait(wait_queue_head_t *wait, struct host_sleeper *sleeper);

#endif
