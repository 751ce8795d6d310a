// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "tracer.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#define TRACING "/sys/kernel/tracing/"

/*
 * Ways into the module, and nothing that is called once a timer: what is
 * traced costs time.  The first is what counts as a run.
 */
static const char *const traced[] = {
	"th_engine_run", "hrtimer_interrupt", "smp_call_function_single",
	"kicked",	 "irq_work_run",      "th_kick",
};

static void set(const char *file, const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), TRACING "%s", file);
	REQUIRE_EQ(write_text(path, "%s", value), 0);
}

void irqsoff_prepare(void)
{
	if (write_text(TRACING "current_tracer", "irqsoff"))
		skip("this kernel has no irqsoff tracer");
	set("tracing_on", "0");
	/* Each write adds one; those that a kernel has inlined are missed. */
	for (size_t i = 0; i < ARRAY_SIZE(traced); i++)
		write_text(TRACING "set_ftrace_filter", "%s", traced[i]);
}

void irqsoff_start(void)
{
	set("tracing_max_latency", "0");
	set("tracing_on", "1");
}

/* "  => started at: name" */
static void read_name(const char *line, const char *what, char *name)
{
	const char *at = strstr(line, what);

	if (at)
		sscanf(at + strlen(what), "%63s", name);
}

static void read_line(const char *line, struct irqsoff *found)
{
	read_name(line, "=> started at:", found->from);
	read_name(line, "=> ended at:", found->to);
	for (size_t i = 0; i < ARRAY_SIZE(traced); i++) {
		char call[80];

		snprintf(call, sizeof(call), ": %s <-", traced[i]);
		if (!strstr(line, call))
			continue;
		if (!i)
			found->runs++;
		if (!found->inside[0])
			strcpy(found->inside, traced[i]);
	}
}

struct irqsoff irqsoff_stop(void)
{
	struct irqsoff found = { 0 };
	char line[300];
	FILE *trace;

	set("tracing_on", "0");
	found.longest_us = read_number(TRACING "tracing_max_latency");
	trace = fopen(TRACING "trace", "re");
	REQUIRE(trace);
	while (fgets(line, sizeof(line), trace))
		read_line(line, &found);
	fclose(trace);
	return found;
}

void irqsoff_off(void)
{
	write_text(TRACING "tracing_on", "0");
	write_text(TRACING "current_tracer", "nop");
}
