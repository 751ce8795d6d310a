// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>

#include "hb_pace.h"

#define ONE 1000U
#define FINE 1024U
#define LEAST_NS 100000U
#define LAST 10U
#define PERCENT 95
#define HALF_LIFE 100
#define NSEC_PER_USEC 1000U
/* A round trip of more than this many times the 95th percentile is that. */
#define MOST_RATIO 4

void thb_pace_init(struct thb_pace_settings *set)
{
	*set = (struct thb_pace_settings){
		.size = sizeof(*set),
		.base_ns = 500000000,
		.least_ns = 100000000,
		.most_ns = 2000000000,
		.load_milli = 400,
		.rtt_milli = 300,
		.loss_milli = 300,
		.floor_milli = 500,
		.gain_milli = 125,
	};
}

int thb_pace_check(const struct thb_pace_settings *set)
{
	bool good = set->size == sizeof(*set) && set->least_ns >= LEAST_NS &&
		set->least_ns <= set->base_ns && set->base_ns <= set->most_ns &&
		set->most_ns <= THB_LONGEST_NS && set->load_milli <= ONE &&
		set->rtt_milli <= ONE && set->loss_milli <= ONE &&
		set->floor_milli >= 1 && set->floor_milli <= ONE &&
		set->gain_milli >= 1 && set->gain_milli <= ONE;

	return good ? 0 : -EINVAL;
}

void thb__pace_begin(struct thb__pace *pace,
		     const struct thb_pace_settings *set)
{
	*pace = (struct thb__pace){
		.set = *set,
		.factor_1024 = ONE * FINE,
	};
}

static void asked(struct thb__pace *pace, uint32_t answered)
{
	pace->answered = (pace->answered << 1 | answered) & ((1U << LAST) - 1);
	if (pace->asked < LAST)
		pace->asked++;
}

void thb__pace_answer(struct thb__pace *pace, uint64_t rtt_ns)
{
	pace->rtt_ns = rtt_ns < THB_LONGEST_NS ? rtt_ns : THB_LONGEST_NS;
	thb__quant_add(&pace->rtts, pace->rtt_ns, HALF_LIFE);
	asked(pace, 1);
}

void thb__pace_lost(struct thb__pace *pace)
{
	asked(pace, 0);
}

static uint64_t rtt_ratio(const struct thb__pace *pace)
{
	uint64_t p95 = thb__quant_percentile(&pace->rtts, PERCENT), ratio;

	if (!p95)
		return 0;
	ratio = pace->rtt_ns * ONE / p95;
	return ratio < MOST_RATIO * ONE ? ratio : MOST_RATIO * ONE;
}

static uint64_t loss(const struct thb__pace *pace)
{
	uint32_t answered = (uint32_t)__builtin_popcount(pace->answered);

	return pace->asked ? ONE - answered * ONE / pace->asked : 0;
}

uint32_t thb__pace_factor(const struct thb__pace *pace, uint32_t load_milli)
{
	const struct thb_pace_settings *set = &pace->set;
	uint64_t factor = (set->load_milli * (uint64_t)load_milli +
			   set->rtt_milli * rtt_ratio(pace) +
			   set->loss_milli * loss(pace)) /
		ONE;

	return (uint32_t)(factor > set->floor_milli ? factor
						    : set->floor_milli);
}

static uint64_t bounded(const struct thb_pace_settings *set, uint64_t ns)
{
	if (ns < set->least_ns)
		ns = set->least_ns;
	if (ns > set->most_ns)
		ns = set->most_ns;
	return ns - ns % NSEC_PER_USEC;
}

uint64_t thb__pace_next(struct thb__pace *pace, uint32_t load_milli)
{
	const struct thb_pace_settings *set = &pace->set;
	uint64_t target = (uint64_t)thb__pace_factor(pace, load_milli) * FINE;
	uint64_t gain = set->gain_milli;

	if (set->fixed)
		return bounded(set, set->base_ns);
	pace->factor_1024 =
		(pace->factor_1024 * (ONE - gain) + target * gain) / ONE;
	/* Below 2^42 * 2^23: no overflow. */
	return bounded(set, set->base_ns / ONE * pace->factor_1024 / FINE);
}
