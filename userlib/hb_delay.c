// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_delay.h"

#define WINDOW_NS 60000000000ULL

/* [0] is of the window that runs, [1] of the one before. */
static void slide(struct thb__delay *d, int64_t difference, uint64_t now_ns)
{
	if (!d->since_ns || now_ns - d->since_ns >= 2 * WINDOW_NS) {
		d->least[0] = difference;
		d->least[1] = difference;
		d->since_ns = now_ns;
	} else if (now_ns - d->since_ns >= WINDOW_NS) {
		d->least[1] = d->least[0];
		d->least[0] = difference;
		d->since_ns = now_ns;
	} else if (difference < d->least[0]) {
		d->least[0] = difference;
	}
}

uint64_t thb__delay_add(struct thb__delay *d, uint64_t left_ns,
			uint64_t came_ns, uint64_t least_rtt_ns)
{
	int64_t difference = (int64_t)came_ns - (int64_t)left_ns, least;

	/* One that came before the window began would look like years. */
	if (came_ns > d->since_ns)
		slide(d, difference, came_ns);
	least = d->least[0] < d->least[1] ? d->least[0] : d->least[1];
	d->last_ns = least_rtt_ns / 2;
	if (difference > least)
		d->last_ns += (uint64_t)difference - (uint64_t)least;
	return d->last_ns;
}
