// SPDX-License-Identifier: LGPL-2.1-or-later
/* An expiry's way as people and programs read it, and the sums of many. */
#include <inttypes.h>
#include <string.h>

#include "demo.h"
#include "timerheap_trace.h"

/* As if it were lateness, which has all that is wanted. */
static void to_figures(struct timerheap_stats *st, const struct trace_sum *sum,
		       uint64_t count)
{
	tool_figures_init(st);
	st->expiries = count;
	st->lateness_sum_ns = sum->sum_ns;
	st->lateness_max_ns = sum->max_ns;
	memcpy(st->hist, sum->hist, sizeof(st->hist));
	st->hist[0] = count;
	for (__u32 i = 1; i < TIMERHEAP_HIST_BUCKETS; i++)
		st->hist[0] -= st->hist[i];
	for (__u32 i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		if (st->hist[i]) {
			st->lateness_min_ns = timerheap_hist_lower(i);
			break;
		}
}

void trace_parts_heading(FILE *out)
{
	fprintf(out, "\n%4s %-8s %9s %9s %9s %9s\n", "CPU", "up to", "expiries",
		"p50", "p99", "max");
}

void trace_parts_print(FILE *out, int cpu, const struct trace_sums *sums)
{
	for (int part = 0; part < TRACE_SUMS; part++) {
		struct timerheap_stats st;

		to_figures(&st, &sums->parts[part], sums->count);
		fprintf(out, "%4d %-8s %9" PRIu64 " %9s %9s %9s\n", cpu,
			trace_part_names[part], (uint64_t)st.expiries,
			demo_time(timerheap_hist_percentile(&st, 50)).text,
			demo_time(timerheap_hist_percentile(&st, 99)).text,
			demo_time(st.lateness_max_ns).text);
	}
}

json_t *trace_parts_json(int cpu, const struct trace_sums *sums)
{
	json_t *parts = json_object();

	for (int part = 0; parts && part < TRACE_SUMS; part++) {
		struct timerheap_stats st;

		to_figures(&st, &sums->parts[part], sums->count);
		json_object_set_new(parts, trace_part_names[part],
				    tool_lateness_json(&st));
	}
	return json_pack("{s:i, s:o}", "cpu", cpu, "parts", parts);
}

uint64_t trace_total(const struct trace_expiry *way)
{
	uint64_t total = 0;

	for (int part = 0; part < TRACE_PARTS; part++)
		total += way->parts_ns[part];
	return total;
}

json_t *trace_report_json(const struct trace_report *report)
{
	const struct trace_verdict *verdict = &report->verdict;
	const struct trace_expiry *way = &report->way;
	json_t *parts = json_object();
	char who[TRACE_WHO];

	trace_who(&verdict->blame, who, sizeof(who));

	for (int part = 0; parts && part < TRACE_PARTS; part++)
		json_object_set_new(
			parts, trace_part_names[part],
			json_integer((json_int_t)way->parts_ns[part]));
	return json_pack("{s:{s:i, s:i, s:i, s:I, s:I, s:i, s:I, s:o, s:i, "
			 "s:s#, s:s, s:s, s:I}}",
			 "expiry", "queue", (int)way->queue, "pid",
			 (int)way->pid, "cpu", (int)way->cpu, "deadline_ns",
			 (json_int_t)way->deadline_ns, "position",
			 (json_int_t)way->position, "count", (int)way->count,
			 "total_ns", (json_int_t)trace_total(way), "parts_ns",
			 parts, "tid", (int)way->tid, "comm", way->comm,
			 (int)strnlen(way->comm, TRACE_COMM), "cause",
			 trace_cause_name(verdict->blame.cause), "who", who,
			 "cause_ns", (json_int_t)verdict->ns);
}

void trace_report_print(FILE *out, const struct trace_report *report)
{
	const struct trace_verdict *verdict = &report->verdict;
	const struct trace_expiry *way = &report->way;
	char who[TRACE_WHO];

	trace_who(&verdict->blame, who, sizeof(who));
	fprintf(out, "CPU %u queue %u %.*s (%u): ", way->cpu, way->queue,
		TRACE_COMM, way->comm, way->tid);
	if (way->count > 1)
		fprintf(out, "%u expiries ", way->count);
	fprintf(out, "%s late, %s of it ", demo_time(trace_total(way)).text,
		demo_time(verdict->ns).text);
	fprintf(out, "%s%s%s\n   ", trace_cause_words(verdict->blame.cause),
		who[0] ? ": " : "", who);
	for (int part = 0; part < TRACE_PARTS; part++)
		fprintf(out, " %s +%s", trace_part_names[part],
			demo_time(way->parts_ns[part]).text);
	fputc('\n', out);
}
