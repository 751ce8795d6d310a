// SPDX-License-Identifier: LGPL-2.1-or-later
/* One-way time between clocks which know nothing of each other. */
#include "hb_suite.h"

#include "hb_delay.h"

#define RTT (2 * MS)

static void whatever_the_clocks(void **state)
{
	static const uint64_t ours[] = { 1000 * SEC, 5 * SEC, 1ULL << 62 };
	static const uint64_t theirs[] = { 7 * SEC, 900 * SEC, 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(ours); i++) {
		struct thb__delay d = { .last_ns = 99 };

		/* The fastest way takes 1 ms, and the second took 3 more. */
		assert_int_equal(thb__delay_add(&d, theirs[i], ours[i], RTT),
				 MS);
		assert_int_equal(thb__delay_add(&d, theirs[i] + SEC,
						ours[i] + SEC + 3 * MS, RTT),
				 4 * MS);
		assert_int_equal(d.last_ns, 4 * MS);
		/* .. until there was one that was faster by 2. */
		assert_int_equal(thb__delay_add(&d, theirs[i] + 2 * SEC,
						ours[i] + 2 * SEC - 2 * MS,
						RTT),
				 MS);
		assert_int_equal(thb__delay_add(&d, theirs[i] + 3 * SEC,
						ours[i] + 3 * SEC, RTT),
				 3 * MS);
	}
}

/* 100 ppm for an hour are 360 ms; in two windows at most 12. */
static void clocks_drift(void **state)
{
	struct thb__delay d = { .last_ns = 0 };

	(void)state;
	for (uint64_t s = 0; s < 3600; s++)
		assert_in_range(thb__delay_add(&d, 7 * SEC + s * SEC,
					       SEC + s * SEC + s * 100 * US,
					       RTT),
				MS, 13 * MS);
}

/* The least of the last window still counts in the next. */
static void the_window_before(void **state)
{
	struct thb__delay d = { .last_ns = 0 };

	(void)state;
	thb__delay_add(&d, SEC, 10 * SEC, RTT);
	assert_int_equal(thb__delay_add(&d, 51 * SEC, 60 * SEC + 5 * MS, RTT),
			 6 * MS);
	assert_int_equal(thb__delay_add(&d, 71 * SEC, 80 * SEC + 5 * MS, RTT),
			 6 * MS);
	assert_int_equal(thb__delay_add(&d, 135 * SEC, 144 * SEC + 5 * MS, RTT),
			 MS);
}

/* After a long silence nothing of before counts. */
static void silence(void **state)
{
	struct thb__delay d = { .last_ns = 0 };

	(void)state;
	thb__delay_add(&d, SEC, 10 * SEC, RTT);
	assert_int_equal(
		thb__delay_add(&d, 191 * SEC, 200 * SEC + 50 * MS, RTT), MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_the_clocks),
		TEST(clocks_drift),
		TEST(the_window_before),
		TEST(silence),
	};

	return RUN(tests);
}
