// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a monitor sends: probes and answers, as many at once as there are. */
#include "hb_monitor.h"

#define NSEC_PER_USEC 1000U

void thb__post_flush(struct thb_monitor *m)
{
	unsigned int done = 0;

	while (done < m->out_count) {
		int sent = thb__link_send(&m->link, m->out + done,
					  m->out_count - done);

		/* One that cannot be sent is passed over: a packet lost. */
		m->stats.sent += sent > 0 ? (unsigned int)sent : 0;
		m->stats.unsent += sent <= 0;
		done += sent > 0 ? (unsigned int)sent : 1;
	}
	m->out_count = 0;
}

static void post(struct thb_monitor *m, const struct thb__address *to,
		 struct thb__packet *p)
{
	struct thb__datagram *d = &m->out[m->out_count++];

	d->address = *to;
	thb__mail_seal(d, &m->auth, p);
	if (m->out_count == THB__BATCH)
		thb__post_flush(m);
}

void thb__post_probe(struct thb_monitor *m, struct thb__entry *e, uint64_t now)
{
	struct thb__packet p = {
		.type = THB__PROBE,
		.node = e->peer->node,
		.incarnation = e->peer->incarnation,
		.sequence = e->cookie,
		.sent_ns = now,
	};

	if (!e->address.length)
		return;
	thb__peer_probed(e->peer, now);
	post(m, &e->address, &p);
}

void thb__post_answer(struct thb_monitor *m, const struct thb__address *to,
		      const struct thb__packet *beat, uint64_t came_ns)
{
	uint64_t now = timerheap_now(m->th);
	struct thb__packet p = {
		.type = THB__ANSWER,
		.node = beat->node,
		.incarnation = beat->incarnation,
		.sent_ns = now,
		.echo_ns = beat->sent_ns,
	};
	uint64_t hold_us = (now - came_ns) / NSEC_PER_USEC;

	p.hold_us = hold_us < UINT32_MAX ? (uint32_t)hold_us : UINT32_MAX;
	post(m, to, &p);
}
