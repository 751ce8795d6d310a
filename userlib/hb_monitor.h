/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the monitor share. */
#ifndef TIMERHEAP_HB_MONITOR_H
#define TIMERHEAP_HB_MONITOR_H

#include <timerheap/timerheap.h>

#include "hb_link.h"
#include "hb_peer.h"
#include "hb_roster.h"

#define THB__EXPIRIES 256

enum thb__part {
	THB__TIMER,
	THB__SENDER,
	THB__TRANSMIT,
	THB__NETWORK,
	THB__RECEIVE,
	THB__SOCKET,
	THB__PARTS
};

/* A peer and what its monitor needs beside it; the peer's memory follows. */
struct thb__entry {
	struct thb__peer *peer;
	/* what the slot is armed for; 0: nothing */
	uint64_t armed_ns;
	/* probes bear it, and their answers; not 0 */
	uint64_t cookie;
	uint64_t watched_ns;
	/* the newest beat, and how long it took from sent to received */
	uint64_t way_sequence;
	uint64_t way_ns;
	void *data;
	uint32_t slot;
	bool used;
	struct thb__address address;
};

struct thb_monitor {
	/* set once */
	struct timerheap *th;
	struct thb__link link;
	int poll;
	uint32_t flags;
	uint32_t max_peers;
	void (*on_event)(void *arg, const struct thb_event *event);
	void *arg;
	struct thb_auth auth;
	struct thb__rules rules;
	char *entries;
	size_t stride;

	struct thb__roster roster;
	uint32_t *free;
	uint32_t free_count;

	struct thb__stall stall;
	/* lost in this run */
	uint64_t lost_ns;
	/* the wall clock minus ours; whether it was stepped since empty_ns */
	int64_t wall_ns;
	bool stepped;
	/* nothing that arrived before is in the socket any more */
	uint64_t empty_ns;
	uint32_t dropped;
	uint64_t random;

	struct thb_event *events;
	uint32_t event_room;
	uint32_t event_count;
	uint32_t event_first;

	struct thb__quant parts[THB__PARTS];
	struct thb_monitor_stats stats;

	unsigned int out_count;
	struct thb__datagram out[THB__BATCH];
	struct thb__datagram in[THB__BATCH];
	struct timerheap_event expired[THB__EXPIRIES];
};

/* hb_monitor.c */
struct thb__entry *thb__monitor_entry(const struct thb_monitor *m, uint32_t i);
struct thb__entry *thb__monitor_find(const struct thb_monitor *m,
				     uint64_t node);
int thb__monitor_add(struct thb_monitor *m, uint64_t node, void *data,
		     struct thb__entry **entry);
/* The peer's deadline becomes the timer's; the kick is left to a flush. */
void thb__monitor_arm(struct thb_monitor *m, struct thb__entry *e);
void thb__monitor_tell(struct thb_monitor *m, const struct thb_event *event);
void thb__monitor_change(struct thb_monitor *m, const struct thb__entry *e,
			 const struct thb__verdict *v);

/* What came of it; most of the time nothing did. */
static inline void thb__monitor_state(struct thb_monitor *m,
				      const struct thb__entry *e,
				      const struct thb__verdict *v)
{
	if (v->cause)
		thb__monitor_change(m, e, v);
}

/* hb_mail.c */
int thb__mail_open(const struct thb__datagram *d, const struct thb_auth *auth,
		   struct thb__packet *p);
void thb__mail_seal(struct thb__datagram *d, const struct thb_auth *auth,
		    struct thb__packet *p);

/* hb_post.c; @e is the peer that is asked, @to who asked, by a beat that came. */
void thb__post_flush(struct thb_monitor *m);
void thb__post_probe(struct thb_monitor *m, struct thb__entry *e, uint64_t now);
void thb__post_answer(struct thb_monitor *m, const struct thb__address *to,
		      const struct thb__packet *beat, uint64_t came_ns);

/* hb_way.c */
void thb__way_measure(struct thb_monitor *m, struct thb__entry *e,
		      const struct thb__packet *beat,
		      const struct thb__datagram *d, uint64_t waited);
void thb__part_read(struct thb_part *part, const struct thb__quant *q);

#endif
