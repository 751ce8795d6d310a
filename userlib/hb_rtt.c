// SPDX-License-Identifier: LGPL-2.1-or-later
#include <timerheap/heartbeat.h>

#include "hb_rtt.h"

#define NSEC_PER_USEC 1000U

__extension__ typedef unsigned __int128 uint128;

void thb__rtt_add(struct thb__rtt *rtt, uint64_t ns)
{
	uint64_t srtt, error;

	if (!ns)
		ns = 1;
	if (ns > THB_LONGEST_NS)
		ns = THB_LONGEST_NS;
	if (!rtt->srtt_8) {
		/* (2.2): SRTT = R, RTTVAR = R / 2 */
		*rtt = (struct thb__rtt){ ns * 8, ns * 2, ns };
		return;
	}
	/* (2.3): RTTVAR by the SRTT of before, then SRTT */
	srtt = rtt->srtt_8 / 8;
	error = srtt > ns ? srtt - ns : ns - srtt;
	rtt->rttvar_4 += error - rtt->rttvar_4 / 4;
	rtt->srtt_8 += ns - rtt->srtt_8 / 8;
	if (ns < rtt->least_ns)
		rtt->least_ns = ns;
}

uint64_t thb__rtt_smoothed(const struct thb__rtt *rtt)
{
	return rtt->srtt_8 / 8;
}

uint64_t thb__rtt_variation(const struct thb__rtt *rtt)
{
	return rtt->rttvar_4 / 4;
}

/*
 * In 128 bits: the terms are at most 2^45, and a and b 2^17 each.  The least
 * SRTT is 1 ns, so 0 is not among what comes of a measurement.
 */
uint64_t thb__rtt_timeout(const struct thb__rtt *rtt, uint32_t a_milli,
			  uint32_t b_milli)
{
	const uint64_t unit = 32ULL * 1000 * 1000 * NSEC_PER_USEC;
	uint128 sum;

	/* 32 * 1000 * (SRTT + b RTTVAR), exactly */
	sum = (uint128)rtt->srtt_8 * 4 * 1000 +
		(uint128)rtt->rttvar_4 * 8 * b_milli;
	sum = (sum * a_milli + unit - 1) / unit * NSEC_PER_USEC;
	return sum < THB_LONGEST_NS ? (uint64_t)sum : THB_LONGEST_NS;
}
