// SPDX-License-Identifier: LGPL-2.1-or-later
/* The network as it is: datagrams to oneself over IPv4 and IPv6. */
#include "hb_suite.h"

#include <arpa/inet.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

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
		TEST(over_ipv4), TEST(over_ipv6), TEST(too_long), TEST(no_room),
		TEST(errors),	 TEST(addresses), TEST(the_wall),
	};

	return RUN(tests);
}
