// SPDX-License-Identifier: GPL-2.0-only
/* High-resolution timers: never early, and late as the plan has it. */
#include <linux/compiler.h>

#include "host/host.h"
#include "sat.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

#define TIMERS_AT_ONCE 12

static struct hrtimer *timers; /* those that are set */

void timers_reset(void)
{
	timers = NULL;
}

void hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*function)(struct hrtimer *timer),
		   clockid_t clockid, enum hrtimer_mode mode)
{
	*timer = (struct hrtimer){
		.function = function,
		.clockid = clockid,
		.pinned = mode == HRTIMER_MODE_ABS_PINNED_HARD,
	};
}

static void dequeue(struct hrtimer *timer)
{
	struct hrtimer **p = &timers;

	while (*p != timer)
		p = &(*p)->next;
	*p = timer->next;
	timer->queued = false;
}

/* In true time; a negative time is long over. */
static u64 due_at(const struct hrtimer *timer)
{
	u64 now = time_base(timer->clockid);
	u64 when = timer->expires < 0
		? 0
		: th_sat_add(timer->expires, timer->late_ns);

	if (when <= now)
		return sim_clock.true_ns;
	return th_sat_add(sim_clock.true_ns, when - now);
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

/* The kernel would lose its order of them. */
void hrtimer_set_expires(struct hrtimer *timer, ktime_t expires)
{
	if (timer->queued)
		oracle_fail("program", "a timer that is set is changed");
	timer->expires = expires;
}

void hrtimer_start(struct hrtimer *timer, ktime_t expires,
		   enum hrtimer_mode mode)
{
	int cpu = smp_processor_id();

	(void)mode;
	if (timer->pinned && agent_self && !agent_self->irqs_off)
		oracle_fail("owner", "a timer is set with interrupts on");
	/* Such a time is over, and its interrupt comes again and again. */
	if (expires < 0)
		oracle_fail("program", "a timer is set for %lld",
			    (long long)expires);
	if (timer->queued) {
		if (timer->pinned && timer->cpu != cpu)
			oracle_fail("owner", "CPU %d set a timer of CPU %d",
				    cpu, timer->cpu);
		dequeue(timer);
	}
	timer->expires = expires;
	timer->late_ns = draw_lateness();
	timer->cpu = cpu;
	timer->queued = true;
	timer->next = timers;
	timers = timer;
	gap_promised(timer, expires);
	oracle_trace("timer set for %lld, %llu late", (long long)expires,
		     timer->late_ns);
	host_alarm(cpu);
}

int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	if (!timer->queued)
		return 0;
	if (timer->pinned && timer->cpu != smp_processor_id())
		oracle_fail("owner", "a timer of CPU %d is cancelled elsewhere",
			    timer->cpu);
	gap_returned(timer);
	dequeue(timer);
	return 1;
}

void hrtimer_cancel(struct hrtimer *timer)
{
	while (timer->running)
		cpu_relax();
	hrtimer_try_to_cancel(timer);
}

static enum hrtimer_restart wake(struct hrtimer *timer)
{
	struct hrtimer_sleeper *sleeper =
		container_of(timer, struct hrtimer_sleeper, timer);
	struct agent *agent = (struct agent *)sleeper->task;

	sim_store(&sleeper->task, sizeof(sleeper->task), 0, SIM_RELAXED);
	buffer_barrier(&agent_self->buffer);
	if (agent->sleeping)
		agent->sleeping->woken = true;
	return HRTIMER_NORESTART;
}

void hrtimer_setup_sleeper_on_stack(struct hrtimer_sleeper *sleeper,
				    clockid_t clockid, enum hrtimer_mode mode)
{
	hrtimer_setup(&sleeper->timer, wake, clockid, mode);
	sleeper->task = host_current();
	/* It is where another was. */
	sim_forget();
}

static struct hrtimer *first(int cpu)
{
	struct hrtimer *timer, *best = NULL;
	u64 next = TH_NEVER;

	for (timer = timers; timer; timer = timer->next) {
		if (timer->cpu != cpu || due_at(timer) >= next)
			continue;
		best = timer;
		next = due_at(timer);
	}
	return best;
}

u64 timers_next(int cpu)
{
	const struct hrtimer *timer = first(cpu);

	return timer ? due_at(timer) : TH_NEVER;
}

bool timers_due(int cpu)
{
	return timers_next(cpu) <= sim_clock.true_ns;
}

/*
 * What is due on this CPU; it has its interrupts off.  As in the kernel, one
 * interrupt does not go on for ever where more is due each time.
 */
void timers_run(int cpu)
{
	unsigned int n;

	for (n = 0; n < TIMERS_AT_ONCE && timers_due(cpu); n++) {
		struct hrtimer *timer = first(cpu);
		bool restart;

		dequeue(timer);
		oracle_trace("timer for %lld", (long long)timer->expires);
		timer->running = true;
		restart = timer->function(timer) == HRTIMER_RESTART;
		timer->running = false;
		if (restart)
			hrtimer_start(timer, timer->expires, HRTIMER_MODE_ABS);
	}
}

/* The CPU goes; what is not pinned goes elsewhere. */
void timers_leave(int cpu)
{
	struct hrtimer *timer;
	int to = 0;

	while (!cpumask_test_cpu(to, host_online))
		to++;
	for (timer = timers; timer; timer = timer->next) {
		if (timer->cpu != cpu)
			continue;
		if (timer->pinned)
			oracle_fail("owner", "a timer stays on CPU %d", cpu);
		timer->cpu = to;
	}
}
