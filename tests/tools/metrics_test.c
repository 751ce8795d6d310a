// SPDX-License-Identifier: LGPL-2.1-or-later
/* What Prometheus is told, to the letter. */
#include <inttypes.h>

#include "tool_suite.h"

#include "timerheap_export.h"

static struct timerheap_stats st;
static struct export_page page;
static struct export_pages pages = { .pages = &page, .count = 1 };
static char *text;

static int init(void **state)
{
	(void)state;
	tool_figures_init(&st);
	memset(&page, 0, sizeof(page));
	strcpy(page.name, "market");
	return 0;
}

static int fini(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

#define WRITTEN(call)                                        \
	({                                                   \
		size_t length_;                              \
		FILE *out = open_memstream(&text, &length_); \
		call;                                        \
		fclose(out);                                 \
		text;                                        \
	})

static void expire(uint64_t late_ns, uint64_t count)
{
	st.expiries += count;
	st.hist[timerheap_hist_bucket(late_ns)] += count;
	st.lateness_sum_ns += late_ns * count;
}

static const struct metric_row row = { "cpu=\"3\"", &st };

static void buckets(void **state)
{
	(void)state;
	expire(0, 1);
	expire(1023, 2);
	expire(1024, 4);
	expire((1 << 30) - 1, 8);
	expire(1 << 30, 16);
	expire(UINT64_C(1) << 50, 32);
	WRITTEN(metric_lateness(out, "x_seconds", &row, 1));
	assert_contains(text,
			"# TYPE x_seconds histogram\n"
			"x_seconds_bucket{cpu=\"3\",le=\"0.000001023\"} 3\n"
			"x_seconds_bucket{cpu=\"3\",le=\"0.000002047\"} 7\n");
	assert_contains(text,
			"le=\"0.536870911\"} 7\n"
			"x_seconds_bucket{cpu=\"3\",le=\"1.073741823\"} 15\n"
			"x_seconds_bucket{cpu=\"3\",le=\"+Inf\"} 63\n"
			"x_seconds_sum{cpu=\"3\"} 36028822.788773878\n");
	assert_contains(text, "x_seconds_count{cpu=\"3\"} 63\n");
}

/* A value is in no bucket whose bound it exceeds, and in all others. */
static void bounds_are_exact(void **state)
{
	(void)state;
	for (unsigned int power = 10; power <= 30; power++) {
		for (int off = -1; off <= 1; off++) {
			uint64_t ns = (UINT64_C(1) << power) + (uint64_t)off;
			unsigned int below = 0;
			const char *at;

			init(NULL);
			expire(ns, 1);
			WRITTEN(metric_lateness(out, "x", &row, 1));
			for (at = text; (at = strstr(at, "le=\"")); at++) {
				double bound = strtod(at + 4, NULL);
				unsigned int count = 9;

				if (sscanf(at, "%*[^}]} %u", &count) != 1)
					fail();
				assert_int_equal(count,
						 (double)ns / 1e9 <= bound);
				below += !count;
			}
			assert_int_equal(below, power - 10 + (off >= 0));
			fini(NULL);
		}
	}
}

static void numbers(void **state)
{
	(void)state;
	WRITTEN({
		metric_seconds(out, -1);
		fputc(' ', out);
		metric_seconds(out, 1500000000);
		fputc(' ', out);
		metric_seconds(out, INT64_MIN);
	});
	assert_string_equal(text,
			    "-0.000000001 1.500000000 -9223372036.854775808");
}

/* A family's head comes once, and before all of its rows. */
static void families(void **state)
{
	static const struct metric metrics[] = {
		{ "a_total", NULL, "An a.", 8, false, false },
		{ "b", "k=\"1\"", "A b.", 0, true, false },
		{ "b", "k=\"2\"", NULL, 8, true, false },
		{ "c", "quantile=\"0.5\"", "A c.", 0, false, true },
	};
	const uint64_t one[] = { 1, UINT64_MAX }, two[] = { 2, 20 };
	const struct metric_row rows[] = { { "n=\"x\"", one },
					   { "n=\"y\"", two } };

	(void)state;
	WRITTEN(metric_put(out, "p_", metrics, COUNT(metrics), rows, 2));
	assert_string_equal(text,
			    "# HELP p_a_total An a.\n# TYPE p_a_total counter\n"
			    "p_a_total{n=\"x\"} 18446744073709551615\n"
			    "p_a_total{n=\"y\"} 20\n"
			    "# HELP p_b A b.\n# TYPE p_b gauge\n"
			    "p_b{n=\"x\",k=\"1\"} 0.000000001\n"
			    "p_b{n=\"y\",k=\"1\"} 0.000000002\n"
			    "p_b{n=\"x\",k=\"2\"} 18446744073.709551615\n"
			    "p_b{n=\"y\",k=\"2\"} 0.000000020\n"
			    "# HELP p_c A c.\n# TYPE p_c summary\n"
			    "p_c{n=\"x\",quantile=\"0.5\"} 1\n"
			    "p_c{n=\"y\",quantile=\"0.5\"} 2\n");
	fini(NULL);
	assert_string_equal(WRITTEN(metric_put(out, "p_", metrics, 4, rows, 0)),
			    "");
	fini(NULL);
	assert_string_equal(WRITTEN(metric_lateness(out, "x", rows, 0)), "");
}

static void the_module(void **state)
{
	struct export_figures f = { .up = false };

	(void)state;
	assert_string_equal(
		WRITTEN(export_module(out, &f)),
		"# HELP timerheap_up Whether the module could be asked.\n"
		"# TYPE timerheap_up gauge\ntimerheap_up 0\n");
	fini(NULL);
	f = (struct export_figures){
		.up = true,
		.version = "0.1",
		.info = { .abi_version = 1,
			  .clock_flags = TIMERHEAP_CLOCK_RELIABLE,
			  .counter_ppb = -45,
			  .counter_ppb_max = 1234567890,
			  .clock_checks = 6,
			  .clock_steps = 7,
			  .inject_max_ns = 2000000,
			  .inject_step_ns = -50000000 },
		.cpus = { .count = 1, .cpus = &st, .all = st },
	};
	WRITTEN(export_module(out, &f));
	assert_contains(text,
			"timerheap_module_info{version=\"0.1\",abi=\"1\"} 1\n");
	assert_contains(text, "\ntimerheap_clock_reliable 1\n");
	assert_contains(text,
			"\ntimerheap_clock_deviation_ratio -0.000000045\n");
	assert_contains(text, "_deviation_max_ratio 1.234567890\n");
	assert_contains(text, "\ntimerheap_clock_checks_total 6\n");
	assert_contains(text,
			"# TYPE timerheap_clock_steps_total counter\n"
			"timerheap_clock_steps_total 7\n");
	assert_contains(text, "_injection_delay_max_seconds 0.002000000\n");
	assert_contains(text, "_injection_step_seconds -0.050000000\n");
}

/* Each CPU's mean against that of all; one without expiries has none. */
static void drift(void **state)
{
	struct timerheap_stats cpus[3];
	struct tool_snapshot s = { .count = 3, .cpus = cpus };

	(void)state;
	for (int cpu = 0; cpu < 3; cpu++) {
		init(NULL);
		expire(cpu == 1 ? 2000 : 1000, (uint64_t)(2 - cpu));
		st.cpu = cpu;
		st.queues = (uint32_t)cpu + 1;
		st.kicks_local = 5;
		st.kicks_remote = 6;
		cpus[cpu] = st;
	}
	tool_figures_init(&s.all);
	for (int cpu = 0; cpu < 3; cpu++)
		tool_figures_add(&s.all, &cpus[cpu]);
	WRITTEN(export_cpus(out, &s));
	assert_contains(
		text,
		"timerheap_cpu_drift_delta_seconds{cpu=\"0\"} -0.000000333\n"
		"timerheap_cpu_drift_delta_seconds{cpu=\"1\"} 0.000000667\n#");
	assert_contains(text, "timerheap_cpu_queues{cpu=\"2\"} 3\n");
	assert_contains(text, "timerheap_cpu_expiries_total{cpu=\"0\"} 2\n");
	assert_contains(text, "_kicks_total{cpu=\"0\",from=\"home\"} 5\n");
	assert_contains(text, "_kicks_total{cpu=\"2\",from=\"elsewhere\"} 6\n");
	assert_contains(text,
			"timerheap_cpu_lateness_seconds_count{cpu=\"1\"} 1\n");
}

static void a_queue(void **state)
{
	(void)state;
	expire(1000, 3);
	st.stalls = 4;
	page.kind = TIMERHEAP__PAGE_QUEUE;
	page.written_ns = 1700000000500000000;
	page.queue = st;
	pages.stale = 2;
	pages.bad = 1;
	WRITTEN(export_pages(out, &pages));
	assert_contains(text,
			"timerheap_pages{state=\"read\"} 1\n"
			"timerheap_pages{state=\"stale\"} 2\n"
			"timerheap_pages{state=\"bad\"} 1\n");
	assert_contains(
		text,
		"timerheap_page_written_timestamp_seconds{page=\"market\",kind=\"queue\"} 1700000000.500000000\n");
	assert_contains(text,
			"timerheap_queue_stalls_total{queue=\"market\"} 4\n");
	assert_contains(
		text,
		"timerheap_queue_lateness_seconds_bucket{queue=\"market\",le=\"0.000001023\"} 3\n");
	assert_null(strstr(text, "timerheap_heartbeat"));
}

/* Each figure is its own: none is told in another one's place. */
static void a_monitor(void **state)
{
	(void)state;
	page.kind = TIMERHEAP__PAGE_MONITOR;
	page.monitor.states[THB_ALIVE] = 10;
	page.monitor.states[THB_LEFT] = 11;
	page.monitor.missed = 12;
	page.monitor.restarts = 13;
	page.monitor.away_ns = 1500000000;
	page.monitor.forged = 14;
	page.monitor.network.p50_ns = 15;
	page.monitor.network.p99_ns = 16;
	page.monitor.network.max_ns = 17;
	WRITTEN(export_pages(out, &pages));
	assert_contains(text,
			"_peers{monitor=\"market\",state=\"alive\"} 10\n");
	assert_contains(text, "_peers{monitor=\"market\",state=\"left\"} 11\n");
	assert_contains(
		text,
		"timerheap_heartbeat_missed_total{monitor=\"market\"} 12\n");
	assert_contains(
		text,
		"timerheap_heartbeat_resets_total{monitor=\"market\"} 13\n");
	assert_contains(
		text, "_away_seconds_total{monitor=\"market\"} 1.500000000\n");
	assert_contains(
		text, "_dropped_total{monitor=\"market\",why=\"forged\"} 14\n");
	assert_contains(text,
			"# TYPE timerheap_heartbeat_way_seconds summary\n");
	assert_contains(text,
			"part=\"network\",quantile=\"0.5\"} 0.000000015\n");
	assert_contains(text,
			"part=\"network\",quantile=\"0.99\"} 0.000000016\n");
	assert_contains(
		text,
		"_way_max_seconds{monitor=\"market\",part=\"network\"} 0.000000017\n");
}

static void a_sender(void **state)
{
	(void)state;
	page.kind = TIMERHEAP__PAGE_SENDER;
	page.sender.beats = 10;
	page.sender.skipped = 11;
	page.sender.interval_ns = 500000000;
	page.sender.send.p99_ns = 12;
	WRITTEN(export_pages(out, &pages));
	assert_contains(text,
			"timerheap_sender_beats_total{sender=\"market\"} 10\n");
	assert_contains(
		text, "timerheap_sender_skipped_total{sender=\"market\"} 11\n");
	assert_contains(text,
			"_interval_seconds{sender=\"market\"} 0.500000000\n");
	assert_contains(text, "part=\"send\",quantile=\"0.99\"} 0.000000012\n");
}

static void ids(void **state)
{
	(void)state;
	page.kind = TIMERHEAP__PAGE_IDS;
	page.ids.taken = 10;
	page.ids.borrowed = 11;
	page.ids.waits = 12;
	page.ids.steps_back = 13;
	WRITTEN(export_pages(out, &pages));
	assert_contains(text,
			"timerheap_ids_taken_total{generator=\"market\"} 10\n");
	assert_contains(
		text,
		"timerheap_ids_borrowed_total{generator=\"market\"} 11\n");
	assert_contains(text,
			"timerheap_ids_waits_total{generator=\"market\"} 12\n");
	assert_contains(
		text,
		"_clock_steps_total{generator=\"market\",direction=\"back\"} 13\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, init, fini)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(buckets),	CASE(bounds_are_exact), CASE(numbers),
		CASE(families), CASE(the_module),	CASE(drift),
		CASE(a_queue),	CASE(a_monitor),	CASE(a_sender),
		CASE(ids),
	};

	return RUN(tests);
}
