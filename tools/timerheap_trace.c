// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where lateness comes from, by BPF programs along the way of expiries. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"
#include "timerheap_trace.h"
#include "timerheap.skel.h"

#define OVER_NS 100000
/* Shorter ones would be of the tracer's own making. */
#define SCALE_LEAST_NS 50000
#define NS_PER_MS 1000000
#define MAX_PATIENCE_MS 1000
#define BTF "/sys/kernel/btf/vmlinux"

struct trace {
	struct timerheap_bpf *skel;
	struct ring_buffer *reports;
	struct trace_ranks ranks;
	unsigned int cpus;
	uint64_t over_ns;
	uint64_t end_ns; /* 0: when it is told to */
	bool json;
	const char *on_threshold;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void __attribute__((noreturn))
fail(const char *what, int error, const char *advice)
{
	fprintf(stderr, "timerheap trace: %s: %s: %s\n", what,
		strerror(error < 0 ? -error : error), advice);
	exit(TOOL_FAILED);
}

static const char *load_advice(int error)
{
	/* The verifier's answer is EACCES, too. */
	if (error == -EPERM || (error == -EACCES && geteuid()))
		return "BPF takes CAP_BPF and CAP_PERFMON: run it as root, and see\n"
		       "/sys/kernel/security/lockdown";
	if (error == -ENOSYS)
		return "this kernel has no BPF; Debian's have (CONFIG_BPF_SYSCALL)";
	return "the kernel does not take the programs; 6.1 and later of Debian do";
}

static const char *attach_advice(int error)
{
	if (error == -ENOENT)
		return "the module is not loaded, or older than this command: modprobe timerheap";
	return load_advice(error);
}

static int be_silent(enum libbpf_print_level level, const char *format,
		     va_list args)
{
	if (!getenv("TIMERHEAP_TRACE_DEBUG"))
		return 0;
	(void)level;
	return vfprintf(stderr, format, args);
}

/* Before the programs are loaded; they see these as constants. */
static void settle(struct trace *trace)
{
	struct timerheap_bpf *skel = trace->skel;
	uint64_t scale = trace->over_ns;

	if (scale < SCALE_LEAST_NS)
		scale = SCALE_LEAST_NS;
	skel->rodata->over_ns = trace->over_ns;
	/* One of the five parts is that long. */
	skel->rodata->part_ns = scale / TRACE_PARTS;
	skel->rodata->span_ns = scale / TRACE_PARTS / 2;
	/* Whole seconds; the two readings are not at one time. */
	skel->rodata->tai_ns =
		((int64_t)(now_ns(CLOCK_TAI) - now_ns(CLOCK_REALTIME)) +
		 500000000) /
		1000000000 * 1000000000;
	for (unsigned int i = 0; i < sizeof(skel->rodata->buckets); i++)
		skel->rodata->buckets[i] =
			(unsigned char)timerheap_hist_bucket(i);
	bpf_map__set_max_entries(skel->maps.cpus, trace->cpus);
	bpf_map__set_max_entries(skel->maps.sums, trace->cpus);
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

/* How fast the CPUs were is asked only where it matters. */
static struct trace_verdict judge(const struct trace_expiry *way)
{
	struct trace_speed speed = { 0 };
	struct trace_verdict verdict = trace_judge(way, &speed);

	if (verdict.cause != CAUSE_RUN && verdict.cause != CAUSE_CONSUMER)
		return verdict;
	speed = trace_speed_of(way);
	return trace_judge(way, &speed);
}

static void report(struct trace *trace, const struct trace_expiry *way)
{
	struct trace_verdict verdict = judge(way);
	json_t *json;
	char *text;

	trace_rank_add(&trace->ranks, &verdict, way->count);
	if (!trace->json)
		trace_expiry_print(stdout, way, &verdict);
	if (!trace->json && !trace->on_threshold)
		return;
	json = trace_expiry_json(way, &verdict);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	if (!text)
		fail("output", ENOMEM, "there is too little memory");
	if (trace->json)
		puts(text);
	if (trace->on_threshold)
		run_command(trace->on_threshold, text);
	free(text);
	json_decref(json);
}

static int on_report(void *context, void *data, size_t size)
{
	const struct trace_expiry *way = data;
	struct trace *trace = context;

	(void)size;
	report(trace, way);
	return 0;
}

static void start(struct trace *trace)
{
	int rc;

	libbpf_set_print(be_silent);
	if (access(BTF, R_OK))
		fail(BTF, errno,
		     "this kernel was built without BTF (CONFIG_DEBUG_INFO_BTF); Debian's have it");
	trace->cpus = (unsigned int)libbpf_num_possible_cpus();
	trace->skel = timerheap_bpf__open();
	if (!trace->skel)
		fail("BPF", errno, load_advice(-errno));
	settle(trace);
	rc = timerheap_bpf__load(trace->skel);
	if (rc)
		fail("BPF", rc, load_advice(rc));
	trace->reports = ring_buffer__new(
		bpf_map__fd(trace->skel->maps.reports), on_report, trace, NULL);
	if (!trace->reports)
		fail("BPF's ring buffer", errno, load_advice(-errno));
	/* Consumers are told to tell before there is something to be told of. */
	trace->skel->links.on_reap =
		bpf_program__attach(trace->skel->progs.on_reap);
	rc = trace->skel->links.on_reap ? timerheap_bpf__attach(trace->skel)
					: -errno;
	if (rc)
		fail("tracepoints", rc, attach_advice(rc));
}

/* Reports end it at once; a signal that came right before it does not. */
static int patience_ms(const struct trace *trace)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	if (!trace->end_ns || trace->end_ns > now + MAX_PATIENCE_MS * NS_PER_MS)
		return MAX_PATIENCE_MS;
	return trace->end_ns > now
		? (int)((trace->end_ns - now) / NS_PER_MS) + 1
		: 0;
}

static void follow_reports(struct trace *trace)
{
	int ms = patience_ms(trace);

	for (; ms && !tool_stopped() && !ferror(stdout);
	     ms = patience_ms(trace)) {
		int rc = ring_buffer__poll(trace->reports, ms);

		if (rc < 0 && rc != -EINTR)
			fail("BPF's ring buffer", rc, "see the kernel's log");
		fflush(stdout);
	}
	ring_buffer__consume(trace->reports);
}

static bool read_sums(struct trace *trace, __u32 cpu, struct trace_sums *sums)
{
	int fd = bpf_map__fd(trace->skel->maps.sums);

	return !bpf_map_lookup_elem(fd, &cpu, sums) && sums->count;
}

static void print_summary(struct trace *trace, struct trace_sums *sums)
{
	const struct timerheap_bpf__bss *bss = trace->skel->bss;

	trace_parts_heading(stdout);
	for (__u32 cpu = 0; cpu < trace->cpus; cpu++)
		if (read_sums(trace, cpu, sums))
			trace_parts_print(stdout, (int)cpu, sums);
	trace_rank_print(stdout, &trace->ranks);
	printf("\n%" PRIu64 " later than %s", trace->ranks.late,
	       demo_time(trace->over_ns).text);
	if (bss->unseen)
		printf("; %" PRIu64 " reaped unseen", (uint64_t)bss->unseen);
	if (bss->lost + bss->dropped)
		printf("; %" PRIu64 " lost, there were too many",
		       (uint64_t)(bss->lost + bss->dropped));
	putchar('\n');
}

static json_t *summary_json(struct trace *trace, struct trace_sums *sums)
{
	const struct timerheap_bpf__bss *bss = trace->skel->bss;
	json_t *cpus = json_array();

	for (__u32 cpu = 0; cpu < trace->cpus; cpu++)
		if (read_sums(trace, cpu, sums))
			json_array_append_new(cpus,
					      trace_parts_json((int)cpu, sums));
	return json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:o, s:o}}", "summary",
			 "over_ns", (json_int_t)trace->over_ns, "late",
			 (json_int_t)trace->ranks.late, "unseen",
			 (json_int_t)bss->unseen, "lost", (json_int_t)bss->lost,
			 "dropped", (json_int_t)bss->dropped, "cpus", cpus,
			 "causes", trace_rank_json(&trace->ranks));
}

static void summarize(struct trace *trace)
{
	struct trace_sums *sums = calloc(1, sizeof(*sums));

	if (!sums)
		fail("output", ENOMEM, "there is too little memory");
	trace_rank_sort(&trace->ranks);
	if (trace->json)
		tool_put_json(summary_json(trace, sums));
	else
		print_summary(trace, sums);
	free(sums);
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
	struct trace trace = { 0 };
	struct tool_options opts;

	tool_options_only(&tool_trace, "jOdt", argc, argv, &opts);
	trace.json = opts.json;
	trace.on_threshold = opts.on_threshold;
	trace.over_ns = read_over(opts.over);
	tool_stop_on_signals();
	start(&trace);
	fputs("timerheap trace: tracing; Ctrl-C ends it\n", stderr);
	if (opts.duration_ns)
		trace.end_ns = now_ns(CLOCK_MONOTONIC) + opts.duration_ns;
	follow_reports(&trace);
	summarize(&trace);
	ring_buffer__free(trace.reports);
	timerheap_bpf__destroy(trace.skel);
	return tool_end_output();
}

const struct tool_command tool_trace = {
	"trace",
	"Usage: timerheap trace [--over TIME] [--duration TIME] [--on-threshold COMMAND] [--json]\n"
	"Where lateness comes from: the way of each expiry, from its deadline until it was\n"
	"handled, posted, its consumer woken, on a CPU, and the record reaped; of late ones\n"
	"the parts and the cause, and in the end each CPU's parts, and causes by what they\n"
	"cost.  It ends on Ctrl-C.\n"
	"\n"
	"  --over TIME             what is late: 100us, if not given; 0: report each one\n"
	"  --duration TIME         end after so long\n"
	"  --on-threshold COMMAND  for each that is late, with its JSON as standard input;\n"
	"                          'cat >>FILE' keeps them\n"
	"  --json                  an object a line; the last one is the summary\n"
	"\n"
	"Times have a unit: ns, us, ms or s.  It takes root, or CAP_BPF and CAP_PERFMON,\n"
	"and a kernel with BTF.\n",
	run,
};
