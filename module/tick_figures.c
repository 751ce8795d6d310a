// SPDX-License-Identifier: GPL-2.0-only
/* What the timers on each CPU did, over all of them. */
#include <linux/atomic.h>
#include <linux/nospec.h>
#include <linux/percpu.h>

#include "drift.h"
#include "tick.h"

struct figures {
	struct timerheap_stats stats;	/* this CPU, interrupts off */
	atomic_t timers;		/* that were last set here */
};

static struct figures __percpu *figures;

void th_tick_count_expiry(u64 lateness_ns)
{
	struct timerheap_stats *stats;
	unsigned long flags;

	/* On PREEMPT_RT nobody else has turned them off. */
	local_irq_save(flags);
	stats = &this_cpu_ptr(figures)->stats;
	stats->runs++;
	th_drift_record(stats, lateness_ns, 1);
	local_irq_restore(flags);
}

void th_tick_count_overruns(u64 n)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_ptr(figures)->stats.overruns += n;
	local_irq_restore(flags);
}

/* Counts where @tick was set; -1: nowhere any more. */
void th_tick_count_at(struct th_tick *tick, int cpu)
{
	if (cpu == tick->cpu)
		return;
	if (tick->cpu >= 0)
		atomic_dec(&per_cpu_ptr(figures, tick->cpu)->timers);
	if (cpu >= 0)
		atomic_inc(&per_cpu_ptr(figures, cpu)->timers);
	tick->cpu = cpu;
}

/**
 * th_tick_figures - add what the timers on a CPU did
 * @stats: of stats->cpu, which exists
 */
void th_tick_figures(struct timerheap_stats *stats)
{
	struct figures *cpu =
		per_cpu_ptr(figures, array_index_nospec(stats->cpu, nr_cpu_ids));

	th_drift_add(stats, &cpu->stats);
	stats->queues += atomic_read(&cpu->timers);
}

int th_tick_init_figures(void)
{
	int cpu;

	figures = alloc_percpu(struct figures);
	if (!figures)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		th_drift_reset(&per_cpu_ptr(figures, cpu)->stats);
	return 0;
}

void th_tick_exit_figures(void)
{
	free_percpu(figures);
}
