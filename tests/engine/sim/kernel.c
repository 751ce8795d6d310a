// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <linux/compiler.h>

#include "sat.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/kernel.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

struct kernel kernel;
const u64 kernel_faults = (1ULL << FAULT_SUSPEND) - 1;

static struct agent *home;

u64 th_env_now(struct th_engine *engine)
{
	(void)engine;
	agent_step();
	return truth_now(clock_now());
}

u32 th_env_cpu(struct th_engine *engine)
{
	(void)engine;
	return kernel.cpu;
}

static u64 draw_delay(void)
{
	return percent(50) ? prng_below(&world.prng, world.plan.delay_ns + 1)
			   : 0;
}

void th_env_wake(struct th_engine *engine)
{
	kernel.woken = true;
	engine->delay_ns = draw_delay();
}

static u64 draw_lateness(void)
{
	u64 most = world.plan.late_ns;

	if (!most || !percent(20))
		return 0;
	if (percent(10)) {
		fault(FAULT_VERY_LATE);
		return prng_range(&world.prng, 10 * most, 50 * most);
	}
	fault(FAULT_LATE);
	return prng_range(&world.prng, 1, most);
}

void th_env_program(struct th_engine *engine, u64 when)
{
	(void)engine;
	kernel.program_called = true;
	kernel.programmed_ns = when;
	oracle_trace("programmed %llu", when);
	if (when == TH_SOON) {
		/* What the timer was set to stays. */
		kernel.soon_ns = sim_clock.true_ns +
			prng_below(&world.prng, world.plan.gap_ns + 1);
		return;
	}
	kernel.soon_ns = TH_NEVER;
	kernel.timer_ns = th_sat_add(when, draw_lateness());
}

static bool is_due(void *unused)
{
	(void)unused;
	return kernel.kicked || world.finished ||
		kernel.timer_ns <= clock_now() ||
		kernel.soon_ns <= sim_clock.true_ns;
}

/* Other queues had all of the time there was. */
static void postpone(void)
{
	oracle_trace("postponed");
	th_engine_postpone(&world.engine);
	th_env_program(&world.engine, TH_SOON);
	buffer_barrier(&home->buffer);
	fault(FAULT_POSTPONED);
	if (world.engine.header->next_event_ns)
		oracle_fail("next", "a postponed run wants kicks");
}

static void run(void)
{
	unsigned int budget = world.plan.budget, used;

	/* Other queues of this CPU may have had a part. */
	if (percent(20))
		budget = prng_range(&world.prng, 1, budget);
	kernel.woken = false;
	kernel.program_called = false;
	kernel.accesses = 0;
	kernel.publications = 0;
	kernel.runs_begun++;
	truth_run_begins();
	oracle_trace("run with budget %u", budget);
	if (percent(10))
		world.engine.delay_ns = draw_delay();
	used = th_engine_run(&world.engine, budget);
	oracle_trace("run used %u", used);
	/* Going back to what was interrupted is a barrier. */
	buffer_barrier(&home->buffer);
	kernel.running = false;
	kernel.runs_ended = kernel.runs_begun;
	truth_run_ends(budget, used);
}

static void interrupt(void)
{
	kernel.kicked = false;
	kernel.running = true;
	kernel.runner = home;
	if (kernel.timer_ns <= clock_now())
		kernel.timer_ns = TH_NEVER;
	if (kernel.soon_ns <= sim_clock.true_ns)
		kernel.soon_ns = TH_NEVER;
	if (percent(world.plan.postpone_percent))
		postpone();
	else
		run();
	kernel.running = false;
	kernel.runner = NULL;
}

static void body(void *unused)
{
	(void)unused;
	while (!world.finished) {
		u64 when = clock_true_at(kernel.timer_ns);

		if (is_due(NULL)) {
			interrupt();
			agent_step();
			continue;
		}
		agent_wait(when < kernel.soon_ns ? when : kernel.soon_ns,
			   is_due, NULL);
	}
}

void kernel_start(void)
{
	kernel = (struct kernel){
		.programmed_ns = TH_NEVER,
		.timer_ns = TH_NEVER,
		.soon_ns = TH_NEVER,
		.kicked = true, /* attaching runs it once */
		.cpu = 1,
	};
	home = agent_start("kernel", body, NULL);
}

void kernel_stats(struct timerheap_stats *stats)
{
	*stats = world.engine.stats;
}

bool kernel_is_coming(void)
{
	return kernel.running || kernel.kicked || !kernel.runs_ended;
}

static bool has_run(void *target)
{
	return kernel.runs_ended >= *(u64 *)target;
}

/* TIMERHEAP_IOC_KICK; the run may be over when it returns, or under way. */
int kernel_kick(void)
{
	u64 target;

	agent_step();
	if (world.plan.error_in && !world.draining &&
	    prng_once_in(&world.prng, world.plan.error_in)) {
		oracle_trace("kick fails");
		fault(FAULT_KICK_ERROR);
		if (world.consumer_busy && agent_self == world.consumer)
			world.consumer_late = true;
		return -EIO;
	}
	buffer_barrier(&agent_self->buffer);
	oracle_trace("kick");
	if (!th_doorbell_any(&world.engine.doorbells))
		fault(FAULT_EMPTY_KICK);
	kernel.kicked = true;
	target = kernel.runs_begun + 1;
	if (percent(world.plan.sync_percent))
		agent_wait(TH_NEVER, has_run, &target);
	return 0;
}

struct sleeper {
	u32 min;
	u64 deadline_ns;
};

static bool is_over(void *arg)
{
	const struct sleeper *sleeper = arg;
	const struct th_engine *engine = &world.engine;

	return engine->ring.published - engine->header->cq_head >=
		sleeper->min ||
		clock_now() >= sleeper->deadline_ns;
}

/* TIMERHEAP_IOC_WAIT. */
int kernel_wait(u32 min, u64 deadline_ns)
{
	struct sleeper sleeper = { min, deadline_ns };
	int rc = kernel_kick();

	if (rc)
		return rc;
	kernel.waits++;
	while (!is_over(&sleeper))
		agent_wait(clock_true_at(deadline_ns), is_over, &sleeper);
	return world.engine.ring.published - world.engine.header->cq_head;
}
