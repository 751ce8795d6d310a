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

/* Where the bytes of another transport's address begin. */
#define THB__CARRIED ((uint32_t)offsetof(struct thb__address, carried.bytes))

/* IPv4, IPv6, or another transport's, of family AF_UNSPEC; length 0: none. */
struct thb__address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct {
			sa_family_t family;
			uint8_t bytes[sizeof(struct sockaddr_in6) -
				      sizeof(sa_family_t)];
		} carried;
	};
	socklen_t length;
};

/**
 * struct thb__datagram - one that came, or that shall go
 * @address: from whom, or to whom.
 * @stamp_ns: when the kernel received it, by CLOCK_REALTIME; 0: unknown.
 * @card_ns: when the network card did, by its own clock; 0: unknown.
 * @length: of what was sent, which may be more than there is room for here.
 * @data: its first bytes.
 */
struct thb__datagram {
	struct thb__address address;
	uint64_t stamp_ns;
	uint64_t card_ns;
	size_t length;
	uint8_t data[THB__PACKET];
};

/* What the caller gave: 0, or -EINVAL it is of neither kind. */
int thb__net_address(struct thb__address *to, const void *from,
		     socklen_t length);

/* Whether both are the same host and port, or the same bytes. */
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

/**
 * struct thb__stamp - when a datagram was on the wire
 * @number: which one, of those sent, counted from 0.
 * @stamp_ns: when the kernel handed it to the card, by CLOCK_REALTIME,
 * @card_ns: and when the card sent it, by its own clock.  0: not told here; of
 *	one datagram there can be two of these.
 */
struct thb__stamp {
	uint32_t number;
	uint64_t stamp_ns;
	uint64_t card_ns;
};

/*
 * Stamp what is sent, and count from 0 from now on.  Those that fail may count
 * or not, so one has to begin anew.  0, or -errno.
 */
int thb__net_stamp(int fd);

/* Stamps of what was sent, up to THB__BATCH.  How many, or -errno. */
int thb__net_stamps(int fd, struct thb__stamp *stamps);

/*
 * What the control messages of a datagram say; what they do not say is left as
 * it is.  Of one that came back as it was sent, @number is set.
 */
void thb__net_control(struct msghdr *msg, struct thb__stamp *stamp,
		      uint32_t *dropped);

/*
 * From one stamp to the other; 0: nobody knows.  A card's clock that does not
 * follow the system's is off by more than a second, if not by much more.
 */
uint64_t thb__net_gap(uint64_t from_ns, uint64_t to_ns);

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, now. */
int64_t thb__net_wall(void);

/* A number that nobody can guess; worse when the system has none. */
uint64_t thb__net_seed(void);

#endif
