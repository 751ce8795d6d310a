// SPDX-License-Identifier: LGPL-2.1-or-later
#include "thbeat_world.h"

#define BILLION 1000000000LL
#define MILLION 1000000U

__extension__ typedef __int128 int128;

uint64_t thbeat_local(const struct thbeat_clock *c, uint64_t true_ns)
{
	int128 drift = (int128)true_ns * c->ppb / BILLION;

	return c->origin_ns + (uint64_t)((int128)true_ns + drift);
}

/* The first time at which the clock shows that, or a nanosecond later. */
uint64_t thbeat_true(const struct thbeat_clock *c, uint64_t local_ns)
{
	int128 since = (int128)local_ns - c->origin_ns;

	if (since <= 0)
		return 0;
	return (uint64_t)(since * BILLION / (BILLION + c->ppb)) + 1;
}

uint64_t thbeat_random(uint64_t *state, uint64_t most_ns)
{
	return thb__random(state) % (most_ns + 1);
}

void thbeat_set_timer(struct thbeat_world *w, enum thbeat_kind kind,
		      const struct thbeat_clock *c, uint32_t node,
		      uint64_t local_ns)
{
	uint64_t at = thbeat_true(c, local_ns);
	struct thbeat_event ev = { .kind = kind,
				   .node = node,
				   .tag = local_ns };

	if (at < w->now_ns)
		at = w->now_ns;
	ev.at_ns = at + thbeat_random(&w->lateness, w->s->timer_late_ns);
	thbeat_agenda_add(&w->agenda, &ev);
}

/* What becomes of a packet depends on it and the seed, whatever the arm. */
static uint64_t fate_of(const struct thbeat_world *w, enum thbeat_kind to,
			uint32_t node, const struct thb__packet *p)
{
	const uint64_t what[] = {
		node,
		(uint64_t)to << 8 | p->type,
		p->incarnation,
		p->sequence ? p->sequence : p->sent_ns,
	};
	uint64_t state = w->s->seed;

	for (size_t i = 0; i < sizeof(what) / sizeof(*what); i++)
		state = thb__random(&state) ^ what[i];
	return thb__random(&state);
}

static void travel(struct thbeat_world *w, enum thbeat_kind to, uint32_t node,
		   const struct thb__packet *p, uint64_t *fate)
{
	struct thbeat_event ev = {
		.kind = to,
		.node = node,
		.at_ns = w->now_ns + w->s->delay_ns +
			thbeat_random(fate, w->s->jitter_ns),
		.packet = *p,
	};

	if (thb__random(fate) % MILLION < w->s->loss_ppm)
		return;
	ev.since_ns = ev.at_ns;
	thbeat_agenda_add(&w->agenda, &ev);
}

void thbeat_send(struct thbeat_world *w, enum thbeat_kind to, uint32_t node,
		 const struct thb__packet *p)
{
	uint64_t fate = fate_of(w, to, node, p);

	w->result.messages++;
	if (w->now_ns < w->cut_until_ns)
		return;
	travel(w, to, node, p, &fate);
	if (thb__random(&fate) % MILLION < w->s->duplicate_ppm)
		travel(w, to, node, p, &fate);
}
