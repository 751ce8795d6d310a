// SPDX-License-Identifier: LGPL-2.1-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "fake_net.h"

struct fake_net net;

void fake_net_reset(void)
{
	memset(&net, 0, sizeof(net));
	net.wall_ns = 1700000000000000000;
}

struct thb__address fake_net_address(uint16_t port)
{
	return (struct thb__address){
		.v4 = { .sin_family = AF_INET,
			.sin_port = htons(port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
		.length = sizeof(struct sockaddr_in),
	};
}

void fake_net_put_raw(const void *data, size_t length, uint16_t port)
{
	struct thb__datagram *d = &net.in[net.waiting++];

	assert_in_range(net.waiting, 1, FAKE_MAIL);
	memset(d, 0x5A, sizeof(*d));
	d->address = fake_net_address(port);
	d->length = length;
	d->stamp_ns = net.no_stamps ? 0 : fake.now + (uint64_t)net.wall_ns;
	memcpy(d->data, data,
	       length < sizeof(d->data) ? length : sizeof(d->data));
}

void fake_net_put(const struct thb__packet *p, uint16_t port)
{
	uint8_t buffer[THB__PACKET] = { 0 };

	fake_net_put_raw(buffer, thb__packet_encode(p, buffer), port);
}

bool fake_net_take(struct thb__packet *p, uint16_t *port)
{
	if (!net.sent)
		return false;
	assert_int_equal(
		thb__packet_decode(p, net.out[0].data, net.out[0].length), 0);
	*port = ntohs(net.out[0].address.v4.sin_port);
	memmove(net.out, net.out + 1, --net.sent * sizeof(net.out[0]));
	return true;
}

int thb__net_open(const struct thb__address *own, uint32_t buffer)
{
	if (net.fail_open)
		return net.fail_open;
	net.own = *own;
	net.buffer = buffer;
	fake.sockets++;
	return FAKE_SOCKET;
}

int thb__net_own(int fd, struct thb__address *own)
{
	assert_int_equal(fd, FAKE_SOCKET);
	*own = net.own;
	return 0;
}

int thb__net_receive(int fd, struct thb__datagram *d, uint32_t *dropped)
{
	unsigned int n;

	assert_int_equal(fd, FAKE_SOCKET);
	if (net.on_receive)
		net.on_receive();
	if (net.fail_receive)
		return net.fail_receive;
	n = net.waiting < THB__BATCH ? net.waiting : THB__BATCH;
	memcpy(d, net.in, n * sizeof(*d));
	net.waiting -= n;
	memmove(net.in, net.in + n, net.waiting * sizeof(*d));
	if (n && net.dropped)
		*dropped = net.dropped;
	return (int)n;
}

static bool fails(const struct thb__datagram *d)
{
	return net.fail_send &&
		(!net.fail_port || d->address.v4.sin_port == net.fail_port);
}

int thb__net_send(int fd, struct thb__datagram *d, unsigned int n)
{
	unsigned int i;

	assert_int_equal(fd, FAKE_SOCKET);
	for (i = 0; i < n && !fails(&d[i]); i++) {
		assert_in_range(net.sent, 0, FAKE_MAIL - 1);
		net.out[net.sent++] = d[i];
	}
	return i ? (int)i : net.fail_send;
}

int64_t thb__net_wall(void)
{
	return net.wall_ns;
}

uint64_t thb__net_seed(void)
{
	return 4711;
}
