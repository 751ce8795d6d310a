/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What carries a monitor's or a sender's packets: a socket, or its user. */
#ifndef TIMERHEAP_HB_LINK_H
#define TIMERHEAP_HB_LINK_H

#include <timerheap/heartbeat.h>

#include "hb_net.h"

struct thb__link {
	int fd; /* -1: none */
	/* of its address: of no other kind can those be that it sends to */
	int family;
	/* send is NULL: it is a socket */
	struct thb_transport transport;
};

/*
 * By @transport, or if that is NULL by a socket at @address, or if that is NULL
 * at any, with that receive buffer.  0, or -errno.
 */
int thb__link_open(struct thb__link *link,
		   const struct thb_transport *transport, const void *address,
		   uint32_t address_length, uint32_t buffer);
void thb__link_close(struct thb__link *link);

static inline bool thb__link_is_socket(const struct thb__link *link)
{
	return !link->transport.send;
}

/* What the caller gave as an address: 0, or -EINVAL. */
int thb__link_address(const struct thb__link *link, struct thb__address *to,
		      const void *from, uint32_t length);

/* As thb__net_receive() and thb__net_send(). */
int thb__link_receive(struct thb__link *link, struct thb__datagram *d,
		      uint32_t *dropped);
int thb__link_send(struct thb__link *link, struct thb__datagram *d,
		   unsigned int n);

#endif
