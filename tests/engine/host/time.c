// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's clocks, and what module/clock.c is told when they are set.  True
 * time is CLOCK_MONOTONIC.
 */
#include <string.h>

#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>

#include "clock.h"
#include "cpu.h"
#include "env.h"
#include "host/host.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

static struct timekeeper keeper;
static struct notifier_block *notifier;

static struct {
	unsigned int begun, done; /* changes of what queues publish */
	/* when the CPU's interrupts went off; a change under way: not seen */
	unsigned int seen[NR_CPUS];
	bool settled[NR_CPUS];
	u64 masked_ns[NR_CPUS];
	u32 steps; /* of the wall clock, */
	u32 steps_at_setup;
	s64 injected;
	bool setting; /* nobody can read the clocks */
} changes;

static s64 offset(clockid_t clockid)
{
	switch (clockid) {
	case CLOCK_REALTIME:
		return keeper.offs_real;
	case CLOCK_BOOTTIME:
		return keeper.offs_boot;
	case CLOCK_TAI:
		return keeper.offs_tai;
	default:
		return 0;
	}
}

u64 time_base(clockid_t clockid)
{
	return sim_clock.true_ns + (u64)offset(clockid);
}

static bool is_readable(void *unused)
{
	(void)unused;
	return !changes.setting;
}

static u64 read_clock(clockid_t clockid)
{
	agent_step();
	while (changes.setting && agent_self)
		agent_wait(TH_NEVER, is_readable, NULL);
	return time_base(clockid);
}

u64 ktime_get_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

u64 ktime_get_real_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

u64 ktime_get_boottime_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

u64 ktime_get_clocktai_ns(void)
{
	return read_clock(CLOCK_TAI);
}

u64 ktime_get_raw_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void pvclock_gtod_register_notifier(struct notifier_block *nb)
{
	notifier = nb;
	nb->notifier_call(nb, true, &keeper);
}

void pvclock_gtod_unregister_notifier(struct notifier_block *nb)
{
	(void)nb;
	notifier = NULL;
}

static void follow(void)
{
	sim_clock.offset_ns = (u64)offset(host.clockid);
}

/* Until others see all that was stored, they may run as they like. */
static void become_visible(void)
{
	u64 n = prng_below(&world.prng, 40);

	while (n--)
		agent_step();
	buffer_barrier(&agent_self->buffer);
}

/* As timekeeping_update() does: told first, seen then. */
static void set(const struct timekeeper *next)
{
	unsigned int cpu;

	changes.begun++;
	changes.setting = true;
	notifier->notifier_call(notifier, true, (void *)next);
	become_visible();
	keeper = *next;
	follow();
	changes.setting = false;
	changes.done++;
	for (cpu = 0; cpu < host.ncpus; cpu++)
		host_alarm(cpu);
	agent_step();
}

/* Up to 262 us, or much less. */
static s64 draw_time(void)
{
	u64 shift = prng_range(&world.prng, 46, 60);

	return prng_next(&world.prng) >> shift;
}

static s64 draw_step(void)
{
	s64 by = draw_time();

	/* Never so far that the queue's clock would run out below. */
	if (percent(50) && by < keeper.offs_real / 2)
		return -by - 1;
	return by + 1;
}

static void step_wall(void)
{
	struct timekeeper next = keeper;
	s64 by = draw_step();

	oracle_trace("wall clock set by %lld", (long long)by);
	next.offs_real += by;
	next.offs_tai += by;
	changes.steps++;
	set(&next);
	fault(by < 0 ? FAULT_CLOCK_BACK : FAULT_CLOCK_FORWARD);
}

/* CLOCK_MONOTONIC stands still; it is no step of the wall clock. */
static void suspend(void)
{
	struct timekeeper next = keeper;
	s64 asleep = draw_time();

	oracle_trace("suspended for %lld", (long long)asleep);
	next.offs_real += asleep;
	next.offs_boot += asleep;
	next.offs_tai += asleep;
	set(&next);
	fault(FAULT_SUSPEND);
}

static void inject_step(void)
{
	s64 by = draw_step();

	oracle_trace("step of %lld injected", (long long)by);
	changes.begun++;
	changes.steps++;
	changes.injected += by;
	th_clock_inject_step(by);
	become_visible();
	changes.done++;
	th_cpu_run_all();
	fault(FAULT_INJECTED_STEP);
}

static void inject_delay(void)
{
	u64 most = percent(30) ? 0
			       : prng_below(&world.prng, world.plan.range_ns);

	oracle_trace("delays of up to %llu injected", most);
	changes.begun++;
	th_env_inject_delay(most / 2, most);
	become_visible();
	changes.done++;
	th_cpu_run_all();
	fault(FAULT_INJECTED_DELAY);
}

/* By the administrator, now and then. */
void time_act(void)
{
	u64 what = prng_below(&world.prng, 10);

	if (what < 5 && host.wall_steps)
		step_wall();
	else if (what < 6 && host.wall_steps)
		suspend();
	else if (what < 8 && host.injects)
		inject_step();
	else if (host.injects)
		inject_delay();
}

/* A run goes by no reading from before its interrupt. */
void time_read(const struct th_queue *queue, u64 now)
{
	u64 since = changes.masked_ns[smp_processor_id()];

	if (queue->clockid == CLOCK_MONOTONIC && now < since)
		oracle_fail("clock", "it was read %llu ns ago", since - now);
}

void time_masked(int cpu)
{
	changes.masked_ns[cpu] = sim_clock.true_ns;
	changes.seen[cpu] = changes.begun;
	changes.settled[cpu] = changes.begun == changes.done;
}

/* A run publishes what had changed before it. */
void time_run_ends(const struct timerheap_header *header)
{
	s64 wanted = keeper.offs_real - offset(host.clockid) + changes.injected;
	int cpu = smp_processor_id();

	if (!changes.settled[cpu] || changes.begun != changes.seen[cpu])
		return;
	if (header->clock_steps != changes.steps - changes.steps_at_setup)
		oracle_fail("clock", "%u steps are published, not %u",
			    header->clock_steps,
			    changes.steps - changes.steps_at_setup);
	if (header->wall_offset_ns != wanted)
		oracle_fail("clock", "the wall's offset is %lld, not %lld",
			    (long long)header->wall_offset_ns,
			    (long long)wanted);
}

void time_start(void)
{
	u64 start = world.plan.start_ns;

	keeper = (struct timekeeper){
		.offs_boot = prng_below(&world.prng, start),
	};
	keeper.offs_real = keeper.offs_boot + (1ULL << 60);
	keeper.offs_tai = keeper.offs_real + 37 * NSEC_PER_SEC;
	sim_clock.true_ns = start;
	sim_clock.steps_in = 0;
	follow();
	th_clock_init();
	/* As loaded anew. */
	th_clock_inject_step(-th_clock_injected_step());
	th_env_inject_delay(0, 0);
	changes.begun = 0;
	changes.done = 0;
	changes.steps = th_clock_steps();
	changes.steps_at_setup = changes.steps;
	changes.injected = 0;
	changes.setting = false;
	memset(changes.settled, 0, sizeof(changes.settled));
	memset(changes.masked_ns, 0, sizeof(changes.masked_ns));
}

void time_end(void)
{
	th_clock_exit();
}
