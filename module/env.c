// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "clock.h"
#include "env.h"
#include "params.h"

/* The budget is granted anew once in so long, spread evenly. */
#define GAP_NS	20000
/* What a queue has to itself in each, whatever others have spent. */
#define OWN_UNITS	4

/*
 * The budget is the CPU's, not the queue's: any number of queues together
 * hold it hardly longer than one.
 */
struct th_grants {
	/* this CPU, interrupts off; times in CLOCK_MONOTONIC */
	unsigned int left;	/* of the budget, */
	u64 since_ns;		/* and from when on it grows again */
	unsigned int waiting;	/* queues to which a gap is promised, */
	u64 resume_ns;		/* and the last of these gaps */
};

static DEFINE_PER_CPU(struct th_grants, grants);

static u64 inject_min_ns, inject_max_ns;
static bool reaps_wanted;

static struct th_queue *queue_of(struct th_engine *engine)
{
	return container_of(engine, struct th_queue, engine);
}

/* What the caller of the run has just read, the first time. */
u64 th_env_now(struct th_engine *engine)
{
	struct th_queue *queue = queue_of(engine);
	u64 now = queue->read_ns;

	if (!now)
		return th_clock_now(queue->clockid);
	queue->read_ns = 0;
	return now;
}

u32 th_env_cpu(struct th_engine *engine)
{
	return smp_processor_id();
}

/* What INJECT has an expiry be late by now; 0: nothing. */
u64 th_env_draw_delay(struct rnd_state *random)
{
	u64 least = READ_ONCE(inject_min_ns);
	u64 most = READ_ONCE(inject_max_ns);
	u64 range = th_sat_sub(most, least) + 1;

	if (!most)
		return 0;
	return least + mul_u64_u32_shr(range, prandom_u32_state(random), 32);
}

void th_env_wake(struct th_engine *engine)
{
	struct th_queue *queue = queue_of(engine);

	/* Each batch has a delay of its own. */
	engine->delay_ns = th_env_draw_delay(&queue->random);
	/*
	 * Its full barrier pairs with the one between queueing to wait and
	 * th_ring_ready(): the sleeper is seen, or sees the expiries.
	 */
	if (!wq_has_sleeper(queue->wait))
		return;
	/* A wait queue's lock may sleep on PREEMPT_RT. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) ||
	    IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING))
		irq_work_queue(&queue->wake_work);
	else
		wake_up(queue->wait);
}

/*
 * Promise the queue the CPU's next free gap; they are given in turn, and those
 * that were not made use of count no more.  A timer of its own, since the
 * queue's clock may be set back meanwhile.
 */
static void program_soon(struct th_queue *queue)
{
	struct th_grants *cpu = this_cpu_ptr(&grants);
	u64 now;

	if (queue->soon || queue->held)
		return;
	now = ktime_get_ns();
	queue->soon = true;
	cpu->resume_ns = clamp_t(u64, cpu->resume_ns, now,
				 now + (u64)cpu->waiting * GAP_NS) + GAP_NS;
	cpu->waiting++;
	hrtimer_start(&queue->gap_timer, ns_to_ktime(cpu->resume_ns),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	trace_timerheap_program(&queue->engine.name, cpu->resume_ns, true);
}

static void gap_over(struct th_queue *queue)
{
	queue->soon = false;
	this_cpu_ptr(&grants)->waiting--;
}

/* Its own function has it started again as it returns, for less. */
static void set_timer(struct th_queue *queue, u64 when)
{
	ktime_t expires = ns_to_ktime(min_t(u64, when, KTIME_MAX));

	if (queue->timer_runs)
		hrtimer_set_expires(&queue->timer, expires);
	else
		hrtimer_start(&queue->timer, expires,
			      HRTIMER_MODE_ABS_PINNED_HARD);
}

/* Take back what th_env_program() did; home CPU, interrupts off. */
void th_env_stop(struct th_queue *queue)
{
	hrtimer_try_to_cancel(&queue->timer);
	queue->programmed_ns = TH_NEVER;
	queue->held = false;
	if (!queue->soon)
		return;
	hrtimer_try_to_cancel(&queue->gap_timer);
	gap_over(queue);
}

void th_env_program(struct th_engine *engine, u64 when)
{
	struct th_queue *queue = queue_of(engine);

	if (when == TH_SOON) {
		program_soon(queue);
		return;
	}
	queue->held = false;
	if (queue->soon) {
		hrtimer_try_to_cancel(&queue->gap_timer);
		gap_over(queue);
	}
	if (when == queue->programmed_ns)
		return;
	if (when == TH_NEVER)
		hrtimer_try_to_cancel(&queue->timer);
	else
		set_timer(queue, when);
	queue->programmed_ns = when;
	trace_timerheap_program(&engine->name, when, false);
}

/* Rare, and not to burden the others with its registers. */
static noinline void publish_clock(struct th_queue *queue, u32 generation)
{
	struct th_engine *engine = &queue->engine;
	struct timerheap_header *header = engine->header;
	u32 steps = th_clock_steps();
	u32 flags = 0;

	queue->clock_generation = generation;
	engine->stats.clock_steps += steps - queue->clock_steps;
	queue->clock_steps = steps;
	engine->delay_ns = th_env_draw_delay(&queue->random);
	if (!th_clock_reliable())
		flags |= TIMERHEAP_HDR_CLOCK_UNRELIABLE;
	if (READ_ONCE(inject_max_ns) || th_clock_injected_step())
		flags |= TIMERHEAP_HDR_INJECTED;
	if (READ_ONCE(reaps_wanted))
		flags |= TIMERHEAP_HDR_TRACED;
	th_engine_set_flags(engine, TIMERHEAP_HDR_CLOCK_UNRELIABLE |
			    TIMERHEAP_HDR_INJECTED | TIMERHEAP_HDR_TRACED,
			    flags);
	WRITE_ONCE(header->wall_offset_ns,
		   th_clock_wall_offset(queue->clockid));
	/* Pairs with the user's acquire: the offset is as of this step. */
	smp_store_release(&header->clock_steps,
			  steps - queue->clock_steps_at_setup);
}

static unsigned int run(struct th_queue *queue, unsigned int budget)
{
	/* Pairs with the release in th_clock_changed(). */
	u32 generation = atomic_read_acquire(&th_clock_generation);

	if (generation != queue->clock_generation)
		publish_clock(queue, generation);
	return th_engine_run(&queue->engine, budget);
}

/* What this CPU may spend now: it regains its budget evenly over a gap. */
static unsigned int left_of_budget(const struct th_grants *cpu, u64 now)
{
	u64 idle_ns = th_sat_sub(now, cpu->since_ns);
	unsigned int budget = READ_ONCE(th_budget);

	if (idle_ns >= GAP_NS)
		return budget;
	return min_t(u64, cpu->left + idle_ns * budget / GAP_NS, budget);
}

/* So that one who spends all there is makes nobody late who wants little. */
static unsigned int own_units(const struct th_queue *queue, u64 now)
{
	if (now - queue->ran_ns < GAP_NS)
		return 0;
	return min_t(unsigned int, OWN_UNITS, READ_ONCE(th_budget));
}

/**
 * th_env_run - run the engine with all of the budget
 * @queue: the queue; home CPU, interrupts off
 *
 * For a caller that spends its own time and enables interrupts in between.
 *
 * Return: whether there is more to do.  It is the caller's then, with
 * preemption disabled until it runs the engine again or calls th_env_let_go();
 * no interrupt comes for it.
 */
bool th_env_run(struct th_queue *queue)
{
	queue->held = true;
	run(queue, READ_ONCE(th_budget));
	return queue->held;
}

/**
 * th_env_let_go - leave to an interrupt what th_env_run() has not done
 * @queue: the queue; home CPU, interrupts still off
 */
void th_env_let_go(struct th_queue *queue)
{
	queue->held = false;
	program_soon(queue);
}

/**
 * th_env_run_within_grant - run the engine in an interrupt
 * @queue: the queue; home CPU, interrupts off
 *
 * Within what all queues of this CPU may spend together.
 */
void th_env_run_within_grant(struct th_queue *queue)
{
	struct th_grants *cpu = this_cpu_ptr(&grants);
	u64 start = ktime_get_ns(), end;
	unsigned int left = left_of_budget(cpu, start);
	unsigned int granted = max(left, own_units(queue, start));
	unsigned int used;

	if (!granted) {
		th_engine_postpone(&queue->engine);
		program_soon(queue);
		trace_timerheap_run(&queue->engine.name, 0, 0, 0, TH_SOON,
				    false, queue->engine.name.queue);
		return;
	}
	/* With doorbells to answer first it would be too old. */
	if (queue->clockid == CLOCK_MONOTONIC &&
	    !th_doorbell_any(&queue->engine.doorbells))
		queue->read_ns = start;
	used = run(queue, granted) + th_engine_pass_cost(&queue->engine);
	cpu->left = th_sat_sub(left, used);
	end = ktime_get_ns();
	queue->ran_ns = end;
	/* Queues leave the CPU as much time as they took, GAP_NS at least. */
	cpu->since_ns = max(cpu->since_ns,
			    end + th_sat_sub(end - start, GAP_NS));
}

/**
 * th_env_timer_came - th_env_run_within_grant(), as the queue's timer is due
 * @queue: the queue; home CPU, interrupts off
 *
 * Return: whether it has been set to another time.
 */
bool th_env_timer_came(struct th_queue *queue)
{
	queue->programmed_ns = TH_NEVER;
	queue->timer_runs = true;
	th_env_run_within_grant(queue);
	queue->timer_runs = false;
	return queue->programmed_ns != TH_NEVER;
}

/**
 * th_env_gap_came - th_env_run_within_grant(), in the gap that was promised
 * @queue: the queue; home CPU, interrupts off
 */
void th_env_gap_came(struct th_queue *queue)
{
	gap_over(queue);
	th_env_run_within_grant(queue);
}

void th_env_inject_delay(u64 min_ns, u64 max_ns)
{
	WRITE_ONCE(inject_min_ns, min_ns);
	WRITE_ONCE(inject_max_ns, max_ns);
	th_clock_changed();
}

/* The tracepoint itself is on only after this. */
int th_env_start_reaps(void)
{
	WRITE_ONCE(reaps_wanted, true);
	th_clock_changed();
	return 0;
}

void th_env_stop_reaps(void)
{
	WRITE_ONCE(reaps_wanted, false);
	th_clock_changed();
}

void th_env_inject_info(struct timerheap_info *info)
{
	info->inject_min_ns = READ_ONCE(inject_min_ns);
	info->inject_max_ns = READ_ONCE(inject_max_ns);
}
