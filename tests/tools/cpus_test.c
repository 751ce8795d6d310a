// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists of CPUs as the kernel has them, and sets of these. */
#include "tool_suite.h"
#include "timerheap_doctor.h"

static struct doctor_cpus parsed(const char *list)
{
	struct doctor_cpus cpus;

	memset(&cpus, 0x5A, sizeof(cpus));
	assert_true(doctor_cpus_parse(&cpus, list));
	return cpus;
}

static void round_trip(void **state)
{
	static const char *const lists[][2] = {
		{ "", "" },
		{ "0", "0" },
		{ "0-3", "0-3" },
		{ "3,1,2", "1-3" },
		{ "0-1,63-64,8191", "0-1,63-64,8191" },
		{ "5-5", "5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct doctor_cpus cpus = parsed(lists[i][0]);
		char text[64];

		doctor_cpus_print(&cpus, text, sizeof(text));
		assert_string_equal(text, lists[i][1]);
	}
}

static void mistakes(void **state)
{
	static const char *const lists[] = {
		" (null)", "a",	   "1,",     ",1",  "1-",
		"1-2-3",   "-1",   "8192",   "1 2", "99999999999999999999",
		"1,,2",	   "0x1,", "0-8192",
	};
	struct doctor_cpus cpus;

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		assert_false(doctor_cpus_parse(&cpus, lists[i]));
}

/* What does not fit is left out, and nothing is written behind the end. */
static void little_room(void **state)
{
	struct doctor_cpus cpus = parsed("1,3,5,7,9");
	char text[8];

	(void)state;
	memset(text, 'x', sizeof(text));
	doctor_cpus_print(&cpus, text, 6);
	assert_string_equal(text, "1,3,5");
	assert_int_equal(text[6], 'x');
}

static void sets(void **state)
{
	struct doctor_cpus a = parsed("0-3"), b = parsed("3-4"), c;
	char text[64];

	(void)state;
	assert_true(doctor_cpus_overlap(&a, &b));
	assert_false(doctor_cpus_cover(&a, &b));
	c = doctor_cpus_without(&a, &b);
	doctor_cpus_print(&c, text, sizeof(text));
	assert_string_equal(text, "0-2");
	assert_false(doctor_cpus_overlap(&c, &b));
	assert_true(doctor_cpus_cover(&a, &c));
	assert_int_equal(doctor_cpus_count(&c), 3);
	c = doctor_cpus_upper(&c);
	doctor_cpus_print(&c, text, sizeof(text));
	assert_string_equal(text, "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trip),
		TEST(mistakes),
		TEST(little_room),
		TEST(sets),
	};

	return RUN(tests);
}
