// SPDX-License-Identifier: LGPL-2.1-or-later
/* Counters of each CPU, since load or from one moment to the next. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "demo.h"
#include "timerheap_tool.h"

static const struct {
	const char *name;
	size_t offset;
} counters[] = {
#define COUNTER(name)                                         \
	{                                                     \
#name, offsetof(struct timerheap_stats, name) \
	}
	COUNTER(expiries),     COUNTER(overruns),  COUNTER(lazy_moves),
	COUNTER(lazy_drops),   COUNTER(doorbells), COUNTER(kicks_local),
	COUNTER(kicks_remote), COUNTER(runs),	   COUNTER(runs_over_budget),
	COUNTER(stalls),       COUNTER(handovers), COUNTER(clock_steps),
#undef COUNTER
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

void tool_stat_heading(FILE *out)
{
	fprintf(out, "%4s %6s %11s %8s %10s %10s %7s %6s %8s %8s %8s %8s\n",
		"CPU", "queues", "expiries", "overruns", "kicks", "runs", "cut",
		"stalls", "p50", "p99", "p99.9", "max");
}

static void print_time(FILE *out, const struct timerheap_stats *st, uint64_t ns)
{
	fprintf(out, " %8s",
		tool_lateness_count(st) ? demo_time(ns).text : "-");
}

void tool_stat_row(FILE *out, const struct timerheap_stats *st)
{
	if (st->cpu < 0)
		fputs(" all", out);
	else
		fprintf(out, "%4d", st->cpu);
	fprintf(out,
		" %6u %11" PRIu64 " %8" PRIu64 " %10" PRIu64 " %10" PRIu64
		" %7" PRIu64 " %6" PRIu64,
		st->queues, (uint64_t)st->expiries, (uint64_t)st->overruns,
		(uint64_t)(st->kicks_local + st->kicks_remote),
		(uint64_t)st->runs, (uint64_t)st->runs_over_budget,
		(uint64_t)st->stalls);
	print_time(out, st, timerheap_hist_percentile(st, 50));
	print_time(out, st, timerheap_hist_percentile(st, 99));
	print_time(out, st, timerheap_hist_percentile(st, 99.9));
	print_time(out, st, st->lateness_max_ns);
	fputc('\n', out);
}

json_t *tool_stat_json(const struct timerheap_stats *st)
{
	json_t *json = json_pack("{s:i}", "queues", (int)st->queues);

	for (size_t i = 0; json && i < COUNTERS; i++) {
		__u64 value;

		memcpy(&value, (const char *)st + counters[i].offset,
		       sizeof(value));
		json_object_set_new(json, counters[i].name,
				    json_integer((json_int_t)value));
	}
	if (json && st->cpu >= 0)
		json_object_set_new(json, "cpu", json_integer(st->cpu));
	if (json)
		json_object_set_new(json, "lateness", tool_lateness_json(st));
	return json;
}

static void print_text(const struct tool_snapshot *s)
{
	tool_stat_heading(stdout);
	for (unsigned int i = 0; i < s->count; i++)
		tool_stat_row(stdout, &s->cpus[i]);
	if (s->count > 1)
		tool_stat_row(stdout, &s->all);
}

static json_t *snapshot_json(const struct tool_snapshot *s)
{
	json_t *cpus = json_array();

	for (unsigned int i = 0; i < s->count; i++)
		json_array_append_new(cpus, tool_stat_json(&s->cpus[i]));
	return json_pack("{s:o, s:o}", "cpus", cpus, "all",
			 tool_stat_json(&s->all));
}

/* @span_ns: that it is about; 0: since load. */
static void print(const struct tool_snapshot *s, uint64_t span_ns, bool json)
{
	json_t *object;

	if (!json) {
		print_text(s);
		return;
	}
	object = snapshot_json(s);
	if (object && span_ns)
		json_object_set_new(object, "seconds",
				    json_real((double)span_ns / 1e9));
	tool_put_json(object);
}

/* Until a signal, or an output that takes no more. */
static void follow(struct timerheap *th, struct tool_snapshot *before,
		   const struct tool_options *opts)
{
	struct timespec pause = { .tv_sec = opts->interval_s };
	struct tool_snapshot now, since;

	while (!tool_stopped() && !fflush(stdout) && !nanosleep(&pause, NULL)) {
		tool_snapshot_take(&now, th);
		since = tool_snapshot_since(&now, before);
		if (!opts->json)
			putchar('\n');
		print(&since, since.taken_ns, opts->json);
		tool_snapshot_free(&since);
		tool_snapshot_free(before);
		*before = now;
	}
}

static int run(int argc, char **argv)
{
	struct tool_snapshot first;
	struct tool_options opts;
	struct timerheap *th;

	tool_options_only(&tool_stat, "ji", argc, argv, &opts);
	th = tool_open();
	if (opts.interval_s)
		tool_stop_on_signals();
	tool_snapshot_take(&first, th);
	print(&first, 0, opts.json);
	if (opts.interval_s)
		follow(th, &first, &opts);
	tool_snapshot_free(&first);
	timerheap_close(th);
	return tool_end_output();
}

const struct tool_command tool_stat = {
	"stat",
	"Usage: timerheap stat [-i SECONDS] [--json]\n"
	"What all queues on each CPU did since the module was loaded: periods missed\n"
	"(overruns), system calls and interrupts that asked for a run (kicks), runs, those\n"
	"that were cut short by the budget, rings found full (stalls), and how late timers\n"
	"were.\n"
	"\n"
	"  -i, --interval SECONDS  then, each so often, what was added; until Ctrl-C\n"
	"  --json                  all counters, an object a line\n"
	"\n"
	"Figures of a single queue are its owner's alone: timerheap_stats(3).\n",
	run,
};
