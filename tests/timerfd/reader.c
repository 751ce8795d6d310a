// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "reader.h"

#include "../selftest/system.h"
#include "timer.h"

static void *read_once(void *arg)
{
	struct reader *reader = arg;

	reader->state = 1;
	reader->result = take(reader->fd);
	reader->when = mono_ns();
	reader->state = 2;
	return NULL;
}

static void *poll_once(void *arg)
{
	struct reader *reader = arg;

	reader->state = 1;
	reader->result = is_ready(reader->fd, -1);
	reader->state = 2;
	return NULL;
}

static pthread_t start(struct reader *reader, int fd, void *(*wait)(void *))
{
	pthread_t thread;

	*reader = (struct reader){ .fd = fd };
	thread = start_thread(wait, reader);
	CHECK(WAIT_UNTIL(reader->state >= 1));
	sleep_ms(20);
	return thread;
}

pthread_t start_reader(struct reader *reader, int fd)
{
	return start(reader, fd, read_once);
}

pthread_t start_poller(struct reader *reader, int fd)
{
	return start(reader, fd, poll_once);
}
