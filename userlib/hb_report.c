// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a monitor says of itself and its peers. */
#include <errno.h>

#include "hb_monitor.h"
#include "page.h"

int thb_monitor_peer(const struct thb_monitor *m, uint64_t node,
		     struct thb_peer_info *info)
{
	const struct thb__entry *e = thb__monitor_find(m, node);

	if (!e)
		return -ENOENT;
	*info = (struct thb_peer_info){
		.node = node,
		.incarnation = e->peer->incarnation,
		.state = e->peer->state,
		.failures = e->peer->failures,
		.health = e->peer->health,
		.load_milli = e->peer->load_milli,
		.heard_ns = e->peer->heard_ns,
		.deadline_ns = e->peer->deadline_ns,
		.bound_ns = thb__peer_bound(e->peer),
		.watched_ns = e->watched_ns,
	};
	thb__peer_stats(e->peer, &info->stats);
	return 0;
}

uint64_t thb_monitor_next(const struct thb_monitor *m, uint64_t node)
{
	uint32_t i = node ? thb__roster_find(&m->roster, node) : THB__NOBODY;

	/* After nobody comes the first: THB__NOBODY + 1 is 0. */
	if (node && i == THB__NOBODY)
		return 0;
	for (i++; i < m->max_peers; i++)
		if (thb__monitor_entry(m, i)->used)
			return thb__monitor_entry(m, i)->peer->node;
	return 0;
}

void thb_monitor_stats(const struct thb_monitor *m,
		       struct thb_monitor_stats *st)
{
	*st = m->stats;
	thb__part_read(&st->timer, &m->parts[THB__TIMER]);
	thb__part_read(&st->sender, &m->parts[THB__SENDER]);
	thb__part_read(&st->transmit, &m->parts[THB__TRANSMIT]);
	thb__part_read(&st->network, &m->parts[THB__NETWORK]);
	thb__part_read(&st->receive, &m->parts[THB__RECEIVE]);
	thb__part_read(&st->socket, &m->parts[THB__SOCKET]);
}

int thb_monitor_publish(const struct thb_monitor *m, struct timerheap_page *p)
{
	struct thb_monitor_stats st;

	thb_monitor_stats(m, &st);
	return timerheap__page_write(p, TIMERHEAP__PAGE_MONITOR, &st,
				     sizeof(st));
}
