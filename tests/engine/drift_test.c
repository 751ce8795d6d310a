// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "drift.h"
#include "prng.h"
#include "sat.h"

#define LAST (TIMERHEAP_HIST_BUCKETS - 1)

static void sums_saturate(void **state)
{
	(void)state;
	assert_int_equal(th_sat_add(0, 0), 0);
	assert_int_equal(th_sat_add(TH_NEVER, 0), TH_NEVER);
	assert_int_equal(th_sat_add(TH_NEVER, 1), TH_NEVER);
	assert_int_equal(th_sat_add(TH_NEVER, TH_NEVER), TH_NEVER);
	assert_int_equal(th_sat_add(TH_NEVER - 5, 4), TH_NEVER - 1);
	assert_int_equal(th_sat_add(5, TH_NEVER - 5), TH_NEVER);
	assert_int_equal(th_sat_sub(5, 5), 0);
	assert_int_equal(th_sat_sub(5, 6), 0);
	assert_int_equal(th_sat_sub(6, 5), 1);
	assert_int_equal(th_sat_sub(0, TH_NEVER), 0);
}

/* The formula in words: below 8 each; then eighths of powers of two. */
static u32 slow_bucket(u64 value)
{
	u32 bucket = 8;
	u64 lower, width;

	if (value < 8)
		return value;
	if (value >= 1ULL << 40)
		return LAST;
	for (lower = 8, width = 1;; width *= 2) {
		u32 eighth;

		for (eighth = 0; eighth < 8; eighth++, bucket++) {
			if (value < lower + width)
				return bucket;
			lower += width;
		}
	}
}

static void expect_bucket(u64 value)
{
	u32 bucket = timerheap_hist_bucket(value);

	assert_int_equal(bucket, slow_bucket(value));
	assert_true(timerheap_hist_lower(bucket) <= value);
	if (bucket < LAST)
		assert_true(value < timerheap_hist_lower(bucket + 1));
}

static void buckets_as_counted_by_hand(void **state)
{
	struct prng prng = { 2 };
	u64 value;
	u32 i;

	(void)state;
	for (value = 0; value < 70000; value++)
		expect_bucket(value);
	for (i = 3; i < 64; i++) {
		expect_bucket((1ULL << i) - 1);
		expect_bucket(1ULL << i);
		expect_bucket((1ULL << i) + 1);
	}
	for (i = 0; i < 20000; i++)
		expect_bucket(prng_next(&prng) >> prng_below(&prng, 64));
	expect_bucket(TH_NEVER);
}

static void bounds(void **state)
{
	u32 b;

	(void)state;
	for (b = 0; b < TIMERHEAP_HIST_BUCKETS; b++) {
		u64 lower = timerheap_hist_lower(b);
		u64 width = timerheap_hist_lower(b + 1) - lower;

		assert_int_equal(timerheap_hist_bucket(lower), b);
		if (b)
			assert_int_equal(timerheap_hist_bucket(lower - 1),
					 b - 1);
		/* At most 12.5 % wide. */
		if (b >= 8 && b < LAST)
			assert_true(width * 8 <= lower);
	}
	assert_int_equal(timerheap_hist_lower(LAST), 1ULL << 40);
	assert_int_equal(timerheap_hist_lower(LAST + 1), TIMERHEAP_NEVER);
	assert_int_equal(timerheap_hist_bucket(TH_NEVER), LAST);
}

static void reset_forgets_all(void **state)
{
	struct timerheap_stats stats, zero;

	(void)state;
	memset(&stats, 0xa5, sizeof(stats));
	th_drift_reset(&stats);
	memset(&zero, 0, sizeof(zero));
	zero.lateness_min_ns = TIMERHEAP_NEVER;
	assert_memory_equal(&stats, &zero, sizeof(zero));
}

static void record_counts(void **state)
{
	struct timerheap_stats stats;
	u64 total = 0;
	u32 i;

	(void)state;
	th_drift_reset(&stats);
	th_drift_record(&stats, 2500, 1);
	assert_int_equal(stats.expiries, 1);
	assert_int_equal(stats.lateness_min_ns, 2500);
	assert_int_equal(stats.lateness_max_ns, 2500);
	assert_int_equal(stats.lateness_sum_ns, 2500);
	assert_int_equal(stats.lateness_sumsq_us2, 4);
	assert_int_equal(stats.hist[timerheap_hist_bucket(2500)], 1);
	th_drift_record(&stats, 0, 1);
	th_drift_record(&stats, 999, 1);
	th_drift_record(&stats, 3000, 1);
	assert_int_equal(stats.expiries, 4);
	assert_int_equal(stats.lateness_min_ns, 0);
	assert_int_equal(stats.lateness_max_ns, 3000);
	assert_int_equal(stats.lateness_sum_ns, 6499);
	assert_int_equal(stats.lateness_sumsq_us2, 13);
	assert_int_equal(stats.overruns, 0);
	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		total += stats.hist[i];
	assert_int_equal(total, 4);
}

static void record_saturates(void **state)
{
	struct timerheap_stats stats;

	(void)state;
	th_drift_reset(&stats);
	th_drift_record(&stats, TH_NEVER, 1);
	assert_int_equal(stats.hist[LAST], 1);
	assert_int_equal(stats.lateness_max_ns, TH_NEVER);
	assert_int_equal(stats.lateness_sum_ns, TH_NEVER);
	/* (2^32 - 1)^2: the square of the most microseconds that count. */
	assert_int_equal(stats.lateness_sumsq_us2, 0xfffffffe00000001);
	th_drift_record(&stats, TH_NEVER - 1, 1);
	th_drift_record(&stats, 1, 1);
	assert_int_equal(stats.expiries, 3);
	assert_int_equal(stats.lateness_sum_ns, TH_NEVER);
	assert_int_equal(stats.lateness_sumsq_us2, TH_NEVER);
	assert_int_equal(stats.lateness_min_ns, 1);
}

/* Many at once are as many one after the other; sums saturate alike. */
static void record_many(void **state)
{
	static const u64 values[] = { 0,	  7,	      5000,
				      1ULL << 40, 1ULL << 62, TH_NEVER };
	struct timerheap_stats once, each;
	u32 i, n;

	(void)state;
	th_drift_reset(&once);
	th_drift_reset(&each);
	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		th_drift_record(&once, values[i], 5);
		for (n = 0; n < 5; n++)
			th_drift_record(&each, values[i], 1);
		assert_memory_equal(&once, &each, sizeof(once));
	}
	assert_int_equal(once.expiries, 30);
}

/* Every member is the sum of both, or the least, or the most of both. */
static void add_takes_every_member(void **state)
{
	struct timerheap_stats a, b, sum;
	u64 *words[3] = { (u64 *)&a, (u64 *)&b, (u64 *)&sum };
	u32 first = offsetof(struct timerheap_stats, expiries) / sizeof(u64);
	u32 least =
		offsetof(struct timerheap_stats, lateness_min_ns) / sizeof(u64);
	u32 i;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a.size = 11;
	a.cpu = 12;
	a.queues = 13;
	b.size = 1;
	b.flags = 2;
	b.cpu = 3;
	b.queues = 4;
	for (i = first; i < sizeof(a) / sizeof(u64); i++) {
		words[0][i] = 1000 + i;
		words[1][i] = 1 + 7 * (i % 500);
	}
	sum = a;
	th_drift_add(&sum, &b);
	/* What is no figure stays the sum's own. */
	assert_int_equal(sum.size, 11);
	assert_int_equal(sum.flags, 0);
	assert_int_equal(sum.cpu, 12);
	assert_int_equal(sum.queues, 13);
	for (i = first; i < sizeof(a) / sizeof(u64); i++) {
		u64 x = words[0][i], y = words[1][i], wanted = x + y;

		if (i == least)
			wanted = x < y ? x : y;
		else if (i == least + 1)
			wanted = x > y ? x : y;
		assert_int_equal(words[2][i], wanted);
	}
}

static void add_saturates(void **state)
{
	struct timerheap_stats sum, stats;

	(void)state;
	th_drift_reset(&sum);
	th_drift_reset(&stats);
	/* Nothing plus nothing. */
	th_drift_add(&sum, &stats);
	assert_int_equal(sum.lateness_min_ns, TIMERHEAP_NEVER);
	assert_int_equal(sum.expiries, 0);
	sum.lateness_sum_ns = TH_NEVER - 1;
	sum.lateness_sumsq_us2 = TH_NEVER - 1;
	stats.lateness_sum_ns = 2;
	stats.lateness_sumsq_us2 = 2;
	th_drift_add(&sum, &stats);
	assert_int_equal(sum.lateness_sum_ns, TH_NEVER);
	assert_int_equal(sum.lateness_sumsq_us2, TH_NEVER);
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* A percentile read from the histogram is the true one within 12.5 %. */
static void percentiles(void **state)
{
	static const u32 permille[] = { 1, 10, 500, 900, 990, 999, 1000 };
	struct prng prng = { 3 };
	struct timerheap_stats stats;
	u32 n = 20000, i, p;
	u64 *values = malloc(n * sizeof(*values));

	(void)state;
	th_drift_reset(&stats);
	for (i = 0; i < n; i++) {
		values[i] = prng_next(&prng) >> prng_range(&prng, 25, 60);
		th_drift_record(&stats, values[i], 1);
	}
	qsort(values, n, sizeof(*values), compare);
	for (p = 0; p < sizeof(permille) / sizeof(*permille); p++) {
		u64 rank = (u64)n * permille[p] / 1000 - 1, seen = 0;
		u32 bucket = 0;
		u64 upper;

		while ((seen += stats.hist[bucket]) <= rank)
			bucket++;
		upper = timerheap_hist_lower(bucket + 1) - 1;
		assert_true(upper >= values[rank]);
		assert_true(upper - values[rank] <= values[rank] / 8);
	}
	free(values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_saturate),
		cmocka_unit_test(buckets_as_counted_by_hand),
		cmocka_unit_test(bounds),
		cmocka_unit_test(reset_forgets_all),
		cmocka_unit_test(record_counts),
		cmocka_unit_test(record_saturates),
		cmocka_unit_test(record_many),
		cmocka_unit_test(add_takes_every_member),
		cmocka_unit_test(add_saturates),
		cmocka_unit_test(percentiles),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
