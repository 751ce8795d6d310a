/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_SCHED_H
#define STANDIN_LINUX_SCHED_H

#include <linux/types.h>

struct task_struct;

/* Of the simulated host; there is none elsewhere. */
bool need_resched(void);
void host_cond_resched(void);

#ifdef SIM_HOST
#define cond_resched() host_cond_resched()
#else
#define cond_resched() ((void)0)
#endif

#endif
