// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "drift.h"
#include "sat.h"

/**
 * th_drift_reset - as before the first expiry
 * @stats: the figures
 */
void th_drift_reset(struct timerheap_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->lateness_min_ns = TH_NEVER;
}

/**
 * th_drift_record - count expiries
 * @stats: the figures
 * @lateness_ns: how late they were
 * @count: how many, at least 1
 *
 * Cost: no loop, no division but by a constant.
 */
void th_drift_record(struct timerheap_stats *stats, u64 lateness_ns, u32 count)
{
	u64 us = min_t(u64, div_u64(lateness_ns, 1000), U32_MAX);

	stats->expiries += count;
	stats->hist[timerheap_hist_bucket(lateness_ns)] += count;
	stats->lateness_sum_ns = th_sat_add(stats->lateness_sum_ns,
					    th_sat_mul(lateness_ns, count));
	stats->lateness_sumsq_us2 = th_sat_add(stats->lateness_sumsq_us2,
					       th_sat_mul(us * us, count));
	if (lateness_ns < stats->lateness_min_ns)
		stats->lateness_min_ns = lateness_ns;
	if (lateness_ns > stats->lateness_max_ns)
		stats->lateness_max_ns = lateness_ns;
}

/* All that lies between are plain u64 counters. */
#define FIRST_COUNTER	offsetof(struct timerheap_stats, expiries)
#define END_COUNTER	offsetof(struct timerheap_stats, lateness_min_ns)

/*
 * The home CPU, which alone counts, does so by plain stores, of whole words on
 * 64 bits: marking each of them would say no more.
 */
static u64 figure(const __u64 *word)
{
	/* Its owner's store is plain, as said above. */
	return data_race(READ_ONCE(*word));
}

/**
 * th_drift_add - add one set of figures to another
 * @sum: the total
 * @stats: what to add; may be written meanwhile, each word is read once
 *
 * Cost: one addition a word, about 320.
 */
void th_drift_add(struct timerheap_stats *sum,
		  const struct timerheap_stats *stats)
{
	const __u64 *from = (const void *)stats + FIRST_COUNTER;
	__u64 *to = (void *)sum + FIRST_COUNTER;
	u32 i;

	BUILD_BUG_ON((END_COUNTER - FIRST_COUNTER) % sizeof(*to));
	for (i = 0; i < (END_COUNTER - FIRST_COUNTER) / sizeof(*to); i++)
		to[i] += figure(&from[i]);
	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		sum->hist[i] += figure(&stats->hist[i]);

	sum->lateness_min_ns = min_t(u64, sum->lateness_min_ns,
				     figure(&stats->lateness_min_ns));
	sum->lateness_max_ns = max_t(u64, sum->lateness_max_ns,
				     figure(&stats->lateness_max_ns));
	sum->lateness_sum_ns = th_sat_add(sum->lateness_sum_ns,
					  figure(&stats->lateness_sum_ns));
	sum->lateness_sumsq_us2 =
		th_sat_add(sum->lateness_sumsq_us2,
			   figure(&stats->lateness_sumsq_us2));
}
