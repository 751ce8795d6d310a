// SPDX-License-Identifier: LGPL-2.1-or-later
/* The report for programs: one JSON object. */
#include <inttypes.h>

#include "demo.h"

static const char *const check_names[DEMO_CHECKS] = {
	[DEMO_CHECK_ABANDONED] = "abandoned_fired_once",
	[DEMO_CHECK_LIVING] = "living_did_not_fire",
	[DEMO_CHECK_EARLY] = "nothing_early",
	[DEMO_CHECK_GRID] = "grid_kept",
	[DEMO_CHECK_COUNT] = "all_expiries_seen",
	[DEMO_CHECK_CALLS] = "no_call_failed",
};

static void put(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "\"%s\":%" PRIu64 ",", name, value);
}

static void put_tally(FILE *out, const char *name, const demo_tally *tally)
{
	const char *comma = "";

	fprintf(out, "\"%s\":{", name);
	put(out, "count", tally->expiries);
	put(out, "p50_ns", timerheap_hist_percentile(tally, 50));
	put(out, "p99_ns", timerheap_hist_percentile(tally, 99));
	put(out, "p999_ns", timerheap_hist_percentile(tally, 99.9));
	put(out, "max_ns", tally->lateness_max_ns);
	/* Pairs of a bucket's least value and its count. */
	fputs("\"hist\":[", out);
	for (unsigned int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++) {
		if (!tally->hist[i])
			continue;
		fprintf(out, "%s[%" PRIu64 ",%" PRIu64 "]", comma,
			(uint64_t)timerheap_hist_lower(i),
			(uint64_t)tally->hist[i]);
		comma = ",";
	}
	fputs("]},", out);
}

static void put_heap_only(FILE *out, const struct demo_result *result)
{
	const struct timerheap_stats *kernel = &result->kernel;

	put(out, "kicks", result->kicks);
	put(out, "watchdogs", result->watchdogs);
	put(out, "abandoned", result->abandoned);
	put(out, "abandoned_fired", result->barked);
	put(out, "abandoned_latest_ns", result->bark_late_ns);
	put(out, "living_cancelled", result->living);
	put(out, "kernel_expiries", kernel->expiries);
	put(out, "kernel_overruns", kernel->overruns);
	put(out, "kernel_lazy_moves", kernel->lazy_moves);
	put(out, "kernel_doorbells", kernel->doorbells);
	put(out, "kernel_kicks_local", kernel->kicks_local);
	put(out, "kernel_kicks_remote", kernel->kicks_remote);
	put(out, "kernel_runs", kernel->runs);
	put(out, "kernel_runs_over_budget", kernel->runs_over_budget);
	put(out, "kernel_stalls", kernel->stalls);
	put(out, "kernel_handovers", kernel->handovers);
	put_tally(out, "fired", &result->fired);
}

static void put_result(FILE *out, const struct demo *demo,
		       enum demo_client client, unsigned int index)
{
	const struct demo_result *result = &demo->results[client][index];

	fputc('{', out);
	if (index < demo->nlanes)
		put(out, "cpu", (uint64_t)demo->cpus[index]);
	put(out, "expiries", result->expiries);
	put(out, "overruns", result->overruns);
	put(out, "periods", result->periods);
	put(out, "arms", result->arms);
	put(out, "waits", result->waits);
	if (client == DEMO_HEAP)
		put_heap_only(out, result);
	put_tally(out, "seen", &result->seen);
	put(out, "longest_pause_ns", result->pause_ns);
	put(out, "busy_ns", result->busy_ns);
	fprintf(out, "\"wall_ns\":%" PRIu64 "}", result->wall_ns);
}

static void put_client(FILE *out, const struct demo *demo,
		       enum demo_client client, const char *name)
{
	if (!demo->results[client])
		return;
	fprintf(out, "\"%s\":{\"cpus\":[", name);
	for (unsigned int i = 0; i < demo->nlanes; i++) {
		if (i)
			fputc(',', out);
		put_result(out, demo, client, i);
	}
	fputs("],\"all\":", out);
	put_result(out, demo, client, demo->nlanes);
	fputs("},", out);
}

void demo_json(const struct demo *demo, FILE *out)
{
	const struct demo_settings *set = &demo->set;

	fputs("{\"settings\":{", out);
	put(out, "watchdogs", set->watchdogs);
	put(out, "abandon", set->abandon);
	put(out, "periodic", set->periodic);
	put(out, "period_ms", set->period_ms);
	fprintf(out, "\"seconds\":%u},", set->seconds);
	put(out, "clock_flags", demo->info.clock_flags);
	put_client(out, demo, DEMO_HEAP, "timerheap");
	put_client(out, demo, DEMO_TIMERFD, "timerfd");
	fputs("\"failures\":{", out);
	for (unsigned int i = 0; i < DEMO_CHECKS; i++)
		fprintf(out, "%s\"%s\":%u", i ? "," : "", check_names[i],
			demo->failures[i]);
	fprintf(out, "},\"interrupted\":%s,\"ok\":%s}\n",
		demo_interrupted() ? "true" : "false",
		demo_interrupted() || demo_faults(demo) ? "false" : "true");
}
