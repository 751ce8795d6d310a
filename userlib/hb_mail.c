// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets as datagrams: taken apart and put together, tag and all. */
#include <errno.h>

#include "hb_monitor.h"

/* As thb__packet_decode(); -EACCES the tag is wrong, or missing. */
int thb__mail_open(const struct thb__datagram *d, const struct thb_auth *auth,
		   struct thb__packet *p)
{
	int key = thb__packet_check(d->data, d->length);

	if (key < 0)
		return key;
	/* A key that nobody has is as wrong as a tag that is missing. */
	if (!key != !auth->verify)
		return -EACCES;
	if (key &&
	    auth->verify(auth->arg, (unsigned int)key, d->data, THB__BODY,
			 d->data + THB__BODY))
		return -EACCES;
	thb__packet_take(p, d->data);
	return 0;
}

void thb__mail_seal(struct thb__datagram *d, const struct thb_auth *auth,
		    struct thb__packet *p)
{
	p->key = 0;
	if (auth->sign)
		p->key = (uint8_t)auth->sign(auth->arg, NULL, 0, NULL);
	d->length = thb__packet_encode(p, d->data);
	if (p->key)
		(void)auth->sign(auth->arg, d->data, THB__BODY,
				 d->data + THB__BODY);
}
