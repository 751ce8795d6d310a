/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_PREEMPT_H
#define STANDIN_LINUX_PREEMPT_H

void preempt_disable(void);
void preempt_enable(void);

#endif
