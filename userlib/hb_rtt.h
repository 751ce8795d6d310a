/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Smoothed round trip time and its variation: RFC 6298, section 2. */
#ifndef TIMERHEAP_HB_RTT_H
#define TIMERHEAP_HB_RTT_H

#include <stdint.h>

/* Scaled by 8 and 4, so that the gains of 1/8 and 1/4 lose no fraction. */
struct thb__rtt {
	uint64_t srtt_8;
	uint64_t rttvar_4;
	uint64_t least_ns;
};

/* A round trip; more than an hour counts as that, nothing as 1 ns. */
void thb__rtt_add(struct thb__rtt *rtt, uint64_t ns);

/* 0: nothing was measured. */
uint64_t thb__rtt_smoothed(const struct thb__rtt *rtt);
uint64_t thb__rtt_variation(const struct thb__rtt *rtt);

/*
 * T = a (SRTT + b RTTVAR), rounded up to whole microseconds; a and b in
 * thousandths, at most 100,000.  0: nothing was measured.
 */
uint64_t thb__rtt_timeout(const struct thb__rtt *rtt, uint32_t a_milli,
			  uint32_t b_milli);

#endif
