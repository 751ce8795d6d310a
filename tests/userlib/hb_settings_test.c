// SPDX-License-Identifier: LGPL-2.1-or-later
/* The monitor's settings: defaults, and the bounds of each. */
#include "hb_suite.h"

static struct thb_settings good(void)
{
	struct thb_settings set;

	memset(&set, 0x5A, sizeof(set));
	thb_settings_init(&set);
	return set;
}

static void defaults(void **state)
{
	struct thb_settings set = good();

	(void)state;
	assert_int_equal(thb_settings_check(&set), 0);
	assert_int_equal(set.failures, 3);
	assert_int_equal(set.window, 5);
	assert_int_equal(set.window_seen, 4);
	assert_int_equal(set.rtt_a_milli, 2500);
	assert_int_equal(set.rtt_b_milli, 4000);
	assert_int_equal(set.sequences, 64);
	assert_int_equal(set.first_ns, 0);
}

#define FINE(member, value)                                     \
	do {                                                    \
		struct thb_settings set_ = good();              \
		set_.member = value;                            \
		assert_int_equal(thb_settings_check(&set_), 0); \
	} while (0)
#define BAD(member, value)                                            \
	do {                                                          \
		struct thb_settings set_ = good();                    \
		set_.member = value;                                  \
		assert_int_equal(thb_settings_check(&set_), -EINVAL); \
	} while (0)

static void policies(void **state)
{
	(void)state;
	BAD(size, sizeof(struct thb_settings) + 1);
	FINE(policy, THB_PHI);
	BAD(policy, THB_POLICIES);
	BAD(policy, (enum thb_policy) - 1);
	BAD(rtt_a_milli, 0);
	FINE(rtt_a_milli, 100000);
	BAD(rtt_a_milli, 100001);
	FINE(rtt_b_milli, 0);
	BAD(rtt_b_milli, 100001);
	BAD(phi_milli, 999);
	FINE(phi_milli, 16000);
	BAD(phi_milli, 16001);
	BAD(phi_samples, 7);
	FINE(phi_samples, 1000);
	BAD(phi_samples, 1001);
}

static void counts(void **state)
{
	(void)state;
	BAD(failures, 0);
	FINE(failures, 100);
	BAD(failures, 101);
	BAD(window, 0);
	BAD(window, 3);
	FINE(window, 64);
	BAD(window, 65);
	BAD(window_seen, 6);
	FINE(window_seen, 0);
	BAD(recover_beats, 0);
	BAD(recover_beats, 101);
	BAD(sequences, 0);
	BAD(sequences, 63);
	BAD(sequences, 65);
	FINE(sequences, 1024);
	BAD(sequences, 1088);
}

static void times(void **state)
{
	(void)state;
	FINE(allowance_ns, THB_LONGEST_NS);
	BAD(allowance_ns, THB_LONGEST_NS + 1);
	BAD(least_ns, 10 * SEC + 1);
	FINE(least_ns, 10 * SEC);
	BAD(most_ns, THB_LONGEST_NS + 1);
	BAD(phi_deviation_ns, THB_LONGEST_NS + 1);
	BAD(phi_pause_ns, THB_LONGEST_NS + 1);
	BAD(response_ns, 0);
	BAD(response_ns, THB_LONGEST_NS + 1);
	BAD(first_ns, THB_LONGEST_NS + 1);
	FINE(retry_ns, 0);
	BAD(retry_ns, 61 * SEC);
	BAD(retry_most_ns, THB_LONGEST_NS + 1);
	BAD(late_ns, 999);
	FINE(late_ns, 1000);
	BAD(late_ns, THB_LONGEST_NS + 1);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(thb_state_name(THB_IDLE), "idle");
	assert_string_equal(thb_state_name(THB_LEFT), "left");
	assert_string_equal(thb_state_name(THB_STATES), "?");
	assert_string_equal(thb_state_name((enum thb_state) - 1), "?");
	assert_string_equal(thb_cause_name(THB_NO_CAUSE), "none");
	assert_string_equal(thb_cause_name(THB_FORGOTTEN), "forgotten");
	assert_string_equal(thb_cause_name(THB_CAUSES), "?");
	for (int i = 0; i < THB_STATES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				thb_state_name((enum thb_state)i),
				thb_state_name((enum thb_state)k));
	for (int i = 0; i < THB_CAUSES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				thb_cause_name((enum thb_cause)i),
				thb_cause_name((enum thb_cause)k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults), TEST(policies), TEST(counts),
		TEST(times),	TEST(names),
	};

	return RUN(tests);
}
