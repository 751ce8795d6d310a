// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the queues of a CPU may take of it together, reckoned once more: a
 * budget, which grows back evenly within a gap, and each a little of its own
 * when it took nothing for so long.  And the gaps: each queue that
 * waits has one promised, in turn.
 */
#include <string.h>

#include "host/host.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

extern char __start_host_percpu_data[], __stop_host_percpu_data[];

/* Units of the budget, times GAP_NS. */
static struct bucket {
	u64 left;
	u64 at_ns; /* it grew so far; in a pause, and will from then on */
} buckets[NR_CPUS];

/* When the run of this CPU began. */
static u64 begun_ns[NR_CPUS];

#define OWN_UNITS 4

/* When interrupts last ran the engines. */
static struct last_run {
	const struct th_engine *engine;
	u64 at_ns;
} last_runs[sizeof(host.queues) / sizeof(host.queues[0])];

static char *copies;

/* Of one CPU's, aligned as what is in it. */
static size_t copy_size(void)
{
	size_t size = __stop_host_percpu_data - __start_host_percpu_data;

	return (size + 15) / 16 * 16;
}

/* As in the kernel: a copy of all of it for each CPU. */
void *host_percpu(void *p, size_t size, int cpu)
{
	size_t at = (char *)p - __start_host_percpu_data;

	if ((char *)p < __start_host_percpu_data || at >= copy_size())
		return (char *)p + cpu * size;
	return copies + cpu * copy_size() + at;
}

void grants_reset(void)
{
	int cpu;

	free(copies);
	copies = calloc(NR_CPUS, copy_size());
	memset(buckets, 0, sizeof(buckets));
	memset(last_runs, 0, sizeof(last_runs));
	memset(begun_ns, 0, sizeof(begun_ns));
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		buckets[cpu].left = (u64)world.plan.budget * GAP_NS;
}

static struct bucket *refill(void)
{
	struct bucket *bucket = &buckets[smp_processor_id()];
	u64 most = (u64)world.plan.budget * GAP_NS;
	u64 now = sim_clock.true_ns, passed;

	if (now < bucket->at_ns)
		return bucket;
	passed = now - bucket->at_ns;
	bucket->at_ns = now;
	if (passed >= GAP_NS)
		bucket->left = most;
	else
		bucket->left += passed * world.plan.budget;
	if (bucket->left > most)
		bucket->left = most;
	return bucket;
}

static bool in_chunk(void)
{
	return agent_self && agent_self->in_chunk;
}

/* Of the engine, or else one that is free. */
static struct last_run *last_run(const struct th_engine *engine)
{
	struct last_run *run, *free = NULL;

	for (run = last_runs; run < last_runs + ARRAY_SIZE(last_runs); run++) {
		if (run->engine == engine)
			return run;
		if (!run->engine)
			free = run;
	}
	free->engine = engine;
	free->at_ns = 0;
	return free;
}

void grant_forget(const struct th_engine *engine)
{
	last_run(engine)->engine = NULL;
}

static u64 own_units(const struct th_engine *engine)
{
	const struct last_run *run = last_run(engine);

	if (run->at_ns && sim_clock.true_ns - run->at_ns < GAP_NS)
		return 0;
	return min((u64)OWN_UNITS, (u64)world.plan.budget);
}

void grant_begins(const struct th_engine *engine, unsigned int budget)
{
	const struct bucket *bucket;

	begun_ns[smp_processor_id()] = sim_clock.true_ns;
	if (in_chunk()) {
		if (budget != world.plan.budget)
			oracle_fail("grant", "a chunk has a budget of %u",
				    budget);
		return;
	}
	bucket = refill();
	if (!budget ||
	    (budget > own_units(engine) && (u64)budget * GAP_NS > bucket->left))
		oracle_fail("grant", "%u are granted, and %llu.%02llu are left",
			    budget, bucket->left / GAP_NS,
			    bucket->left % GAP_NS * 100 / GAP_NS);
}

void grant_ends(struct th_engine *engine, unsigned int budget,
		unsigned int used)
{
	u64 cost = (u64)(used + th_engine_pass_cost(engine)) * GAP_NS;
	u64 now = sim_clock.true_ns, took;
	struct bucket *bucket;

	(void)budget;
	if (in_chunk())
		return;
	last_run(engine)->at_ns = now;
	bucket = refill();
	/* Less than nothing is not owed. */
	bucket->left = cost < bucket->left ? bucket->left - cost : 0;
	/* A run that took more than a gap is paid for by a pause. */
	took = now - begun_ns[smp_processor_id()];
	if (took > GAP_NS)
		bucket->at_ns = max(bucket->at_ns, now + took - GAP_NS);
}

static struct th_queue *of_gap(const struct hrtimer *timer)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(host.queues); i++)
		if (host.queues[i] && &host.queues[i]->gap_timer == timer)
			return host.queues[i];
	return NULL;
}

static unsigned int waiting_here(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(host.queues); i++)
		if (host.queues[i] &&
		    host.queues[i]->gap_timer.cpu == smp_processor_id() &&
		    host.queues[i]->gap_timer.queued)
			n++;
	return n;
}

/* Each that waits takes one, and no more than one. */
void gap_promised(struct hrtimer *timer, u64 expires)
{
	const struct th_queue *queue = of_gap(timer);
	unsigned int waiting;

	if (!queue)
		return;
	if (queue->held)
		oracle_fail("gap", "one is promised while a kick goes on");
	waiting = waiting_here();
	if (waiting > 1)
		fault(FAULT_GAP_SHARED);
	if (expires > sim_clock.true_ns + (u64)waiting * GAP_NS)
		oracle_fail("gap", "%u wait, and it is %llu ns away", waiting,
			    expires - sim_clock.true_ns);
}

void gap_returned(struct hrtimer *timer)
{
	if (of_gap(timer))
		fault(FAULT_GAP_RETURNED);
}

/* Somebody goes on with it there, whom no other thread keeps from that. */
static bool is_held(const struct th_queue *queue)
{
	const struct agent *agent;
	unsigned int i;

	for (i = 0; (agent = agent_number(i)); i++)
		if (agent->kicks == queue && agent->preempt_off &&
		    agent->cpu == queue->cpu)
			return true;
	return false;
}

/* It has more to do, which nobody calls for. */
bool gap_is_due(const struct th_engine *engine)
{
	return !engine->next_event_ns &&
		!(engine->header_flags & TIMERHEAP_HDR_STALLED);
}

static void check(const struct th_queue *queue)
{
	int cpu = queue->cpu;

	if (cpu < 0 || host_is_masked(cpu))
		return;
	if (queue->soon != queue->gap_timer.queued ||
	    (queue->soon && queue->gap_timer.cpu != cpu))
		oracle_fail("gap", "a queue of CPU %d waits for none", cpu);
	if (queue->held && !is_held(queue))
		oracle_fail("gap", "nobody goes on with a queue of CPU %d",
			    cpu);
	if (gap_is_due(&queue->engine) && !queue->held && !queue->soon)
		oracle_fail("gap", "a queue of CPU %d has more to do", cpu);
	if ((queue->programmed_ns != TH_NEVER) != queue->timer.queued ||
	    (queue->timer.queued && queue->timer.cpu != cpu))
		oracle_fail("program", "a queue of CPU %d has no timer", cpu);
}

/* Of every queue whose CPU is not in the middle of something. */
void gaps_check(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(host.queues); i++)
		if (host.queues[i])
			check(host.queues[i]);
}
