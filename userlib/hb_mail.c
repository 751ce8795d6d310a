// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets as datagrams: taken apart and put together, tag and all. */
#include <errno.h>

#include "hb_monitor.h"

/* As thb__packet_decode(); -EACCES the tag is wrong, or missing. */
int thb__mail_open(const struct thb__datagram *d, const struct thb_auth *auth,
		   struct thb__packet *p)
{
	struct thb__packet got;
	int rc = thb__packet_decode(&got, d->data, d->length);

	if (rc)
		return rc;
	/* A key that nobody has is as wrong as a tag that is missing. */
	if (!got.key != !auth->verify)
		return -EACCES;
	if (got.key &&
	    auth->verify(auth->arg, got.key, d->data, THB__BODY,
			 d->data + THB__BODY))
		return -EACCES;
	*p = got;
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
