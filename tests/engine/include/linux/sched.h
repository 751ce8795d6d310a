/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_SCHED_H
#define STANDIN_LINUX_SCHED_H

struct task_struct;

static inline void cond_resched(void)
{
}

#endif
