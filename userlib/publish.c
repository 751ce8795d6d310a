// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"
#include "page.h"

int timerheap_publish(struct timerheap *th, struct timerheap_page *p)
{
	struct timerheap_stats st;
	int rc = timerheap_stats(th, &st);

	if (rc)
		return rc;
	return timerheap__page_write(p, TIMERHEAP__PAGE_QUEUE, &st, sizeof(st));
}
