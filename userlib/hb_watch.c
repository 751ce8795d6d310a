// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a monitor does
 * -------------------
 * 1. It takes what expired out of the ring, and judges nothing yet.
 * 2. It reads the socket until all is read that arrived before then.  A beat
 *    whose stamp is before its peer's deadline counts, and moves that; one
 *    whose stamp is not comes after the expiry, whichever was looked at first.
 * 3. It judges what expired, as far as no beat has moved its deadline.
 * Before anything of a batch is judged, how long it waited tells whether the
 * monitor was away (hb_stall.h).
 */
#include <errno.h>

#include "hb_monitor.h"

/* A clock that is slewed changes by less than this between two runs. */
#define STEP_NS 1000000

/* After a batch was read: a step before that makes its stamps worthless. */
static void look_at_wall(struct thb_monitor *m)
{
	int64_t wall = thb__net_wall(), moved = wall - m->wall_ns;

	if (moved > STEP_NS || moved < -STEP_NS) {
		m->stepped = true;
		m->stats.steps++;
	}
	m->wall_ns = wall;
}

/*
 * When a datagram arrived, by our clock: after the socket was last empty, and
 * before now.  Its stamp is by the wall clock.
 */
static uint64_t arrival(const struct thb_monitor *m, uint64_t stamp_ns,
			uint64_t now)
{
	uint64_t ns = stamp_ns - (uint64_t)m->wall_ns;

	if (!stamp_ns || m->stepped || ns > now)
		return now;
	return ns > m->empty_ns ? ns : m->empty_ns;
}

/* The deadline passed, and no packet was in time. */
static void expire(struct thb_monitor *m, struct thb__entry *e, uint64_t now)
{
	uint64_t missed = e->peer->stats.missed;
	struct thb__verdict v = thb__peer_expire(e->peer, now, &m->stall);

	m->stats.missed += e->peer->stats.missed - missed;
	if (v.probe)
		thb__post_probe(m, e, now);
	thb__monitor_state(m, e, &v);
	thb__monitor_arm(m, e);
}

/*
 * Which was first, the packet or the deadline?  The exact cancel answers for
 * the timer: if the deadline has passed by now and there was nothing left to
 * cancel, its expiry is on its way, and the packet wins all the same.  Returns
 * whether it was so.  When nobody knows when the packet came, it came in time
 * if it can have.
 *
 * @now is when the batch was read.  Only who is away takes late_ns for a batch,
 * so a deadline that is further away is not looked at by the clock.
 */
static bool settle(struct thb_monitor *m, struct thb__entry *e, uint64_t came,
		   uint64_t now)
{
	if (!thb__peer_is_late(e->peer, now + m->stall.limit_ns))
		return false;
	now = timerheap_now(m->th);
	if (m->stepped)
		came = m->empty_ns;
	if (thb__peer_is_late(e->peer, came)) {
		expire(m, e, now);
		return false;
	}
	if (!thb__peer_is_late(e->peer, now))
		return false;
	/* Should the packet not count, the timer is armed again. */
	e->armed_ns = 0;
	return !timerheap_cancel(m->th, e->slot);
}

static void count_rescue(struct thb_monitor *m, struct thb__entry *e)
{
	e->peer->stats.rescued++;
	m->stats.rescued++;
}

static struct thb__entry *sender_of(struct thb_monitor *m,
				    const struct thb__packet *p)
{
	struct thb__entry *e = thb__monitor_find(m, p->node);

	if (!e && p->type == THB__BEAT && m->flags & THB_ACCEPT)
		(void)thb__monitor_add(m, p->node, NULL, &e);
	if (!e)
		m->stats.unknown++;
	return e;
}

static void take_beat(struct thb_monitor *m, struct thb__entry *e,
		      const struct thb__packet *beat,
		      const struct thb__datagram *d, uint64_t came,
		      uint64_t now)
{
	bool rescued = settle(m, e, came, now);
	struct thb__verdict v = thb__peer_beat(e->peer, beat, came, &m->stall);

	m->stats.restarts += v.restarted;
	if (v.counted && rescued)
		count_rescue(m, e);
	if (v.counted) {
		m->stats.beats++;
		e->address = d->address;
		thb__way_measure(m, e, beat, d, now - came);
		if (beat->flags & THB__ASK)
			thb__post_answer(m, &d->address, beat, came);
	}
	thb__monitor_state(m, e, &v);
}

/*
 * An answer without the cookie is to another monitor, or by one: it bears a tag
 * that is right, but whoever plays it back to us has not heard the peer now.
 */
static void take_answer(struct thb_monitor *m, struct thb__entry *e,
			const struct thb__packet *p, uint64_t came,
			uint64_t now)
{
	struct thb__verdict v;

	if (p->sequence != e->cookie) {
		e->peer->stats.stale++;
		return;
	}
	(void)settle(m, e, came, now);
	v = thb__peer_answer(e->peer, p, came, &m->stall);
	thb__monitor_state(m, e, &v);
}

static void count_refusal(struct thb_monitor *m, int error)
{
	m->stats.truncated += error == -ENODATA;
	m->stats.overlong += error == -EMSGSIZE;
	m->stats.foreign += error == -EBADMSG;
	m->stats.version += error == -EPROTONOSUPPORT;
	m->stats.range += error == -ERANGE;
	m->stats.forged += error == -EACCES;
}

static void take_datagram(struct thb_monitor *m, const struct thb__datagram *d,
			  uint64_t came, uint64_t now)
{
	struct thb__packet p;
	struct thb__entry *e;
	int rc = thb__mail_open(d, &m->auth, &p);

	m->stats.packets++;
	if (!rc && p.type == THB__PROBE)
		rc = -EBADMSG;
	if (rc) {
		count_refusal(m, rc);
		return;
	}
	e = sender_of(m, &p);
	if (!e)
		return;
	if (p.type == THB__BEAT)
		take_beat(m, e, &p, d, came, now);
	else
		take_answer(m, e, &p, came, now);
	thb__monitor_arm(m, e);
}

/* The socket had no room: what was lost is our fault. */
static void look_at_drops(struct thb_monitor *m, uint32_t dropped, uint64_t now)
{
	uint32_t more = dropped - m->dropped;

	m->dropped = dropped;
	m->stats.unread += more;
	if (more)
		m->lost_ns += thb__stall_lose(&m->stall, m->empty_ns, now);
}

/*
 * Read a batch and deal with it; @since: when the first of what expired should
 * have been judged.  Returns how many there were, and when the last arrived.
 */
static int take_batch(struct thb_monitor *m, uint64_t since, uint64_t *last)
{
	uint64_t before = timerheap_now(m->th), now, came;
	uint32_t dropped = m->dropped;
	int count = thb__link_receive(&m->link, m->in, &dropped);

	now = timerheap_now(m->th);
	look_at_wall(m);
	if (count > 0) {
		came = arrival(m, m->in[0].stamp_ns, now);
		since = came < since ? came : since;
	}
	m->lost_ns += thb__stall_look(&m->stall, since, now);
	look_at_drops(m, dropped, now);
	for (int i = 0; i < count; i++) {
		came = arrival(m, m->in[i].stamp_ns, now);
		*last = came;
		take_datagram(m, &m->in[i], came, now);
	}
	if (count >= 0 && count < THB__BATCH) {
		m->empty_ns = before;
		m->stepped = false;
	}
	return count;
}

/* Until all is read that arrived by now. */
static int take_mail(struct thb_monitor *m, uint64_t since)
{
	uint64_t now = timerheap_now(m->th), last = 0;
	int count;

	do
		count = take_batch(m, since, &last);
	while (count == THB__BATCH && last <= now);
	return count < 0 ? count : 0;
}

static uint64_t earliest(const struct thb_monitor *m, int count)
{
	uint64_t since = UINT64_MAX;

	for (int i = 0; i < count; i++)
		if (m->expired[i].deadline_ns < since)
			since = m->expired[i].deadline_ns;
	return since;
}

static void judge(struct thb_monitor *m, const struct timerheap_event *ev)
{
	struct thb__entry *e = ev->data;

	if (e->armed_ns == ev->deadline_ns)
		e->armed_ns = 0;
	if (e->peer->deadline_ns == ev->deadline_ns)
		expire(m, e, timerheap_now(m->th));
}

/* Nothing can be judged: it will fire again. */
static void put_back(struct thb_monitor *m, const struct timerheap_event *ev)
{
	struct thb__entry *e = ev->data;

	if (e->armed_ns == ev->deadline_ns)
		e->armed_ns = 0;
	thb__monitor_arm(m, e);
}

static void tell_away(struct thb_monitor *m)
{
	struct thb_event event = {
		.type = THB_EVENT_AWAY,
		.at_ns = timerheap_now(m->th),
		.lost_ns = m->lost_ns,
	};

	if (!m->lost_ns)
		return;
	m->stats.away++;
	m->stats.away_ns += m->lost_ns;
	m->lost_ns = 0;
	thb__monitor_tell(m, &event);
}

int thb_monitor_run(struct thb_monitor *m)
{
	uint64_t told = m->stats.events + m->stats.lost_events;
	int count, rc, flushed;

	do {
		count = timerheap_reap(m->th, m->expired, THB__EXPIRIES);
		if (count < 0)
			return count;
		rc = take_mail(m, earliest(m, count));
		m->stats.expiries += (unsigned int)count;
		for (int i = 0; i < count; i++)
			(rc ? put_back : judge)(m, &m->expired[i]);
	} while (count == THB__EXPIRIES && !rc);
	thb__post_flush(m);
	tell_away(m);
	flushed = timerheap_flush(m->th);
	if (rc || flushed < 0)
		return rc ? rc : flushed;
	return (int)(m->stats.events + m->stats.lost_events - told);
}
