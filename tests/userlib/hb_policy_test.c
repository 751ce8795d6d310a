// SPDX-License-Identifier: LGPL-2.1-or-later
/* The three policies, and the bounds that hold for all of them. */
#include "hb_suite.h"

#include <math.h>

#include "hb_policy.h"

#define SIZE 16

static struct thb__rules rules_of(enum thb_policy policy)
{
	struct thb_settings set;
	struct thb__rules rules;

	memset(&rules, 0x5A, sizeof(rules));
	thb_settings_init(&set);
	set.policy = policy;
	thb__rules_init(&rules, &set);
	return rules;
}

static void fixed(void **state)
{
	struct thb__rules rules = rules_of(THB_FIXED);
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, 10 * MS);
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), 200 * MS);
	rules.set.allowance_ns = 3 * SEC;
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), 3 * SEC);
}

static void round_trips(void **state)
{
	struct thb__rules rules = rules_of(THB_RTT);
	struct thb__rtt rtt = { 0 };

	(void)state;
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), 200 * MS);
	thb__rtt_add(&rtt, 10 * MS);
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), 75 * MS);
	rules.set.rtt_a_milli = 1000;
	rules.set.rtt_b_milli = 2000;
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), 20 * MS);
}

/* A deviation of 20 ms around 0, and the quantile of the threshold. */
static void accrual(void **state)
{
	struct thb__rules rules = rules_of(THB_PHI);
	struct thb__rtt rtt = { 0 };
	int32_t samples[SIZE];
	struct thb__phi phi;
	double wanted;

	(void)state;
	thb__phi_init(&phi, samples, SIZE);
	thb__phi_start(&phi, 80 * MS);
	wanted = 100e6 + 20e6 * thb__phi_quantile(8);
	assert_in_range(thb__allowance(&rules, &rtt, &phi),
			(uint64_t)wanted - 1, (uint64_t)wanted + 1);
	rules.set.phi_deviation_ns = 30 * MS;
	rules.set.phi_pause_ns = 0;
	wanted = 30e6 * thb__phi_quantile(8);
	assert_in_range(thb__allowance(&rules, &rtt, &phi),
			(uint64_t)wanted - 1, (uint64_t)wanted + 1);
}

static void bounded(void **state)
{
	struct thb__rules rules = rules_of(THB_RTT);
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, 1000);
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), MS);
	rtt = (struct thb__rtt){ 0 };
	thb__rtt_add(&rtt, 9 * SEC);
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), 10 * SEC);
	rules.set.policy = THB_FIXED;
	rules.set.allowance_ns = 0;
	assert_int_equal(thb__allowance(&rules, &rtt, NULL), MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fixed),
		TEST(round_trips),
		TEST(accrual),
		TEST(bounded),
	};

	return RUN(tests);
}
