// SPDX-License-Identifier: LGPL-2.1-or-later
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "thbeat_address.h"

/* Into host and port; false: it is of no such form. */
static bool split(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return false;
	*colon = '\0';
	*host = text;
	*port = colon + 1;
	if (*text != '[')
		return !strchr(text, ':');
	*host = text + 1;
	if (colon[-1] != ']')
		return false;
	colon[-1] = '\0';
	return strchr(*host, ':');
}

/* Not what strtoul(3) takes beside it. */
static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned int port;

	return digits && digits <= 5 && !text[digits] &&
		sscanf(text, "%u", &port) == 1 && port <= UINT16_MAX;
}

bool thbeat_address_parse(struct thbeat_address *a, const char *text)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	char copy[THBEAT_ADDRESS], *host, *port;
	struct addrinfo *info;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	if (!split(copy, &host, &port) || !*host || !is_port(port) ||
	    getaddrinfo(host, port, &hints, &info))
		return false;
	memset(a, 0, sizeof(*a));
	a->length = info->ai_addrlen;
	memcpy(&a->v6, info->ai_addr, info->ai_addrlen);
	freeaddrinfo(info);
	return true;
}

in_port_t thbeat_address_port(const struct thbeat_address *a)
{
	return ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port
						 : a->v6.sin6_port);
}

void thbeat_address_print(const struct thbeat_address *a,
			  char text[THBEAT_ADDRESS])
{
	char host[THBEAT_ADDRESS - sizeof("[]:65535")];
	bool v4 = a->any.sa_family == AF_INET;

	if (getnameinfo(&a->any, a->length, host, sizeof(host), NULL, 0,
			NI_NUMERICHOST))
		strcpy(host, "?");
	snprintf(text, THBEAT_ADDRESS, v4 ? "%s:%u" : "[%s]:%u", host,
		 (unsigned int)thbeat_address_port(a));
}

bool thbeat_address_same(const struct thbeat_address *a,
			 const struct thbeat_address *b)
{
	return a->length == b->length && !memcmp(&a->any, &b->any, a->length);
}

struct thbeat_address thbeat_address_mapped(const struct thbeat_address *a)
{
	struct thbeat_address mapped = {
		.v6 = { .sin6_family = AF_INET6, .sin6_port = a->v4.sin_port },
		.length = sizeof(mapped.v6),
	};

	if (!a->length || a->any.sa_family != AF_INET)
		return *a;
	memset(&mapped.v6.sin6_addr.s6_addr[10], 0xff, 2);
	memcpy(&mapped.v6.sin6_addr.s6_addr[12], &a->v4.sin_addr,
	       sizeof(a->v4.sin_addr));
	return mapped;
}
