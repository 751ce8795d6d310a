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
	d->card_ns = net.card_before_ns ? d->stamp_ns - net.card_before_ns : 0;
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

int thb__net_stamp(int fd)
{
	assert_int_equal(fd, FAKE_SOCKET);
	net.numbered = 0;
	return net.fail_stamp;
}

static void stamp(uint64_t kernel_ns, uint64_t card_ns)
{
	struct thb__stamp *s = &net.stamps[net.stamped++];
	uint64_t wall = fake.now + (uint64_t)net.wall_ns;

	assert_in_range(net.stamped, 1, FAKE_MAIL);
	*s = (struct thb__stamp){ .number = net.numbered };
	s->stamp_ns = kernel_ns ? wall + kernel_ns : 0;
	s->card_ns = card_ns ? wall + card_ns : 0;
}

static void stamp_sent(void)
{
	if (net.card_after_ns)
		stamp(0, net.card_after_ns);
	if (net.wire_after_ns)
		stamp(net.wire_after_ns, 0);
	net.numbered++;
}

int thb__net_stamps(int fd, struct thb__stamp *stamps)
{
	unsigned int n = net.stamped < THB__BATCH ? net.stamped : THB__BATCH;

	assert_int_equal(fd, FAKE_SOCKET);
	memcpy(stamps, net.stamps, n * sizeof(*stamps));
	net.stamped -= n;
	memmove(net.stamps, net.stamps + n, net.stamped * sizeof(*stamps));
	return (int)n;
}

/* As hb_net.c has it. */
uint64_t thb__net_gap(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns && to_ns >= from_ns && to_ns - from_ns < 1000000000
		? to_ns - from_ns
		: 0;
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
		stamp_sent();
	}
	/* A kernel of those that number what fails, too. */
	net.numbered += !i;
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
