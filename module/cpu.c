// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "clock.h"
#include "compat.h"
#include "cpu.h"
#include "drift.h"
#include "params.h"

/* The budget is granted anew once in so long, spread evenly. */
#define GAP_NS	20000
/* Chunks of one kick on the home CPU; what is left comes by hrtimer. */
#define KICK_CHUNKS	64

/*
 * The budget is the CPU's, not the queue's: any number of queues together
 * hold it no longer than one.
 */
struct th_cpu {
	/* this CPU, interrupts off */
	unsigned int left;
	u64 end_ns;		/* of the last run, CLOCK_MONOTONIC */
	u64 resume_ns;		/* the last gap that was promised to a queue */
	/* under the list's lock: queues that left or were reset */
	struct timerheap_stats past;
};

static struct th_cpu __percpu *cpus;
static enum cpuhp_state hotplug_state;

/* Taken inside cpus_read_lock(); holds each queue where it is. */
static DEFINE_MUTEX(queues_lock);
static LIST_HEAD(queues);

static u64 inject_min_ns, inject_max_ns;

static struct th_queue *queue_of(struct th_engine *engine)
{
	return container_of(engine, struct th_queue, engine);
}

u64 th_env_now(struct th_engine *engine)
{
	return th_clock_now(queue_of(engine)->clockid);
}

u32 th_env_cpu(struct th_engine *engine)
{
	return smp_processor_id();
}

static u64 draw_delay(void)
{
	u64 least = READ_ONCE(inject_min_ns);
	u64 most = READ_ONCE(inject_max_ns);
	u64 range = th_sat_sub(most, least) + 1;

	return most ? least + mul_u64_u32_shr(range, get_random_u32(), 32) : 0;
}

void th_env_wake(struct th_engine *engine)
{
	struct th_queue *queue = queue_of(engine);

	/* Each batch has a delay of its own. */
	engine->delay_ns = draw_delay();
	/*
	 * Its full barrier pairs with the one between queueing to wait and
	 * th_ring_ready(): the sleeper is seen, or sees the expiries.
	 */
	if (!wq_has_sleeper(&queue->wait))
		return;
	/* A wait queue's lock may sleep on PREEMPT_RT. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		irq_work_queue(&queue->wake_work);
	else
		wake_up(&queue->wait);
}

static void wake_later(struct irq_work *work)
{
	wake_up(&container_of(work, struct th_queue, wake_work)->wait);
}

/* The CPU's next free gap, in the queue's clock; gaps are given in turn. */
static u64 next_gap(struct th_engine *engine)
{
	struct th_cpu *cpu = this_cpu_ptr(cpus);
	u64 now = ktime_get_ns();

	cpu->resume_ns = max(cpu->resume_ns, now) + GAP_NS;
	return th_sat_add(th_env_now(engine), cpu->resume_ns - now);
}

void th_env_program(struct th_engine *engine, u64 when)
{
	struct th_queue *queue = queue_of(engine);
	bool queued = queue->programmed_ns != TH_NEVER;

	if (when == TH_SOON) {
		if (queue->soon)
			return;
		queue->soon = true;
		when = next_gap(engine);
	} else {
		queue->soon = false;
		if (when == queue->programmed_ns)
			return;
	}
	queue->programmed_ns = when;
	if (when != TH_NEVER)
		hrtimer_start(&queue->timer,
			      ns_to_ktime(min_t(u64, when, KTIME_MAX)),
			      HRTIMER_MODE_ABS_PINNED_HARD);
	else if (queued)
		hrtimer_try_to_cancel(&queue->timer);
}

static void publish_clock(struct th_queue *queue, u32 generation)
{
	struct th_engine *engine = &queue->engine;
	struct timerheap_header *header = engine->header;
	u32 steps = th_clock_steps();
	u32 flags = 0;

	queue->clock_generation = generation;
	engine->stats.clock_steps += steps - queue->clock_steps;
	queue->clock_steps = steps;
	engine->delay_ns = draw_delay();
	if (!th_clock_reliable())
		flags |= TIMERHEAP_HDR_CLOCK_UNRELIABLE;
	if (READ_ONCE(inject_max_ns) || th_clock_injected_step())
		flags |= TIMERHEAP_HDR_INJECTED;
	th_engine_set_flags(engine, TIMERHEAP_HDR_CLOCK_UNRELIABLE |
			    TIMERHEAP_HDR_INJECTED, flags);
	WRITE_ONCE(header->wall_offset_ns,
		   th_clock_wall_offset(queue->clockid));
	WRITE_ONCE(header->clock_steps, steps - queue->clock_steps_at_setup);
}

/* Home CPU, interrupts off; returns what was used of the budget. */
static unsigned int run(struct th_queue *queue, unsigned int budget)
{
	/* Pairs with the release in th_clock_changed(). */
	u32 generation = atomic_read_acquire(&th_clock_generation);

	if (generation != queue->clock_generation)
		publish_clock(queue, generation);
	return th_engine_run(&queue->engine, budget);
}

static unsigned int budget(void)
{
	return max(READ_ONCE(th_budget), 1U);
}

/* What this CPU may spend now: it regains its budget evenly over a gap. */
static unsigned int grant(struct th_cpu *cpu)
{
	u64 idle_ns = ktime_get_ns() - cpu->end_ns;

	if (idle_ns >= GAP_NS)
		return budget();
	return min_t(u64, cpu->left + idle_ns * budget() / GAP_NS, budget());
}

/* Run in an interrupt: within what all queues of this CPU may spend. */
static void run_within_grant(struct th_queue *queue)
{
	struct th_cpu *cpu = this_cpu_ptr(cpus);
	unsigned int granted = grant(cpu);

	if (!granted) {
		th_env_program(&queue->engine, TH_SOON);
		return;
	}
	cpu->left = granted - run(queue, granted);
	cpu->end_ns = ktime_get_ns();
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct th_queue *queue = container_of(timer, struct th_queue, timer);

	queue->programmed_ns = TH_NEVER;
	queue->soon = false;
	run_within_grant(queue);
	return HRTIMER_NORESTART;
}

static void kicked(void *info)
{
	struct th_queue *queue = info;

	clear_bit(0, &queue->kicked);
	/* Pairs with the test_and_set_bit() in kick_remote(). */
	smp_mb__after_atomic();
	/* Else it has moved, and was run since. */
	if (READ_ONCE(queue->cpu) == smp_processor_id()) {
		queue->engine.stats.kicks_remote++;
		run_within_grant(queue);
	}
	/* Pairs with the acquire in th_cpu_detach(); the last access. */
	atomic_dec_return_release(&queue->kicks_in_flight);
}

/* An interrupt that is under way already will see what this one is for. */
static void kick_remote(struct th_queue *queue, int cpu)
{
	if (test_and_set_bit(0, &queue->kicked))
		return;
	atomic_inc(&queue->kicks_in_flight);
	if (!smp_call_function_single_async(cpu, &queue->csd))
		return;
	/* Gone offline: the queue has moved, and was run since. */
	clear_bit(0, &queue->kicked);
	atomic_dec(&queue->kicks_in_flight);
}

/* Whether this is the home CPU and there is more to do. */
static bool kick_chunk(struct th_queue *queue, bool first)
{
	unsigned long flags;
	bool more = false;
	int cpu;

	local_irq_save(flags);
	cpu = READ_ONCE(queue->cpu);
	if (cpu == smp_processor_id()) {
		queue->engine.stats.kicks_local += first;
		run(queue, budget());
		more = queue->soon;
	} else if (cpu >= 0) {
		kick_remote(queue, cpu);
	}
	local_irq_restore(flags);
	return more;
}

/**
 * th_cpu_kick - have the home CPU look at the queue
 * @queue: the queue; process context
 *
 * On the home CPU it has been looked at on return, in chunks of the budget
 * with interrupts enabled between them; elsewhere that CPU was sent an
 * interrupt.
 */
void th_cpu_kick(struct th_queue *queue)
{
	int chunk;

	/*
	 * Pairs with the barrier in start_here(): a kick that does not find
	 * the new home came early enough for the run there.
	 */
	smp_mb();
	for (chunk = 0; kick_chunk(queue, !chunk); chunk++) {
		if (chunk == KICK_CHUNKS || signal_pending(current))
			return;
		cond_resched();
	}
}

/* The figures so far belong to this CPU; queues_lock is held for it. */
static void retire_stats(struct th_queue *queue)
{
	struct timerheap_stats *stats = &queue->engine.stats;

	th_drift_add(&this_cpu_ptr(cpus)->past, stats);
	th_drift_add(&queue->earlier, stats);
	th_drift_reset(stats);
}

static void stop_here(void *info)
{
	struct th_queue *queue = info;

	hrtimer_try_to_cancel(&queue->timer);
	queue->programmed_ns = TH_NEVER;
	queue->soon = false;
	WRITE_ONCE(queue->cpu, -1);
	retire_stats(queue);
}

static void start_here(void *info)
{
	struct th_queue *queue = info;

	WRITE_ONCE(queue->engine.header->cpu, smp_processor_id());
	WRITE_ONCE(queue->cpu, smp_processor_id());
	/* Pairs with the barrier in th_cpu_kick(). */
	smp_mb();
	run_within_grant(queue);
}

static void reset_here(void *info)
{
	struct th_queue *queue = info;

	retire_stats(queue);
	th_drift_reset(&queue->earlier);
}

static void hand_over(struct th_queue *queue, int to)
{
	smp_call_function_single(queue->cpu, stop_here, queue, 1);
	queue->engine.stats.handovers++;
	smp_call_function_single(to, start_here, queue, 1);
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

static int cpu_returns(unsigned int cpu)
{
	struct th_queue *queue;

	mutex_lock(&queues_lock);
	list_for_each_entry(queue, &queues, node)
		if (queue->home == cpu && queue->cpu != cpu)
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

	hrtimer_setup(&queue->timer, tick, queue->clockid,
		      HRTIMER_MODE_ABS_PINNED_HARD);
	INIT_CSD(&queue->csd, kicked, queue);
	init_irq_work(&queue->wake_work, wake_later);
	atomic_set(&queue->kicks_in_flight, 0);
	queue->programmed_ns = TH_NEVER;
	queue->clock_steps = th_clock_steps();
	queue->clock_steps_at_setup = queue->clock_steps;
	queue->clock_generation = atomic_read(&th_clock_generation) - 1;
	th_drift_reset(&queue->earlier);

	cpus_read_lock();
	mutex_lock(&queues_lock);
	if (cpu_online(queue->home)) {
		list_add_tail(&queue->node, &queues);
		err = smp_call_function_single(queue->home, start_here, queue,
					       1);
	}
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
	smp_call_function_single(queue->cpu, stop_here, queue, 1);
	list_del(&queue->node);
	mutex_unlock(&queues_lock);
	/* Pairs with the release in kicked(). */
	while (atomic_read_acquire(&queue->kicks_in_flight))
		cpu_relax();
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
	smp_call_function_single(queue->cpu, reset_here, queue, 1);
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
	mutex_lock(&queues_lock);
	th_drift_add(stats, &per_cpu_ptr(cpus, cpu)->past);
	list_for_each_entry(queue, &queues, node) {
		if (queue->cpu != cpu)
			continue;
		th_drift_add(stats, &queue->engine.stats);
		stats->queues++;
	}
	mutex_unlock(&queues_lock);
	return 0;
}

void th_cpu_inject_delay(u64 min_ns, u64 max_ns)
{
	WRITE_ONCE(inject_min_ns, min_ns);
	WRITE_ONCE(inject_max_ns, max_ns);
	th_clock_changed();
}

void th_cpu_inject_info(struct timerheap_info *info)
{
	info->inject_min_ns = READ_ONCE(inject_min_ns);
	info->inject_max_ns = READ_ONCE(inject_max_ns);
}

int th_cpu_init(void)
{
	int cpu, state;

	cpus = alloc_percpu(struct th_cpu);
	if (!cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		th_drift_reset(&per_cpu_ptr(cpus, cpu)->past);
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "timerheap:online",
				  cpu_returns, cpu_leaves);
	if (state < 0) {
		free_percpu(cpus);
		return state;
	}
	hotplug_state = state;
	return 0;
}

void th_cpu_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	free_percpu(cpus);
}
