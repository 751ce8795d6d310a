// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a sender sends: beats on their grid, and answers to probes. */
#include <errno.h>

#include "hb_sender.h"

#define NSEC_PER_USEC 1000U
#define NSEC_PER_SEC 1000000000LL
#define MOST_LOAD 1000U

static uint32_t to_us(uint64_t ns)
{
	uint64_t us = ns / NSEC_PER_USEC;

	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static uint32_t load_of(const struct thb_sender *s)
{
	const uint32_t *at = s->load_at ? s->load_at : &s->load_milli;
	uint32_t load = __atomic_load_n(at, __ATOMIC_RELAXED);

	return load < MOST_LOAD ? load : MOST_LOAD;
}

/* Whether this beat asks this monitor; what the last one came to. */
static bool ask(struct thb_sender *s, struct thb__target *t, uint64_t now)
{
	if (!s->ask_every || s->sequence % s->ask_every)
		return false;
	if (t->asked_ns)
		thb__pace_lost(&s->pace);
	t->asked_ns = now;
	s->stats.asked++;
	return true;
}

static void prepare(struct thb_sender *s, struct thb__target *t,
		    struct thb__datagram *d, struct thb__packet p)
{
	if (!(p.flags & (THB__BYE | THB__PAUSE)) && ask(s, t, p.sent_ns))
		p.flags |= THB__ASK;
	p.rtt_us = t->rtt_us;
	t->rtt_us = 0;
	p.wire_ns = thb__stamp_tell(s, t);
	d->address = t->address;
	thb__mail_seal(d, &s->auth, &p);
}

/* The monitor's host, or the way to it, is not there: less often for a while. */
static void note_failure(struct thb_sender *s, struct thb__target *t,
			 uint64_t now)
{
	s->stats.failed++;
	thb__stamp_failed(s);
	t->asked_ns = 0;
	t->paused_until_ns = now + thb__backoff_next(&t->retry);
}

static void note_success(struct thb_sender *s, struct thb__target *t,
			 uint64_t now)
{
	thb__stamp_sent(s, t, now);
	if (t->paused_until_ns)
		thb__backoff_reset(&t->retry);
	t->paused_until_ns = 0;
}

static void send_all(struct thb_sender *s, struct thb__target **to,
		     unsigned int count, uint64_t now)
{
	unsigned int done = 0;

	while (done < count) {
		int sent =
			thb__link_send(&s->link, s->out + done, count - done);

		for (int i = 0; i < sent; i++)
			note_success(s, to[done + (unsigned int)i], now);
		if (sent > 0) {
			s->stats.packets += (unsigned int)sent;
			done += (unsigned int)sent;
		} else {
			note_failure(s, to[done++], now);
		}
	}
}

void thb__sender_beat(struct thb_sender *s, uint64_t scheduled_ns,
		      uint64_t late_ns, uint8_t flags)
{
	struct thb__target *to[THB_TARGETS];
	uint32_t load = load_of(s);
	uint64_t now = timerheap_now(s->th);
	struct thb__packet p = {
		.type = THB__BEAT,
		.flags = flags,
		.health =
			(uint8_t)__atomic_load_n(&s->health, __ATOMIC_RELAXED),
		.load_milli = (uint16_t)load,
		.late_us = to_us(late_ns),
		.node = s->node,
		.incarnation = s->incarnation,
		.sequence = ++s->sequence,
		.scheduled_ns = scheduled_ns,
		.sent_ns = now,
	};
	unsigned int count = 0;

	thb__stamp_begin(s);
	s->interval_ns = thb__pace_next(&s->pace, load);
	p.interval_us = to_us(s->interval_ns);
	for (uint32_t i = 0; i < s->target_count; i++) {
		struct thb__target *t = &s->targets[i];

		if (now < t->paused_until_ns)
			continue;
		prepare(s, t, &s->out[count], p);
		to[count++] = t;
	}
	send_all(s, to, count, now);
	s->stats.beats++;
	thb__quant_add(&s->timer, late_ns, THB__HALF_LIFE);
	thb__quant_add(&s->send, timerheap_now(s->th) - scheduled_ns - late_ns,
		       THB__HALF_LIFE);
}

/* The first point of the grid that is still to come. */
static uint64_t next_due(struct thb_sender *s, uint64_t now)
{
	uint64_t next = s->due_ns + s->interval_ns, missed;

	if (next > now)
		return next;
	missed = (now - next) / s->interval_ns + 1;
	s->stats.skipped += missed;
	return next + missed * s->interval_ns;
}

static int fire(struct thb_sender *s, const struct timerheap_event *ev)
{
	thb__sender_beat(s, ev->deadline_ns, ev->fired_ns - ev->deadline_ns, 0);
	s->due_ns = next_due(s, timerheap_now(s->th));
	return timerheap_arm(s->th, s->slot, s->due_ns);
}

/* How long a datagram has lain in the socket; 0 when nobody knows. */
static uint64_t lain(const struct thb_sender *s, uint64_t stamp_ns)
{
	int64_t now = thb__net_wall() + (int64_t)timerheap_now(s->th);
	int64_t ns = now - (int64_t)stamp_ns;

	/* The wall clock may have been stepped since. */
	return stamp_ns && ns > 0 && ns < NSEC_PER_SEC ? (uint64_t)ns : 0;
}

static void answer(struct thb_sender *s, const struct thb__datagram *d,
		   const struct thb__packet *probe)
{
	struct thb__datagram *reply = &s->out[0];
	struct thb__packet p = {
		.type = THB__ANSWER,
		.node = s->node,
		.incarnation = s->incarnation,
		.sequence = probe->sequence,
		.sent_ns = timerheap_now(s->th),
		.echo_ns = probe->sent_ns,
		.hold_us = to_us(lain(s, d->stamp_ns)),
	};

	reply->address = d->address;
	thb__mail_seal(reply, &s->auth, &p);
	s->stats.probes++;
	if (thb__link_send(&s->link, reply, 1) == 1) {
		s->stats.packets++;
		thb__stamp_sent(s, NULL, p.sent_ns);
	} else {
		s->stats.failed++;
		thb__stamp_failed(s);
	}
}

/* A monitor with several addresses may answer from another than was told. */
static struct thb__target *awaiting(struct thb_sender *s,
				    const struct thb__packet *p,
				    const struct thb__address *from)
{
	struct thb__target *any = NULL;

	for (uint32_t i = 0; i < s->target_count; i++) {
		struct thb__target *t = &s->targets[i];

		if (!p->echo_ns || t->asked_ns != p->echo_ns)
			continue;
		if (thb__net_same(&t->address, from))
			return t;
		any = t;
	}
	return any;
}

/* False: nobody waits for it. */
static bool take_answer(struct thb_sender *s, const struct thb__datagram *d,
			const struct thb__packet *p)
{
	struct thb__target *t = awaiting(s, p, &d->address);
	uint64_t now = timerheap_now(s->th), away;

	if (!t)
		return false;
	/* In the monitor's socket, and in ours. */
	away = (uint64_t)p->hold_us * NSEC_PER_USEC + lain(s, d->stamp_ns);
	away = now - t->asked_ns > away ? now - t->asked_ns - away : 1;
	t->asked_ns = 0;
	thb__rtt_add(&t->rtt, away);
	thb__pace_answer(&s->pace, away);
	t->rtt_us = to_us(away) ? to_us(away) : 1;
	s->stats.answered++;
	s->stats.srtt_ns = thb__rtt_smoothed(&t->rtt);
	return true;
}

/* Whoever has stopped or paused does not answer. */
static void take_datagram(struct thb_sender *s, const struct thb__datagram *d)
{
	struct thb__packet p;

	if (thb__mail_open(d, &s->auth, &p) || p.node != s->node ||
	    p.incarnation > s->incarnation || p.type == THB__BEAT || !s->due_ns)
		s->stats.dropped++;
	else if (p.type == THB__PROBE)
		answer(s, d, &p);
	else if (!take_answer(s, d, &p))
		s->stats.dropped++;
}

static int take_mail(struct thb_sender *s)
{
	uint32_t dropped;
	int count;

	do {
		count = thb__link_receive(&s->link, s->in, &dropped);
		for (int i = 0; i < count; i++)
			take_datagram(s, &s->in[i]);
	} while (count == THB__BATCH);
	return count < 0 ? count : 0;
}

int thb_sender_run(struct thb_sender *s)
{
	struct timerheap_event ev;
	int count = timerheap_reap(s->th, &ev, 1), rc = 0, mail, stamps;

	if (count < 0)
		return count;
	if (count && s->due_ns)
		rc = fire(s, &ev);
	mail = take_mail(s);
	stamps = thb__stamp_take(s);
	if (rc || mail)
		return rc ? rc : mail;
	return stamps ? stamps : count;
}
