/* SPDX-License-Identifier: GPL-2.0-only */
/* Consuming a queue's expiries by system calls. */
#ifndef TH_READER_H
#define TH_READER_H

#include <linux/poll.h>

#include "queue.h"

int th_reader_wait(struct th_queue *queue, void __user *arg);
ssize_t th_reader_read(struct th_queue *queue, char __user *to, size_t count,
		       bool nonblock);
__poll_t th_reader_poll(struct th_queue *queue, struct file *file,
			poll_table *table);

#endif
