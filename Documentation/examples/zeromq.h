/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heartbeats over ZeroMQ: an example of a transport of one's own. */
#ifndef ZEROMQ_H
#define ZEROMQ_H

#include <timerheap/heartbeat.h>

/* A ROUTER socket; addresses are the names of others. */
struct zeromq {
	void *socket;
	int event;
	int poll;
};

/*
 * Opens one that others know by @name, 1 to THB_ADDRESS characters.  Then bind
 * it by zmq_bind(z->socket, ..), or connect it.  0, or -errno.
 */
int zeromq_open(struct zeromq *z, void *context, const char *name);
void zeromq_close(struct zeromq *z);

/* Connect to the one by that name, which from then on is an address. */
int zeromq_connect(struct zeromq *z, const char *name, const char *endpoint);

/* For the options of a monitor or a sender; @z stays until that is closed. */
struct thb_transport zeromq_transport(struct zeromq *z);

#endif
