// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The simulated monitor: what hb_watch.c does with its peers, by the same
 * calls; and a naive one, which looks once an interval.
 */
#include "thbeat_world.h"

#define US 1000U

static uint64_t now_of(const struct thbeat_world *w)
{
	return thbeat_local(&w->clock, w->now_ns);
}

/* @since: when what is looked at now should have been. */
static void look_at_self(struct thbeat_world *w, uint64_t since)
{
	bool was_away = w->stall.away_ns != 0;
	uint64_t lost = thb__stall_look(&w->stall, since, now_of(w));

	/* What the socket had no room for is our fault, too. */
	if (w->unread)
		lost += thb__stall_lose(&w->stall,
					thbeat_local(&w->clock, w->stopped_ns),
					now_of(w));
	w->unread = 0;
	w->result.away += lost && !was_away;
	w->result.away_ns += lost;
}

static void arm(struct thbeat_world *w, uint32_t node)
{
	struct thbeat_node *n = &w->nodes[node];

	if (n->peer->deadline_ns == n->armed_ns)
		return;
	n->armed_ns = n->peer->deadline_ns;
	if (n->armed_ns)
		thbeat_set_timer(w, THBEAT_EXPIRE, &w->clock, node,
				 n->armed_ns);
}

static void probe(struct thbeat_world *w, uint32_t node)
{
	struct thb__peer *peer = w->nodes[node].peer;
	struct thb__packet p = {
		.type = THB__PROBE,
		.node = node + 1,
		.incarnation = peer->incarnation,
		.sent_ns = now_of(w),
	};

	thb__peer_probed(peer, p.sent_ns);
	thbeat_send(w, THBEAT_DELIVER, node, &p);
}

static void conclude(struct thbeat_world *w, uint32_t node,
		     const struct thb__verdict *v)
{
	if (v->to != v->from)
		thbeat_declared(w, &w->nodes[node], v->to);
}

static void expire(struct thbeat_world *w, uint32_t node)
{
	struct thb__verdict v =
		thb__peer_expire(w->nodes[node].peer, now_of(w), &w->stall);

	if (v.probe)
		probe(w, node);
	conclude(w, node, &v);
}

static void acknowledge(struct thbeat_world *w, uint32_t node,
			const struct thb__packet *beat, uint64_t came)
{
	struct thb__packet p = {
		.type = THB__ANSWER,
		.node = beat->node,
		.incarnation = beat->incarnation,
		.sent_ns = now_of(w),
		.echo_ns = beat->sent_ns,
		.hold_us = (uint32_t)((now_of(w) - came) / US),
	};

	thbeat_send(w, THBEAT_DELIVER, node, &p);
}

static void take(struct thbeat_world *w, uint32_t node,
		 const struct thb__packet *p, uint64_t came)
{
	struct thb__peer *peer = w->nodes[node].peer;
	struct thb__verdict v;

	look_at_self(w, came);
	if (thb__peer_is_late(peer, came))
		expire(w, node);
	if (p->type == THB__BEAT)
		v = thb__peer_beat(peer, p, came, &w->stall);
	else
		v = thb__peer_answer(peer, p, came, &w->stall);
	if (v.counted && p->flags & THB__ASK)
		acknowledge(w, node, p, came);
	conclude(w, node, &v);
	arm(w, node);
}

static void take_naively(struct thbeat_world *w, struct thbeat_node *n,
			 const struct thb__packet *p)
{
	if (p->type != THB__BEAT)
		return;
	n->heard = true;
	if (n->believed_dead)
		thbeat_declared(w, n, THB_ALIVE);
	n->armed_ns = 1;
}

void thbeat_watch_arrive(struct thbeat_world *w, const struct thbeat_event *ev)
{
	struct thbeat_node *n = &w->nodes[ev->node];

	if (ev->since_ns > n->reached_ns)
		n->reached_ns = ev->since_ns;
	if (w->arm->naive)
		take_naively(w, n, &ev->packet);
	else
		take(w, ev->node, &ev->packet,
		     thbeat_local(&w->clock, ev->since_ns));
}

void thbeat_watch_expire(struct thbeat_world *w, const struct thbeat_event *ev)
{
	struct thbeat_node *n = &w->nodes[ev->node];

	/* Moved since. */
	if (ev->tag != n->armed_ns)
		return;
	n->armed_ns = 0;
	look_at_self(w, ev->tag);
	expire(w, ev->node);
	arm(w, ev->node);
}

/* armed_ns: whether it ever beat. */
void thbeat_watch_tick(struct thbeat_world *w)
{
	for (uint32_t i = 0; i < w->s->nodes; i++) {
		struct thbeat_node *n = &w->nodes[i];

		if (n->armed_ns && !n->heard && !n->believed_dead)
			thbeat_declared(w, n, THB_DEAD);
		n->heard = false;
	}
	do
		w->tick_ns += w->arm->pace.base_ns;
	while (w->tick_ns <= now_of(w));
	thbeat_set_timer(w, THBEAT_TICK, &w->clock, 0, w->tick_ns);
}
