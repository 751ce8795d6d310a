// SPDX-License-Identifier: LGPL-2.1-or-later
/* The rows of timerheap top, and their order. */
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "timerheap_top.h"

void top_cpu_init(struct top_cpu *cpu)
{
	*cpu = (struct top_cpu){ .p99_ns = 0 };
	memset(cpu->history, TOP_NONE, sizeof(cpu->history));
}

void top_cpu_update(struct top_cpu *cpu, const struct timerheap_stats *since)
{
	cpu->st = *since;
	cpu->p99_ns = timerheap_hist_percentile(since, 99);
	memmove(cpu->history, cpu->history + 1, TOP_HISTORY - 1);
	cpu->history[TOP_HISTORY - 1] =
		(unsigned char)(tool_lateness_count(since)
					? top_level(cpu->p99_ns)
					: TOP_NONE);
}

static int compare(const void *left, const void *right)
{
	const struct top_cpu *a = left, *b = right;

	if (a->p99_ns != b->p99_ns)
		return a->p99_ns < b->p99_ns ? 1 : -1;
	return a->st.cpu - b->st.cpu;
}

void top_sort(struct top_cpu *cpus, unsigned int count)
{
	qsort(cpus, count, sizeof(*cpus), compare);
}

void top_heading(char *text, size_t size)
{
	snprintf(text, size, "%4s %6s %10s %9s %7s %8s %8s %8s  %s", "CPU",
		 "queues", "expiries/s", "overruns", "stalls", "p50", "p99",
		 "max", "p99 so far");
}

static struct demo_text time_or_none(const struct timerheap_stats *st,
				     uint64_t ns)
{
	return tool_lateness_count(st) ? demo_time(ns)
				       : (struct demo_text){ "-" };
}

void top_row(char *text, size_t size, const struct top_cpu *cpu, double seconds,
	     bool utf8)
{
	const struct timerheap_stats *st = &cpu->st;
	int used = snprintf(
		text, size, "%4d %6u %10.0f %9llu %7llu %8s %8s %8s  ", st->cpu,
		st->queues, (double)st->expiries / seconds,
		(unsigned long long)st->overruns,
		(unsigned long long)st->stalls,
		time_or_none(st, timerheap_hist_percentile(st, 50)).text,
		time_or_none(st, cpu->p99_ns).text,
		time_or_none(st, st->lateness_max_ns).text);

	for (unsigned int i = 0; i < TOP_HISTORY && (size_t)used < size; i++)
		used += snprintf(text + used, size - (size_t)used, "%s",
				 top_spark(cpu->history[i], utf8));
}
