/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who connects to a monitor's Unix socket is told all that it knows, as JSON
 * objects, a line each: {"monitor": {..}}, {"peer": {..}} for each peer, and
 * {"end": {"peers": N}}.  It goes in pieces, between beats.
 */
#ifndef THBEAT_STATUS_H
#define THBEAT_STATUS_H

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <timerheap/heartbeat.h>

#include "thbeat_config.h"

/* The one that has been there the longest makes room for another. */
#define THBEAT_CLIENTS 8

/**
 * struct thbeat_client - one who is being told
 * @fd: -1: nobody.
 * @text: a piece that is on its way,
 * @length: of so many bytes,
 * @sent: of which so many went.
 * @node: the last one in it; 0: none yet.
 * @count: of peers so far.
 * @begun: the first line is behind it,
 * @ended: and the last one.
 */
struct thbeat_client {
	int fd;
	char *text;
	size_t length;
	size_t sent;
	uint64_t node;
	uint64_t count;
	bool begun;
	bool ended;
};

struct thbeat_status {
	int listener; /* -1: none */
	uint64_t since_ns;
	char path[THBEAT_PATH];
	unsigned int oldest;
	struct thbeat_client clients[THBEAT_CLIENTS];
};

/*
 * Listen at @path.  0, or -errno: -EADDRINUSE another monitor does, or what is
 * there is no socket.
 */
int thbeat_status_open(struct thbeat_status *st, const char *path);
void thbeat_status_close(struct thbeat_status *st);

/* What to wait for, 1 + THBEAT_CLIENTS at most; how many that is. */
unsigned int thbeat_status_poll(const struct thbeat_status *st,
				struct pollfd *fds);
/* After that: let in who came, and tell those who can take it. */
void thbeat_status_run(struct thbeat_status *st, const struct pollfd *fds,
		       const struct thb_monitor *m);

/* Peers were removed: who has been told a part cannot be told the rest. */
void thbeat_status_drop(struct thbeat_status *st);

#endif
