// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Expiries of all queues, from the module's tracepoint into a file.  They come
 * through an instance of tracefs that is ours, so that others who trace are not
 * disturbed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tracefs/tracefs.h>

#include "demo.h"
#include "timerheap_recording.h"
#include "timerheap_tool.h"

/* Of each CPU: a tenth of a second of 400,000 expiries a second. */
#define BUFFER_KB 4096
#define PAUSE_NS 20000000
#define SYSTEM "timerheap"
#define EVENT "timerheap_expire"

enum field { QUEUE, PID, DEADLINE, FIRED, SLOT, OVERRUNS, CPU, FLAGS, CLOCK };

static const char *const names[] = {
	[QUEUE] = "queue",    [PID] = "pid",	 [DEADLINE] = "deadline_ns",
	[FIRED] = "fired_ns", [SLOT] = "slot",	 [OVERRUNS] = "overruns",
	[CPU] = "cpu",	      [FLAGS] = "flags", [CLOCK] = "clock",
};

#define FIELDS (sizeof(names) / sizeof(names[0]))

struct recorder {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	struct tep_format_field *fields[FIELDS];
	FILE *out;
	uint64_t end_ns;
	/* 0: they still come */
	uint64_t stopped_ns;
	uint64_t expiries;
	uint64_t lost;
	int error;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * DEMO_SEC + (uint64_t)ts.tv_nsec;
}

static uint64_t value(const struct recorder *r, enum field field, void *data)
{
	unsigned long long number = 0;

	(void)tep_read_number_field(r->fields[field], data, &number);
	return number;
}

static void write_entry(struct recorder *r, const struct recording_entry *entry)
{
	if (!r->error)
		r->error = recording_put(r->out, entry);
}

static void write_lost(struct recorder *r, uint64_t at_ns, int cpu, uint64_t n)
{
	const struct recording_entry entry = { .at_ns = at_ns,
					       .late_ns = n,
					       .cpu = (uint16_t)cpu,
					       .kind = RECORDING_LOST };

	r->lost += n;
	write_entry(r, &entry);
}

static bool is_over(const struct recorder *r)
{
	return tool_stopped() || r->error || now_ns() >= r->end_ns;
}

/* No more of them, so that what is there can be drained. */
static void stop_events(struct recorder *r)
{
	if (r->stopped_ns)
		return;
	tracefs_event_disable(r->instance, SYSTEM, EVENT);
	r->stopped_ns = now_ns();
}

static int on_event(struct tep_event *event, struct tep_record *record, int cpu,
		    void *arg)
{
	struct recorder *r = arg;
	struct recording_entry entry = { .at_ns = record->ts };

	(void)event;
	/* They may come as fast as they are drained. */
	if (is_over(r))
		stop_events(r);
	/* -1: nobody knows how many; count_lost() makes up for them. */
	if (record->missed_events)
		write_lost(r, record->ts, cpu,
			   record->missed_events > 0
				   ? (uint64_t)record->missed_events
				   : 0);
	entry.late_ns = value(r, FIRED, record->data) -
		value(r, DEADLINE, record->data);
	entry.queue = (uint32_t)value(r, QUEUE, record->data);
	entry.pid = (uint32_t)value(r, PID, record->data);
	entry.slot = (uint32_t)value(r, SLOT, record->data);
	entry.overruns = (uint32_t)value(r, OVERRUNS, record->data);
	entry.flags = (uint32_t)value(r, FLAGS, record->data);
	entry.cpu = (uint16_t)value(r, CPU, record->data);
	entry.clock = (uint8_t)value(r, CLOCK, record->data);
	write_entry(r, &entry);
	r->expiries++;
	return r->error ? -1 : 0;
}

static void drain(struct recorder *r)
{
	if (tracefs_iterate_raw_events(r->tep, r->instance, NULL, 0, on_event,
				       r) < 0 &&
	    !r->error)
		r->error = -EIO;
}

/* All that the kernel gave up on a CPU. */
static uint64_t overrun(struct recorder *r, long cpu)
{
	unsigned long long count = 0;
	char path[64], *text, *line;

	snprintf(path, sizeof(path), "per_cpu/cpu%ld/stats", cpu);
	text = tracefs_instance_file_read(r->instance, path, NULL);
	line = text ? strstr(text, "overrun: ") : NULL;
	if (line)
		count = strtoull(line + strlen("overrun: "), NULL, 10);
	free(text);
	return count;
}

/* Some are known to be lost, but not in which place. */
static void count_lost(struct recorder *r)
{
	uint64_t lost = 0;

	for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
		lost += overrun(r, cpu);
	if (lost > r->lost)
		write_lost(r, now_ns(), 0, lost - r->lost);
}

static void __attribute__((noreturn)) give_up(const char *what, const char *why)
{
	fprintf(stderr, "timerheap: %s: %s\n", what, why);
	exit(TOOL_FAILED);
}

static void find_fields(struct recorder *r)
{
	static const char *const systems[] = { SYSTEM, NULL };
	struct tep_event *event;

	r->tep = tracefs_local_events_system(NULL, systems);
	event = r->tep ? tep_find_event_by_name(r->tep, SYSTEM, EVENT) : NULL;
	for (size_t i = 0; i < FIELDS; i++) {
		r->fields[i] = event ? tep_find_field(event, names[i]) : NULL;
		if (!r->fields[i])
			give_up(SYSTEM ":" EVENT,
				"the module has no such tracepoint: take one of this version");
	}
}

static void open_tracefs(void)
{
	const char *dir = tracefs_tracing_dir();
	char instances[4096];

	if (!dir)
		give_up("tracefs",
			"it is not there, or not for you: as root, mount -t tracefs nodev /sys/kernel/tracing");
	snprintf(instances, sizeof(instances), "%s/instances", dir);
	if (access(instances, W_OK))
		give_up(instances,
			errno == EACCES ? "recording takes root"
					: strerror(errno));
}

static void close_instance(struct recorder *r)
{
	tracefs_event_disable(r->instance, SYSTEM, EVENT);
	tracefs_instance_destroy(r->instance);
	tracefs_instance_free(r->instance);
}

static void begin(struct recorder *r)
{
	char name[32];

	snprintf(name, sizeof(name), "timerheap-%d", (int)getpid());
	r->instance = tracefs_instance_create(name);
	if (!r->instance)
		give_up("tracefs", strerror(errno));
	if (tracefs_instance_set_buffer_size(r->instance, BUFFER_KB, -1) < 0 ||
	    tracefs_instance_file_write(r->instance, "trace_clock", "mono") <
		    0 ||
	    tracefs_event_enable(r->instance, SYSTEM, EVENT) < 0) {
		int error = errno;

		close_instance(r);
		give_up("tracefs", strerror(error));
	}
}

static void end(struct recorder *r)
{
	stop_events(r);
	drain(r);
	count_lost(r);
	close_instance(r);
	tep_free(r->tep);
}

static void record(struct recorder *r)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	while (!is_over(r)) {
		nanosleep(&pause, NULL);
		drain(r);
	}
}

static void open_output(struct recorder *r, const char *path,
			struct recording_head *head)
{
	recording_head_init(head);
	tool_module_version(head->module, sizeof(head->module));
	r->out = fopen(path, "we");
	if (!r->out)
		give_up(path, strerror(errno));
	r->error = recording_put_head(r->out, head);
}

static void report(const struct recorder *r, const char *path, double seconds,
		   bool json)
{
	if (json) {
		tool_put_json(json_pack("{s:s, s:f, s:I, s:I}", "file", path,
					"seconds", seconds, "expiries",
					(json_int_t)r->expiries, "lost",
					(json_int_t)r->lost));
		return;
	}
	printf("%s: %s expiries in %.1f s, %s lost\n", path,
	       demo_count(r->expiries).text, seconds, demo_count(r->lost).text);
}

static int run(int argc, char **argv)
{
	struct recorder r = { .end_ns = UINT64_MAX };
	struct recording_head head;
	struct tool_options opts;
	uint64_t begin_ns;
	const char *path;

	path = tool_options_file(&tool_record, "jd", argc, argv, &opts);
	/* Says what is wrong if it is not loaded. */
	timerheap_close(tool_open());
	open_tracefs();
	find_fields(&r);
	open_output(&r, path, &head);
	tool_stop_on_signals();
	begin(&r);
	begin_ns = now_ns();
	if (opts.duration_ns &&
	    __builtin_add_overflow(begin_ns, opts.duration_ns, &r.end_ns))
		r.end_ns = UINT64_MAX;
	record(&r);
	end(&r);
	if (fclose(r.out) && !r.error)
		r.error = -errno;
	if (r.error)
		give_up(path, strerror(-r.error));
	report(&r, path, (double)(r.stopped_ns - begin_ns) / 1e9, opts.json);
	return tool_end_output();
}

const struct tool_command tool_record = {
	"record",
	"Usage: timerheap record [--duration TIME] [--json] FILE\n"
	"Write down each expiry of all queues, and how late it was, until Ctrl-C. It takes\n"
	"root, and 40 bytes each. Then: timerheap heatmap FILE, timerheap hist FILE.\n"
	"\n"
	"  --duration TIME  for so long, such as 10s or 500ms\n"
	"  --json           how many there were, and how many were lost, as an object\n",
	run,
};
