// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>

#include "env.h"
#include "kick.h"

/* Chunks of one kick on the home CPU; what is left comes by hrtimer. */
#define KICK_CHUNKS	64

enum kick {
	KICK_DONE,	/* or left to an interrupt */
	KICK_MORE,	/* to do, which nobody else will */
	KICK_YIELD,	/* another task wants the CPU first */
	KICK_BUSY,	/* the other CPU has enough to take */
};

/*
 * Kicks on their way to this CPU, which takes all that have come at once.  A
 * count and no more: no order of other accesses hangs on it.
 */
static DEFINE_PER_CPU(atomic_t, on_the_way);

/*
 * Whether a run that has not come to the doorbells yet is under way anyhow.
 * The same as users ask before they kick; th_kick() has the barrier.
 */
static bool is_coming(const struct th_queue *queue)
{
	if (READ_ONCE(queue->engine.next_event_ns))
		return false;
	/* Pairs with the barrier in has_room(), between the flag and that. */
	smp_rmb();
	return !(READ_ONCE(queue->engine.header_flags) &
		 TIMERHEAP_HDR_STALLED);
}

/*
 * An interrupt that is under way already will see what this one is for.
 * Interrupts are off.  False when @most are on their way to the CPU.
 */
static bool kick_remote(struct th_queue *queue, int cpu, int most)
{
	atomic_t *kicks = per_cpu_ptr(&on_the_way, cpu);

	if (is_coming(queue))
		return true;
	if (atomic_inc_return(kicks) > most) {
		atomic_dec(kicks);
		return false;
	}
	if (test_and_set_bit(0, &queue->kicked)) {
		atomic_dec(kicks);
		return true;
	}
	atomic_inc(&queue->kicks_in_flight);
	/* The CPU was found online, and stays so while they are off here. */
	WARN_ON_ONCE(smp_call_function_single_async(cpu, &queue->csd));
	trace_timerheap_kick(&queue->engine.name, cpu, true);
	return true;
}

static void kicked(void *info)
{
	struct th_queue *queue = info;
	int cpu;

	/* The csd was unlocked before: who finds the bit clear may use it. */
	clear_bit_unlock(0, &queue->kicked);
	/* Pairs with the test_and_set_bit() in kick_remote(). */
	smp_mb__after_atomic();
	cpu = READ_ONCE(queue->cpu);
	if (cpu == smp_processor_id()) {
		queue->engine.stats.kicks_remote++;
		th_env_run_within_grant(queue);
	} else if (cpu >= 0) {
		/* It moved, and one who came since may count on this kick. */
		kick_remote(queue, cpu, INT_MAX);
	}
	atomic_dec(this_cpu_ptr(&on_the_way));
	/* Pairs with the acquire in th_kick_finish(); the last access. */
	atomic_dec_return_release(&queue->kicks_in_flight);
}

/* What is left of a chunk's work: go on with it, or leave it to an interrupt. */
static noinline enum kick goes_on(struct th_queue *queue, int chunk)
{
	bool last = chunk == KICK_CHUNKS || signal_pending(current);

	if (!last && !need_resched()) {
		/* For th_env_run(), until the next chunk has run. */
		preempt_disable();
		return KICK_MORE;
	}
	th_env_let_go(queue);
	return last ? KICK_DONE : KICK_YIELD;
}

/* The @chunk-th, from 1; in line, since most kicks are done with the first. */
static __always_inline enum kick kick_chunk(struct th_queue *queue, int chunk)
{
	enum kick result = KICK_DONE;
	unsigned long flags;
	int cpu;

	local_irq_save(flags);
	cpu = READ_ONCE(queue->cpu);
	if (cpu == smp_processor_id()) {
		queue->engine.stats.kicks_local += chunk == 1;
		if (chunk == 1)
			trace_timerheap_kick(&queue->engine.name, cpu, false);
		if (th_env_run(queue))
			result = goes_on(queue, chunk);
	} else if (cpu >= 0 && !kick_remote(queue, cpu, TH_KICKS_AT_ONCE)) {
		result = KICK_BUSY;
	}
	local_irq_restore(flags);
	return result;
}

/* Another chunk, or the first one once more; preemption as kick_chunk() has it. */
static enum kick kick_again(struct th_queue *queue, enum kick before,
			    int *chunk)
{
	enum kick result;

	if (before == KICK_BUSY)
		cpu_relax();
	else
		++*chunk;
	if (before != KICK_MORE)
		cond_resched();
	result = kick_chunk(queue, *chunk);
	if (before == KICK_MORE)
		preempt_enable();
	return result;
}

static noinline void kick_on(struct th_queue *queue, enum kick result)
{
	int chunk = 1;

	while (result != KICK_DONE)
		result = kick_again(queue, result, &chunk);
}

/**
 * th_kick - have the home CPU look at the queue
 * @queue: the queue; process context
 *
 * On the home CPU it has been looked at on return, in chunks of the budget
 * with interrupts enabled between them; elsewhere that CPU was sent an
 * interrupt, or the caller waited until it had taken some of those before.
 */
void th_kick(struct th_queue *queue)
{
	enum kick result;

	/*
	 * Pairs with the barrier in start_here(), cpu.c: a kick that does not
	 * find the new home came early enough for the run there.
	 */
	smp_mb();
	result = kick_chunk(queue, 1);
	if (unlikely(result != KICK_DONE))
		kick_on(queue, result);
}

/**
 * th_kick_init - before the first kick
 * @queue: the queue
 */
void th_kick_init(struct th_queue *queue)
{
	INIT_CSD(&queue->csd, kicked, queue);
	atomic_set(&queue->kicks_in_flight, 0);
}

/**
 * th_kick_finish - wait until no kick touches the queue any more
 * @queue: one that nobody kicks from now on
 */
void th_kick_finish(struct th_queue *queue)
{
	/* Pairs with the release in kicked(). */
	while (atomic_read_acquire(&queue->kicks_in_flight))
		cpu_relax();
}
