// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another queue of the host, which competes for its CPU, and is made and freed
 * while the others run.  Its user arms one-shots by call and consumes; each
 * must come, and not early.
 */
#include <stdlib.h>

#include <linux/atomic.h>

#include "area.h"
#include "cpu.h"
#include "host/host.h"
#include "kick.h"
#include "sat.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

#define SLOTS 40
#define RING 16
/* So long after the last arm all have come. */
#define REST_NS 10000000000ULL

struct neighbour {
	unsigned int number;
	struct th_queue *queue;
	wait_queue_head_t wait;
	u64 armed[SLOTS]; /* deadlines yet to come; 0: none */
	unsigned int left;
};

static struct neighbour neighbours[NEIGHBOURS_MAX];

static void make(struct neighbour *neighbour)
{
	struct th_queue *queue = calloc(1, sizeof(*queue));

	area_make(&queue->engine, SLOTS, RING);
	queue->engine.min_period_ns = 1;
	queue->cpu = -1;
	queue->clockid = CLOCK_MONOTONIC;
	queue->allowed->bits = (1U << host.ncpus) - 1;
	init_waitqueue_head(&neighbour->wait);
	queue->wait = &neighbour->wait;
	neighbour->queue = queue;
	host.queues[neighbour->number + 1] = queue;
	do {
		queue->home = prng_below(&world.prng, host.ncpus);
	} while (th_cpu_attach(queue));
}

static void release(struct neighbour *neighbour)
{
	struct th_queue *queue = neighbour->queue;

	th_cpu_detach(queue);
	grant_forget(&queue->engine);
	host.queues[neighbour->number + 1] = NULL;
	host.neighbours_fired += queue->engine.ring.tail;
	area_free(&queue->engine);
	free(queue);
	sim_forget();
}

static void kick(struct neighbour *neighbour)
{
	host_enter();
	th_kick(neighbour->queue);
}

static void arm(struct neighbour *neighbour)
{
	struct timerheap_arm arm = {
		.expires_ns = sim_clock.true_ns +
			prng_range(&world.prng, 1, world.plan.range_ns),
	};
	unsigned int n = prng_range(&world.prng, 1, SLOTS);
	bool wanted = false;

	/* Many for one time, so that they take all of the budget. */
	while (n--) {
		arm.slot = prng_below(&world.prng, SLOTS);
		if (!neighbour->armed[arm.slot])
			neighbour->left++;
		neighbour->armed[arm.slot] = arm.expires_ns;
		wanted |= th_engine_arm(&neighbour->queue->engine, &arm);
	}
	if (wanted)
		kick(neighbour);
}

static void take(struct neighbour *neighbour,
		 const struct timerheap_expiry *record)
{
	u64 *armed = &neighbour->armed[record->slot];

	if (record->fired_ns < record->expires_ns)
		oracle_fail("early", "neighbour %u: for %llu, at %llu",
			    neighbour->number, record->expires_ns,
			    record->fired_ns);
	if (record->expires_ns != *armed)
		return;
	*armed = 0;
	neighbour->left--;
}

static void consume(struct neighbour *neighbour)
{
	struct th_engine *engine = &neighbour->queue->engine;
	struct timerheap_header *header = engine->header;
	u32 head = header->cq_head;
	u32 tail = smp_load_acquire(&header->cq_tail);

	if (head == tail)
		return;
	for (; head != tail; head++)
		take(neighbour, &engine->ring.entries[head & (RING - 1)]);
	smp_store_release(&header->cq_head, head);
	/* Pairs with the barrier in has_room(). */
	smp_mb();
	if (READ_ONCE(header->flags) & TIMERHEAP_HDR_STALLED)
		kick(neighbour);
}

static bool has_come(void *arg)
{
	const struct th_ring *ring = &((struct th_queue *)arg)->engine.ring;

	return ring->header->cq_tail != ring->header->cq_head;
}

static void drain(struct neighbour *neighbour)
{
	u64 end = sim_clock.true_ns + REST_NS;

	for (;;) {
		consume(neighbour);
		if (!neighbour->left)
			break;
		if (sim_clock.true_ns >= end)
			oracle_fail("lost", "neighbour %u: %u did not fire",
				    neighbour->number, neighbour->left);
		agent_wait(end, has_come, neighbour->queue);
	}
}

static void body(void *arg)
{
	struct neighbour *neighbour = arg;

	make(neighbour);
	while (world.users_left) {
		agent_sleep(prng_below(&world.prng, world.plan.range_ns));
		if (percent(70))
			arm(neighbour);
		if (percent(20))
			kick(neighbour);
		if (percent(70))
			consume(neighbour);
		if (percent(3)) {
			drain(neighbour);
			kick(neighbour);
			release(neighbour);
			fault(FAULT_QUEUE_FREED);
			make(neighbour);
		}
	}
	drain(neighbour);
	release(neighbour);
	host.neighbours_left--;
}

void neighbour_start(unsigned int number)
{
	static const char *const names[] = { "other 0", "other 1", "other 2" };

	neighbours[number] = (struct neighbour){ .number = number };
	host.neighbours_left++;
	agent_start(names[number], body, &neighbours[number]);
}
