// SPDX-License-Identifier: LGPL-2.1-or-later
/* Percentiles in little memory: close enough, and of late. */
#include "hb_suite.h"

#include "hb_backoff.h"
#include "hb_quant.h"

static void nothing(void **state)
{
	struct thb__quant q = { 0 };

	(void)state;
	assert_int_equal(thb__quant_percentile(&q, 50), 0);
}

/* Of one value: that, exactly, since it is the greatest. */
static void one(void **state)
{
	(void)state;
	for (int power = 0; power < 64; power++) {
		struct thb__quant q = { 0 };

		thb__quant_add(&q, 1ULL << power, 1000);
		assert_int_equal(thb__quant_percentile(&q, 1), 1ULL << power);
		assert_int_equal(thb__quant_percentile(&q, 100), 1ULL << power);
	}
}

/* Each value is reported no smaller than it is, and by at most 25 % more. */
static void close_enough(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint64_t value =
			4096 + thb__random(&random) % (1ULL << (13 + i % 21));
		struct thb__quant q = { 0 };

		thb__quant_add(&q, value, 1000);
		thb__quant_add(&q, 20 * SEC, 1000);
		assert_in_range(thb__quant_percentile(&q, 50), value,
				value + value / 4);
	}
}

static void by_nearest_rank(void **state)
{
	struct thb__quant q = { 0 };

	(void)state;
	for (int i = 0; i < 99; i++)
		thb__quant_add(&q, MS, 1000);
	thb__quant_add(&q, SEC, 1000);
	assert_in_range(thb__quant_percentile(&q, 99), MS, MS + MS / 4);
	assert_int_equal(thb__quant_percentile(&q, 100), SEC);
	assert_int_equal(q.max_ns, SEC);
}

/* After four half-lives of small values few of the large ones are left. */
static void forgets(void **state)
{
	struct thb__quant q = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		thb__quant_add(&q, SEC, 100);
	assert_int_equal(thb__quant_percentile(&q, 50), SEC);
	for (int i = 0; i < 400; i++)
		thb__quant_add(&q, MS, 100);
	assert_in_range(thb__quant_percentile(&q, 80), MS, MS + MS / 4);
	assert_in_range(q.total, 100, 200);
}

/* However long: no count overflows, and the total is their sum. */
static void goes_on(void **state)
{
	struct thb__quant q = { 0 };
	uint32_t sum = 0;

	(void)state;
	for (int i = 0; i < 200000; i++)
		thb__quant_add(&q, MS, 32767);
	for (int i = 0; i < THB__QUANTS; i++)
		sum += q.counts[i];
	assert_int_equal(sum, q.total);
	assert_in_range(thb__quant_percentile(&q, 50), MS, MS + MS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),	       TEST(one),     TEST(close_enough),
		TEST(by_nearest_rank), TEST(forgets), TEST(goes_on),
	};

	return RUN(tests);
}
