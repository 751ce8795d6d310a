// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "hb_net.h"

int thb__net_address(struct thb__address *to, const void *from,
		     socklen_t length)
{
	struct thb__address a = { .length = length };

	if (!from || length < sizeof(a.any.sa_family) || length > sizeof(a.v6))
		return -EINVAL;
	memcpy(&a.v6, from, length);
	if (!(a.any.sa_family == AF_INET && length == sizeof(a.v4)) &&
	    !(a.any.sa_family == AF_INET6 && length == sizeof(a.v6)))
		return -EINVAL;
	*to = a;
	return 0;
}

bool thb__net_same(const struct thb__address *a, const struct thb__address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_UNSPEC)
		return a->length == b->length && !memcmp(a, b, a->length);
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_port == b->v4.sin_port &&
			a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->v6.sin6_port == b->v6.sin6_port &&
		!memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr,
			sizeof(a->v6.sin6_addr));
}
