// SPDX-License-Identifier: LGPL-2.1-or-later
#include <timerheap/id.h>

#include "page.h"

int thid_publish(const struct thid *g, struct timerheap_page *p)
{
	struct thid_stats st;

	thid_stats(g, &st);
	return timerheap__page_write(p, TIMERHEAP__PAGE_IDS, &st, sizeof(st));
}
