// SPDX-License-Identifier: GPL-2.0-only
#include "rig.h"

static struct kunit_case cases[] = {
	KUNIT_CASE(arm_fires_once),
	KUNIT_CASE(past_fires_at_once),
	KUNIT_CASE(equal_deadlines_all_fire),
	KUNIT_CASE(earlier_is_rung),
	KUNIT_CASE(later_is_lazy),
	KUNIT_CASE(pushed_back_while_it_fires),
	KUNIT_CASE(pulled_forward_while_it_settles),
	KUNIT_CASE(cancelled_does_not_fire),
	KUNIT_CASE(too_late_to_cancel),
	KUNIT_CASE(rearmed_after_cancel),
	KUNIT_CASE(arm_by_call),
	KUNIT_CASE(agrees_with_naive),
	KUNIT_CASE(periodic_on_time),
	KUNIT_CASE(periodic_keeps_its_grid),
	KUNIT_CASE(periodic_restarts),
	KUNIT_CASE(periodic_least_period),
	KUNIT_CASE(periodic_overruns_saturate),
	KUNIT_CASE(period_without_end),
	KUNIT_CASE(slack_shares_an_interrupt),
	KUNIT_CASE(slack_is_no_earlier),
	KUNIT_CASE(slack_saturates),
	KUNIT_CASE(lead_fires_early_and_says_so),
	KUNIT_CASE(lead_is_limited),
	KUNIT_CASE(delay_is_lateness),
	KUNIT_CASE(statistics_count),
	KUNIT_CASE(budget_bounds_a_run),
	KUNIT_CASE(budget_of_one),
	KUNIT_CASE(budget_bounds_doorbells),
	KUNIT_CASE(bells_do_not_starve_expiries),
	KUNIT_CASE(stall_loses_nothing),
	KUNIT_CASE(stall_takes_no_interrupts),
	KUNIT_CASE(full_ring_stalls_only_what_is_due),
	KUNIT_CASE(room_made_during_a_run),
	KUNIT_CASE(far_deadlines),
	KUNIT_CASE(bells_past_the_last_slot),
	KUNIT_CASE(user_garbage),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_engine",
	.test_cases = cases,
};

kunit_test_suite(suite);
