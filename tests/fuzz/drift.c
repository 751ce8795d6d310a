// SPDX-License-Identifier: GPL-2.0-only
/* Statistics against sums that cannot overflow; the histogram's buckets. */
#include "fuzz.h"

#include "drift.h"
#include "internal.h"
#include "sat.h"

#define PARTS 3
#define MOST 256

typedef unsigned __int128 u128;

struct model {
	u64 values[MOST + PARTS];
	u32 count;
	u128 sum;
	u128 sumsq;
};

/* stats.c asks the system only for what the module counted. */
int timerheap__sys_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	abort();
}

static void verify_bucket(u64 value)
{
	u32 bucket = timerheap_hist_bucket(value);
	u64 lower = timerheap_hist_lower(bucket);
	u64 next = timerheap_hist_lower(bucket + 1);

	CHECK(bucket < TIMERHEAP_HIST_BUCKETS);
	CHECK(lower <= value && (value < next || next == TH_NEVER));
	CHECK(timerheap_hist_bucket(lower) == bucket);
	CHECK((bucket == TIMERHEAP_HIST_BUCKETS - 1) == (value >> 40 != 0));
	if (next == TH_NEVER)
		return;
	CHECK(timerheap_hist_bucket(next) == bucket + 1);
	CHECK(value < 8 ? next - lower == 1 : (next - lower) * 8 <= lower);
}

static u64 saturated(u128 sum)
{
	return sum > TH_NEVER ? TH_NEVER : (u64)sum;
}

static int by_value(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return (left > right) - (left < right);
}

static void verify(const struct timerheap_stats *stats, struct model *model)
{
	u64 want[TIMERHEAP_HIST_BUCKETS] = { 0 };
	u32 i, n = model->count;

	qsort(model->values, n, sizeof(u64), by_value);
	for (i = 0; i < n; i++)
		want[timerheap_hist_bucket(model->values[i])]++;
	CHECK(!memcmp(stats->hist, want, sizeof(want)));
	CHECK(stats->expiries == n);
	CHECK(stats->lateness_sum_ns == saturated(model->sum));
	CHECK(stats->lateness_sumsq_us2 == saturated(model->sumsq));
	CHECK(stats->lateness_min_ns == (n ? model->values[0] : TH_NEVER));
	CHECK(stats->lateness_max_ns == (n ? model->values[n - 1] : 0));
}

/* By nearest rank, and no further from it than the bucket is wide. */
static void verify_percentile(const struct timerheap_stats *stats,
			      const struct model *model, u32 thousandths)
{
	u64 got = timerheap_hist_percentile(stats, thousandths / 1000.0);
	u64 rank = ((u64)model->count * thousandths + 99999) / 100000;
	u64 exact;

	if (!model->count) {
		CHECK(!got);
		return;
	}
	if (rank < 1)
		rank = 1;
	if (rank > model->count)
		rank = model->count;
	exact = model->values[rank - 1];
	/* One past the last bucket is TIMERHEAP_NEVER, which none is. */
	CHECK(got >= exact || exact == TH_NEVER);
	CHECK(timerheap_hist_bucket(got) == timerheap_hist_bucket(exact));
	CHECK(got <= stats->lateness_max_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct timerheap_stats part[PARTS], sum;
	struct model model = { .count = 0 };
	u32 thousandths = (u32)input_take(&in, 3) % 100001, i;

	th_drift_reset(&sum);
	for (i = 0; i < PARTS; i++)
		th_drift_reset(&part[i]);
	while (in.left && model.count < MOST) {
		u8 to = (u8)input_below(&in, PARTS);
		u64 value = input_number(&in, 1ULL << 40);
		u64 us = value / 1000 > ~0U ? ~0U : value / 1000;

		verify_bucket(value);
		th_drift_record(&part[to], value, 1 + to);
		part[to].overruns += to;
		part[to].clock_steps += value;
		sum.overruns -= to;
		sum.clock_steps -= value;
		for (i = 0; i <= to; i++)
			model.values[model.count++] = value;
		model.sum += (u128)value * (1 + to);
		model.sumsq += (u128)us * us * (1 + to);
	}
	for (i = 0; i < PARTS; i++)
		th_drift_add(&sum, &part[i]);
	CHECK(!sum.overruns && !sum.clock_steps);
	verify(&sum, &model);
	verify_percentile(&sum, &model, thousandths);
	th_drift_reset(&sum);
	model.count = 0;
	model.sum = 0;
	model.sumsq = 0;
	verify(&sum, &model);
	return 0;
}
