/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network that is none: stands in for hb_net.c.  What is put in is received,
 * what is sent is kept.  Each open socket is a stand-in for the one that
 * matters: they share what comes and goes.
 */
#ifndef FAKE_NET_H
#define FAKE_NET_H

#include "hb_net.h"

#define FAKE_MAIL 4096

struct fake_net {
	/* what it shall be like */
	int64_t wall_ns;
	bool no_stamps;
	uint32_t dropped;
	/* what is sent is on the wire so much later; 0: nobody knows */
	uint64_t wire_after_ns;
	/* .. by the card's stamp */
	uint64_t card_after_ns;
	/* the card had what comes in so much before the kernel; 0: unknown */
	uint64_t card_before_ns;
	/* -errno instead of the call */
	int fail_open;
	int fail_stamp;
	int fail_receive;
	int fail_send;
	/* .. of datagrams to this port only; 0: to any */
	uint16_t fail_port;
	/* called for each call of receive, before */
	void (*on_receive)(void);

	/* what happened */
	uint32_t buffer;
	struct thb__address own;
	unsigned int waiting;
	unsigned int sent;
	unsigned int numbered;
	unsigned int stamped;
	struct thb__stamp stamps[FAKE_MAIL];
	struct thb__datagram in[FAKE_MAIL];
	struct thb__datagram out[FAKE_MAIL];
};

extern struct fake_net net;

void fake_net_reset(void);
struct thb__address fake_net_address(uint16_t port);
/* A packet from a port of this host arrives, with the clock as it stands. */
void fake_net_put(const struct thb__packet *p, uint16_t port);
/* The same for bytes. */
void fake_net_put_raw(const void *data, size_t length, uint16_t port);
/* The oldest packet that was sent and not yet taken; false: there is none. */
bool fake_net_take(struct thb__packet *p, uint16_t *port);

#endif
