/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One peer, as a monitor sees it: what happens to it goes in, with the time;
 * a verdict comes out.  Knows no clock, socket or timer, and allocates nothing.
 */
#ifndef TIMERHEAP_HB_PEER_H
#define TIMERHEAP_HB_PEER_H

#include <stdbool.h>

#include "hb_backoff.h"
#include "hb_delay.h"
#include "hb_packet.h"
#include "hb_policy.h"
#include "hb_quant.h"
#include "hb_stall.h"
#include "hb_window.h"

/* Grouped by how often they are touched: with each beat, then less. */
struct thb__peer {
	uint64_t deadline_ns; /* 0: none */
	uint64_t given_ns; /* stall->total_ns when it was set */
	uint64_t incarnation; /* 0: not heard yet */
	uint64_t heard_ns; /* arrival of the newest beat */
	uint64_t due_ns; /* when its sender had it due */
	uint64_t interval_ns;
	struct thb__window window;
	uint8_t state;
	uint8_t failures;
	uint8_t good; /* beats in a row, while it recovers */
	uint8_t health;
	uint16_t load_milli;
	const struct thb__rules *rules;
	struct thb__delay delay;
	struct thb__rtt rtt;
	/* probes since the last sign of life were sent in this time; 0: none */
	uint64_t probe_first_ns;
	uint64_t probe_last_ns;
	struct thb__backoff retry;
	struct thb_peer_stats stats;
	struct thb__quant latency;
	struct thb__phi phi;
	uint64_t node;
};

/**
 * struct thb__verdict - what came of it
 * @from: the state before,
 * @to: and now.
 * @cause: THB_NO_CAUSE: there is nothing to tell the user.
 * @counted: not a duplicate, or of no importance otherwise.
 * @restarted: by a beat of a newer incarnation.
 * @probe: the peer should be asked; thb__peer_probed() when it was.
 *
 * The deadline may have changed: it is in the peer.
 */
struct thb__verdict {
	enum thb_state from;
	enum thb_state to;
	enum thb_cause cause;
	bool counted;
	bool restarted;
	bool probe;
};

/* How much memory a peer needs, a multiple of 64. */
size_t thb__peer_size(const struct thb_settings *set);

/* @memory has that size, is zeroed and aligned to 64.  Starts first_ns. */
struct thb__peer *thb__peer_init(void *memory, const struct thb__rules *rules,
				 uint64_t node, uint64_t seed, uint64_t now_ns,
				 const struct thb__stall *stall);

/*
 * Whether the deadline passed before @came_ns: then thb__peer_expire() comes
 * before the packet that came then, or else the packet wins, whenever either is
 * looked at.
 */
static inline bool thb__peer_is_late(const struct thb__peer *p,
				     uint64_t came_ns)
{
	return p->deadline_ns && came_ns >= p->deadline_ns;
}

/* A beat of this node arrived at @came_ns. */
struct thb__verdict thb__peer_beat(struct thb__peer *p,
				   const struct thb__packet *beat,
				   uint64_t came_ns,
				   const struct thb__stall *stall);

/* An answer of this node arrived at @came_ns. */
struct thb__verdict thb__peer_answer(struct thb__peer *p,
				     const struct thb__packet *answer,
				     uint64_t came_ns,
				     const struct thb__stall *stall);

/*
 * The peer's deadline has passed, and packets that came before it were handed
 * in.  If the monitor was away since it was set, it moves, and that is all.
 */
struct thb__verdict thb__peer_expire(struct thb__peer *p, uint64_t now_ns,
				     const struct thb__stall *stall);

/* A probe was sent, with @now_ns as its sent_ns. */
void thb__peer_probed(struct thb__peer *p, uint64_t now_ns);

/* Back to the start, but for the statistics. */
struct thb__verdict thb__peer_forget(struct thb__peer *p, uint64_t now_ns,
				     const struct thb__stall *stall);

/* How long after its last beat a peer that falls silent is dead. */
uint64_t thb__peer_bound(const struct thb__peer *p);

/* The figures, those that are computed among them. */
void thb__peer_stats(const struct thb__peer *p, struct thb_peer_stats *st);

#endif
