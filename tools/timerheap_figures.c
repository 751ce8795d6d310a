// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sums and differences of the figures that the module keeps. */
#include "timerheap_tool.h"

#define FIRST offsetof(struct timerheap_stats, expiries)
#define END offsetof(struct timerheap_stats, lateness_min_ns)
#define COUNTERS ((END - FIRST) / sizeof(__u64))

static __u64 *counters(struct timerheap_stats *st)
{
	return (__u64 *)(void *)((char *)st + FIRST);
}

static const __u64 *counters_of(const struct timerheap_stats *st)
{
	return (const __u64 *)(const void *)((const char *)st + FIRST);
}

static __u64 sum(__u64 a, __u64 b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static __u64 less(__u64 a, __u64 b)
{
	return a > b ? a - b : 0;
}

void tool_figures_init(struct timerheap_stats *st)
{
	*st = (struct timerheap_stats){
		.cpu = -1,
		.lateness_min_ns = TIMERHEAP_NEVER,
	};
}

void tool_figures_add(struct timerheap_stats *total,
		      const struct timerheap_stats *st)
{
	for (size_t i = 0; i < COUNTERS; i++)
		counters(total)[i] += counters_of(st)[i];
	for (size_t i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		total->hist[i] += st->hist[i];
	total->queues += st->queues;
	if (st->lateness_min_ns < total->lateness_min_ns)
		total->lateness_min_ns = st->lateness_min_ns;
	if (st->lateness_max_ns > total->lateness_max_ns)
		total->lateness_max_ns = st->lateness_max_ns;
	total->lateness_sum_ns =
		sum(total->lateness_sum_ns, st->lateness_sum_ns);
	total->lateness_sumsq_us2 =
		sum(total->lateness_sumsq_us2, st->lateness_sumsq_us2);
}

/* As near as the buckets tell; the extremes since load bound them. */
static void find_extremes(struct timerheap_stats *st)
{
	__u64 least = TIMERHEAP_NEVER, most = 0;

	for (__u32 i = 0; i < TIMERHEAP_HIST_BUCKETS; i++) {
		if (!st->hist[i])
			continue;
		if (least == TIMERHEAP_NEVER)
			least = timerheap_hist_lower(i);
		most = timerheap_hist_lower(i + 1) - 1;
	}
	if (least == TIMERHEAP_NEVER || least > st->lateness_min_ns)
		st->lateness_min_ns = least;
	if (most < st->lateness_max_ns)
		st->lateness_max_ns = most;
}

void tool_figures_since(struct timerheap_stats *now,
			const struct timerheap_stats *before)
{
	for (size_t i = 0; i < COUNTERS; i++)
		counters(now)[i] =
			less(counters(now)[i], counters_of(before)[i]);
	for (size_t i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		now->hist[i] = less(now->hist[i], before->hist[i]);
	now->lateness_sum_ns =
		less(now->lateness_sum_ns, before->lateness_sum_ns);
	now->lateness_sumsq_us2 =
		less(now->lateness_sumsq_us2, before->lateness_sumsq_us2);
	find_extremes(now);
}

uint64_t tool_lateness_count(const struct timerheap_stats *st)
{
	uint64_t count = 0;

	for (size_t i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		count += st->hist[i];
	return count;
}

uint64_t tool_lateness_mean(const struct timerheap_stats *st)
{
	uint64_t count = tool_lateness_count(st);

	return count ? st->lateness_sum_ns / count : 0;
}

static json_t *ns(const struct timerheap_stats *st, uint64_t value)
{
	return tool_lateness_count(st) ? json_integer((json_int_t)value)
				       : json_null();
}

json_t *tool_lateness_json(const struct timerheap_stats *st)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "count",
			 (json_int_t)tool_lateness_count(st), "min_ns",
			 ns(st, st->lateness_min_ns), "mean_ns",
			 ns(st, tool_lateness_mean(st)), "p50_ns",
			 ns(st, timerheap_hist_percentile(st, 50)), "p99_ns",
			 ns(st, timerheap_hist_percentile(st, 99)), "p999_ns",
			 ns(st, timerheap_hist_percentile(st, 99.9)), "max_ns",
			 ns(st, st->lateness_max_ns));
}

json_t *tool_buckets_json(const struct timerheap_stats *st)
{
	json_t *buckets = json_array();

	for (__u32 i = 0; buckets && i < TIMERHEAP_HIST_BUCKETS; i++)
		if (st->hist[i])
			json_array_append_new(
				buckets,
				json_pack("[I, I]",
					  (json_int_t)timerheap_hist_lower(i),
					  (json_int_t)st->hist[i]));
	return buckets;
}
