/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to happen in the simulation, in order of time. */
#ifndef THBEAT_EVENT_H
#define THBEAT_EVENT_H

#include <stdbool.h>

#include "hb_packet.h"

/*
 * Of those at the same time, the first here comes first: a monitor reads its
 * socket before it judges.
 */
enum thbeat_kind {
	THBEAT_ARRIVE, /* a packet at the monitor */
	THBEAT_DELIVER, /* .. at a node */
	THBEAT_RESTART, /* a node */
	THBEAT_BEAT, /* a node's timer */
	THBEAT_EXPIRE, /* a peer's deadline; @tag: which */
	THBEAT_TICK, /* a naive monitor's timer */
	THBEAT_KILL, /* a node, any */
	THBEAT_STALL, /* the monitor */
	THBEAT_PARTITION /* the network */
};

/**
 * struct thbeat_event - one thing
 * @at_ns: when it happens, by true time.
 * @order: kind, and among those first come, first served.
 * @node: whom it is about.
 * @tag: what its kind says.
 * @since_ns: when it would have happened, had the monitor not been stopped.
 * @packet: that travels.
 */
struct thbeat_event {
	uint64_t at_ns;
	uint64_t order;
	enum thbeat_kind kind;
	uint32_t node;
	uint64_t tag;
	uint64_t since_ns;
	struct thb__packet packet;
};

struct thbeat_agenda {
	struct thbeat_event *heap;
	size_t count;
	size_t room;
	uint64_t serial;
	bool failed; /* for lack of memory */
};

void thbeat_agenda_add(struct thbeat_agenda *a, const struct thbeat_event *ev);
/* The next; false: there is none. */
bool thbeat_agenda_take(struct thbeat_agenda *a, struct thbeat_event *ev);
void thbeat_agenda_free(struct thbeat_agenda *a);

#endif
