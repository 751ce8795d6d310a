// SPDX-License-Identifier: LGPL-2.1-or-later
/* BPF programs along the way of expiries, and what they have found. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "timerheap_trace.h"
#include "timerheap.skel.h"

/* Shorter ones would be of the tracer's own making. */
#define SCALE_LEAST_NS 50000
#define BTF "/sys/kernel/btf/vmlinux"

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

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Before the programs are loaded; they see these as constants. */
static void settle(const struct tracer *tracer)
{
	struct timerheap_bpf *skel = tracer->skel;
	uint64_t scale = tracer->over_ns;

	if (scale < SCALE_LEAST_NS)
		scale = SCALE_LEAST_NS;
	skel->rodata->over_ns = tracer->over_ns;
	skel->rodata->rate = tracer->rate;
	/* One of the five parts is that long. */
	skel->rodata->part_ns = scale / TRACE_PARTS;
	skel->rodata->span_ns = scale / TRACE_PARTS / 2;
	/* Whole seconds; the two readings are not at one time. */
	skel->rodata->tai_ns =
		(now_ns(CLOCK_TAI) - now_ns(CLOCK_REALTIME) + 500000000) /
		1000000000 * 1000000000;
	for (unsigned int i = 0; i < sizeof(skel->rodata->buckets); i++)
		skel->rodata->buckets[i] =
			(unsigned char)timerheap_hist_bucket(i);
	bpf_map__set_max_entries(skel->maps.cpus, tracer->cpus);
	bpf_map__set_max_entries(skel->maps.speeds, tracer->cpus);
	bpf_map__set_max_entries(skel->maps.sums, tracer->cpus);
}

/* Those of interest. */
static void read_speeds(struct tracer *tracer)
{
	int fd = bpf_map__fd(tracer->skel->maps.speeds);

	for (unsigned int cpu = 0; cpu < tracer->cpus; cpu++) {
		struct trace_speed speed;

		if (!tracer->ask_speed[cpu])
			continue;
		tracer->ask_speed[cpu] = false;
		speed = trace_read_speed(cpu);
		bpf_map_update_elem(fd, &cpu, &speed, BPF_ANY);
	}
}

static void prepare(struct tracer *tracer)
{
	tracer->ask_speed = malloc(tracer->cpus);
	if (!tracer->ask_speed)
		fail("CPUs", ENOMEM, "there is too little memory");
	memset(tracer->ask_speed, true, tracer->cpus);
	read_speeds(tracer);
}

/* Not every driver tells of changes. */
static int on_report(void *context, void *data, size_t size)
{
	const struct trace_report *report = data;
	const struct trace_expiry *way = &report->way;
	struct tracer *tracer = context;

	(void)size;
	if (way->run_speed)
		tracer->ask_speed[way->cpu] = true;
	if (way->reap_speed)
		tracer->ask_speed[way->reap_cpu] = true;
	tracer->report(report, tracer->context);
	return 0;
}

static void load(struct tracer *tracer)
{
	int rc;

	tracer->skel = timerheap_bpf__open();
	if (!tracer->skel)
		fail("BPF", errno, load_advice(-errno));
	settle(tracer);
	rc = timerheap_bpf__load(tracer->skel);
	if (rc)
		fail("BPF", rc, load_advice(rc));
	tracer->reports =
		ring_buffer__new(bpf_map__fd(tracer->skel->maps.reports),
				 on_report, tracer, NULL);
	if (!tracer->reports)
		fail("BPF's ring buffer", errno, load_advice(-errno));
}

/* Consumers are told to tell before there is something to be told of. */
static void attach(struct tracer *tracer)
{
	struct timerheap_bpf *skel = tracer->skel;
	int rc = 0;

	skel->links.on_reap = bpf_program__attach(skel->progs.on_reap);
	if (!skel->links.on_reap)
		rc = -errno;
	if (!rc)
		rc = timerheap_bpf__attach(skel);
	if (rc)
		fail("tracepoints", rc, attach_advice(rc));
}

void tracer_start(struct tracer *tracer)
{
	libbpf_set_print(be_silent);
	if (access(BTF, R_OK))
		fail(BTF, errno,
		     "this kernel was built without BTF (CONFIG_DEBUG_INFO_BTF); Debian's have it");
	tracer->cpus = (unsigned int)libbpf_num_possible_cpus();
	load(tracer);
	prepare(tracer);
	attach(tracer);
}

void tracer_follow(struct tracer *tracer, int ms)
{
	int rc = ring_buffer__poll(tracer->reports, ms);

	if (rc < 0 && rc != -EINTR)
		fail("BPF's ring buffer", rc, "see the kernel's log");
	ring_buffer__consume(tracer->reports);
	read_speeds(tracer);
}

bool tracer_sums(struct tracer *tracer, unsigned int cpu,
		 struct trace_sums *sums)
{
	int fd = bpf_map__fd(tracer->skel->maps.sums);

	return !bpf_map_lookup_elem(fd, &cpu, sums) && sums->count;
}

static void add_rank(struct trace_ranks *ranks, const struct trace_blame *blame,
		     const struct trace_answer *answer)
{
	if (answer->count)
		ranks->ranks[ranks->count++] =
			(struct trace_rank){ *blame, *answer };
}

static void add_nameless(struct tracer *tracer, struct trace_ranks *ranks)
{
	const struct trace_answer *answers = tracer->skel->bss->nameless;
	struct trace_blame blame = { 0 };

	for (; blame.cause < CAUSES; blame.cause++)
		add_rank(ranks, &blame, &answers[blame.cause]);
	blame = (struct trace_blame){ .id = BLAME_VARIOUS };
	add_rank(ranks, &blame, &answers[CAUSES]);
}

void tracer_ranks(struct tracer *tracer, struct trace_ranks *ranks)
{
	int fd = bpf_map__fd(tracer->skel->maps.answers);
	const struct trace_blame *last = NULL;
	struct trace_answer answer;
	struct trace_blame blame;

	ranks->count = 0;
	add_nameless(tracer, ranks);
	while (ranks->count < TRACE_RANKS &&
	       !bpf_map_get_next_key(fd, last, &blame)) {
		last = &blame;
		if (!bpf_map_lookup_elem(fd, last, &answer))
			add_rank(ranks, last, &answer);
	}
	trace_rank_sort(ranks);
}

struct tracer_missing tracer_missing(const struct tracer *tracer)
{
	const struct timerheap_bpf__bss *bss = tracer->skel->bss;

	return (struct tracer_missing){
		.unseen = bss->unseen,
		.lost = bss->lost,
		.unreported = bss->unreported,
		.dropped = bss->dropped,
	};
}

void tracer_end(struct tracer *tracer)
{
	ring_buffer__free(tracer->reports);
	timerheap_bpf__destroy(tracer->skel);
	free(tracer->ask_speed);
}
