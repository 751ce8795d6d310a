// SPDX-License-Identifier: LGPL-2.1-or-later
/* What timerheap top shows of a CPU, and in which order. */
#include "tool_suite.h"
#include "timerheap_top.h"

static struct top_cpu cpus[3];

static struct timerheap_stats late(int cpu, uint64_t ns, uint64_t count)
{
	struct timerheap_stats st = { .cpu = cpu, .queues = 1 };

	st.expiries = count;
	st.hist[timerheap_hist_bucket(ns)] = count;
	st.lateness_max_ns = count ? ns : 0;
	return st;
}

static int init(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNT(cpus); i++)
		top_cpu_init(&cpus[i]);
	return 0;
}

static void levels(void **state)
{
	(void)state;
	assert_int_equal(top_level(0), 0);
	assert_int_equal(top_level(999), 0);
	assert_int_equal(top_level(1000), 1);
	assert_int_equal(top_level(3999), 1);
	assert_int_equal(top_level(4000), 2);
	assert_int_equal(top_level(4095999), 6);
	assert_int_equal(top_level(4096000), 7);
	assert_int_equal(top_level(UINT64_MAX), 7);
	assert_string_equal(top_spark(0, false), ".");
	assert_string_equal(top_spark(7, true), "█");
	assert_string_equal(top_spark(TOP_NONE, true), " ");
}

static void order(void **state)
{
	const struct timerheap_stats a = late(0, 500, 10), b = late(1, 9000, 1),
				     c = late(2, 500, 10);

	(void)state;
	top_cpu_update(&cpus[0], &c);
	top_cpu_update(&cpus[1], &a);
	top_cpu_update(&cpus[2], &b);
	top_sort(cpus, 3);
	assert_int_equal(cpus[0].st.cpu, 1);
	assert_int_equal(cpus[1].st.cpu, 0);
	assert_int_equal(cpus[2].st.cpu, 2);
}

/* The newest is on the right; an interval without timers leaves a gap. */
static void row(void **state)
{
	struct timerheap_stats st = late(7, 500, 10);
	char text[256];

	(void)state;
	top_cpu_update(&cpus[0], &st);
	st = late(7, 0, 0);
	top_cpu_update(&cpus[0], &st);
	top_row(text, sizeof(text), &cpus[0], 2, false);
	assert_string_equal(
		text,
		"   7      1          0         0       0        -        -        -                              . ");
	st = late(7, 5000000, 21);
	st.overruns = 3;
	top_cpu_update(&cpus[0], &st);
	top_row(text, sizeof(text), &cpus[0], 2, false);
	assert_string_equal(
		text,
		"   7      1         10         3       0  5.00 ms  5.00 ms  5.00 ms                             . #");
}

static void little_room(void **state)
{
	char text[8];

	(void)state;
	memset(text, 'x', sizeof(text));
	top_row(text, 4, &cpus[0], 1, true);
	assert_string_equal(text, "   ");
	assert_int_equal(text[4], 'x');
}

#define CASE(name) cmocka_unit_test_setup(name, init)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(levels),
		CASE(order),
		CASE(row),
		CASE(little_room),
	};

	return RUN(tests);
}
