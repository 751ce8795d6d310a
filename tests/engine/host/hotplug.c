// SPDX-License-Identifier: GPL-2.0-only
/* CPUs come and go, in the kernel's order of events. */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/mutex.h>

#include "host/host.h"
#include "sim/oracle.h"
#include "sim/world.h"

static struct mutex plugging;
static int (*came)(unsigned int cpu);
static int (*goes)(unsigned int cpu);

void cpus_read_lock(void)
{
	mutex_lock(&plugging);
}

void cpus_read_unlock(void)
{
	mutex_unlock(&plugging);
}

int cpuhp_setup_state(enum cpuhp_state state, const char *name,
		      int (*online)(unsigned int cpu),
		      int (*offline)(unsigned int cpu))
{
	(void)state;
	(void)name;
	came = online;
	goes = offline;
	return 1;
}

void cpuhp_remove_state_nocalls(enum cpuhp_state state)
{
	(void)state;
}

static void leave(int cpu)
{
	host_active->bits &= ~(1U << cpu);
	oracle_trace("CPU %d leaves", cpu);
	agent_self->cpu = cpu;
	goes(cpu);
	if (world.queue.cpu == cpu)
		oracle_fail("home", "CPU %d leaves, and its queue stays", cpu);
	host_unplug(cpu);
}

static void come(int cpu)
{
	host_plug(cpu);
	came(cpu);
	host_active->bits |= 1U << cpu;
}

static void act(void)
{
	int cpu = prng_below(&world.prng, host.ncpus);

	mutex_lock(&plugging);
	if (!cpumask_test_cpu(cpu, host_online))
		come(cpu);
	else if (host_active->bits & ~(1U << cpu))
		leave(cpu);
	mutex_unlock(&plugging);
}

static void body(void *unused)
{
	u64 pause = percent(50) ? world.plan.range_ns
				: world.plan.range_ns / 8 + 1;
	unsigned int cpu;

	(void)unused;
	while (world.users_left) {
		agent_sleep(prng_below(&world.prng, pause));
		act();
	}
	mutex_lock(&plugging);
	for (cpu = 0; cpu < host.ncpus; cpu++)
		if (!cpumask_test_cpu(cpu, host_online))
			come(cpu);
	mutex_unlock(&plugging);
	host.plugging = false;
}

void hotplug_start(void)
{
	host.plugging = true;
	agent_start("hotplug", body, NULL);
}
