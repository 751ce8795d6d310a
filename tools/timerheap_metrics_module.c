// SPDX-License-Identifier: LGPL-2.1-or-later
/* The module's figures: its clock, its CPUs, and queues that are published. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "timerheap_export.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STAT(member) offsetof(struct timerheap_stats, member)

static const struct metric stat_metrics[] = {
	{ "lateness_max_seconds", NULL, "Most lateness since the start.",
	  STAT(lateness_max_ns), true, false },
	{ "expiries_total", NULL, "Timers that fired.", STAT(expiries), false,
	  false },
	{ "overruns_total", NULL, "Periods that were missed.", STAT(overruns),
	  false, false },
	{ "kicks_total", "from=\"home\"",
	  "System calls that asked for a run, from the home CPU or with an interrupt to it.",
	  STAT(kicks_local), false, false },
	{ "kicks_total", "from=\"elsewhere\"", NULL, STAT(kicks_remote), false,
	  false },
	{ "runs_total", NULL, "Times that the kernel looked at a queue.",
	  STAT(runs), false, false },
	{ "runs_over_budget_total", NULL,
	  "Runs that ended at the budget, or after 20 us.",
	  STAT(runs_over_budget), false, false },
	{ "stalls_total", NULL, "Times that a ring was found full.",
	  STAT(stalls), false, false },
	{ "handovers_total", NULL,
	  "Moves of queues to another CPU, there and back.", STAT(handovers),
	  false, false },
	{ "doorbells_total", NULL, "Rung slots that were looked at.",
	  STAT(doorbells), false, false },
	{ "lazy_moves_total", NULL,
	  "Slots found pushed back when their time came.", STAT(lazy_moves),
	  false, false },
	{ "lazy_drops_total", NULL, "Slots found cancelled then.",
	  STAT(lazy_drops), false, false },
};

static void put_gauge(FILE *out, const char *name, const char *help,
		      int64_t value)
{
	metric_head(out, name, "gauge", help);
	fprintf(out, "%s %" PRId64 "\n", name, value);
}

static void put_billionths(FILE *out, const char *name, const char *help,
			   int64_t value)
{
	metric_head(out, name, "gauge", help);
	fprintf(out, "%s ", name);
	metric_seconds(out, value);
	fputc('\n', out);
}

static void put_counter(FILE *out, const char *name, const char *help,
			uint64_t value)
{
	metric_head(out, name, "counter", help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void put_clock(FILE *out, const struct timerheap_info *info)
{
	put_gauge(out, "timerheap_clock_reliable",
		  "Whether the module takes the host's clock for reliable.",
		  (info->clock_flags & TIMERHEAP_CLOCK_RELIABLE) != 0);
	put_billionths(
		out, "timerheap_clock_deviation_ratio",
		"How much faster the CPU's counter ran than CLOCK_MONOTONIC_RAW over the last 5 s; 0.000001 is 1 ppm.",
		info->counter_ppb);
	put_billionths(out, "timerheap_clock_deviation_max_ratio",
		       "The deviation furthest from 0 since load.",
		       info->counter_ppb_max);
	put_counter(out, "timerheap_clock_checks_total",
		    "Comparisons that the deviation rests on.",
		    info->clock_checks);
	put_counter(out, "timerheap_clock_steps_total",
		    "Steps of the wall clock, injected ones included.",
		    info->clock_steps);
}

void export_module(FILE *out, const struct export_figures *f)
{
	put_gauge(out, "timerheap_up", "Whether the module could be asked.",
		  f->up);
	if (!f->up)
		return;
	metric_head(out, "timerheap_module_info", "gauge",
		    "Version of the module, and of its ABI.");
	fprintf(out, "timerheap_module_info{version=\"%s\",abi=\"%u\"} 1\n",
		f->version, f->info.abi_version);
	put_clock(out, &f->info);
	put_billionths(out, "timerheap_injection_delay_max_seconds",
		       "Most lateness that is made up; 0: none.",
		       (int64_t)f->info.inject_max_ns);
	put_billionths(out, "timerheap_injection_step_seconds",
		       "Sum of the wall clock's steps that are made up.",
		       f->info.inject_step_ns);
	export_cpus(out, &f->cpus);
}

static void put_queues(FILE *out, const struct tool_snapshot *cpus)
{
	metric_head(out, "timerheap_cpu_queues", "gauge",
		    "Queues that live on the CPU.");
	for (unsigned int i = 0; i < cpus->count; i++)
		fprintf(out, "timerheap_cpu_queues{cpu=\"%d\"} %u\n",
			cpus->cpus[i].cpu, cpus->cpus[i].queues);
}

/* A CPU without expiries has no mean. */
static void put_drift(FILE *out, const struct tool_snapshot *cpus)
{
	int64_t mean = (int64_t)tool_lateness_mean(&cpus->all);

	metric_head(
		out, "timerheap_cpu_drift_delta_seconds", "gauge",
		"Mean lateness on the CPU since load, less that on all CPUs.");
	for (unsigned int i = 0; i < cpus->count; i++) {
		const struct timerheap_stats *st = &cpus->cpus[i];

		if (!tool_lateness_count(st))
			continue;
		fprintf(out, "timerheap_cpu_drift_delta_seconds{cpu=\"%d\"} ",
			st->cpu);
		metric_seconds(out, (int64_t)tool_lateness_mean(st) - mean);
		fputc('\n', out);
	}
}

void export_cpus(FILE *out, const struct tool_snapshot *cpus)
{
	struct metric_row *rows = calloc(cpus->count, sizeof(*rows));

	tool_check(rows ? 0 : -ENOMEM, "figures of CPUs");
	for (unsigned int i = 0; i < cpus->count; i++) {
		snprintf(rows[i].label, METRIC_LABEL, "cpu=\"%d\"",
			 cpus->cpus[i].cpu);
		rows[i].figures = &cpus->cpus[i];
	}
	put_queues(out, cpus);
	put_drift(out, cpus);
	metric_lateness(out, "timerheap_cpu_lateness_seconds", rows,
			cpus->count);
	metric_put(out, "timerheap_cpu_", stat_metrics, COUNT(stat_metrics),
		   rows, cpus->count);
	free(rows);
}

void export_queues(FILE *out, const struct export_pages *p)
{
	size_t count;
	struct metric_row *rows =
		export_rows(p, TIMERHEAP__PAGE_QUEUE, "queue", &count);

	metric_lateness(out, "timerheap_queue_lateness_seconds", rows, count);
	metric_put(out, "timerheap_queue_", stat_metrics, COUNT(stat_metrics),
		   rows, count);
	free(rows);
}
