// SPDX-License-Identifier: LGPL-2.1-or-later
/* A world from its start to its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thbeat_world.h"

#define ALIGN 64

/* Clocks of different machines have nothing in common. */
#define MONITOR_ORIGIN (1000 * THBEAT_SEC)
#define NODE_ORIGIN (77777 * THBEAT_SEC)

/* Once each @every on average, at no time in particular; 0: never. */
static void plan(struct thbeat_world *w, enum thbeat_kind kind, uint64_t every)
{
	struct thbeat_event ev = { .kind = kind };

	if (!every)
		return;
	ev.at_ns = w->now_ns + 1 + thbeat_random(&w->random, 2 * every - 1);
	thbeat_agenda_add(&w->agenda, &ev);
}

static void kill_one(struct thbeat_world *w)
{
	uint32_t node = (uint32_t)thbeat_random(&w->random, w->s->nodes - 1);
	struct thbeat_event ev = {
		.kind = THBEAT_RESTART,
		.node = node,
		.at_ns = w->now_ns + w->s->down_ns,
	};

	plan(w, THBEAT_KILL, w->s->kill_every_ns);
	if (!w->nodes[node].up)
		return;
	thbeat_died(w, &w->nodes[node]);
	thbeat_agenda_add(&w->agenda, &ev);
}

static void restart(struct thbeat_world *w, uint32_t node)
{
	thbeat_came_back(w, &w->nodes[node]);
	thbeat_node_start(w, node);
}

static bool is_monitors(const struct thbeat_event *ev)
{
	return ev->kind == THBEAT_ARRIVE || ev->kind == THBEAT_EXPIRE ||
		ev->kind == THBEAT_TICK;
}

static void stop(struct thbeat_world *w)
{
	plan(w, THBEAT_STALL, w->s->stall_every_ns);
	/* Should it be stopped already, it stays so for longer. */
	if (w->now_ns >= w->stopped_until_ns) {
		w->stopped_ns = w->now_ns;
		w->waiting = 0;
	}
	w->stopped_until_ns = w->now_ns + w->s->stall_ns;
}

/* While the monitor is stopped, what concerns it waits, or gets lost. */
static bool put_off(struct thbeat_world *w, struct thbeat_event *ev)
{
	if (!is_monitors(ev) || w->now_ns >= w->stopped_until_ns)
		return false;
	ev->at_ns = w->stopped_until_ns;
	if (ev->kind == THBEAT_ARRIVE && ev->since_ns == w->now_ns &&
	    w->waiting++ >= w->s->stall_room)
		w->unread++;
	else
		thbeat_agenda_add(&w->agenda, ev);
	return true;
}

static void happen(struct thbeat_world *w, struct thbeat_event *ev)
{
	switch (ev->kind) {
	case THBEAT_ARRIVE:
		thbeat_watch_arrive(w, ev);
		break;
	case THBEAT_DELIVER:
		thbeat_node_deliver(w, ev);
		break;
	case THBEAT_RESTART:
		restart(w, ev->node);
		break;
	case THBEAT_BEAT:
		thbeat_node_beat(w, ev);
		break;
	case THBEAT_EXPIRE:
		thbeat_watch_expire(w, ev);
		break;
	case THBEAT_TICK:
		thbeat_watch_tick(w);
		break;
	case THBEAT_KILL:
		kill_one(w);
		break;
	case THBEAT_STALL:
		stop(w);
		break;
	case THBEAT_PARTITION:
		w->cut_until_ns = w->now_ns + w->s->partition_ns;
		plan(w, THBEAT_PARTITION, w->s->partition_every_ns);
		break;
	}
}

static void set_up_node(struct thbeat_world *w, uint32_t node, char *memory)
{
	struct thbeat_node *n = &w->nodes[node];

	n->clock.origin_ns = NODE_ORIGIN + node * THBEAT_SEC;
	n->clock.ppb = w->s->sender_ppb;
	n->peer = thb__peer_init(memory, &w->rules, node + 1,
				 thb__random(&w->random), MONITOR_ORIGIN,
				 &w->stall);
	thbeat_node_start(w, node);
}

static int set_up(struct thbeat_world *w)
{
	size_t size = thb__peer_size(&w->arm->set);

	thb__rules_init(&w->rules, &w->arm->set);
	thb__stall_init(&w->stall, w->arm->set.late_ns);
	w->clock.origin_ns = MONITOR_ORIGIN;
	w->clock.ppb = w->s->monitor_ppb;
	w->random = w->s->seed;
	w->lateness = ~w->s->seed;
	w->nodes = calloc(w->s->nodes, sizeof(*w->nodes));
	w->memory = aligned_alloc(ALIGN, w->s->nodes * size);
	if (!w->nodes || !w->memory)
		return -ENOMEM;
	memset(w->memory, 0, w->s->nodes * size);
	for (uint32_t i = 0; i < w->s->nodes; i++)
		set_up_node(w, i, (char *)w->memory + i * size);
	plan(w, THBEAT_KILL, w->s->kill_every_ns);
	plan(w, THBEAT_STALL, w->s->stall_every_ns);
	plan(w, THBEAT_PARTITION, w->s->partition_every_ns);
	if (w->arm->naive) {
		w->tick_ns = MONITOR_ORIGIN + w->arm->pace.base_ns;
		thbeat_set_timer(w, THBEAT_TICK, &w->clock, 0, w->tick_ns);
	}
	return 0;
}

/* Events between two calls of the watcher: about 10 ms of work. */
#ifndef ROUND
#define ROUND 30000
#endif

static int go_on(struct thbeat_world *w, const struct thbeat_watcher *watcher)
{
	struct thbeat_event ev;

	for (uint32_t n = 1; thbeat_agenda_take(&w->agenda, &ev) &&
	     ev.at_ns <= w->s->duration_ns;
	     n++) {
		w->now_ns = ev.at_ns;
		if (!put_off(w, &ev))
			happen(w, &ev);
		if (w->agenda.failed)
			return -ENOMEM;
		if (watcher && n % ROUND == 0 &&
		    !watcher->goes_on(watcher->user, w->now_ns))
			return -EINTR;
	}
	w->now_ns = w->s->duration_ns;
	return 0;
}

int thbeat_simulate(const struct thbeat_scenario *s,
		    const struct thbeat_arm *arm,
		    const struct thbeat_watcher *watcher,
		    struct thbeat_result *result)
{
	struct thbeat_world w = { .s = s, .arm = arm };
	int rc = set_up(&w);

	if (!rc)
		rc = go_on(&w, watcher);
	if (rc != -ENOMEM)
		thbeat_sum_up(&w);
	*result = w.result;
	thbeat_agenda_free(&w.agenda);
	free(w.times);
	free(w.memory);
	free(w.nodes);
	return rc;
}
