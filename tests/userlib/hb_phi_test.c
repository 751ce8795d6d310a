// SPDX-License-Identifier: LGPL-2.1-or-later
/* phi: threshold to time and back, the window of samples, the pause. */
#include "hb_suite.h"

#include <math.h>

#include "hb_phi.h"

#define SIZE 10

static void expect_near(double is, double should, double within)
{
	if (fabs(is - should) > within)
		fail_msg("%.9g is not within %g of %.9g", is, within, should);
}

/* One is the other's inverse, over the whole range of the threshold. */
static void there_and_back(void **state)
{
	double last = 0;

	(void)state;
	for (double phi = 1; phi <= 16; phi += 0.125) {
		double y = thb__phi_quantile(phi);

		expect_near(thb__phi_level(y), phi, 1e-9);
		assert_true(y > last);
		last = y;
	}
}

/*
 * The normal distribution: 1 - F(1.2816) = 0.1, 1 - F(2.3263) = 0.01; the
 * approximation's error is at most 1.4e-4 in F (Bowling et al.).
 */
static void by_the_normal_distribution(void **state)
{
	(void)state;
	expect_near(thb__phi_quantile(1), 1.2816, 0.01);
	expect_near(thb__phi_quantile(2), 2.3263, 0.02);
	expect_near(thb__phi_level(0), 0.30103, 1e-5);
	/* -log10(1 - F(-1)) = -log10(0.84134) */
	expect_near(thb__phi_level(-1), 0.07502, 2e-4);
}

static void the_guess(void **state)
{
	int32_t samples[SIZE];
	struct thb__phi phi;

	(void)state;
	thb__phi_init(&phi, samples, SIZE);
	thb__phi_start(&phi, 400 * MS);
	/* A mean of 0 and a deviation of 100 ms: twice that for a quantile of 2 */
	assert_int_equal(thb__phi_timeout(&phi, 2, 0, 0), 200 * MS);
	assert_int_equal(thb__phi_timeout(&phi, 2, 150 * MS, 0), 300 * MS);
	assert_int_equal(thb__phi_timeout(&phi, 2, 0, 7 * MS), 207 * MS);
}

/* Deviations of 8, 2, 5, 5: a mean of 5, a variance of 18 / 4. */
static void mean_and_deviation(void **state)
{
	int32_t samples[SIZE];
	struct thb__phi phi;

	(void)state;
	thb__phi_init(&phi, samples, SIZE);
	thb__phi_add(&phi, 8 * (int64_t)MS);
	thb__phi_add(&phi, 2 * (int64_t)MS);
	thb__phi_add(&phi, 5 * (int64_t)MS);
	thb__phi_add(&phi, 5 * (int64_t)MS);
	expect_near((double)thb__phi_timeout(&phi, 1, 0, 0),
		    (5 + sqrt(18 / 4.0)) * 1e6, 1);
}

/* The oldest go first, and the sums are those of what is left. */
static void the_window(void **state)
{
	int32_t samples[SIZE + 1];
	struct thb__phi phi;

	(void)state;
	memset(samples, 0x5A, sizeof(samples));
	thb__phi_init(&phi, samples, SIZE);
	for (int i = 0; i < SIZE; i++)
		thb__phi_add(&phi, -90 * (int64_t)SEC);
	for (int i = 0; i < SIZE; i++)
		thb__phi_add(&phi, 3 * (int64_t)MS);
	assert_int_equal(thb__phi_timeout(&phi, 5, 0, 0), 3 * MS);
	thb__phi_add(&phi, 14 * (int64_t)MS);
	assert_int_equal(phi.sum, 9 * 3000 + 14000);
	assert_int_equal(phi.squares, 9 * 9000000 + 196000000);
	assert_int_equal(samples[SIZE], 0x5A5A5A5A);
}

static void early_ones(void **state)
{
	int32_t samples[SIZE];
	struct thb__phi phi;

	(void)state;
	thb__phi_init(&phi, samples, SIZE);
	thb__phi_add(&phi, -8 * (int64_t)MS);
	assert_int_equal(thb__phi_timeout(&phi, 1, 0, 0), 0);
	assert_int_equal(thb__phi_timeout(&phi, 1, 0, 10 * MS), 2 * MS);
}

static void bounds(void **state)
{
	static int32_t samples[1000];
	struct thb__phi phi;

	(void)state;
	thb__phi_init(&phi, samples, 1000);
	for (int i = 0; i < 1000; i++)
		thb__phi_add(&phi, i & 1 ? INT64_MAX : INT64_MIN);
	/* A mean of 0 and a deviation of 100 s */
	assert_int_equal(thb__phi_timeout(&phi, 2, 0, 0), 200 * SEC);
	assert_int_equal(
		thb__phi_timeout(&phi, 8, THB_LONGEST_NS, THB_LONGEST_NS),
		THB_LONGEST_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(there_and_back), TEST(by_the_normal_distribution),
		TEST(the_guess),      TEST(mean_and_deviation),
		TEST(the_window),     TEST(early_ones),
		TEST(bounds),
	};

	return RUN(tests);
}
