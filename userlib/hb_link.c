// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "hb_link.h"
#include "internal.h"

_Static_assert(THB_PACKET == THB__PACKET, "packets are of one size");

static int open_socket(struct thb__link *link, const void *address,
		       uint32_t address_length, uint32_t buffer)
{
	struct thb__address own = { .v4.sin_family = AF_INET,
				    .length = sizeof(own.v4) };
	int rc = 0;

	if (address)
		rc = thb__net_address(&own, address, address_length);
	if (rc)
		return rc;
	link->family = own.any.sa_family;
	link->fd = thb__net_open(&own, buffer);
	return link->fd < 0 ? link->fd : 0;
}

int thb__link_open(struct thb__link *link,
		   const struct thb_transport *transport, const void *address,
		   uint32_t address_length, uint32_t buffer)
{
	if (!transport)
		return open_socket(link, address, address_length, buffer);
	if (address || !transport->send || !transport->receive)
		return -EINVAL;
	link->transport = *transport;
	link->family = AF_UNSPEC;
	link->fd = transport->fd;
	return 0;
}

void thb__link_close(struct thb__link *link)
{
	if (link->fd >= 0 && thb__link_is_socket(link))
		timerheap__sys_close(link->fd);
}

int thb__link_address(const struct thb__link *link, struct thb__address *to,
		      const void *from, uint32_t length)
{
	int rc;

	if (thb__link_is_socket(link)) {
		rc = thb__net_address(to, from, length);
		/* The socket is of one kind. */
		return rc || to->any.sa_family != link->family ? -EINVAL : 0;
	}
	if (!from || !length || length > THB_ADDRESS)
		return -EINVAL;
	memset(to, 0, sizeof(*to));
	to->carried.family = AF_UNSPEC;
	memcpy(to->carried.bytes, from, length);
	to->length = THB__CARRIED + length;
	return 0;
}

/* 1, 0 or -errno, as of the transport. */
static int receive(struct thb__link *link, struct thb__datagram *d,
		   int64_t wall)
{
	struct thb_message message = { .length = 0 };
	size_t length;
	int rc = link->transport.receive(link->transport.arg, &message);

	if (rc <= 0)
		return rc;
	rc = thb__link_address(link, &d->address, message.address,
			       message.address_length);
	if (rc)
		return rc;
	length = message.length < THB_PACKET ? message.length : THB_PACKET;
	memcpy(d->data, message.data, length);
	d->length = message.length;
	d->card_ns = 0;
	d->stamp_ns = message.arrived_ns ? message.arrived_ns + (uint64_t)wall
					 : 0;
	return 1;
}

int thb__link_receive(struct thb__link *link, struct thb__datagram *d,
		      uint32_t *dropped)
{
	int64_t wall;
	int rc;

	if (thb__link_is_socket(link))
		return thb__net_receive(link->fd, d, dropped);
	wall = thb__net_wall();
	for (int n = 0; n < THB__BATCH; n++) {
		rc = receive(link, &d[n], wall);
		if (rc <= 0)
			return n ? n : rc;
	}
	return THB__BATCH;
}

static int send_one(struct thb__link *link, const struct thb__datagram *d)
{
	struct thb_message message = {
		.address_length = d->address.length - THB__CARRIED,
		.length = d->length,
	};

	memcpy(message.address, d->address.carried.bytes, THB_ADDRESS);
	memcpy(message.data, d->data, d->length);
	return link->transport.send(link->transport.arg, &message);
}

int thb__link_send(struct thb__link *link, struct thb__datagram *d,
		   unsigned int n)
{
	if (thb__link_is_socket(link))
		return thb__net_send(link->fd, d, n);
	for (unsigned int i = 0; i < n; i++) {
		int rc = send_one(link, &d[i]);

		if (rc)
			return i ? (int)i : rc;
	}
	return (int)n;
}
