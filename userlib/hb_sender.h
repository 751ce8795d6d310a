/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the sender share. */
#ifndef TIMERHEAP_HB_SENDER_H
#define TIMERHEAP_HB_SENDER_H

#include "hb_monitor.h"
#include "hb_pace.h"

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
};

struct thb_sender {
	/* set once */
	struct timerheap *th;
	uint32_t slot;
	int socket;
	int poll;
	int family;
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

	struct thb__datagram out[THB_TARGETS];
	struct thb__datagram in[THB__BATCH];
};

/*
 * Send a beat that was due at @scheduled_ns, and whose timer was that late.
 * Sets the interval.
 */
void thb__sender_beat(struct thb_sender *s, uint64_t scheduled_ns,
		      uint64_t late_ns, uint8_t flags);

#endif
