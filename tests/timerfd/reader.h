/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that waits for a timer. */
#ifndef TIMERFD_READER_H
#define TIMERFD_READER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct reader {
	int fd;
	atomic_int state; /* 1: about to wait; 2: it has */
	int64_t result;
	uint64_t when;
};

/* They return once it is likely to wait; read: what take() says. */
pthread_t start_reader(struct reader *reader, int fd);
/* Whether it was ready, in the end. */
pthread_t start_poller(struct reader *reader, int fd);

#endif
