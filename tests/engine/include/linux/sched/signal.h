/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_SCHED_SIGNAL_H
#define STANDIN_LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>

struct task_struct *host_current(void);
#define current host_current()

bool signal_pending(struct task_struct *task);

#endif
