// SPDX-License-Identifier: LGPL-2.1-or-later
/* The histogram of lateness as bars, a power of two in a row. */
#include <string.h>

#include "demo.h"
#include "timerheap_recording.h"
#include "timerheap_tool.h"

#define ROW_BUCKETS 8
#define ROWS ((TIMERHEAP_HIST_BUCKETS + ROW_BUCKETS - 1) / ROW_BUCKETS)
#define BAR_WIDTH 40

struct rows {
	uint64_t counts[ROWS];
	uint64_t most;
	unsigned int first, end;
};

static struct rows gather(const struct timerheap_stats *st)
{
	struct rows rows = { .first = ROWS };

	for (unsigned int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		rows.counts[i / ROW_BUCKETS] += st->hist[i];
	for (unsigned int i = 0; i < ROWS; i++) {
		if (!rows.counts[i])
			continue;
		if (rows.first == ROWS)
			rows.first = i;
		rows.end = i + 1;
		if (rows.counts[i] > rows.most)
			rows.most = rows.counts[i];
	}
	return rows;
}

static void print_summary(FILE *out, const struct timerheap_stats *st)
{
	fprintf(out, "count  %s\n", demo_count(tool_lateness_count(st)).text);
	fprintf(out, "min    %s\n", demo_time(st->lateness_min_ns).text);
	fprintf(out, "mean   %s\n", demo_time(tool_lateness_mean(st)).text);
	fprintf(out, "p50    %s\n",
		demo_time(timerheap_hist_percentile(st, 50)).text);
	fprintf(out, "p99    %s\n",
		demo_time(timerheap_hist_percentile(st, 99)).text);
	fprintf(out, "p99.9  %s\n",
		demo_time(timerheap_hist_percentile(st, 99.9)).text);
	fprintf(out, "max    %s\n", demo_time(st->lateness_max_ns).text);
}

/* Whatever is there at all has a bar. */
static unsigned int bar_length(const struct rows *rows, unsigned int row)
{
	double share = (double)rows->counts[row] / (double)rows->most;
	unsigned int length = (unsigned int)(share * BAR_WIDTH + 0.5);

	return rows->counts[row] && !length ? 1 : length;
}

static void print_row(FILE *out, const struct rows *rows, unsigned int row)
{
	char bar[BAR_WIDTH + 1];
	unsigned int length = bar_length(rows, row);

	memset(bar, '#', length);
	bar[length] = '\0';
	fprintf(out, "%8s",
		demo_time(timerheap_hist_lower(row * ROW_BUCKETS)).text);
	if (row + 1 < ROWS)
		fprintf(out, " to %8s",
			demo_time(timerheap_hist_lower((row + 1) * ROW_BUCKETS))
				.text);
	else
		fprintf(out, " and more   ");
	fprintf(out, " %12s%s%s\n", demo_count(rows->counts[row]).text,
		length ? " " : "", bar);
}

void tool_hist_print(FILE *out, const struct timerheap_stats *st)
{
	struct rows rows = gather(st);

	if (!rows.most) {
		fputs("No timer has expired so far.\n", out);
		return;
	}
	print_summary(out, st);
	fputc('\n', out);
	for (unsigned int i = rows.first; i < rows.end; i++)
		print_row(out, &rows, i);
}

static json_t *hist_json(const struct timerheap_stats *st)
{
	json_t *json = json_pack("{s:o, s:o}", "lateness",
				 tool_lateness_json(st), "buckets",
				 tool_buckets_json(st));

	if (json && st->cpu >= 0)
		json_object_set_new(json, "cpu", json_integer(st->cpu));
	return json;
}

static void read_one(struct timerheap_stats *st, struct timerheap *th, int cpu)
{
	if (tool_cpu_stats(th, cpu, st))
		return;
	fprintf(stderr, "timerheap hist: no such CPU: %d\n", cpu);
	tool_bad_usage(&tool_hist);
}

static void read_all(struct timerheap_stats *st, struct timerheap *th)
{
	struct tool_snapshot s;

	tool_snapshot_take(&s, th);
	*st = s.all;
	tool_snapshot_free(&s);
}

/* One that was recorded, as the module would have counted it. */
static void count(void *arg, const struct recording_entry *entry)
{
	struct timerheap_stats *st = arg;

	if (entry->kind != RECORDING_EXPIRY ||
	    (st->cpu >= 0 && st->cpu != entry->cpu))
		return;
	st->expiries++;
	st->hist[timerheap_hist_bucket(entry->late_ns)]++;
	if (entry->late_ns < st->lateness_min_ns)
		st->lateness_min_ns = entry->late_ns;
	if (entry->late_ns > st->lateness_max_ns)
		st->lateness_max_ns = entry->late_ns;
	if (__builtin_add_overflow(st->lateness_sum_ns, entry->late_ns,
				   &st->lateness_sum_ns))
		st->lateness_sum_ns = UINT64_MAX;
}

static void read_recorded(struct timerheap_stats *st, const char *path, int cpu)
{
	tool_figures_init(st);
	st->cpu = cpu;
	(void)recording_read(path, count, st);
}

static void read_module(struct timerheap_stats *st, int cpu)
{
	struct timerheap *th = tool_open();

	if (cpu >= 0)
		read_one(st, th, cpu);
	else
		read_all(st, th);
	timerheap_close(th);
}

static int run(int argc, char **argv)
{
	struct tool_options opts;
	struct timerheap_stats st;

	tool_options_only(&tool_hist, "jcf", argc, argv, &opts);
	if (opts.file)
		read_recorded(&st, opts.file, opts.cpu);
	else
		read_module(&st, opts.cpu);
	if (opts.json)
		tool_put_json(hist_json(&st));
	else
		tool_hist_print(stdout, &st);
	return tool_end_output();
}

const struct tool_command tool_hist = {
	"hist",
	"Usage: timerheap hist [--cpu N] [--file FILE] [--json]\n"
	"How late the timers on all CPUs, or on one, fired since the module was loaded; or\n"
	"while FILE was recorded. Percentiles are at most 12.5 % above the exact ones.\n"
	"\n"
	"  --file FILE  one that timerheap record wrote; needs no module\n"
	"  --json       with the histogram's buckets: pairs of least value, in ns, and\n"
	"               count\n",
	run,
};
