/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network, and all of it; tests put their own in its place. */
#ifndef TIMERHEAP_HB_NET_H
#define TIMERHEAP_HB_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "hb_packet.h"

/* Datagrams of a call of the system. */
#define THB__BATCH 64

/* IPv4 or IPv6; length 0: none. */
struct thb__address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length;
};

/**
 * struct thb__datagram - one that came, or that shall go
 * @address: from whom, or to whom.
 * @stamp_ns: when the kernel received it, by CLOCK_REALTIME; 0: unknown.
 * @length: of what was sent, which may be more than there is room for here.
 * @data: its first bytes.
 */
struct thb__datagram {
	struct thb__address address;
	uint64_t stamp_ns;
	size_t length;
	uint8_t data[THB__PACKET];
};

/* What the caller gave: 0, or -EINVAL it is of neither kind. */
int thb__net_address(struct thb__address *to, const void *from,
		     socklen_t length);

/* Whether both are the same host and port. */
bool thb__net_same(const struct thb__address *a, const struct thb__address *b);

/*
 * A socket with an address of its own, and a receive buffer of so many bytes
 * (0: as the system has it).  The descriptor, or -errno.
 */
int thb__net_open(const struct thb__address *own, uint32_t buffer);
int thb__net_own(int fd, struct thb__address *own);

/*
 * What there is, up to THB__BATCH; 0: nothing.  @dropped is set to how many the
 * socket has dropped so far, for lack of room.  How many, or -errno.
 */
int thb__net_receive(int fd, struct thb__datagram *d, uint32_t *dropped);

/* How many went, counted from the first; or -errno of the first. */
int thb__net_send(int fd, struct thb__datagram *d, unsigned int n);

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, now. */
int64_t thb__net_wall(void);

/* A number that nobody can guess; worse when the system has none. */
uint64_t thb__net_seed(void);

#endif
