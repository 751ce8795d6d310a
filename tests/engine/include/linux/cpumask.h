/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_CPUMASK_H
#define STANDIN_LINUX_CPUMASK_H

#include <linux/types.h>

#define NR_CPUS 4

typedef struct cpumask {
	unsigned int bits;
} cpumask_var_t[1];

/* The host's; they change as CPUs come and go. */
extern struct cpumask host_online[1], host_active[1];

#define nr_cpu_ids NR_CPUS
#define cpu_active_mask host_active

static inline bool cpumask_test_cpu(int cpu, const struct cpumask *mask)
{
	return mask->bits >> cpu & 1;
}

static inline bool cpu_active(int cpu)
{
	return cpumask_test_cpu(cpu, host_active);
}

static inline bool cpu_possible(int cpu)
{
	return cpu < NR_CPUS;
}

#define for_each_cpu(cpu, mask)                   \
	for (cpu = 0; cpu < NR_CPUS; cpu++)       \
		if (!cpumask_test_cpu(cpu, mask)) \
			;                         \
		else
#define for_each_cpu_and(cpu, a, b)                                         \
	for (cpu = 0; cpu < NR_CPUS; cpu++)                                 \
		if (!cpumask_test_cpu(cpu, a) || !cpumask_test_cpu(cpu, b)) \
			;                                                   \
		else
#define for_each_possible_cpu(cpu) for (cpu = 0; cpu < NR_CPUS; cpu++)

#endif
