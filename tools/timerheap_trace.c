// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where lateness comes from. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "demo.h"
#include "timerheap_trace.h"

#define OVER_NS 100000
#define REPORTS_A_SECOND 2
#define MAX_PATIENCE_MS 500
#define NS_PER_MS 1000000

struct trace {
	struct tracer tracer;
	uint64_t end_ns; /* 0: when it is told to */
	bool json;
	const char *on_threshold;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void __attribute__((noreturn)) no_memory(void)
{
	fputs("timerheap trace: there is too little memory\n", stderr);
	exit(TOOL_FAILED);
}

static void run_command(const char *command, const char *text)
{
	FILE *pipe = popen(command, "we");
	int status = -1;

	if (pipe) {
		fprintf(pipe, "%s\n", text);
		status = pclose(pipe);
	}
	if (status)
		fprintf(stderr, "timerheap trace: %s: it failed\n", command);
}

static void report(const struct trace_report *report, void *context)
{
	const struct trace *trace = context;
	json_t *json;
	char *text;

	if (!trace->json)
		trace_report_print(stdout, report);
	if (!trace->json && !trace->on_threshold)
		return;
	json = trace_report_json(report);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	if (!text)
		no_memory();
	if (trace->json)
		puts(text);
	if (trace->on_threshold)
		run_command(trace->on_threshold, text);
	free(text);
	json_decref(json);
}

static int patience_ms(const struct trace *trace)
{
	uint64_t now = now_ns();

	if (!trace->end_ns || trace->end_ns > now + MAX_PATIENCE_MS * NS_PER_MS)
		return MAX_PATIENCE_MS;
	return trace->end_ns > now
		? (int)((trace->end_ns - now) / NS_PER_MS) + 1
		: 0;
}

static void follow(struct trace *trace)
{
	int ms = patience_ms(trace);

	for (; ms && !tool_stopped() && !ferror(stdout);
	     ms = patience_ms(trace)) {
		tracer_follow(&trace->tracer, ms);
		fflush(stdout);
	}
	tracer_follow(&trace->tracer, 0);
}

static void print_missing(const struct tracer_missing *missing)
{
	if (missing->unreported)
		printf("; %" PRIu64
		       " of them are not shown: --rate 0 shows all",
		       missing->unreported);
	if (missing->unseen)
		printf("; %" PRIu64 " reaped unseen", missing->unseen);
	if (missing->lost + missing->dropped)
		printf("; %" PRIu64 " lost, there were too many",
		       missing->lost + missing->dropped);
	putchar('\n');
}

static void print_summary(struct tracer *tracer,
			  const struct trace_ranks *ranks,
			  struct trace_sums *sums)
{
	struct tracer_missing missing = tracer_missing(tracer);

	trace_parts_heading(stdout);
	for (unsigned int cpu = 0; cpu < tracer->cpus; cpu++)
		if (tracer_sums(tracer, cpu, sums))
			trace_parts_print(stdout, (int)cpu, sums);
	trace_rank_print(stdout, ranks);
	printf("\n%" PRIu64 " later than %s", ranks->late,
	       demo_time(tracer->over_ns).text);
	print_missing(&missing);
}

static json_t *summary_json(struct tracer *tracer,
			    const struct trace_ranks *ranks,
			    struct trace_sums *sums)
{
	struct tracer_missing missing = tracer_missing(tracer);
	json_t *cpus = json_array();

	for (unsigned int cpu = 0; cpu < tracer->cpus; cpu++)
		if (tracer_sums(tracer, cpu, sums))
			json_array_append_new(cpus,
					      trace_parts_json((int)cpu, sums));
	return json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}}",
			 "summary", "over_ns", (json_int_t)tracer->over_ns,
			 "late", (json_int_t)ranks->late, "unreported",
			 (json_int_t)missing.unreported, "unseen",
			 (json_int_t)missing.unseen, "lost",
			 (json_int_t)missing.lost, "dropped",
			 (json_int_t)missing.dropped, "cpus", cpus, "causes",
			 trace_rank_json(ranks));
}

static void summarize(struct trace *trace)
{
	struct trace_ranks *ranks = calloc(1, sizeof(*ranks));
	struct trace_sums *sums = calloc(1, sizeof(*sums));

	if (!ranks || !sums)
		no_memory();
	tracer_ranks(&trace->tracer, ranks);
	if (trace->json)
		tool_put_json(summary_json(&trace->tracer, ranks, sums));
	else
		print_summary(&trace->tracer, ranks, sums);
	free(sums);
	free(ranks);
}

static uint64_t read_over(const char *text)
{
	const char *why;
	uint64_t ns;

	if (!text)
		return OVER_NS;
	if (!tool_time_parse(text, &ns, &why))
		return ns;
	fprintf(stderr, "timerheap trace: --over: %s: %s\n", text, why);
	tool_bad_usage(&tool_trace);
}

static int run(int argc, char **argv)
{
	struct trace trace = { .tracer.report = report };
	struct tracer *tracer = &trace.tracer;
	struct tool_options opts;

	tool_options_only(&tool_trace, "jORdt", argc, argv, &opts);
	trace.json = opts.json;
	trace.on_threshold = opts.on_threshold;
	tracer->context = &trace;
	tracer->over_ns = read_over(opts.over);
	tracer->rate = tracer->over_ns ? REPORTS_A_SECOND : 0;
	if (opts.rate >= 0)
		tracer->rate = (unsigned int)opts.rate;
	tool_stop_on_signals();
	tracer_start(tracer);
	fputs("timerheap trace: tracing; Ctrl-C ends it\n", stderr);
	if (opts.duration_ns)
		trace.end_ns = now_ns() + opts.duration_ns;
	follow(&trace);
	summarize(&trace);
	tracer_end(tracer);
	return tool_end_output();
}

const struct tool_command tool_trace = {
	"trace",
	"Usage: timerheap trace [--over TIME] [--rate N] [--duration TIME]\n"
	"                       [--on-threshold COMMAND] [--json]\n"
	"Where lateness comes from: the way of each expiry, from its deadline until it was\n"
	"handled, posted, its consumer woken, on a CPU, and the record reaped; of late ones\n"
	"the parts and the cause, and in the end each CPU's parts, and causes by what they\n"
	"cost.  It ends on Ctrl-C.\n"
	"\n"
	"  --over TIME             what is late: 100us, if not given; 0: each one\n"
	"  --rate N                show the first N late ones of each second, and any twice\n"
	"                          as late as these; the summary has all.  0: show all.\n"
	"                          2, if not given; with --over 0 it is 0\n"
	"  --duration TIME         end after so long\n"
	"  --on-threshold COMMAND  for each that is shown, with its JSON as standard input;\n"
	"                          'cat >>FILE' keeps them\n"
	"  --json                  an object a line; the last one is the summary\n"
	"\n"
	"Times have a unit: ns, us, ms or s.  It takes root, or CAP_BPF and CAP_PERFMON,\n"
	"and a kernel with BTF.\n",
	run,
};
