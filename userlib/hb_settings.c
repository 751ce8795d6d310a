// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>

#include <timerheap/heartbeat.h>

#define MS 1000000ULL
#define SEC (1000 * MS)
#define LEAST_LATE_NS 1000U
#define WORD 64U

void thb_settings_init(struct thb_settings *set)
{
	*set = (struct thb_settings){
		.size = sizeof(*set),
		.policy = THB_FIXED,
		.allowance_ns = 200 * MS,
		.least_ns = MS,
		.most_ns = 10 * SEC,
		.rtt_a_milli = 2500,
		.rtt_b_milli = 4000,
		.phi_milli = 8000,
		.phi_samples = 100,
		.phi_deviation_ns = 10 * MS,
		.phi_pause_ns = 100 * MS,
		.response_ns = 100 * MS,
		.failures = 3,
		.window = 5,
		.window_seen = 4,
		.recover_beats = 3,
		.sequences = 64,
		.retry_ns = SEC,
		.retry_most_ns = 60 * SEC,
		.late_ns = 50 * MS,
	};
}

static bool is_within(uint64_t value, uint64_t least, uint64_t most)
{
	return value >= least && value <= most;
}

static bool policy_is_good(const struct thb_settings *set)
{
	return (unsigned int)set->policy < THB_POLICIES &&
		is_within(set->rtt_a_milli, 1, 100000) &&
		set->rtt_b_milli <= 100000 &&
		is_within(set->phi_milli, 1000, 16000) &&
		is_within(set->phi_samples, 8, 1000);
}

static bool counts_are_good(const struct thb_settings *set)
{
	return is_within(set->failures, 1, 100) &&
		is_within(set->window, 1, WORD) &&
		set->window_seen <= set->window &&
		is_within(set->recover_beats, 1, 100) &&
		is_within(set->sequences, WORD, 1024) &&
		set->sequences % WORD == 0;
}

static bool times_are_good(const struct thb_settings *set)
{
	const uint64_t longest = THB_LONGEST_NS;

	return set->allowance_ns <= longest && set->most_ns <= longest &&
		set->least_ns <= set->most_ns &&
		set->phi_deviation_ns <= longest &&
		set->phi_pause_ns <= longest &&
		is_within(set->response_ns, 1, longest) &&
		set->first_ns <= longest && set->retry_most_ns <= longest &&
		set->retry_ns <= set->retry_most_ns &&
		is_within(set->late_ns, LEAST_LATE_NS, longest);
}

int thb_settings_check(const struct thb_settings *set)
{
	bool good = set->size == sizeof(*set) && policy_is_good(set) &&
		counts_are_good(set) && times_are_good(set);

	return good ? 0 : -EINVAL;
}
