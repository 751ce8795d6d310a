// SPDX-License-Identifier: LGPL-2.1-or-later
/* Times on the command line, and what is said of those that are wrong. */
#include "tool_suite.h"

static void times(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "50us", 50000 },
		{ "1.5ms", 1500000 },
		{ "0.000000001s", 1 },
		{ "1.50000000000000s", 1500000000 },
		{ "7.0ns", 7 },
		{ "007us", 7000 },
		{ "18446744073709551615ns", UINT64_MAX },
		{ "18446744073.709551615s", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *why = "untouched";
		uint64_t ns = 99;

		assert_int_equal(tool_time_parse(good[i].text, &ns, &why), 0);
		assert_int_equal(ns, good[i].ns);
		assert_string_equal(why, "untouched");
	}
}

static void mistakes(void **state)
{
	static const char *const bad[][2] = {
		{ "", "it has to begin with a digit" },
		{ "us", "it has to begin with a digit" },
		{ ".5ms", "it has to begin with a digit" },
		{ " 5ms", "it has to begin with a digit" },
		{ "-5ms", "it has to begin with a digit" },
		{ "+5ms", "it has to begin with a digit" },
		{ "5", "its unit is missing: ns, us, ms or s" },
		{ "0.0", "its unit is missing: ns, us, ms or s" },
		{ "5.", "no digit after the point" },
		{ "5.ms", "no digit after the point" },
		{ "5 ms", "its unit is none of ns, us, ms and s" },
		{ "5m", "its unit is none of ns, us, ms and s" },
		{ "5mss", "its unit is none of ns, us, ms and s" },
		{ "5MS", "its unit is none of ns, us, ms and s" },
		{ "5e3us", "its unit is none of ns, us, ms and s" },
		{ "0x5us", "its unit is none of ns, us, ms and s" },
		{ "1.2.3s", "its unit is none of ns, us, ms and s" },
		{ "0.5ns", "finer than a nanosecond" },
		{ "0.0000000001s", "finer than a nanosecond" },
		{ "2.0002ns", "finer than a nanosecond" },
		{ "18446744073709551616ns", "too long" },
		{ "18446744074s", "too long" },
		{ "18446744073.709551616s", "too long" },
		{ "99999999999999999999999999s", "too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = NULL;
		uint64_t ns;

		assert_int_equal(tool_time_parse(bad[i][0], &ns, &why),
				 -EINVAL);
		assert_string_equal(why, bad[i][1]);
	}
}

static void ranges(void **state)
{
	uint64_t least = 1, most = 1;
	const char *why;

	(void)state;
	assert_int_equal(tool_range_parse("0..2ms", &least, &most, &why), 0);
	assert_int_equal(least, 0);
	assert_int_equal(most, 2000000);
	assert_int_equal(tool_range_parse("50us", &least, &most, &why), 0);
	assert_int_equal(least, 50000);
	assert_int_equal(most, 50000);
	assert_int_equal(tool_range_parse("0.5us..0.5us", &least, &most, &why),
			 0);
	assert_int_equal(least, 500);
}

static void bad_ranges(void **state)
{
	static const char *const bad[][2] = {
		{ "1..2ms", "its unit is missing: ns, us, ms or s" },
		{ "1ms..", "it has to begin with a digit" },
		{ "..1ms", "it has to begin with a digit" },
		{ "1ms...2ms", "it has to begin with a digit" },
		{ "1ms..2ms..3ms", "its unit is none of ns, us, ms and s" },
		{ "2ms..1999us", "its end is before its beginning" },
		{ "00000000000000000000000000000000000000000000000000000000000"
		  "000001ms..2ms",
		  "too long" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = NULL;
		uint64_t least, most;

		assert_int_equal(
			tool_range_parse(bad[i][0], &least, &most, &why),
			-EINVAL);
		assert_string_equal(why, bad[i][1]);
	}
}

static void steps(void **state)
{
	const char *why;
	int64_t ns;

	(void)state;
	assert_int_equal(tool_step_parse("+50ms", &ns, &why), 0);
	assert_int_equal(ns, 50000000);
	assert_int_equal(tool_step_parse("-1.5s", &ns, &why), 0);
	assert_int_equal(ns, -1500000000);
	assert_int_equal(tool_step_parse("50ms", &ns, &why), -EINVAL);
	assert_string_equal(why, "its sign is missing: + or -");
	assert_int_equal(tool_step_parse("--50ms", &ns, &why), -EINVAL);
	assert_int_equal(tool_step_parse("+9223372036.854775807s", &ns, &why),
			 0);
	assert_int_equal(ns, INT64_MAX);
	assert_int_equal(tool_step_parse("+9223372036.854775808s", &ns, &why),
			 -EINVAL);
	assert_string_equal(why, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(times),	  TEST(mistakes), TEST(ranges),
		TEST(bad_ranges), TEST(steps),
	};

	return RUN(tests);
}
