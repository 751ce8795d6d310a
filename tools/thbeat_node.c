// SPDX-License-Identifier: LGPL-2.1-or-later
/* A simulated sender: hb_beat.c without its socket and timer. */
#include "thbeat_world.h"

#define US 1000U

static uint64_t now_of(const struct thbeat_world *w,
		       const struct thbeat_node *n)
{
	return thbeat_local(&n->clock, w->now_ns);
}

void thbeat_node_start(struct thbeat_world *w, uint32_t node)
{
	struct thbeat_node *n = &w->nodes[node];

	n->up = true;
	n->incarnation++;
	n->sequence = 0;
	n->asked_ns = 0;
	n->rtt_us = 0;
	thb__pace_begin(&n->pace, &w->arm->pace);
	n->due_ns =
		now_of(w, n) + thbeat_random(&w->random, w->arm->pace.base_ns);
	thbeat_set_timer(w, THBEAT_BEAT, &n->clock, node, n->due_ns);
}

static uint8_t ask(struct thbeat_world *w, struct thbeat_node *n, uint64_t now)
{
	if (!w->arm->ask_every || n->sequence % w->arm->ask_every)
		return 0;
	if (n->asked_ns)
		thb__pace_lost(&n->pace);
	n->asked_ns = now;
	return THB__ASK;
}

void thbeat_node_beat(struct thbeat_world *w, const struct thbeat_event *ev)
{
	struct thbeat_node *n = &w->nodes[ev->node];
	uint64_t now = now_of(w, n);
	struct thb__packet p = {
		.type = THB__BEAT,
		.health = THB_LIVE,
		.load_milli = (uint16_t)w->s->load_milli,
		.node = ev->node + 1,
		.incarnation = n->incarnation,
		.scheduled_ns = n->due_ns,
		.sent_ns = now,
		.rtt_us = n->rtt_us,
	};

	/* Of a timer that was set before it died. */
	if (!n->up || ev->tag != n->due_ns)
		return;
	p.sequence = ++n->sequence;
	p.flags = ask(w, n, now);
	n->rtt_us = 0;
	n->interval_ns = thb__pace_next(&n->pace, (uint32_t)w->s->load_milli);
	p.interval_us = (uint32_t)(n->interval_ns / US);
	thbeat_send(w, THBEAT_ARRIVE, ev->node, &p);
	do
		n->due_ns += n->interval_ns;
	while (n->due_ns <= now);
	thbeat_set_timer(w, THBEAT_BEAT, &n->clock, ev->node, n->due_ns);
}

static void answer(struct thbeat_world *w, uint32_t node,
		   const struct thb__packet *probe)
{
	struct thbeat_node *n = &w->nodes[node];
	struct thb__packet p = {
		.type = THB__ANSWER,
		.node = node + 1,
		.incarnation = n->incarnation,
		.sent_ns = now_of(w, n),
		.echo_ns = probe->sent_ns,
	};

	thbeat_send(w, THBEAT_ARRIVE, node, &p);
}

void thbeat_node_deliver(struct thbeat_world *w, const struct thbeat_event *ev)
{
	struct thbeat_node *n = &w->nodes[ev->node];
	const struct thb__packet *p = &ev->packet;
	uint64_t rtt;

	if (!n->up || p->incarnation > n->incarnation)
		return;
	if (p->type == THB__PROBE) {
		answer(w, ev->node, p);
		return;
	}
	if (!n->asked_ns || p->echo_ns != n->asked_ns)
		return;
	rtt = now_of(w, n) - n->asked_ns;
	rtt = rtt > p->hold_us * (uint64_t)US ? rtt - p->hold_us * (uint64_t)US
					      : 1;
	n->asked_ns = 0;
	n->rtt_us = rtt > US ? (uint32_t)(rtt / US) : 1;
	thb__pace_answer(&n->pace, rtt);
}
