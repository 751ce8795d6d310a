/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of UDP: "192.0.2.1:7400", "[2001:db8::1]:7400". */
#ifndef THBEAT_ADDRESS_H
#define THBEAT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

/* Room for one as text, its end and the name of a link among it. */
#define THBEAT_ADDRESS 80

struct thbeat_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t length; /* 0: none */
};

/* False: it is none.  Names are not looked up. */
bool thbeat_address_parse(struct thbeat_address *a, const char *text);
void thbeat_address_print(const struct thbeat_address *a,
			  char text[THBEAT_ADDRESS]);
in_port_t thbeat_address_port(const struct thbeat_address *a);
bool thbeat_address_same(const struct thbeat_address *a,
			 const struct thbeat_address *b);

/* As a socket of IPv6 wants it: an IPv4 address is mapped into IPv6's. */
struct thbeat_address thbeat_address_mapped(const struct thbeat_address *a);

#endif
