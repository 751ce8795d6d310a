// SPDX-License-Identifier: LGPL-2.1-or-later
/* Is this host fit for punctual timers, and what would make it so? */
#include <stdlib.h>
#include <sys/stat.h>

#include "timerheap_doctor.h"
#include "timerheap_tool.h"

#define MEASURE_S 5

static const struct doctor_check *const groups[] = {
	doctor_clock,
	doctor_isolation,
	doctor_power,
	doctor_kernel,
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const char *const verdict_names[DOCTOR_VERDICTS] = {
	[DOCTOR_GOOD] = "ok",
	[DOCTOR_FIX] = "fix",
	[DOCTOR_NOTE] = "note",
	[DOCTOR_SKIPPED] = "skipped",
};

/* What was found so far; @checks: for programs, else NULL. */
struct report {
	unsigned int counts[DOCTOR_VERDICTS];
	json_t *checks;
};

static void print_line(const char *title, const char *text)
{
	printf("%10s%-7s %s\n", "", title, text);
}

static void print(const struct doctor_check *check,
		  const struct doctor_finding *f)
{
	printf("%-8s  %-16s %s\n", verdict_names[f->verdict], check->name,
	       f->found);
	if (f->verdict == DOCTOR_GOOD || f->verdict == DOCTOR_SKIPPED)
		return;
	print_line("wanted", check->wanted);
	print_line("why", check->why);
	print_line("do", f->command);
}

static void tell(struct report *report, const struct doctor_check *check,
		 struct doctor_finding *f)
{
	if (!*f->command)
		doctor_advise(f, "%s", check->command);
	report->counts[f->verdict]++;
	if (!report->checks)
		print(check, f);
	else
		json_array_append_new(
			report->checks,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name",
				  check->name, "verdict",
				  verdict_names[f->verdict], "found", f->found,
				  "wanted", check->wanted, "why", check->why,
				  "command", f->command));
}

static void examine(struct report *report, const struct doctor_host *host)
{
	for (size_t i = 0; i < GROUPS; i++)
		for (const struct doctor_check *check = groups[i]; check->name;
		     check++) {
			struct doctor_finding f = { .found = "" };

			check->run(host, &f);
			tell(report, check, &f);
		}
}

static void measure(struct report *report, unsigned int seconds)
{
	struct doctor_finding f = { .found = "" };

	/* It takes a while. */
	fflush(stdout);
	doctor_measure(seconds, &f);
	tell(report, &doctor_lateness, &f);
}

static void conclude(const struct report *report)
{
	bool tuned = !report->counts[DOCTOR_FIX];

	if (report->checks)
		tool_put_json(
			json_pack("{s:b, s:i, s:i, s:O}", "tuned", tuned,
				  "fixes", (int)report->counts[DOCTOR_FIX],
				  "notes", (int)report->counts[DOCTOR_NOTE],
				  "checks", report->checks));
	else
		printf("\n%s: %u to fix, %u to consider\n",
		       tuned ? "Tuned" : "Not tuned",
		       report->counts[DOCTOR_FIX], report->counts[DOCTOR_NOTE]);
}

static void check_root(const char *root)
{
	struct stat st;

	if (!root || (!stat(root, &st) && S_ISDIR(st.st_mode)))
		return;
	fprintf(stderr, "timerheap doctor: --root: not a directory: %s\n",
		root);
	tool_bad_usage(&tool_doctor);
}

/* Of nothing, all would be well. */
static void check_host(const struct doctor_host *host)
{
	if (doctor_cpus_count(&host->online))
		return;
	fprintf(stderr,
		"timerheap doctor: no host: %s/sys/devices/system/cpu/online cannot be read\n",
		host->root);
	exit(TOOL_USAGE);
}

static int run(int argc, char **argv)
{
	struct report report = { .checks = NULL };
	static struct doctor_host host;
	struct tool_options opts;

	tool_options_only(&tool_doctor, "jmr", argc, argv, &opts);
	check_root(opts.root);
	doctor_host_init(&host, opts.root);
	check_host(&host);
	if (opts.json)
		report.checks = json_array();
	examine(&report, &host);
	if (host.live && opts.measure_s)
		measure(&report,
			opts.measure_s > 0 ? (unsigned int)opts.measure_s
					   : MEASURE_S);
	conclude(&report);
	json_decref(report.checks);
	/* 1 is for a host that is not tuned. */
	if (tool_end_output())
		return TOOL_USAGE;
	return report.counts[DOCTOR_FIX] ? TOOL_FAILED : 0;
}

const struct tool_command tool_doctor = {
	"doctor",
	"Usage: timerheap doctor [--root DIR] [--measure SECONDS] [--json]\n"
	"Is this host tuned for punctual timers?  For each thing that matters: what was\n"
	"found; and where it is not as wanted, why, and the command that sets it.\n"
	"\n"
	"  ok       as wanted\n"
	"  fix      not so, and timers are later for it\n"
	"  note     not so; whether it should be depends on the programs\n"
	"  skipped  does not apply, or cannot be read\n"
	"\n"
	"  --measure SECONDS  in the end, how late timers are, where the module is loaded;\n"
	"                     1 to 3600, 0: not at all (default 5)\n"
	"  --root DIR         look at the /proc, /sys and /dev in DIR, and measure nothing\n"
	"\n"
	"Exit status: 0 tuned; 1 something is to be fixed; 2 usage, or another error.\n",
	run,
};
