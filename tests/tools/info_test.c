// SPDX-License-Identifier: LGPL-2.1-or-later
/* What info says of the module, its clock and its injection. */
#include "tool_suite.h"

#define ALL_CLOCK_FLAGS 31

static struct timerheap_info info;

static int init(void **state)
{
	(void)state;
	info = (struct timerheap_info){
		.abi_version = 1,
		.max_slots = 1048576,
		.max_ring = 65536,
		.budget = 256,
		.min_period_ns = 10000,
		.clock_flags = ALL_CLOCK_FLAGS,
		.counter_khz = 2399998,
		.features = TIMERHEAP_FEATURE_INJECT,
	};
	return 0;
}

static const char *printed(void)
{
	return PRINTED(tool_info_print(out, &info, "0.1"));
}

static void all_is_well(void **state)
{
	(void)state;
	info.counter_ppb = -12345;
	info.counter_ppb_max = 250000;
	info.clock_checks = 17;
	assert_string_equal(
		printed(),
		"module       timerheap 0.1, ABI 1\n"
		"limits       1,048,576 slots a queue, 65,536 ring entries; budget 256;\n"
		"             periods of 10.0 us and more\n"
		"clock        reliable\n"
		"counter      2399.998 MHz; against CLOCK_MONOTONIC_RAW -12.345 ppm in the last 5 s,\n"
		"             furthest +250.000 ppm, 17 comparisons\n"
		"clock steps  0 since load\n"
		"injection    allowed, off\n");
}

static void a_bad_clock(void **state)
{
	(void)state;
	info.clock_flags = TIMERHEAP_CLOCK_CONSTANT | TIMERHEAP_CLOCK_STABLE;
	info.counter_khz = 0;
	assert_contains(
		printed(),
		"clock        not reliable: the kernel does not keep time by the CPU's counter;\n"
		"             the counter stops in idle states\n"
		"counter      not compared with CLOCK_MONOTONIC_RAW so far\n");
}

static void injection(void **state)
{
	(void)state;
	info.inject_max_ns = 50000;
	assert_contains(printed(), "ON: timers late by 0 ns to 50.0 us\n");
	info.inject_min_ns = 50000;
	assert_contains(printed(), "ON: timers late by 50.0 us\n");
	info.inject_step_ns = -1500000;
	assert_contains(printed(),
			"by 50.0 us; wall clock stepped by -1.50 ms\n");
	info.inject_max_ns = 0;
	info.inject_step_ns = INT64_MIN;
	assert_contains(printed(), "ON: wall clock stepped by -9223372037 s\n");
	info.inject_step_ns = 0;
	info.features = 0;
	assert_contains(printed(), "injection    not allowed\n");
}

static void for_programs(void **state)
{
	json_t *json, *part;

	(void)state;
	info.inject_step_ns = -5;
	info.clock_flags = TIMERHEAP_CLOCK_NONSTOP;
	json = tool_info_json(&info, "0.1");
	assert_string_equal(json_string_value(json_object_get(json, "version")),
			    "0.1");
	part = json_object_get(json, "clock");
	assert_true(json_is_true(json_object_get(part, "nonstop")));
	assert_true(json_is_false(json_object_get(part, "reliable")));
	assert_true(json_is_false(json_object_get(part, "stable")));
	part = json_object_get(json, "injection");
	assert_true(json_is_true(json_object_get(part, "on")));
	assert_int_equal(json_integer_value(json_object_get(part, "step_ns")),
			 -5);
	json_decref(json);
}

#define CASE(name) cmocka_unit_test_setup(name, init)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_is_well),
		CASE(a_bad_clock),
		CASE(injection),
		CASE(for_programs),
	};

	return RUN(tests);
}
