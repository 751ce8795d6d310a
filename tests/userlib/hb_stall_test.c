// SPDX-License-Identifier: LGPL-2.1-or-later
/* Local health: what counts as having been away, and for how long. */
#include "hb_suite.h"

#include "hb_stall.h"

#define LIMIT (50 * MS)

static struct thb__stall fresh(void)
{
	struct thb__stall stall;

	memset(&stall, 0x5A, sizeof(stall));
	thb__stall_init(&stall, LIMIT);
	assert_int_equal(stall.total_ns, 0);
	return stall;
}

static void in_time(void **state)
{
	struct thb__stall stall = fresh();

	(void)state;
	assert_int_equal(thb__stall_look(&stall, SEC, SEC), 0);
	assert_int_equal(thb__stall_look(&stall, SEC, SEC + LIMIT), 0);
	/* A time to come is no lateness. */
	assert_int_equal(thb__stall_look(&stall, 9 * SEC, SEC), 0);
	assert_int_equal(stall.total_ns, 0);
	assert_int_equal(stall.until_ns, 0);
}

static void away(void **state)
{
	struct thb__stall stall = fresh();

	(void)state;
	assert_int_equal(thb__stall_look(&stall, SEC, SEC + LIMIT + 1),
			 LIMIT + 1);
	assert_int_equal(stall.total_ns, LIMIT + 1);
	assert_int_equal(stall.away_ns, LIMIT + 1);
	assert_int_equal(stall.until_ns, SEC + LIMIT + 1);
}

/* What waited all the time, but is looked at in pieces, is one absence. */
static void counted_once(void **state)
{
	struct thb__stall stall = fresh();

	(void)state;
	assert_int_equal(thb__stall_look(&stall, 10 * SEC, 15 * SEC), 5 * SEC);
	assert_int_equal(thb__stall_look(&stall, 11 * SEC, 15 * SEC + MS), MS);
	assert_int_equal(thb__stall_look(&stall, 9 * SEC, 15 * SEC + MS), 0);
	assert_int_equal(thb__stall_look(&stall, 12 * SEC, 15 * SEC + 3 * MS),
			 2 * MS);
	assert_int_equal(stall.total_ns, 5 * SEC + 3 * MS);
	assert_int_equal(stall.away_ns, 5 * SEC + 3 * MS);
	assert_int_equal(thb__stall_look(&stall, 16 * SEC, 16 * SEC), 0);
	assert_int_equal(stall.away_ns, 0);
	assert_int_equal(stall.total_ns, 5 * SEC + 3 * MS);
}

static void twice(void **state)
{
	struct thb__stall stall = fresh();

	(void)state;
	thb__stall_look(&stall, 10 * SEC, 12 * SEC);
	thb__stall_look(&stall, 12 * SEC, 12 * SEC);
	assert_int_equal(thb__stall_look(&stall, 20 * SEC, 21 * SEC), SEC);
	assert_int_equal(stall.total_ns, 3 * SEC);
	assert_int_equal(stall.away_ns, SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_time),
		TEST(away),
		TEST(counted_once),
		TEST(twice),
	};

	return RUN(tests);
}
