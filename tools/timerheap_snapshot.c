// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "timerheap_doctor.h"
#include "timerheap_tool.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct timerheap_stats *room(unsigned int count)
{
	struct timerheap_stats *stats = calloc(count, sizeof(*stats));

	tool_check(stats ? 0 : -ENOMEM, "figures of CPUs");
	return stats;
}

static void add_up(struct tool_snapshot *s)
{
	tool_figures_init(&s->all);
	for (unsigned int i = 0; i < s->count; i++)
		tool_figures_add(&s->all, &s->cpus[i]);
}

/* One past the last possible CPU, or past all that there may be. */
static int end_of_cpus(void)
{
	static const struct doctor_host host = { .root = "" };
	struct doctor_cpus cpus;
	char list[4096];
	unsigned int end = DOCTOR_CPUS;

	if (!doctor_read(&host, list, sizeof(list),
			 "sys/devices/system/cpu/possible") ||
	    !doctor_cpus_parse(&cpus, list))
		return DOCTOR_CPUS;
	while (end && !doctor_cpus_have(&cpus, end - 1))
		end--;
	return (int)end;
}

void tool_snapshot_take(struct tool_snapshot *s, struct timerheap *th)
{
	int end = end_of_cpus();

	*s = (struct tool_snapshot){ .taken_ns = now_ns() };
	/* Numbers may have gaps. */
	for (int cpu = 0; cpu < end; cpu++) {
		struct timerheap_stats stats, *more;

		if (!tool_cpu_stats(th, cpu, &stats))
			continue;
		more = realloc(s->cpus, (s->count + 1) * sizeof(*more));
		tool_check(more ? 0 : -ENOMEM, "figures of CPUs");
		s->cpus = more;
		s->cpus[s->count++] = stats;
	}
	add_up(s);
}

struct tool_snapshot tool_snapshot_since(const struct tool_snapshot *now,
					 const struct tool_snapshot *before)
{
	struct tool_snapshot since = {
		.taken_ns = now->taken_ns - before->taken_ns,
		.count = now->count,
		.cpus = room(now->count),
	};

	/* The CPUs that are possible never change. */
	for (unsigned int i = 0; i < now->count; i++) {
		since.cpus[i] = now->cpus[i];
		tool_figures_since(&since.cpus[i], &before->cpus[i]);
	}
	add_up(&since);
	return since;
}

void tool_snapshot_free(struct tool_snapshot *s)
{
	free(s->cpus);
	s->cpus = NULL;
}
