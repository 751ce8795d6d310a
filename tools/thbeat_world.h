/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The simulated world: clocks, a network, nodes, and one monitor. */
#ifndef THBEAT_WORLD_H
#define THBEAT_WORLD_H

#include "hb_pace.h"
#include "hb_peer.h"
#include "thbeat.h"
#include "thbeat_event.h"

/* A clock: true time, from an origin of its own, and too fast by so much. */
struct thbeat_clock {
	uint64_t origin_ns;
	int64_t ppb;
};

struct thbeat_node {
	struct thbeat_clock clock;
	struct thb__pace pace;
	uint64_t incarnation;
	uint64_t sequence;
	uint64_t due_ns; /* by its clock */
	uint64_t interval_ns;
	uint64_t asked_ns;
	uint32_t rtt_us;
	bool up;
	/* how it looks from outside */
	uint64_t died_ns; /* true time; 0: it did not */
	bool believed_dead;
	uint64_t reached_ns; /* when its last packet came, true time */
	/* the monitor's */
	struct thb__peer *peer;
	uint64_t armed_ns;
	bool heard; /* since the last tick, for a naive one */
};

struct thbeat_world {
	const struct thbeat_scenario *s;
	const struct thbeat_arm *arm;
	struct thbeat_agenda agenda;
	struct thbeat_node *nodes;
	void *memory;
	uint64_t now_ns; /* true time */
	/* of what happens to all arms alike, and of what depends on the arm */
	uint64_t random;
	uint64_t lateness;

	struct thbeat_clock clock; /* the monitor's */
	struct thb__rules rules;
	struct thb__stall stall;
	uint64_t stopped_ns;
	uint64_t stopped_until_ns;
	uint64_t waiting; /* packets in the socket meanwhile */
	uint64_t unread; /* and those that it had no room for */
	uint64_t cut_until_ns;
	uint64_t tick_ns; /* of a naive one, by its clock */

	struct thbeat_result result;
	uint64_t *times;
	size_t time_count;
	size_t time_room;
};

/* thbeat_world.c */
uint64_t thbeat_local(const struct thbeat_clock *c, uint64_t true_ns);
uint64_t thbeat_true(const struct thbeat_clock *c, uint64_t local_ns);
/* Uniform, 0 to @most_ns. */
uint64_t thbeat_random(uint64_t *state, uint64_t most_ns);
/* A packet leaves, and arrives at the monitor or at the node, or does not. */
void thbeat_send(struct thbeat_world *w, enum thbeat_kind to, uint32_t node,
		 const struct thb__packet *p);
/* A timer that is set for a time of its clock fires then, or later. */
void thbeat_set_timer(struct thbeat_world *w, enum thbeat_kind kind,
		      const struct thbeat_clock *c, uint32_t node,
		      uint64_t local_ns);

/* thbeat_node.c */
void thbeat_node_start(struct thbeat_world *w, uint32_t node);
void thbeat_node_beat(struct thbeat_world *w, const struct thbeat_event *ev);
void thbeat_node_deliver(struct thbeat_world *w, const struct thbeat_event *ev);

/* thbeat_watch.c */
void thbeat_watch_arrive(struct thbeat_world *w, const struct thbeat_event *ev);
void thbeat_watch_expire(struct thbeat_world *w, const struct thbeat_event *ev);
void thbeat_watch_tick(struct thbeat_world *w);

/* thbeat_verdict.c */
void thbeat_died(struct thbeat_world *w, struct thbeat_node *n);
void thbeat_came_back(struct thbeat_world *w, struct thbeat_node *n);
void thbeat_declared(struct thbeat_world *w, struct thbeat_node *n,
		     enum thb_state state);
void thbeat_sum_up(struct thbeat_world *w);

#endif
