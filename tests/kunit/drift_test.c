// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>

#include "../../module/drift.c"

#define LAST	(TIMERHEAP_HIST_BUCKETS - 1)

static struct timerheap_stats *make_stats(struct kunit *test)
{
	struct timerheap_stats *stats =
		kunit_kmalloc(test, sizeof(*stats), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stats);
	memset(stats, 0xee, sizeof(*stats));
	th_drift_reset(stats);
	return stats;
}

static u64 hist_sum(const struct timerheap_stats *stats)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		sum += stats->hist[i];
	return sum;
}

static void reset(struct kunit *test)
{
	struct timerheap_stats *stats = make_stats(test);
	struct timerheap_stats *expected =
		kunit_kzalloc(test, sizeof(*expected), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, expected);
	expected->lateness_min_ns = TIMERHEAP_NEVER;
	KUNIT_EXPECT_EQ(test, memcmp(stats, expected, sizeof(*stats)), 0);
}

static void buckets_follow_each_other(struct kunit *test)
{
	u32 i;

	KUNIT_EXPECT_EQ(test, timerheap_hist_lower(0), 0ULL);
	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++) {
		u64 lower = timerheap_hist_lower(i);
		u64 next = timerheap_hist_lower(i + 1);

		KUNIT_ASSERT_GT(test, next, lower);
		KUNIT_EXPECT_EQ(test, timerheap_hist_bucket(lower), i);
		KUNIT_EXPECT_EQ(test, timerheap_hist_bucket(next - 1), i);
		/* An eighth at the most. */
		if (i < LAST)
			KUNIT_EXPECT_LE(test, (next - lower - 1) * 8, lower);
	}
	KUNIT_EXPECT_EQ(test, timerheap_hist_lower(LAST), 1ULL << 40);
	KUNIT_EXPECT_EQ(test, timerheap_hist_lower(LAST + 1), TIMERHEAP_NEVER);
}

static void buckets_of_known_values(struct kunit *test)
{
	static const struct {
		u64 value;
		u32 bucket;
	} known[] = {
		{ 0, 0 }, { 7, 7 }, { 8, 8 }, { 15, 15 }, { 16, 16 },
		{ 17, 16 }, { 18, 17 }, { 31, 23 }, { 32, 24 },
		{ 1024, 64 }, { 1151, 64 }, { 1152, 65 },
		{ (1ULL << 40) - 1, LAST - 1 }, { 1ULL << 40, LAST },
		{ TIMERHEAP_NEVER, LAST },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		KUNIT_EXPECT_EQ(test, timerheap_hist_bucket(known[i].value),
				known[i].bucket);
}

static void records(struct kunit *test)
{
	struct timerheap_stats *stats = make_stats(test);

	th_drift_record(stats, 5000, 1);
	th_drift_record(stats, 1999, 1);
	th_drift_record(stats, 70000, 1);
	KUNIT_EXPECT_EQ(test, stats->expiries, 3ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_min_ns, 1999ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_max_ns, 70000ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_sum_ns, 76999ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_sumsq_us2,
			5 * 5 + 1 * 1 + 70 * 70ULL);
	KUNIT_EXPECT_EQ(test, stats->hist[timerheap_hist_bucket(5000)], 1ULL);
	KUNIT_EXPECT_EQ(test, stats->hist[timerheap_hist_bucket(1999)], 1ULL);
	KUNIT_EXPECT_EQ(test, stats->hist[timerheap_hist_bucket(70000)], 1ULL);
	KUNIT_EXPECT_EQ(test, hist_sum(stats), 3ULL);
}

static void zero_is_a_lateness(struct kunit *test)
{
	struct timerheap_stats *stats = make_stats(test);

	th_drift_record(stats, 0, 1);
	KUNIT_EXPECT_EQ(test, stats->lateness_min_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, stats->lateness_max_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, stats->hist[0], 1ULL);
}

static void saturates(struct kunit *test)
{
	struct timerheap_stats *stats = make_stats(test);

	th_drift_record(stats, TIMERHEAP_NEVER - 10, 1);
	KUNIT_EXPECT_EQ(test, stats->lateness_sum_ns, TIMERHEAP_NEVER - 10);
	/* The square of the most that 32 bits of microseconds hold. */
	KUNIT_EXPECT_EQ(test, stats->lateness_sumsq_us2,
			(u64)U32_MAX * U32_MAX);
	th_drift_record(stats, TIMERHEAP_NEVER - 10, 1);
	KUNIT_EXPECT_EQ(test, stats->lateness_sum_ns, TIMERHEAP_NEVER);
	KUNIT_EXPECT_EQ(test, stats->lateness_sumsq_us2, TIMERHEAP_NEVER);
	th_drift_record(stats, 1000, 1);
	KUNIT_EXPECT_EQ(test, stats->lateness_sum_ns, TIMERHEAP_NEVER);
	KUNIT_EXPECT_EQ(test, stats->lateness_sumsq_us2, TIMERHEAP_NEVER);
	KUNIT_EXPECT_EQ(test, stats->hist[LAST], 2ULL);
	KUNIT_EXPECT_EQ(test, stats->expiries, 3ULL);
}

/* Each counter has a value of its own; the sum is twice that. */
static void adds_each_counter(struct kunit *test)
{
	struct timerheap_stats *from = make_stats(test);
	struct timerheap_stats *sum = make_stats(test);
	const u64 *words = (const void *)&sum->expiries;
	u32 counters = (offsetof(struct timerheap_stats, lateness_min_ns) -
			offsetof(struct timerheap_stats, expiries)) / 8;
	u32 i;

	for (i = 0; i < counters; i++)
		(&from->expiries)[i] = 1000 + i;
	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		from->hist[i] = 5000 + i;
	from->cpu = 3;
	from->queues = 4;
	sum->cpu = 1;
	sum->queues = 2;
	th_drift_add(sum, from);
	th_drift_add(sum, from);
	for (i = 0; i < counters; i++)
		KUNIT_EXPECT_EQ(test, words[i], 2 * (1000ULL + i));
	for (i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		KUNIT_EXPECT_EQ(test, sum->hist[i], 2 * (5000ULL + i));
	KUNIT_EXPECT_EQ(test, sum->cpu, 1);
	KUNIT_EXPECT_EQ(test, sum->queues, 2U);
}

static void adds_lateness(struct kunit *test)
{
	struct timerheap_stats *from = make_stats(test);
	struct timerheap_stats *sum = make_stats(test);

	/* Without expiries the least stays TIMERHEAP_NEVER. */
	th_drift_add(sum, from);
	KUNIT_EXPECT_EQ(test, sum->lateness_min_ns, TIMERHEAP_NEVER);
	KUNIT_EXPECT_EQ(test, sum->lateness_max_ns, 0ULL);

	th_drift_record(from, 9000, 1);
	th_drift_record(sum, 4000, 1);
	th_drift_record(sum, 20000, 1);
	th_drift_add(sum, from);
	KUNIT_EXPECT_EQ(test, sum->lateness_min_ns, 4000ULL);
	KUNIT_EXPECT_EQ(test, sum->lateness_max_ns, 20000ULL);
	KUNIT_EXPECT_EQ(test, sum->lateness_sum_ns, 33000ULL);
	KUNIT_EXPECT_EQ(test, sum->lateness_sumsq_us2, 81 + 16 + 400ULL);

	from->lateness_min_ns = 1;
	from->lateness_max_ns = TIMERHEAP_NEVER;
	from->lateness_sum_ns = TIMERHEAP_NEVER - 5;
	from->lateness_sumsq_us2 = TIMERHEAP_NEVER - 5;
	th_drift_add(sum, from);
	KUNIT_EXPECT_EQ(test, sum->lateness_min_ns, 1ULL);
	KUNIT_EXPECT_EQ(test, sum->lateness_max_ns, TIMERHEAP_NEVER);
	KUNIT_EXPECT_EQ(test, sum->lateness_sum_ns, TIMERHEAP_NEVER);
	KUNIT_EXPECT_EQ(test, sum->lateness_sumsq_us2, TIMERHEAP_NEVER);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(reset),
	KUNIT_CASE(buckets_follow_each_other),
	KUNIT_CASE(buckets_of_known_values),
	KUNIT_CASE(records),
	KUNIT_CASE(zero_is_a_lateness),
	KUNIT_CASE(saturates),
	KUNIT_CASE(adds_each_counter),
	KUNIT_CASE(adds_lateness),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_drift",
	.test_cases = cases,
};

kunit_test_suite(suite);
