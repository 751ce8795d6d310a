// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/nospec.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/smp.h>

#include "clock.h"
#include "compat.h"
#include "cpu.h"
#include "drift.h"
#include "env.h"
#include "kick.h"

/* Figures of queues that left the CPU or were reset; under queues_lock. */
static struct timerheap_stats __percpu *past;

static enum cpuhp_state hotplug_state;

/* Taken inside cpus_read_lock(); holds each queue where it is. */
static DEFINE_MUTEX(queues_lock);
static LIST_HEAD(queues);

static void wake_later(struct irq_work *work)
{
	wake_up(container_of(work, struct th_queue, wake_work)->wait);
}

static enum hrtimer_restart timer_fired(struct hrtimer *timer)
{
	struct th_queue *queue = container_of(timer, struct th_queue, timer);

	return th_env_timer_came(queue) ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static enum hrtimer_restart gap_came(struct hrtimer *timer)
{
	struct th_queue *queue = container_of(timer, struct th_queue,
					      gap_timer);

	th_env_gap_came(queue);
	return HRTIMER_NORESTART;
}

/* The figures so far belong to this CPU; queues_lock is held for it. */
static void retire_stats(struct th_queue *queue)
{
	struct timerheap_stats *stats = &queue->engine.stats;

	th_drift_add(this_cpu_ptr(past), stats);
	th_drift_add(&queue->earlier, stats);
	th_drift_reset(stats);
}

static void stop_here(void *info)
{
	struct th_queue *queue = info;

	th_env_stop(queue);
	WRITE_ONCE(queue->cpu, -1);
	retire_stats(queue);
}

static void start_here(void *info)
{
	struct th_queue *queue = info;

	WRITE_ONCE(queue->engine.header->cpu, smp_processor_id());
	WRITE_ONCE(queue->cpu, smp_processor_id());
	/* Pairs with the barrier in th_kick(). */
	smp_mb();
	th_env_run_within_grant(queue);
}

static void reset_here(void *info)
{
	struct th_queue *queue = info;

	retire_stats(queue);
	th_drift_reset(&queue->earlier);
}

static void run_here(void *info)
{
	th_env_run_within_grant(info);
}

/* Under queues_lock the queue's CPU cannot leave. */
static void call_home(struct th_queue *queue, smp_call_func_t func)
{
	WARN_ON_ONCE(smp_call_function_single(queue->cpu, func, queue, 1));
}

static void hand_over(struct th_queue *queue, int to)
{
	int from = queue->cpu;

	call_home(queue, stop_here);
	queue->engine.stats.handovers++;
	trace_timerheap_handover(&queue->engine.name, from, to);
	WARN_ON_ONCE(smp_call_function_single(to, start_here, queue, 1));
}

/* One that the owner may use, if there is one. */
static int refuge(const struct th_queue *queue, int leaving)
{
	int cpu;

	for_each_cpu_and(cpu, queue->allowed, cpu_active_mask)
		if (cpu != leaving)
			return cpu;
	for_each_cpu(cpu, cpu_active_mask)
		if (cpu != leaving)
			break;
	return cpu;
}

static int cpu_leaves(unsigned int cpu)
{
	struct th_queue *queue;

	mutex_lock(&queues_lock);
	list_for_each_entry(queue, &queues, node)
		if (queue->cpu == cpu)
			hand_over(queue, refuge(queue, cpu));
	mutex_unlock(&queues_lock);
	return 0;
}

/* It was made for this CPU, or is where it should not be. */
static bool prefers(const struct th_queue *queue, int cpu)
{
	if (queue->cpu == cpu)
		return false;
	return queue->home == cpu ||
		(cpumask_test_cpu(cpu, queue->allowed) &&
		 !cpumask_test_cpu(queue->cpu, queue->allowed));
}

static int cpu_returns(unsigned int cpu)
{
	struct th_queue *queue;

	mutex_lock(&queues_lock);
	list_for_each_entry(queue, &queues, node)
		if (prefers(queue, cpu))
			hand_over(queue, cpu);
	mutex_unlock(&queues_lock);
	return 0;
}

/**
 * th_cpu_attach - give a new queue to its home CPU
 * @queue: as th_queue_create() made it
 *
 * Return: 0; -EINVAL: that CPU does not exist or is offline.
 */
int th_cpu_attach(struct th_queue *queue)
{
	int err = -EINVAL;

	hrtimer_setup(&queue->timer, timer_fired, queue->clockid,
		      HRTIMER_MODE_ABS_PINNED_HARD);
	hrtimer_setup(&queue->gap_timer, gap_came, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_PINNED_HARD);
	th_kick_init(queue);
	init_irq_work(&queue->wake_work, wake_later);
	queue->programmed_ns = TH_NEVER;
	queue->clock_steps = th_clock_steps();
	queue->clock_steps_at_setup = queue->clock_steps;
	queue->clock_generation = atomic_read(&th_clock_generation) - 1;
	prandom_seed_state(&queue->random, get_random_u64());
	th_drift_reset(&queue->earlier);

	cpus_read_lock();
	mutex_lock(&queues_lock);
	/* Active, since one that is only online may have left already. */
	if (cpu_active(queue->home))
		err = smp_call_function_single(queue->home, start_here, queue,
					       1);
	if (!err)
		list_add_tail(&queue->node, &queues);
	mutex_unlock(&queues_lock);
	cpus_read_unlock();
	return err;
}

/**
 * th_cpu_detach - take a queue from its CPU for good
 * @queue: one that nobody can kick any more
 */
void th_cpu_detach(struct th_queue *queue)
{
	mutex_lock(&queues_lock);
	call_home(queue, stop_here);
	list_del(&queue->node);
	mutex_unlock(&queues_lock);
	th_kick_finish(queue);
	irq_work_sync(&queue->wake_work);
}

void th_cpu_queue_stats(struct th_queue *queue, struct timerheap_stats *stats)
{
	th_drift_reset(stats);
	mutex_lock(&queues_lock);
	th_drift_add(stats, &queue->earlier);
	th_drift_add(stats, &queue->engine.stats);
	stats->cpu = queue->cpu;
	stats->queues = 1;
	mutex_unlock(&queues_lock);
}

void th_cpu_reset_stats(struct th_queue *queue)
{
	mutex_lock(&queues_lock);
	call_home(queue, reset_here);
	mutex_unlock(&queues_lock);
}

/**
 * th_cpu_run_all - have every queue look at its environment anew
 */
void th_cpu_run_all(void)
{
	struct th_queue *queue;

	mutex_lock(&queues_lock);
	list_for_each_entry(queue, &queues, node)
		call_home(queue, run_here);
	mutex_unlock(&queues_lock);
}

/**
 * th_cpu_stats - the figures of all queues on a CPU since load
 * @cpu: the CPU
 * @stats: where to
 *
 * Return: 0; -EINVAL: no such CPU.
 */
int th_cpu_stats(int cpu, struct timerheap_stats *stats)
{
	struct th_queue *queue;

	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	th_drift_reset(stats);
	stats->cpu = cpu;
	cpu = array_index_nospec(cpu, nr_cpu_ids);
	mutex_lock(&queues_lock);
	th_drift_add(stats, per_cpu_ptr(past, cpu));
	list_for_each_entry(queue, &queues, node) {
		if (queue->cpu != cpu)
			continue;
		th_drift_add(stats, &queue->engine.stats);
		stats->queues++;
	}
	mutex_unlock(&queues_lock);
	return 0;
}

int th_cpu_init(void)
{
	int cpu, state;

	past = alloc_percpu(struct timerheap_stats);
	if (!past)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		th_drift_reset(per_cpu_ptr(past, cpu));
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "timerheap:online",
				  cpu_returns, cpu_leaves);
	if (state < 0) {
		free_percpu(past);
		return state;
	}
	hotplug_state = state;
	return 0;
}

void th_cpu_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	free_percpu(past);
}
