// SPDX-License-Identifier: LGPL-2.1-or-later
/* The sender's interval: the formula, its bounds, and that it is smoothed. */
#include "hb_suite.h"

#include "hb_pace.h"

static struct thb__pace pace_of(uint32_t gain_milli)
{
	struct thb_pace_settings set;
	struct thb__pace pace;

	memset(&set, 0x5A, sizeof(set));
	thb_pace_init(&set);
	set.gain_milli = gain_milli;
	assert_int_equal(thb_pace_check(&set), 0);
	memset(&pace, 0x5A, sizeof(pace));
	thb__pace_begin(&pace, &set);
	return pace;
}

static void load_alone(void **state)
{
	struct thb__pace pace = pace_of(1000);

	(void)state;
	pace.set.floor_milli = 1;
	assert_int_equal(thb__pace_factor(&pace, 0), 1);
	assert_int_equal(thb__pace_factor(&pace, 500), 200);
	assert_int_equal(thb__pace_factor(&pace, 1000), 400);
}

static void the_floor(void **state)
{
	struct thb__pace pace = pace_of(1000);

	(void)state;
	assert_int_equal(thb__pace_factor(&pace, 0), 500);
	assert_int_equal(thb__pace_factor(&pace, 1000), 500);
}

/* The last round trip as it compares with the 95th percentile. */
static void round_trips(void **state)
{
	struct thb__pace pace = pace_of(1000);

	(void)state;
	pace.set.floor_milli = 1;
	for (int i = 0; i < 50; i++)
		thb__pace_answer(&pace, 100 * MS);
	assert_int_equal(thb__pace_factor(&pace, 0), 300);
	thb__pace_answer(&pace, 50 * MS);
	assert_int_equal(thb__pace_factor(&pace, 0), 150);
	assert_int_equal(thb__pace_factor(&pace, 1000), 550);
	/* An outlier counts four times, no more. */
	thb__pace_answer(&pace, 3000 * SEC);
	assert_in_range(thb__pace_factor(&pace, 0), 1199, 1200);
}

static void losses(void **state)
{
	struct thb__pace pace = pace_of(1000);

	(void)state;
	pace.set.floor_milli = 1;
	pace.set.rtt_milli = 0;
	thb__pace_lost(&pace);
	assert_int_equal(thb__pace_factor(&pace, 0), 300);
	thb__pace_answer(&pace, MS);
	assert_int_equal(thb__pace_factor(&pace, 0), 150);
	/* Of the last ten, and no more than these. */
	for (int i = 0; i < 9; i++)
		thb__pace_answer(&pace, MS);
	assert_int_equal(thb__pace_factor(&pace, 0), 1);
	for (int i = 1; i <= 10; i++) {
		thb__pace_lost(&pace);
		assert_int_equal(thb__pace_factor(&pace, 0), 30 * i);
	}
	thb__pace_lost(&pace);
	assert_int_equal(thb__pace_factor(&pace, 0), 300);
}

static void smoothed(void **state)
{
	struct thb__pace pace = pace_of(500);

	(void)state;
	/* 1, then half of the way to 0.5 each time */
	assert_int_equal(thb__pace_next(&pace, 0), 375 * MS);
	assert_int_equal(thb__pace_next(&pace, 0), 312500 * US);
	assert_int_equal(thb__pace_next(&pace, 0), 281250 * US);
	for (int i = 0; i < 100; i++)
		thb__pace_next(&pace, 0);
	assert_in_range(thb__pace_next(&pace, 0), 250 * MS, 251 * MS);
}

/* Even the smallest gain gets there. */
static void small_gain(void **state)
{
	struct thb__pace pace = pace_of(1);

	(void)state;
	for (int i = 0; i < 20000; i++)
		thb__pace_next(&pace, 0);
	assert_in_range(thb__pace_next(&pace, 0), 250 * MS, 252 * MS);
}

static void bounded(void **state)
{
	struct thb__pace pace = pace_of(1000);

	(void)state;
	pace.set.least_ns = 400 * MS;
	assert_int_equal(thb__pace_next(&pace, 0), 400 * MS);
	pace.set.load_milli = 1000;
	pace.set.rtt_milli = 1000;
	pace.set.most_ns = 700 * MS;
	thb__pace_answer(&pace, MS);
	assert_int_equal(thb__pace_next(&pace, 1000), 700 * MS);
	pace.set.fixed = 1;
	assert_int_equal(thb__pace_next(&pace, 1000), 500 * MS);
}

/* Whatever is allowed does not overflow. */
static void extremes(void **state)
{
	struct thb__pace pace = pace_of(1000);

	(void)state;
	pace.set.base_ns = THB_LONGEST_NS;
	pace.set.most_ns = THB_LONGEST_NS;
	pace.set.load_milli = 1000;
	pace.set.rtt_milli = 1000;
	pace.set.loss_milli = 1000;
	for (int i = 0; i < 50; i++)
		thb__pace_answer(&pace, 1);
	for (int i = 0; i < 10; i++)
		thb__pace_lost(&pace);
	thb__pace_answer(&pace, UINT64_MAX);
	assert_int_equal(thb__pace_factor(&pace, 1000), 1000 + 4000 + 900);
	assert_int_equal(thb__pace_next(&pace, 1000), THB_LONGEST_NS);
}

static void checked(void **state)
{
	struct thb_pace_settings good, set;

	(void)state;
	thb_pace_init(&good);
	assert_int_equal(thb_pace_check(&good), 0);
#define BAD(member, value)                                       \
	do {                                                     \
		set = good;                                      \
		set.member = value;                              \
		assert_int_equal(thb_pace_check(&set), -EINVAL); \
	} while (0)
	BAD(size, sizeof(set) - 1);
	BAD(base_ns, 99 * MS);
	BAD(base_ns, 2001 * MS);
	BAD(least_ns, 99999);
	BAD(most_ns, THB_LONGEST_NS + 1);
	BAD(load_milli, 1001);
	BAD(rtt_milli, 1001);
	BAD(loss_milli, 1001);
	BAD(floor_milli, 0);
	BAD(floor_milli, 1001);
	BAD(gain_milli, 0);
	BAD(gain_milli, 1001);
#undef BAD
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(load_alone), TEST(the_floor), TEST(round_trips),
		TEST(losses),	  TEST(smoothed),  TEST(small_gain),
		TEST(bounded),	  TEST(extremes),  TEST(checked),
	};

	return RUN(tests);
}
