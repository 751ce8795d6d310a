// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* It needs struct timespec, and does not say so. */
#include <linux/errqueue.h>

#include "hb_net.h"

#define NSEC_PER_SEC 1000000000LL
#define TRIES 3
#define CLOSE_NS 2000

/* The card's are for figures only; whether it makes any, its owner decides. */
#define RECEIVED                                                       \
	(SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_RX_HARDWARE | \
	 SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RAW_HARDWARE)
#define SENT                                                           \
	(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_HARDWARE | \
	 SOF_TIMESTAMPING_OPT_TX_SWHW | SOF_TIMESTAMPING_OPT_TSONLY)

static int set(int fd, int option, uint32_t value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

/* More than the system allows takes a privilege; less is no error. */
static void set_buffer(int fd, uint32_t buffer)
{
	if (buffer && set(fd, SO_RCVBUFFORCE, buffer))
		(void)set(fd, SO_RCVBUF, buffer);
}

int thb__net_open(const struct thb__address *own, uint32_t buffer)
{
	int fd, rc;

	fd = socket(own->any.sa_family,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	set_buffer(fd, buffer);
	if (set(fd, SO_TIMESTAMPING, RECEIVED) || set(fd, SO_RXQ_OVFL, 1) ||
	    bind(fd, &own->any, own->length)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int thb__net_own(int fd, struct thb__address *own)
{
	own->length = sizeof(own->v6);
	return getsockname(fd, &own->any, &own->length) ? -errno : 0;
}

/* The count begins where this option was not set before. */
int thb__net_stamp(int fd)
{
	if (set(fd, SO_TIMESTAMPING, RECEIVED | SENT) ||
	    set(fd, SO_TIMESTAMPING, RECEIVED | SENT | SOF_TIMESTAMPING_OPT_ID))
		return -errno;
	return 0;
}

/* Room for the control messages of one datagram. */
union control {
	char room[CMSG_SPACE(sizeof(struct timespec[3])) +
		  CMSG_SPACE(sizeof(uint32_t)) +
		  CMSG_SPACE(sizeof(struct sock_extended_err) +
			     sizeof(struct sockaddr_in6))];
	struct cmsghdr align;
};

static uint64_t to_ns(const struct timespec *ts)
{
	return (uint64_t)(ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec);
}

/* The first of three is the kernel's, the last the card's. */
static void read_stamps(const struct cmsghdr *c, struct thb__stamp *stamp)
{
	struct timespec ts[3];

	memcpy(ts, CMSG_DATA(c), sizeof(ts));
	stamp->stamp_ns = to_ns(&ts[0]);
	stamp->card_ns = to_ns(&ts[2]);
}

static void read_number(const struct cmsghdr *c, struct thb__stamp *stamp)
{
	struct sock_extended_err error;

	memcpy(&error, CMSG_DATA(c), sizeof(error));
	if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
		stamp->number = error.ee_data;
}

void thb__net_control(struct msghdr *msg, struct thb__stamp *stamp,
		      uint32_t *dropped)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPING)
			read_stamps(c, stamp);
		else if (c->cmsg_level == SOL_SOCKET &&
			 c->cmsg_type == SO_RXQ_OVFL)
			memcpy(dropped, CMSG_DATA(c), sizeof(*dropped));
		else if ((c->cmsg_level == SOL_IP &&
			  c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == SOL_IPV6 &&
			  c->cmsg_type == IPV6_RECVERR))
			read_number(c, stamp);
	}
}

uint64_t thb__net_gap(uint64_t from_ns, uint64_t to_ns)
{
	if (!from_ns || to_ns < from_ns || to_ns - from_ns >= NSEC_PER_SEC)
		return 0;
	return to_ns - from_ns;
}

static void prepare(struct mmsghdr *msg, struct iovec *iov,
		    struct thb__datagram *d, unsigned int n)
{
	memset(msg, 0, n * sizeof(*msg));
	for (unsigned int i = 0; i < n; i++) {
		iov[i].iov_base = d[i].data;
		iov[i].iov_len = sizeof(d[i].data);
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
		msg[i].msg_hdr.msg_name = &d[i].address.any;
		msg[i].msg_hdr.msg_namelen = sizeof(d[i].address.v6);
	}
}

/* How many there were; 0: nothing; or -errno. */
static int receive(int fd, struct mmsghdr *msg, union control *control,
		   int flags)
{
	int count;

	for (int i = 0; i < THB__BATCH; i++) {
		msg[i].msg_hdr.msg_control = &control[i];
		msg[i].msg_hdr.msg_controllen = sizeof(control[i]);
	}
	do
		count = recvmmsg(fd, msg, THB__BATCH, MSG_DONTWAIT | flags,
				 NULL);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return errno == EAGAIN ? 0 : -errno;
	return count;
}

int thb__net_receive(int fd, struct thb__datagram *d, uint32_t *dropped)
{
	struct mmsghdr msg[THB__BATCH];
	struct iovec iov[THB__BATCH];
	union control control[THB__BATCH];
	int count;

	prepare(msg, iov, d, THB__BATCH);
	/* The whole length, whatever there is room for. */
	count = receive(fd, msg, control, MSG_TRUNC);
	for (int i = 0; i < count; i++) {
		struct thb__stamp stamp = { .number = 0 };

		d[i].length = msg[i].msg_len;
		d[i].address.length = msg[i].msg_hdr.msg_namelen;
		thb__net_control(&msg[i].msg_hdr, &stamp, dropped);
		d[i].stamp_ns = stamp.stamp_ns;
		d[i].card_ns = stamp.card_ns;
	}
	return count;
}

int thb__net_stamps(int fd, struct thb__stamp *stamps)
{
	struct mmsghdr msg[THB__BATCH] = { { .msg_len = 0 } };
	union control control[THB__BATCH];
	uint32_t dropped;
	int count = receive(fd, msg, control, MSG_ERRQUEUE);

	for (int i = 0; i < count; i++) {
		stamps[i] = (struct thb__stamp){ .number = UINT32_MAX };
		thb__net_control(&msg[i].msg_hdr, &stamps[i], &dropped);
	}
	return count;
}

int thb__net_send(int fd, struct thb__datagram *d, unsigned int n)
{
	struct mmsghdr msg[THB__BATCH];
	struct iovec iov[THB__BATCH];
	int count;

	if (n > THB__BATCH)
		n = THB__BATCH;
	prepare(msg, iov, d, n);
	for (unsigned int i = 0; i < n; i++) {
		iov[i].iov_len = d[i].length;
		msg[i].msg_hdr.msg_namelen = d[i].address.length;
	}
	do
		count = sendmmsg(fd, msg, n, MSG_DONTWAIT);
	while (count < 0 && errno == EINTR);
	return count < 0 ? -errno : count;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* The best of a few: between two reads anything can happen. */
int64_t thb__net_wall(void)
{
	int64_t best = INT64_MAX, wall = 0;

	for (int i = 0; i < TRIES && best > CLOSE_NS; i++) {
		int64_t before = read_clock(CLOCK_MONOTONIC);
		int64_t real = read_clock(CLOCK_REALTIME);
		int64_t took = read_clock(CLOCK_MONOTONIC) - before;

		if (took < best) {
			best = took;
			wall = real - before - took / 2;
		}
	}
	return wall;
}

uint64_t thb__net_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)read_clock(CLOCK_REALTIME);
	return seed;
}
