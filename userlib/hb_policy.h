/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long after it was due a beat counts as missing. */
#ifndef TIMERHEAP_HB_POLICY_H
#define TIMERHEAP_HB_POLICY_H

#include <timerheap/heartbeat.h>

#include "hb_phi.h"
#include "hb_rtt.h"

/* A monitor's settings, and what follows from them; for all of its peers. */
struct thb__rules {
	struct thb_settings set;
	double quantile;
};

/* @set was checked. */
void thb__rules_init(struct thb__rules *rules, const struct thb_settings *set);

/* By THB_RTT or THB_PHI, without bounds. */
uint64_t thb__allowance_learned(const struct thb__rules *rules,
				const struct thb__rtt *rtt,
				const struct thb__phi *phi);

/* least_ns to most_ns. */
static inline uint64_t thb__allowance(const struct thb__rules *rules,
				      const struct thb__rtt *rtt,
				      const struct thb__phi *phi)
{
	const struct thb_settings *set = &rules->set;
	uint64_t ns = set->allowance_ns;

	if (set->policy != THB_FIXED)
		ns = thb__allowance_learned(rules, rtt, phi);
	if (ns < set->least_ns)
		return set->least_ns;
	return ns < set->most_ns ? ns : set->most_ns;
}

#endif
