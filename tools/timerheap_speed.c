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

struct trace_speed trace_read_speed(unsigned int cpu)
{
	return (struct trace_speed){
		.khz = read_khz(cpu, "scaling_cur_freq"),
		.most_khz = read_khz(cpu, "cpuinfo_max_freq"),
	};
}
