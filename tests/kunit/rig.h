/* SPDX-License-Identifier: GPL-2.0-only */
/* An engine with a virtual clock, and the user beside it. */
#ifndef TH_KUNIT_RIG_H
#define TH_KUNIT_RIG_H

#include <kunit/test.h>

#include "../../module/engine.h"

/* What TH_SOON takes, and the budget when a test says nothing else. */
#define RIG_GAP_NS	20000
#define RIG_BUDGET	256
#define RIG_MIN_PERIOD	10000

struct rig {
	struct th_engine engine;
	struct timerheap_header header;
	struct kunit *test;
	u32 ring_size;
	unsigned int budget;

	/* the environment */
	u64 now;
	u64 programmed;	/* TH_NEVER: nothing */
	unsigned int wakes;
	/* Called at each reading of the clock: another CPU's chance. */
	void (*on_now)(struct rig *rig);
	void *data;

	/* the user: expiries taken out of the ring */
	struct timerheap_expiry *taken;
	u32 ntaken;
	u32 max_taken;
};

struct rig *rig_make(struct kunit *test, u32 nslots, u32 ring_size);
void rig_verify(struct rig *rig);

bool rig_set(struct rig *rig, u32 slot, u64 deadline);
void rig_arm(struct rig *rig, u32 slot, u64 deadline);
void rig_arm_periodic(struct rig *rig, u32 slot, u64 deadline, u64 period,
		      u32 flags);
bool rig_cancel(struct rig *rig, u32 slot);
unsigned int rig_kick(struct rig *rig);
void rig_advance(struct rig *rig, u64 until);
void rig_late(struct rig *rig, u64 now);
u32 rig_reap(struct rig *rig);
void rig_forget(struct rig *rig);

/* The cases of the suite timerheap_engine, by file. */
void arm_fires_once(struct kunit *test);
void past_fires_at_once(struct kunit *test);
void equal_deadlines_all_fire(struct kunit *test);
void earlier_is_rung(struct kunit *test);
void later_is_lazy(struct kunit *test);
void pushed_back_while_it_fires(struct kunit *test);
void pulled_forward_while_it_settles(struct kunit *test);
void cancelled_does_not_fire(struct kunit *test);
void too_late_to_cancel(struct kunit *test);
void rearmed_after_cancel(struct kunit *test);
void arm_by_call(struct kunit *test);
void agrees_with_naive(struct kunit *test);

void periodic_on_time(struct kunit *test);
void periodic_keeps_its_grid(struct kunit *test);
void periodic_restarts(struct kunit *test);
void periodic_least_period(struct kunit *test);
void periodic_overruns_saturate(struct kunit *test);
void period_without_end(struct kunit *test);
void slack_shares_an_interrupt(struct kunit *test);
void slack_is_no_earlier(struct kunit *test);
void slack_saturates(struct kunit *test);
void lead_fires_early_and_says_so(struct kunit *test);
void lead_is_limited(struct kunit *test);
void delay_is_lateness(struct kunit *test);
void statistics_count(struct kunit *test);

void budget_bounds_a_run(struct kunit *test);
void budget_of_one(struct kunit *test);
void budget_bounds_doorbells(struct kunit *test);
void bells_do_not_starve_expiries(struct kunit *test);
void stall_loses_nothing(struct kunit *test);
void stall_takes_no_interrupts(struct kunit *test);
void full_ring_stalls_only_what_is_due(struct kunit *test);
void room_made_during_a_run(struct kunit *test);
void far_deadlines(struct kunit *test);
void bells_past_the_last_slot(struct kunit *test);
void user_garbage(struct kunit *test);

#endif
