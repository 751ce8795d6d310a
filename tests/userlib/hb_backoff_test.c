// SPDX-License-Identifier: LGPL-2.1-or-later
/* Back-off: within its bounds, random, growing, and short again after. */
#include "hb_suite.h"

#include "hb_backoff.h"

static void bounds(void **state)
{
	struct thb__backoff b;
	uint64_t last = SEC;

	(void)state;
	thb__backoff_init(&b, SEC, 60 * SEC, 1);
	for (int i = 0; i < 100000; i++) {
		uint64_t pause = thb__backoff_next(&b);

		assert_in_range(pause, SEC, 60 * SEC);
		assert_true(pause <= 3 * last);
		last = pause;
	}
}

static void grows_and_resets(void **state)
{
	struct thb__backoff b;
	bool most = false;

	(void)state;
	thb__backoff_init(&b, SEC, 60 * SEC, 2);
	for (int i = 0; i < 100; i++)
		most |= thb__backoff_next(&b) == 60 * SEC;
	assert_true(most);
	for (int i = 0; i < 1000; i++) {
		thb__backoff_reset(&b);
		assert_in_range(thb__backoff_next(&b), SEC, 3 * SEC);
	}
}

/* The first pause is uniform between base and three times that. */
static void uniform(void **state)
{
	struct thb__backoff b;
	int counts[8] = { 0 };

	(void)state;
	thb__backoff_init(&b, SEC, 60 * SEC, 3);
	for (int i = 0; i < 8000; i++) {
		thb__backoff_reset(&b);
		counts[(thb__backoff_next(&b) - SEC) / (SEC / 4) % 8]++;
	}
	for (int i = 0; i < 8; i++)
		assert_in_range(counts[i], 850, 1150);
}

static void by_seed(void **state)
{
	struct thb__backoff a, b, c;
	int same = 0;

	(void)state;
	thb__backoff_init(&a, SEC, 3600 * SEC, 10);
	thb__backoff_init(&b, SEC, 3600 * SEC, 10);
	thb__backoff_init(&c, SEC, 3600 * SEC, 11);
	for (int i = 0; i < 100; i++) {
		uint64_t pause = thb__backoff_next(&a);

		assert_int_equal(pause, thb__backoff_next(&b));
		same += pause == thb__backoff_next(&c) && pause < 3600 * SEC;
	}
	assert_in_range(same, 0, 2);
}

static void no_room(void **state)
{
	struct thb__backoff b;

	(void)state;
	thb__backoff_init(&b, 5, 5, 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(thb__backoff_next(&b), 5);
}

/* splitmix64's first numbers from seed 1234567, as published with it. */
static void the_generator(void **state)
{
	uint64_t seed = 1234567;

	(void)state;
	assert_int_equal(thb__random(&seed), 6457827717110365317ULL);
	assert_int_equal(thb__random(&seed), 3203168211198807973ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bounds),  TEST(grows_and_resets), TEST(uniform),
		TEST(by_seed), TEST(no_room),	       TEST(the_generator),
	};

	return RUN(tests);
}
