/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the sender share. */
#ifndef TIMERHEAP_HB_SENDER_H
#define TIMERHEAP_HB_SENDER_H

#include "hb_monitor.h"
#include "hb_pace.h"

#define THB__HALF_LIFE 1000

/* A monitor that is told. */
struct thb__target {
	struct thb__address address;
	struct thb__rtt rtt;
	struct thb__backoff retry;
	/* nothing is sent before; 0: all is well */
	uint64_t paused_until_ns;
	/* sent_ns of the beat that awaits an answer; 0: none does */
	uint64_t asked_ns;
	/* measured since the last beat; 0: nothing was */
	uint32_t rtt_us;
	/* until which beat was on the wire, and how long that took; 0: unknown */
	uint64_t wire_sequence;
	uint64_t wire_ns;
	bool by_card;
};

/* One that was sent, until its stamp comes. */
struct thb__sent {
	struct thb__target *target; /* NULL: it was no beat */
	uint64_t sequence;
	uint64_t sent_ns;
	uint32_t number;
};

struct thb_sender {
	/* set once */
	struct timerheap *th;
	uint32_t slot;
	struct thb__link link;
	int poll;
	uint64_t node;
	uint32_t ask_every;
	uint64_t retry_ns;
	uint64_t retry_most_ns;
	const uint32_t *load_at;
	struct thb_auth auth;

	/* any thread */
	uint32_t health;
	uint32_t load_milli;

	/* when the next beat is due; 0: it does not beat */
	uint64_t due_ns;
	uint64_t interval_ns;
	uint64_t incarnation;
	uint64_t sequence;
	uint64_t random;
	bool stopped;
	struct thb__pace pace;
	uint32_t target_count;
	struct thb__target targets[THB_TARGETS];

	struct thb_sender_stats stats;
	struct thb__quant timer;
	struct thb__quant send;
	struct thb__quant transmit;

	/* the number of the next to be sent; whether the system's is another */
	uint32_t number;
	bool astray;
	struct thb__sent sent[THB__BATCH];

	struct thb__datagram out[THB_TARGETS];
	struct thb__datagram in[THB__BATCH];
};

/*
 * Send a beat that was due at @scheduled_ns, and whose timer was that late.
 * Sets the interval.
 */
void thb__sender_beat(struct thb_sender *s, uint64_t scheduled_ns,
		      uint64_t late_ns, uint8_t flags);

/*
 * hb_stamp.c: when beats were on the wire.  One datagram was sent, of @target
 * if it is a beat; or could not be sent.
 */
void thb__stamp_sent(struct thb_sender *s, struct thb__target *target,
		     uint64_t sent_ns);
void thb__stamp_failed(struct thb_sender *s);
/* Begin anew, if need be; before the next beat. */
void thb__stamp_begin(struct thb_sender *s);
/* How long the beat before took to be on the wire; 0: nobody knows. */
uint32_t thb__stamp_tell(struct thb_sender *s, struct thb__target *target);
/* Take what stamps there are: 0, or -errno. */
int thb__stamp_take(struct thb_sender *s);

#endif
