// SPDX-License-Identifier: GPL-2.0-only
/* CPUs: interrupts, and who keeps them out. */
#include <errno.h>
#include <string.h>

#include <linux/atomic.h>
#include <linux/irq_work.h>

#include "host/host.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

struct cpu {
	struct agent *agent; /* its interrupts */
	struct agent *masked_by; /* who has them off; NULL: nobody */
	u64 seen; /* changes of memory that the last such saw */
	call_single_data_t *calls; /* oldest first */
	struct irq_work *works;
};

static struct cpu cpus[NR_CPUS];
struct cpumask host_online[1], host_active[1];

int smp_processor_id(void)
{
	return agent_self ? agent_self->cpu : host.boot_cpu;
}

struct task_struct *host_current(void)
{
	return (struct task_struct *)agent_self;
}

bool host_is_masked(int cpu)
{
	return cpus[cpu].masked_by;
}

static bool is_unmasked(void *cpu)
{
	return !((struct cpu *)cpu)->masked_by;
}

static void move(void)
{
	struct agent *self = agent_self;
	int cpu;

	buffer_barrier(&self->buffer);
	do {
		cpu = prng_below(&world.prng, host.ncpus);
	} while (!cpumask_test_cpu(cpu, host_online));
	self->cpu = cpu;
}

void host_enter(void)
{
	if (agent_self && percent(30))
		move();
}

static void mask(struct cpu *cpu)
{
	cpu->masked_by = agent_self;
	/* What this CPU did and saw before, whoever it was. */
	history_seen(&agent_self->buffer.view, cpu->seen);
	time_masked(cpu - cpus);
}

void local_irq_disable(void)
{
	struct agent *self = agent_self;
	struct cpu *cpu;

	if (!self || self->irqs_off++)
		return;
	agent_step();
	for (;;) {
		if (!cpumask_test_cpu(self->cpu, host_online))
			move();
		cpu = &cpus[self->cpu];
		if (!cpu->masked_by)
			break;
		agent_wait(TH_NEVER, is_unmasked, cpu);
	}
	mask(cpu);
}

void local_irq_enable(void)
{
	struct agent *self = agent_self;
	struct cpu *cpu;

	if (!self || --self->irqs_off)
		return;
	buffer_barrier(&self->buffer);
	cpu = &cpus[self->cpu];
	cpu->seen = self->buffer.view.floor;
	cpu->masked_by = NULL;
	host_alarm(self->cpu);
	host_quiet();
	agent_step();
}

/* Other threads of the CPU run all the same, for whom nothing is promised. */
void preempt_disable(void)
{
	if (agent_self)
		agent_self->preempt_off++;
}

void preempt_enable(void)
{
	if (agent_self)
		agent_self->preempt_off--;
}

bool need_resched(void)
{
	agent_self->must_yield = percent(10);
	return agent_self->must_yield;
}

/* Who is scheduled away may go on elsewhere. */
void host_cond_resched(void)
{
	struct agent *self = agent_self;

	if (!self)
		return;
	if (self->preempt_off)
		oracle_fail("preempt", "somebody sleeps, and has it disabled");
	if (!self->must_yield)
		return;
	self->must_yield = false;
	agent_sleep(prng_below(&world.prng, world.plan.range_ns));
	host_enter();
}

static u64 next_interrupt(int number)
{
	const struct cpu *cpu = &cpus[number];
	u64 next = timers_next(number);

	if (cpu->works)
		return sim_clock.true_ns;
	if (cpu->calls && cpu->calls->arrives_ns < next)
		next = cpu->calls->arrives_ns;
	return next;
}

void host_alarm(int cpu)
{
	struct agent *agent = cpus[cpu].agent;

	if (agent && agent->asleep && !cpus[cpu].masked_by)
		agent->wake_ns = next_interrupt(cpu);
}

static void queue_call(int cpu, call_single_data_t *csd)
{
	call_single_data_t **end = &cpus[cpu].calls;
	u64 takes = prng_below(&world.prng, 20);

	/* The list is one of atomic operations. */
	buffer_barrier(&agent_self->buffer);
	if (percent(50)) {
		takes = prng_below(&world.prng, host.kick_ns + 1);
		fault(FAULT_LATE_KICK);
	}
	csd->arrives_ns = th_sat_add(sim_clock.true_ns, takes);
	csd->next = NULL;
	while (*end) {
		if (csd->arrives_ns < (*end)->arrives_ns)
			csd->arrives_ns = (*end)->arrives_ns;
		end = &(*end)->next;
	}
	*end = csd;
	oracle_trace("interrupt for CPU %d", cpu);
	host_alarm(cpu);
}

int smp_call_function_single_async(int cpu, call_single_data_t *csd)
{
	if (!cpumask_test_cpu(cpu, host_online))
		return -ENXIO;
	if (READ_ONCE(csd->locked))
		return -EBUSY;
	WRITE_ONCE(csd->locked, 1);
	if (cpu == smp_processor_id()) {
		smp_store_release(&csd->locked, 0);
		csd->func(csd->info);
	} else {
		queue_call(cpu, csd);
	}
	return 0;
}

static bool is_done(void *done)
{
	return *(bool *)done;
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info,
			     int wait)
{
	bool done = false;
	call_single_data_t csd = { .func = func, .info = info, .done = &done };

	(void)wait;
	if (!cpumask_test_cpu(cpu, host_online))
		return -ENXIO;
	if (cpu == smp_processor_id()) {
		local_irq_disable();
		func(info);
		local_irq_enable();
		return 0;
	}
	queue_call(cpu, &csd);
	while (!done)
		agent_wait(TH_NEVER, is_done, &done);
	return 0;
}

bool irq_work_queue(struct irq_work *work)
{
	struct cpu *cpu = &cpus[smp_processor_id()];

	if (work->queued)
		return false;
	work->queued = true;
	work->next = cpu->works;
	cpu->works = work;
	return true;
}

static bool is_idle(void *work)
{
	return !((struct irq_work *)work)->queued;
}

void irq_work_sync(struct irq_work *work)
{
	while (work->queued)
		agent_wait(TH_NEVER, is_idle, work);
}

void cpu_relax(void)
{
	if (agent_self->kicks)
		fault(FAULT_KICK_WAITS);
	/* Somebody may spin while an access takes no time. */
	agent_sleep(1 + world.plan.range_ns / 50);
}

/* In the order in which they came; @all: whether they have arrived or not. */
static void answer_calls(struct cpu *cpu, bool all)
{
	while (cpu->calls &&
	       (all || cpu->calls->arrives_ns <= sim_clock.true_ns)) {
		call_single_data_t *csd = cpu->calls;

		cpu->calls = csd->next;
		buffer_barrier(&agent_self->buffer);
		oracle_trace("interrupt from another CPU");
		if (csd->done) {
			csd->func(csd->info);
			buffer_barrier(&agent_self->buffer);
			*csd->done = true;
		} else {
			smp_call_func_t func = csd->func;
			struct th_queue *queue = csd->info;

			if (queue->cpu != smp_processor_id())
				fault(FAULT_KICK_PASSED_ON);
			/* Before the call, as in the kernel. */
			smp_store_release(&csd->locked, 0);
			func(queue);
		}
	}
}

static void do_works(struct cpu *cpu)
{
	while (cpu->works) {
		struct irq_work *work = cpu->works;

		cpu->works = work->next;
		work->func(work);
		work->queued = false;
	}
}

static bool is_due(void *arg)
{
	const struct cpu *cpu = arg;

	if (host.over)
		return true;
	return !cpu->masked_by &&
		(cpu->works ||
		 (cpu->calls && cpu->calls->arrives_ns <= sim_clock.true_ns) ||
		 timers_due(cpu - cpus));
}

static void body(void *arg)
{
	struct cpu *cpu = arg;
	int number = cpu - cpus;

	while (!host.over) {
		if (!is_due(cpu)) {
			agent_wait(cpu->masked_by ? TH_NEVER
						  : next_interrupt(number),
				   is_due, cpu);
			continue;
		}
		agent_step();
		if (host.over || !is_due(cpu))
			continue;
		agent_self->irqs_off = 1;
		mask(cpu);
		answer_calls(cpu, false);
		timers_run(number);
		do_works(cpu);
		local_irq_enable();
	}
}

static bool all_unmasked(void *unused)
{
	const struct agent *agent;
	unsigned int cpu;

	(void)unused;
	for (cpu = 0; (agent = agent_number(cpu)); cpu++)
		if (agent->preempt_off)
			return false;
	for (cpu = 0; cpu < host.ncpus; cpu++)
		if (cpus[cpu].masked_by)
			return false;
	return true;
}

/* The end of a CPU: all stand still, as in the kernel's stop_machine(). */
void host_unplug(int leaving)
{
	struct agent *self = agent_self;
	unsigned int cpu;

	while (!all_unmasked(NULL))
		agent_wait(TH_NEVER, all_unmasked, NULL);
	buffer_barrier(&self->buffer);
	for (cpu = 0; cpu < host.ncpus; cpu++) {
		cpus[cpu].masked_by = self;
		cpus[cpu].seen = self->buffer.view.floor;
	}
	self->cpu = leaving;
	self->irqs_off = 1;
	host_online->bits &= ~(1U << leaving);
	oracle_trace("CPU %d is offline", leaving);
	answer_calls(&cpus[leaving], true);
	do_works(&cpus[leaving]);
	timers_leave(leaving);
	buffer_barrier(&self->buffer);
	self->irqs_off = 0;
	for (cpu = 0; cpu < host.ncpus; cpu++) {
		cpus[cpu].seen = self->buffer.view.floor;
		cpus[cpu].masked_by = NULL;
		host_alarm(cpu);
	}
	move();
	fault(FAULT_OFFLINE);
	agent_step();
}

void host_plug(int cpu)
{
	host_online->bits |= 1U << cpu;
	oracle_trace("CPU %d is online", cpu);
	agent_self->cpu = cpu;
}

void host_cpus_start(void)
{
	static const char *const names[NR_CPUS] = { "CPU 0", "CPU 1", "CPU 2",
						    "CPU 3" };
	unsigned int cpu;

	memset(cpus, 0, sizeof(cpus));
	host_online->bits = (1U << host.ncpus) - 1;
	*host_active = *host_online;
	for (cpu = 0; cpu < host.ncpus; cpu++) {
		cpus[cpu].agent = agent_start(names[cpu], body, &cpus[cpu]);
		cpus[cpu].agent->cpu = cpu;
	}
}
