/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One-way time between clocks that know nothing of each other.  Arrival minus
 * departure is the time it took plus a constant; the least of it in the last
 * minute or two, a window in which clocks drift little, stands for the fastest
 * way there is, and that takes half the least round trip.
 */
#ifndef TIMERHEAP_HB_DELAY_H
#define TIMERHEAP_HB_DELAY_H

#include <stdint.h>

/* All zeroes: nothing was seen. */
struct thb__delay {
	int64_t least[2];
	uint64_t since_ns;
	uint64_t last_ns;
};

/*
 * A packet left at @left_ns by the other clock, and came at @came_ns by ours;
 * both below 2^63.  Returns, and keeps in last_ns, the one-way time.
 */
uint64_t thb__delay_add(struct thb__delay *d, uint64_t left_ns,
			uint64_t came_ns, uint64_t least_rtt_ns);

#endif
