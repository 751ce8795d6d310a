// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's side, with the module's own environment.  The calls between
 * its files and to the engine are watched by the linker's --wrap.
 */
#include <errno.h>
#include <string.h>

#include <linux/uio.h>

#include "area.h"
#include "cpu.h"
#include "drift.h"
#include "env.h"
#include "host/host.h"
#include "internal.h"
#include "kick.h"
#include "params.h"
#include "reader.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/kernel.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

_Static_assert(offsetof(struct th_queue, engine) == 0,
	       "the world's engine is its queue's");

struct kernel kernel;
struct host host;
const u64 kernel_faults = (1ULL << FAULTS) - 1;

unsigned int th_budget;
bool host_preempt_rt;
bool th_require_reliable_tsc;

static struct th_queue *queue_of(struct th_engine *engine)
{
	return container_of(engine, struct th_queue, engine);
}

static bool is_main(const struct th_engine *engine)
{
	return engine == &world.engine;
}

u64 __real_th_env_now(struct th_engine *engine);
u64 __wrap_th_env_now(struct th_engine *engine);
u64 __wrap_th_env_now(struct th_engine *engine)
{
	u64 now = __real_th_env_now(engine);

	time_read(queue_of(engine), now);
	return is_main(engine) ? truth_now(now) : now;
}

void __real_th_env_wake(struct th_engine *engine);
void __wrap_th_env_wake(struct th_engine *engine);
void __wrap_th_env_wake(struct th_engine *engine)
{
	if (is_main(engine))
		kernel.woken = true;
	__real_th_env_wake(engine);
}

void __real_th_env_program(struct th_engine *engine, u64 when);
void __wrap_th_env_program(struct th_engine *engine, u64 when);
void __wrap_th_env_program(struct th_engine *engine, u64 when)
{
	if (is_main(engine)) {
		kernel.program_called = true;
		kernel.programmed_ns = when;
		oracle_trace("programmed %llu", when);
	}
	__real_th_env_program(engine, when);
}

void __real_th_engine_postpone(struct th_engine *engine);
void __wrap_th_engine_postpone(struct th_engine *engine);
void __wrap_th_engine_postpone(struct th_engine *engine)
{
	fault(FAULT_POSTPONED);
	oracle_trace("postponed");
	__real_th_engine_postpone(engine);
	if (is_main(engine))
		kernel.programmed_ns = TH_SOON;
}

bool __real_th_env_run(struct th_queue *queue);
bool __wrap_th_env_run(struct th_queue *queue);
bool __wrap_th_env_run(struct th_queue *queue)
{
	bool more;

	agent_self->in_chunk = true;
	more = __real_th_env_run(queue);
	agent_self->in_chunk = false;
	buffer_barrier(&agent_self->buffer);
	if (more ? !!queue->engine.next_event_ns : gap_is_due(&queue->engine))
		oracle_fail("kick", "%s more to do", more ? "no" : "it has");
	if (more)
		fault(FAULT_CHUNKS);
	return more;
}

void __real_th_kick(struct th_queue *queue);
void __wrap_th_kick(struct th_queue *queue);
void __wrap_th_kick(struct th_queue *queue)
{
	bool own = queue == &world.queue;

	oracle_trace("kick%s", own ? "" : " of a neighbour");
	host.kicking += own;
	agent_self->kicks = queue;
	__real_th_kick(queue);
	agent_self->kicks = NULL;
	if (agent_self->preempt_off)
		oracle_fail("preempt", "a kick leaves it disabled");
	host.kicking -= own;
}

void __real_th_env_stop(struct th_queue *queue);
void __wrap_th_env_stop(struct th_queue *queue);
void __wrap_th_env_stop(struct th_queue *queue)
{
	if (queue == &world.queue && !host.leaving) {
		host.stops++;
		fault(FAULT_HANDOVER);
		if (queue->kicked)
			fault(FAULT_KICK_ON_THE_WAY);
	}
	__real_th_env_stop(queue);
}

/* Who may run the engine, and where. */
static void check_home(const struct th_queue *queue)
{
	int cpu = smp_processor_id();

	if (agent_self && !agent_self->irqs_off)
		oracle_fail("owner", "the engine runs with interrupts on");
	if (agent_self && !cpumask_test_cpu(cpu, host_online))
		oracle_fail("owner", "the engine runs on CPU %d, offline", cpu);
	if (queue->timer.queued && queue->timer.cpu != cpu)
		oracle_fail("owner", "CPU %d runs it, CPU %d has its timer",
			    cpu, queue->timer.cpu);
}

unsigned int __real_th_engine_run(struct th_engine *engine,
				  unsigned int budget);
unsigned int __wrap_th_engine_run(struct th_engine *engine,
				  unsigned int budget);

static unsigned int run_main(struct th_engine *engine, unsigned int budget)
{
	unsigned int used;

	if (kernel.running)
		oracle_fail("owner", "two CPUs run the engine");
	kernel.running = true;
	kernel.runner = agent_self;
	kernel.cpu = smp_processor_id();
	kernel.woken = false;
	kernel.program_called = false;
	kernel.accesses = 0;
	kernel.publications = 0;
	kernel.runs_begun++;
	truth_run_begins();
	oracle_trace("run with budget %u", budget);
	used = __real_th_engine_run(engine, budget);
	oracle_trace("run used %u", used);
	if (agent_self)
		buffer_barrier(&agent_self->buffer);
	kernel.running = false;
	kernel.runner = NULL;
	kernel.runs_ended = kernel.runs_begun;
	truth_run_ends(budget, used);
	time_run_ends(engine->header);
	return used;
}

/* By a hypervisor, or the firmware. */
static void steal_time(void)
{
	if (!world.plan.late_ns || !percent(3))
		return;
	fault(FAULT_STOLEN);
	clock_jump(sim_clock.true_ns + prng_range(&world.prng, 1, 10 * GAP_NS));
}

unsigned int __wrap_th_engine_run(struct th_engine *engine, unsigned int budget)
{
	unsigned int used;

	check_home(queue_of(engine));
	grant_begins(engine, budget);
	steal_time();
	if (is_main(engine))
		used = run_main(engine, budget);
	else
		used = __real_th_engine_run(engine, budget);
	grant_ends(engine, budget, used);
	return used;
}

bool kernel_is_coming(void)
{
	int cpu = world.queue.cpu;

	return kernel.running || host.kicking || cpu < 0 ||
		host_is_masked(cpu) || !kernel.runs_ended ||
		world.queue.kicks_in_flight.counter ||
		world.queue.wake_work.queued;
}

/* A sleeper who has what it waits for is woken. */
void host_check_sleeper(void)
{
	const struct th_ring *ring = &world.engine.ring;

	if (!host.sleeper || host.sleeper->woken || kernel_is_coming())
		return;
	if (ring->published - ring->header->cq_head >= host.wanted)
		oracle_fail("wake", "somebody sleeps, and has %u records",
			    host.wanted);
}

/* Whenever a CPU is through with an interrupt. */
void host_quiet(void)
{
	gaps_check();
	truth_quiet();
	host_check_sleeper();
}

static void draw_plan(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME,
					    CLOCK_REALTIME, CLOCK_TAI };

	host.ncpus = prng_range(&world.prng, 1, NR_CPUS);
	host.clockid = percent(40) ? CLOCK_REALTIME
				   : clocks[prng_below(&world.prng, 4)];
	host.hotplug = host.ncpus > 1 && percent(70);
	host.wall_steps = percent(50);
	host.injects = percent(30);
	host.kick_ns = prng_below(&world.prng, 4 * world.plan.range_ns);
	host.neighbours = prng_below(&world.prng, NEIGHBOURS_MAX + 1);
	host.boot_cpu = prng_below(&world.prng, host.ncpus);
	host_preempt_rt = percent(30);
	th_budget = world.plan.budget;
	if (world.plan.start_ns > 1ULL << 60)
		world.plan.start_ns = 1ULL << 60;
	/* Its clock moves against true time. */
	world.plan.clock_steps_in = host.wall_steps &&
		host.clockid != CLOCK_MONOTONIC;
}

static void make_queue(void)
{
	struct th_queue *queue = &world.queue;

	queue->cpu = -1;
	queue->home = host.boot_cpu;
	queue->clockid = host.clockid;
	queue->allowed->bits = 1U << queue->home |
		prng_below(&world.prng, 1U << host.ncpus);
	queue->setup.nslots = world.engine.nslots;
	queue->setup.ring_entries = world.engine.ring.mask + 1;
	init_waitqueue_head(&host.wait);
	queue->wait = &host.wait;
	mutex_init(&queue->read_lock);
	host.queues[0] = queue;
}

/* The figures of all CPUs are those of all queues. */
static void check_cpus(void)
{
	struct timerheap_stats stats;
	u64 expiries = 0;
	int cpu;

	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		if (th_cpu_stats(cpu, &stats))
			oracle_fail("stats", "CPU %d has none", cpu);
		expiries += stats.expiries;
	}
	if (expiries != truth_fired() + host.neighbours_fired)
		oracle_fail("stats", "%llu expiries on all CPUs, not %llu",
			    expiries, truth_fired() + host.neighbours_fired);
	kernel_stats(&stats);
	if (stats.handovers != host.stops)
		oracle_fail("stats", "%llu hand-overs, not %llu",
			    stats.handovers, host.stops);
}

static bool is_finished(void *unused)
{
	(void)unused;
	return world.finished && !host.neighbours_left && !host.plugging;
}

/* The administrator; in the end the one who unloads the module. */
static void administrate(void *unused)
{
	(void)unused;
	while (world.users_left) {
		agent_sleep(prng_below(&world.prng, 2 * world.plan.range_ns));
		if (percent(30))
			kernel_kick();
		else
			time_act();
	}
	while (!is_finished(NULL))
		agent_wait(TH_NEVER, is_finished, NULL);
	if (world.queue.cpu != world.queue.home)
		oracle_fail("home", "all CPUs are back, and the queue is not");
	host.leaving = true;
	th_cpu_detach(&world.queue);
	check_cpus();
	th_cpu_exit();
	time_end();
	host.over = true;
}

void kernel_start(void)
{
	unsigned int i;

	kernel = (struct kernel){ .programmed_ns = TH_NEVER };
	memset(&host, 0, sizeof(host));
	draw_plan();
	grants_reset();
	timers_reset();
	time_start();
	host_cpus_start();
	make_queue();
	th_cpu_init();
	if (th_cpu_attach(&world.queue))
		oracle_fail("attach", "no CPU takes the queue");
	if (host.hotplug)
		hotplug_start();
	for (i = 0; i < host.neighbours; i++)
		neighbour_start(i);
	agent_start("admin", administrate, NULL);
	oracle_trace("%u CPUs, clock %d, %u neighbours%s%s%s%s", host.ncpus,
		     host.clockid, host.neighbours,
		     host.hotplug ? ", hotplug" : "",
		     host.wall_steps ? ", clock steps" : "",
		     host.injects ? ", injection" : "",
		     host_preempt_rt ? ", RT" : "");
}

void kernel_stats(struct timerheap_stats *stats)
{
	th_cpu_queue_stats(&world.queue, stats);
}

/* A call that may fail before it begins, as the library must expect. */
static bool fails(void)
{
	if (!world.plan.error_in || world.draining ||
	    !prng_once_in(&world.prng, world.plan.error_in))
		return false;
	oracle_trace("kick fails");
	fault(FAULT_KICK_ERROR);
	if (world.consumer_busy && agent_self == world.consumer)
		world.consumer_late = true;
	return true;
}

static void enter(void)
{
	if (!th_doorbell_any(&world.engine.doorbells))
		fault(FAULT_EMPTY_KICK);
	host_enter();
}

/* TIMERHEAP_IOC_KICK. */
int kernel_kick(void)
{
	agent_step();
	if (fails())
		return -EIO;
	enter();
	th_kick(&world.queue);
	return 0;
}

/* TIMERHEAP_IOC_WAIT. */
int kernel_wait(u32 min, u64 deadline_ns)
{
	struct timerheap_wait wait = {
		.size = sizeof(wait),
		.min_expiries = min,
		.deadline_ns = deadline_ns,
	};
	int err;

	agent_step();
	if (fails())
		return -EIO;
	enter();
	host.wanted = min;
	kernel.waits++;
	/* A signal's handler that lets the call go on. */
	do
		err = th_reader_wait(&world.queue, &wait);
	while (err == -ERESTARTSYS);
	return err ? err : (int)wait.ready;
}
