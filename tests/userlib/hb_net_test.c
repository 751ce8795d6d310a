// SPDX-License-Identifier: LGPL-2.1-or-later
/* The network as it is: datagrams to oneself over IPv4 and IPv6. */
#include "hb_suite.h"

#include <arpa/inet.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "hb_net.h"

static struct thb__address loopback(int family)
{
	struct thb__address a = { .length = sizeof(a.v4) };

	if (family == AF_INET6) {
		a.length = sizeof(a.v6);
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_addr = in6addr_loopback;
	} else {
		a.v4.sin_family = AF_INET;
		a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return a;
}

static int open_own(int family, struct thb__address *own)
{
	struct thb__address a = loopback(family);
	int fd = thb__net_open(&a, 1 << 20);

	assert_true(fd >= 0);
	memset(own, 0x5A, sizeof(*own));
	assert_int_equal(thb__net_own(fd, own), 0);
	assert_int_equal(own->length, a.length);
	assert_int_equal(own->any.sa_family, family);
	return fd;
}

static uint64_t real_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec;
}

static void wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

/* A kernel begins to stamp a while after the first socket has asked for it. */
static void await_stamps(int fd, const struct thb__address *own)
{
	static struct thb__datagram d, in[THB__BATCH];
	uint64_t give_up = real_now() + 10 * SEC;
	uint32_t dropped = 0;

	d.address = *own;
	d.length = 1;
	do {
		assert_true(real_now() < give_up);
		assert_int_equal(thb__net_send(fd, &d, 1), 1);
		wait_for(fd);
		assert_int_equal(thb__net_receive(fd, in, &dropped), 1);
	} while (!in[0].stamp_ns);
}

static void there_and_stamped(int family)
{
	static struct thb__datagram out[3], in[THB__BATCH];
	struct thb__address own;
	int fd = open_own(family, &own), n;
	uint32_t dropped = 7;
	uint64_t before;

	await_stamps(fd, &own);
	before = real_now();
	assert_int_equal(thb__net_receive(fd, in, &dropped), 0);
	for (n = 0; n < 3; n++) {
		out[n].address = own;
		out[n].length = (size_t)(THB__PACKET - n);
		memset(out[n].data, 'a' + n, sizeof(out[n].data));
	}
	assert_int_equal(thb__net_send(fd, out, 3), 3);
	memset(in, 0x5A, sizeof(in));
	for (n = 0; n < 3; n++) {
		wait_for(fd);
		n += thb__net_receive(fd, in + n, &dropped) - 1;
	}
	assert_int_equal(n, 3);
	for (n = 0; n < 3; n++) {
		assert_int_equal(in[n].length, THB__PACKET - n);
		assert_memory_equal(in[n].data, out[n].data, in[n].length);
		assert_true(thb__net_same(&in[n].address, &own));
		assert_in_range(in[n].stamp_ns, before, real_now());
	}
	assert_int_equal(dropped, 7);
	close(fd);
}

/* Of several that were sent, each stamp has the number of one of them. */
static void stamped_as_sent(int family, unsigned int begin)
{
	static struct thb__datagram out[3];
	struct thb__stamp in[THB__BATCH];
	struct thb__address own;
	int fd = open_own(family, &own), n = 0, count;
	uint64_t before = real_now(), give_up = before + 10 * SEC;
	unsigned int seen = 0;

	for (; begin; begin--) {
		assert_int_equal(thb__net_stamp(fd), 0);
		assert_int_equal(thb__net_stamps(fd, in), 0);
	}
	for (; n < 3; n++) {
		out[n].address = own;
		out[n].length = THB__PACKET;
	}
	assert_int_equal(thb__net_send(fd, out, 3), 3);
	for (n = 0; n < 3; n += count) {
		assert_true(real_now() < give_up);
		count = thb__net_stamps(fd, in);
		assert_in_range(count, 0, 3 - n);
		for (int i = 0; i < count; i++) {
			assert_in_range(in[i].stamp_ns, before, real_now());
			assert_int_equal(in[i].card_ns, 0);
			assert_in_range(in[i].number, 0, 2);
			seen |= 1U << in[i].number;
		}
	}
	assert_int_equal(seen, 7);
	assert_int_equal(thb__net_stamps(fd, in), 0);
	close(fd);
}

static void sent_over_ipv4(void **state)
{
	(void)state;
	stamped_as_sent(AF_INET, 1);
	stamped_as_sent(AF_INET, 2);
}

static void sent_over_ipv6(void **state)
{
	(void)state;
	stamped_as_sent(AF_INET6, 1);
}

/* The numbers begin anew, whatever was sent before. */
static void numbers_begin_anew(void **state)
{
	static struct thb__datagram out;
	struct thb__stamp in[THB__BATCH];
	struct thb__address own;
	int fd = open_own(AF_INET, &own);

	(void)state;
	out.address = own;
	out.length = THB__PACKET;
	for (int round = 0; round < 3; round++) {
		assert_int_equal(thb__net_stamp(fd), 0);
		for (unsigned int n = 0; n < 2; n++) {
			assert_int_equal(thb__net_send(fd, &out, 1), 1);
			while (!thb__net_stamps(fd, in))
				;
			assert_int_equal(in[0].number, n);
		}
	}
	close(fd);
}

static void put_control(struct msghdr *msg, int level, int type,
			const void *data, size_t length)
{
	struct cmsghdr *c =
		(void *)((char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(length);
	memcpy(CMSG_DATA(c), data, length);
	msg->msg_controllen += CMSG_SPACE(length);
}

/* As from a card that stamps; what is here has none. */
static void by_a_card(void **state)
{
	_Alignas(struct cmsghdr) char room[512] = { 0 };
	struct msghdr msg = { .msg_control = room };
	struct timespec ts[3] = { { 7, 8 }, { 0, 0 }, { 5, 6 } };
	struct sock_extended_err error = {
		.ee_origin = SO_EE_ORIGIN_TIMESTAMPING,
		.ee_data = 77,
	};
	struct thb__stamp stamp = { .number = 5 };
	uint32_t drops = 9, dropped = 0;

	(void)state;
	put_control(&msg, SOL_SOCKET, SO_RXQ_OVFL, &drops, sizeof(drops));
	put_control(&msg, SOL_SOCKET, SCM_TIMESTAMPING, ts, sizeof(ts));
	thb__net_control(&msg, &stamp, &dropped);
	assert_int_equal(stamp.stamp_ns, 7 * SEC + 8);
	assert_int_equal(stamp.card_ns, 5 * SEC + 6);
	assert_int_equal(stamp.number, 5);
	assert_int_equal(dropped, 9);
	put_control(&msg, SOL_IPV6, IPV6_RECVERR, &error, sizeof(error));
	thb__net_control(&msg, &stamp, &dropped);
	assert_int_equal(stamp.number, 77);
	/* An error of the network is no stamp. */
	error.ee_origin = SO_EE_ORIGIN_ICMP;
	error.ee_data = 78;
	put_control(&msg, SOL_IP, IP_RECVERR, &error, sizeof(error));
	thb__net_control(&msg, &stamp, &dropped);
	assert_int_equal(stamp.number, 77);
}

static void gaps(void **state)
{
	(void)state;
	assert_int_equal(thb__net_gap(SEC, SEC + 5), 5);
	assert_int_equal(thb__net_gap(SEC, 2 * SEC - 1), SEC - 1);
	assert_int_equal(thb__net_gap(SEC, 2 * SEC), 0);
	assert_int_equal(thb__net_gap(SEC, SEC - 1), 0);
	assert_int_equal(thb__net_gap(0, 5), 0);
	assert_int_equal(thb__net_gap(5, 0), 0);
}

static void over_ipv4(void **state)
{
	(void)state;
	there_and_stamped(AF_INET);
}

static void over_ipv6(void **state)
{
	(void)state;
	there_and_stamped(AF_INET6);
}

/* A datagram that is too long says so. */
static void too_long(void **state)
{
	static struct thb__datagram in[THB__BATCH];
	char text[1000] = { 0 };
	struct thb__address own;
	int fd = open_own(AF_INET, &own);
	uint32_t dropped = 0;

	(void)state;
	assert_int_equal(
		sendto(fd, text, sizeof(text), 0, &own.any, own.length),
		sizeof(text));
	wait_for(fd);
	assert_int_equal(thb__net_receive(fd, in, &dropped), 1);
	assert_int_equal(in[0].length, sizeof(text));
	close(fd);
}

/* What the socket had no room for is counted, with the next that comes. */
static void no_room(void **state)
{
	static struct thb__datagram out, in[THB__BATCH];
	struct thb__address own, a = loopback(AF_INET);
	int fd = thb__net_open(&a, 4096), sent = 0, got = 0, n;
	uint32_t dropped = 0;

	(void)state;
	assert_int_equal(thb__net_own(fd, &own), 0);
	out.address = own;
	out.length = THB__PACKET;
	for (; sent < 1000; sent++)
		assert_int_equal(thb__net_send(fd, &out, 1), 1);
	while ((n = thb__net_receive(fd, in, &dropped)) > 0)
		got += n;
	assert_int_equal(thb__net_send(fd, &out, 1), 1);
	wait_for(fd);
	assert_int_equal(thb__net_receive(fd, in, &dropped), 1);
	assert_in_range(got, 1, 999);
	assert_int_equal(dropped, sent - got);
	close(fd);
}

static void errors(void **state)
{
	static struct thb__datagram out;
	struct thb__address own, a = loopback(AF_INET);
	int fd = open_own(AF_INET, &own);

	(void)state;
	/* The port is taken. */
	assert_int_equal(thb__net_open(&own, 0), -EADDRINUSE);
	/* Port 0 is nobody's. */
	out.address = a;
	out.length = 1;
	assert_int_equal(thb__net_send(fd, &out, 1), -EINVAL);
	close(fd);
	assert_int_equal(thb__net_own(fd, &own), -EBADF);
}

static void addresses(void **state)
{
	struct thb__address a = loopback(AF_INET), b = loopback(AF_INET6), c;
	struct sockaddr_storage other = { .ss_family = AF_UNIX };

	(void)state;
	assert_int_equal(thb__net_address(&c, &a.any, a.length), 0);
	assert_true(thb__net_same(&a, &c));
	assert_int_equal(thb__net_address(&c, &b.any, b.length), 0);
	assert_true(thb__net_same(&b, &c));
	assert_false(thb__net_same(&a, &c));
	c.v6.sin6_port = 1;
	assert_false(thb__net_same(&b, &c));
	c = a;
	c.v4.sin_addr.s_addr++;
	assert_false(thb__net_same(&a, &c));
	assert_int_equal(thb__net_address(&c, NULL, 16), -EINVAL);
	assert_int_equal(thb__net_address(&c, &a.any, 0), -EINVAL);
	assert_int_equal(thb__net_address(&c, &a.any, a.length - 1), -EINVAL);
	assert_int_equal(thb__net_address(&c, &b.any, sizeof(a.v4)), -EINVAL);
	assert_int_equal(thb__net_address(&c, &other, sizeof(other)), -EINVAL);
	assert_int_equal(thb__net_address(&c, &other, sizeof(a.v4)), -EINVAL);
}

static void the_wall(void **state)
{
	struct timespec ts;
	int64_t off;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	off = (int64_t)real_now() - ts.tv_sec * (int64_t)SEC - ts.tv_nsec -
		thb__net_wall();
	assert_in_range(off + (int64_t)SEC, 0, 2 * SEC);
	assert_int_not_equal(thb__net_seed(), thb__net_seed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(over_ipv4),
		TEST(over_ipv6),
		TEST(too_long),
		TEST(no_room),
		TEST(sent_over_ipv4),
		TEST(sent_over_ipv6),
		TEST(numbers_begin_anew),
		TEST(by_a_card),
		TEST(gaps),
		TEST(errors),
		TEST(addresses),
		TEST(the_wall),
	};

	return RUN(tests);
}
