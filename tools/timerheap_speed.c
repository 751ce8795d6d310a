// SPDX-License-Identifier: LGPL-2.1-or-later
/* How fast CPUs are, as far as the kernel says. */
#include <stdio.h>

#include "timerheap_trace.h"

static unsigned int read_khz(unsigned int cpu, const char *name)
{
	unsigned int khz = 0;
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/cpufreq/%s",
		 cpu, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%u", &khz) != 1)
		khz = 0;
	fclose(file);
	return khz;
}

/* @khz: 0 if it has not changed meanwhile, or the driver does not tell. */
static unsigned int speed(unsigned int cpu, unsigned int khz)
{
	unsigned int most = read_khz(cpu, "cpuinfo_max_freq");

	if (!khz)
		khz = read_khz(cpu, "scaling_cur_freq");
	return most ? (unsigned int)(khz * 1000ULL / most) : 0;
}

struct trace_speed trace_speed_of(const struct trace_expiry *way)
{
	struct trace_speed speeds;

	speeds.run = speed(way->cpu, way->run_khz);
	speeds.reap = way->reap_cpu == way->cpu
		? speeds.run
		: speed(way->reap_cpu, way->reap_khz);
	return speeds;
}
