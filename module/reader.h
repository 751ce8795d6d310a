/* SPDX-License-Identifier: GPL-2.0-only */
/* Consuming a queue's expiries by system calls. */
#ifndef TH_READER_H
#define TH_READER_H

#include <linux/uio.h>

#include "queue.h"

u32 th_reader_ready(const struct th_queue *queue);
int th_reader_wait(struct th_queue *queue, void __user *arg);
void th_reader_reaped(struct th_queue *queue);
ssize_t th_reader_read(struct th_queue *queue, struct iov_iter *to,
		       bool nonblock);

#endif
