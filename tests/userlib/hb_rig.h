/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A peer, its monitor's settings, and a clock that stands still until it is
 * moved.  Beats come each 100 ms, deadlines are 50 ms after a beat was due,
 * and a probe is given 100 ms.
 */
#ifndef HB_RIG_H
#define HB_RIG_H

#include "hb_suite.h"

#include "hb_peer.h"

#define INTERVAL (100 * MS)
#define ALLOWANCE (50 * MS)
#define NODE 77

struct rig {
	struct thb_settings set;
	struct thb__rules rules;
	struct thb__stall stall;
	struct thb__peer *peer;
	void *memory;
	uint64_t now;
	uint64_t incarnation;
	uint64_t sequence;
	/* the sender's clock is ahead by this */
	uint64_t ahead;
};

static inline void rig_start(struct rig *r)
{
	size_t size = thb__peer_size(&r->set);

	assert_int_equal(thb_settings_check(&r->set), 0);
	assert_int_equal(size % 64, 0);
	thb__rules_init(&r->rules, &r->set);
	thb__stall_init(&r->stall, r->set.late_ns);
	r->memory = aligned_alloc(64, size);
	assert_non_null(r->memory);
	memset(r->memory, 0, size);
	r->now = 1000 * SEC;
	r->incarnation = 5;
	r->sequence = 0;
	r->ahead = 77777 * SEC;
	r->peer = thb__peer_init(r->memory, &r->rules, NODE, 1, r->now,
				 &r->stall);
}

static inline void rig_settings(struct rig *r)
{
	thb_settings_init(&r->set);
	r->set.allowance_ns = ALLOWANCE;
}

static inline void rig_init(struct rig *r)
{
	rig_settings(r);
	rig_start(r);
}

static inline void rig_free(struct rig *r)
{
	free(r->memory);
}

static inline struct thb__packet rig_packet(const struct rig *r)
{
	return (struct thb__packet){
		.type = THB__BEAT,
		.node = NODE,
		.incarnation = r->incarnation,
		.sequence = r->sequence,
		.scheduled_ns = r->now + r->ahead,
		.sent_ns = r->now + r->ahead,
		.interval_us = INTERVAL / US,
	};
}

/* Hand in a beat with a number and flags. */
static inline struct thb__verdict rig_beat_of(struct rig *r, uint64_t sequence,
					      uint8_t flags)
{
	struct thb__packet p = rig_packet(r);

	p.sequence = sequence;
	p.flags = flags;
	return thb__peer_beat(r->peer, &p, r->now, &r->stall);
}

static inline struct thb__verdict rig_flags(struct rig *r, uint8_t flags)
{
	return rig_beat_of(r, ++r->sequence, flags);
}

/* The next beat, an interval later. */
static inline struct thb__verdict rig_beat(struct rig *r)
{
	r->now += INTERVAL;
	return rig_flags(r, 0);
}

static inline void rig_beats(struct rig *r, int n)
{
	while (n--)
		rig_beat(r);
}

/* A beat that gets lost. */
static inline void rig_lose(struct rig *r)
{
	r->now += INTERVAL;
	r->sequence++;
}

/* The deadline passes. */
static inline struct thb__verdict rig_expire(struct rig *r)
{
	assert_true(r->peer->deadline_ns > 0);
	if (r->now < r->peer->deadline_ns)
		r->now = r->peer->deadline_ns;
	return thb__peer_expire(r->peer, r->now, &r->stall);
}

/* .. the monitor asks, and the answer comes after a time. */
static inline struct thb__verdict rig_answer(struct rig *r, uint64_t after_ns)
{
	struct thb__packet p = {
		.type = THB__ANSWER,
		.node = NODE,
		.incarnation = r->incarnation,
		.echo_ns = r->now,
		.sent_ns = r->now + r->ahead,
	};

	thb__peer_probed(r->peer, r->now);
	r->now += after_ns;
	return thb__peer_answer(r->peer, &p, r->now, &r->stall);
}

static inline struct thb__verdict rig_forget(struct rig *r)
{
	return thb__peer_forget(r->peer, r->now, &r->stall);
}

static inline void rig_restart(struct rig *r)
{
	r->incarnation++;
	r->sequence = 0;
	r->ahead += 12345;
}

/* Into the state by the shortest way from the start. */
static inline void rig_go(struct rig *r, enum thb_state state)
{
	rig_init(r);
	if (state == THB_IDLE)
		return;
	rig_beats(r, 10);
	if (state == THB_LEFT)
		rig_flags(r, THB__BYE);
	if (state == THB_SUSPECT || state == THB_DEAD ||
	    state == THB_RECOVERING)
		while (r->peer->state != THB_SUSPECT)
			rig_expire(r);
	if (state == THB_DEAD || state == THB_RECOVERING)
		while (r->peer->state != THB_DEAD)
			rig_expire(r);
	if (state == THB_RECOVERING)
		rig_beat(r);
	assert_int_equal(r->peer->state, state);
}

#endif
