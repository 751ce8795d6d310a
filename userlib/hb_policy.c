// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_policy.h"

void thb__rules_init(struct thb__rules *rules, const struct thb_settings *set)
{
	rules->set = *set;
	rules->quantile = thb__phi_quantile(set->phi_milli / 1000.0);
}

uint64_t thb__allowance_learned(const struct thb__rules *rules,
				const struct thb__rtt *rtt,
				const struct thb__phi *phi)
{
	const struct thb_settings *set = &rules->set;
	uint64_t ns;

	if (set->policy == THB_PHI)
		return thb__phi_timeout(phi, rules->quantile,
					set->phi_deviation_ns,
					set->phi_pause_ns);
	ns = thb__rtt_timeout(rtt, set->rtt_a_milli, set->rtt_b_milli);
	return ns ? ns : set->allowance_ns;
}
