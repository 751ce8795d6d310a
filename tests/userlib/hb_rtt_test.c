// SPDX-License-Identifier: LGPL-2.1-or-later
/* Round trips: RFC 6298's formulas, and what T comes of them. */
#include "hb_suite.h"

#include "hb_rtt.h"

static void nothing(void **state)
{
	struct thb__rtt rtt = { 0 };

	(void)state;
	assert_int_equal(thb__rtt_smoothed(&rtt), 0);
	assert_int_equal(thb__rtt_variation(&rtt), 0);
	assert_int_equal(thb__rtt_timeout(&rtt, 2500, 4000), 0);
}

/* (2.2) SRTT = R, RTTVAR = R / 2: T = 2.5 (R + 4 R / 2) = 7.5 R */
static void the_first(void **state)
{
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, 10 * MS);
	assert_int_equal(thb__rtt_smoothed(&rtt), 10 * MS);
	assert_int_equal(thb__rtt_variation(&rtt), 5 * MS);
	assert_int_equal(thb__rtt_timeout(&rtt, 2500, 4000), 75 * MS);
	assert_int_equal(rtt.least_ns, 10 * MS);
}

/*
 * (2.3) RTTVAR = 3/4 5 + 1/4 |10 - 18| = 5.75; SRTT = 7/8 10 + 1/8 18 = 11
 */
static void the_next(void **state)
{
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, 10 * MS);
	thb__rtt_add(&rtt, 18 * MS);
	assert_int_equal(thb__rtt_variation(&rtt), 5750 * US);
	assert_int_equal(thb__rtt_smoothed(&rtt), 11 * MS);
	assert_int_equal(thb__rtt_timeout(&rtt, 2500, 4000), 85 * MS);
	assert_int_equal(thb__rtt_timeout(&rtt, 1000, 0), 11 * MS);
	assert_int_equal(rtt.least_ns, 10 * MS);
	thb__rtt_add(&rtt, 3 * MS);
	/* 3/4 5.75 + 1/4 8 = 6.3125; 7/8 11 + 3/8 = 10 */
	assert_int_equal(thb__rtt_variation(&rtt), 6312500);
	assert_int_equal(thb__rtt_smoothed(&rtt), 10 * MS);
	assert_int_equal(rtt.least_ns, 3 * MS);
}

static void rounded_up(void **state)
{
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, 1000);
	/* 1 us; 1.5 us; 7.5 us */
	assert_int_equal(thb__rtt_timeout(&rtt, 1000, 0), 1000);
	assert_int_equal(thb__rtt_timeout(&rtt, 1000, 1000), 2000);
	assert_int_equal(thb__rtt_timeout(&rtt, 2500, 4000), 8000);
	assert_int_equal(thb__rtt_timeout(&rtt, 1, 0), 1000);
}

static void settles(void **state)
{
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, SEC);
	for (int i = 0; i < 500; i++)
		thb__rtt_add(&rtt, MS);
	assert_in_range(thb__rtt_smoothed(&rtt), MS, MS + 8);
	assert_in_range(thb__rtt_variation(&rtt), 0, 8);
}

static void bounds(void **state)
{
	struct thb__rtt rtt = { 0 };

	(void)state;
	thb__rtt_add(&rtt, UINT64_MAX);
	assert_int_equal(thb__rtt_smoothed(&rtt), THB_LONGEST_NS);
	assert_int_equal(thb__rtt_timeout(&rtt, 100000, 100000),
			 THB_LONGEST_NS);
	for (int i = 0; i < 2000; i++)
		thb__rtt_add(&rtt, 0);
	assert_in_range(thb__rtt_smoothed(&rtt), 1, 9);
	assert_true(thb__rtt_timeout(&rtt, 1, 0) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),	  TEST(the_first), TEST(the_next),
		TEST(rounded_up), TEST(settles),   TEST(bounds),
	};

	return RUN(tests);
}
