// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sums, differences, and what stat, hist and info print of them. */
#include "tool_suite.h"

static struct timerheap_stats a, b;

static void expire(struct timerheap_stats *st, uint64_t late_ns, uint64_t count)
{
	st->expiries += count;
	st->hist[timerheap_hist_bucket(late_ns)] += count;
	st->lateness_sum_ns += late_ns * count;
	if (late_ns < st->lateness_min_ns)
		st->lateness_min_ns = late_ns;
	if (late_ns > st->lateness_max_ns)
		st->lateness_max_ns = late_ns;
}

static int init(void **state)
{
	(void)state;
	tool_figures_init(&a);
	tool_figures_init(&b);
	return 0;
}

static void add(void **state)
{
	(void)state;
	expire(&a, 1000, 3);
	expire(&b, 10, 1);
	expire(&b, 5000, 1);
	a.stalls = 1;
	b.stalls = 2;
	b.clock_steps = 4;
	b.queues = 2;
	tool_figures_add(&a, &b);
	assert_int_equal(a.expiries, 5);
	assert_int_equal(a.stalls, 3);
	assert_int_equal(a.clock_steps, 4);
	assert_int_equal(a.queues, 2);
	assert_int_equal(a.lateness_min_ns, 10);
	assert_int_equal(a.lateness_max_ns, 5000);
	assert_int_equal(tool_lateness_count(&a), 5);
	assert_int_equal(tool_lateness_mean(&a), 8010 / 5);
	b.lateness_sum_ns = UINT64_MAX;
	tool_figures_add(&a, &b);
	assert_int_equal(a.lateness_sum_ns, UINT64_MAX);
}

/* The extremes are of the time between, not of all time. */
static void since(void **state)
{
	(void)state;
	expire(&a, 10, 1);
	expire(&a, 1000000, 1);
	a.runs = 7;
	b = a;
	expire(&b, 1000, 2);
	expire(&b, 3000, 1);
	b.runs = 9;
	tool_figures_since(&b, &a);
	assert_int_equal(b.expiries, 3);
	assert_int_equal(b.runs, 2);
	assert_int_equal(b.lateness_sum_ns, 5000);
	assert_in_range(b.lateness_min_ns, 1000 * 7 / 8, 1000);
	assert_in_range(b.lateness_max_ns, 3000, 3000 * 9 / 8);
}

/* A new record is known exactly. */
static void since_with_a_record(void **state)
{
	(void)state;
	expire(&a, 1000, 1);
	b = a;
	expire(&b, 3001, 1);
	expire(&b, 901, 1);
	tool_figures_since(&b, &a);
	assert_int_equal(b.lateness_min_ns, 901);
	assert_int_equal(b.lateness_max_ns, 3001);
}

static void since_nothing(void **state)
{
	(void)state;
	expire(&a, 1000, 1);
	b = a;
	tool_figures_since(&b, &a);
	assert_int_equal(b.expiries, 0);
	assert_int_equal(b.lateness_min_ns, TIMERHEAP_NEVER);
	assert_int_equal(b.lateness_max_ns, 0);
}

/* A queue left this CPU, or was reset, and took its figures along. */
static void since_less(void **state)
{
	(void)state;
	expire(&a, 1000, 5);
	expire(&b, 2000, 1);
	tool_figures_since(&b, &a);
	assert_int_equal(b.expiries, 0);
	assert_int_equal(b.lateness_sum_ns, 0);
	assert_int_equal(tool_lateness_count(&b), 1);
}

static void stat_rows(void **state)
{
	const char *text;

	(void)state;
	a.cpu = 3;
	assert_string_equal(
		PRINTED(tool_stat_row(out, &a)),
		"   3      0           0        0          0          0       0      0        -        -        -        -\n");
	a.cpu = -1;
	a.queues = 2;
	a.kicks_local = 3;
	a.kicks_remote = 4;
	expire(&a, 0, 1);
	text = PRINTED(tool_stat_row(out, &a));
	assert_string_equal(
		text,
		" all      2           1        0          7          0       0      0     0 ns     0 ns     0 ns     0 ns\n");
	assert_int_equal(strlen(text), strlen(PRINTED(tool_stat_heading(out))));
}

static void stat_json(void **state)
{
	json_t *json, *lateness;

	(void)state;
	a.cpu = 1;
	a.runs_over_budget = 9;
	json = tool_stat_json(&a);
	assert_int_equal(json_integer_value(json_object_get(json, "cpu")), 1);
	assert_int_equal(
		json_integer_value(json_object_get(json, "runs_over_budget")),
		9);
	lateness = json_object_get(json, "lateness");
	assert_true(json_is_null(json_object_get(lateness, "max_ns")));
	json_decref(json);

	expire(&a, 1000, 1);
	a.cpu = -1;
	json = tool_stat_json(&a);
	assert_null(json_object_get(json, "cpu"));
	lateness = json_object_get(json, "lateness");
	assert_int_equal(json_integer_value(json_object_get(lateness, "count")),
			 1);
	assert_int_equal(
		json_integer_value(json_object_get(lateness, "max_ns")), 1000);
	json_decref(json);
}

static void histogram(void **state)
{
	const char *text;

	(void)state;
	assert_string_equal(PRINTED(tool_hist_print(out, &a)),
			    "No timer has expired so far.\n");
	expire(&a, 1024, 100);
	expire(&a, 2047, 100);
	expire(&a, 5000, 1);
	expire(&a, 1ULL << 41, 50);
	text = PRINTED(tool_hist_print(out, &a));
	assert_contains(text, "count  251\nmin    1.02 us\n");
	assert_contains(
		text,
		" 1.02 us to  2.05 us          200 ########################################\n"
		" 2.05 us to  4.10 us            0\n"
		" 4.10 us to  8.19 us            1 #\n"
		" 8.19 us to  16.4 us            0\n");
	assert_contains(text, "  1100 s and more");
	assert_contains(text, " 50 ##########\n");
}

static void buckets(void **state)
{
	json_t *json, *pair;

	(void)state;
	expire(&a, 1030, 7);
	json = tool_buckets_json(&a);
	assert_int_equal(json_array_size(json), 1);
	pair = json_array_get(json, 0);
	assert_int_equal(json_integer_value(json_array_get(pair, 0)), 1024);
	assert_int_equal(json_integer_value(json_array_get(pair, 1)), 7);
	json_decref(json);
}

#define CASE(name) cmocka_unit_test_setup(name, init)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(add),
		CASE(since),
		CASE(since_with_a_record),
		CASE(since_nothing),
		CASE(since_less),
		CASE(stat_rows),
		CASE(stat_json),
		CASE(histogram),
		CASE(buckets),
	};

	return RUN(tests);
}
