// SPDX-License-Identifier: LGPL-2.1-or-later
/* Figures: that the calls ask for them properly, and the percentiles. */
#include "suite.h"

static void calls(void **state)
{
	struct timerheap *th = fake_open(8, 4);
	struct timerheap_stats st;
	struct timerheap_info info;

	(void)state;
	memset(&st, 0x5A, sizeof(st));
	assert_int_equal(timerheap_stats(th, &st), 0);
	assert_int_equal(st.expiries, 7);
	memset(&st, 0x5A, sizeof(st));
	assert_int_equal(timerheap_cpu_stats(th, 3, &st), 0);
	assert_int_equal(st.expiries, 8);
	assert_int_equal(st.cpu, 3);
	memset(&info, 0x5A, sizeof(info));
	assert_int_equal(timerheap_info(th, &info), 0);
	assert_int_equal(info.abi_version, TIMERHEAP_ABI_VERSION);
	assert_int_equal(timerheap_reset_stats(th), 0);
	assert_int_equal(fake.calls[8], 1);
	for (int nr = 0; nr < FAKE_CALLS; nr++)
		fake.fail[nr] = -EIO;
	assert_int_equal(timerheap_stats(th, &st), -EIO);
	assert_int_equal(timerheap_cpu_stats(th, 0, &st), -EIO);
	assert_int_equal(timerheap_info(th, &info), -EIO);
	assert_int_equal(timerheap_reset_stats(th), -EIO);
	timerheap_close(th);
}

static void add(struct timerheap_stats *st, __u64 lateness)
{
	st->hist[timerheap_hist_bucket(lateness)]++;
	if (lateness > st->lateness_max_ns)
		st->lateness_max_ns = lateness;
}

static void small_values_are_exact(void **state)
{
	struct timerheap_stats st = { 0 };

	(void)state;
	assert_int_equal(timerheap_hist_percentile(&st, 50), 0);
	for (__u64 value = 0; value < 8; value++)
		for (int n = 0; n < 100; n++)
			add(&st, value);
	assert_int_equal(timerheap_hist_percentile(&st, 0), 0);
	assert_int_equal(timerheap_hist_percentile(&st, 12.5), 0);
	assert_int_equal(timerheap_hist_percentile(&st, 12.6), 1);
	assert_int_equal(timerheap_hist_percentile(&st, 25), 1);
	assert_int_equal(timerheap_hist_percentile(&st, 50), 3);
	assert_int_equal(timerheap_hist_percentile(&st, 99), 7);
	assert_int_equal(timerheap_hist_percentile(&st, 100), 7);
}

/* 99.9 % of 1000 is 999, not one more by a rounding. */
static void ranks_are_exact(void **state)
{
	(void)state;
	for (__u64 total = 1; total <= 1000; total++) {
		for (__u64 rank = 1; rank <= total; rank++) {
			struct timerheap_stats st = { 0 };
			double percent = 100.0 * (double)rank / (double)total;

			st.hist[1] = rank;
			st.hist[2] = total - rank;
			st.lateness_max_ns = 2;
			assert_int_equal(
				timerheap_hist_percentile(&st, percent), 1);
		}
	}
}

static void rounds_up_to_the_bucket(void **state)
{
	__u64 value = 1;

	(void)state;
	for (; value < 1ULL << 39; value += value / 3 + 1) {
		struct timerheap_stats st = { 0 };
		__u64 half;

		add(&st, value);
		add(&st, value * 2);
		half = timerheap_hist_percentile(&st, 50);
		assert_in_range(half, value, value + value / 8);
		assert_int_equal(timerheap_hist_percentile(&st, 51), value * 2);
	}
}

static void odd_percentages(void **state)
{
	struct timerheap_stats st = { 0 };

	(void)state;
	add(&st, 3);
	add(&st, 1ULL << 45);
	assert_int_equal(timerheap_hist_percentile(&st, -1), 3);
	assert_int_equal(timerheap_hist_percentile(&st, __builtin_nan("")), 3);
	assert_int_equal(timerheap_hist_percentile(&st, 101), 1ULL << 45);
	assert_int_equal(timerheap_hist_percentile(&st, __builtin_inf()),
			 1ULL << 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(calls),	       TEST(small_values_are_exact),
		TEST(ranks_are_exact), TEST(rounds_up_to_the_bucket),
		TEST(odd_percentages),
	};

	return RUN(tests);
}
