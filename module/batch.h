/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of arms and cancels, for callers who do not map the queue. */
#ifndef TH_BATCH_H
#define TH_BATCH_H

#include "queue.h"

int th_batch_arm(struct th_queue *queue, void __user *arg);
int th_batch_cancel(struct th_queue *queue, void __user *arg);

#endif
