// SPDX-License-Identifier: LGPL-2.1-or-later
/* What each CPU's thread has to do, drawn before the phase. */
#include <stdlib.h>

#include "demo.h"

#define PHASE_SEED 0x9e3779b97f4a7c15ULL

/* splitmix64 (Steele, Lea, Flood: Fast Splittable PRNGs, 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* Even to one part in 2^64 / @limit. */
uint64_t demo_random_below(uint64_t *state, uint64_t limit)
{
	return limit ? next_random(state) % limit : 0;
}

/* How many of @total, dealt in turn, this lane has. */
static unsigned int share(const struct demo_lane *lane, unsigned int total)
{
	unsigned int n = lane->demo->nlanes;

	return total / n + (lane->index < total % n);
}

void *demo_allocate(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size);

	if (!memory) {
		fputs("timerheap-demo: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

static void make_lane(struct demo *demo, struct demo_lane *lane,
		      unsigned int index)
{
	struct demo_dogs *dogs = &lane->dogs;

	lane->demo = demo;
	lane->index = index;
	lane->cpu = demo->cpus[index];
	lane->random = index;
	lane->end_ns = UINT64_MAX;
	lane->epoll = -1;
	lane->ntimers = share(lane, demo->set.periodic);
	lane->timers = demo_allocate(lane->ntimers, sizeof(*lane->timers));
	for (unsigned int i = 0; i < lane->ntimers; i++)
		lane->timers[i].fd = -1;
	if (demo->client == DEMO_HEAP)
		dogs->count = share(lane, demo->set.watchdogs);
	dogs->all = demo_allocate(dogs->count, sizeof(*dogs->all));
	dogs->living = demo_allocate(dogs->count, sizeof(*dogs->living));
	for (unsigned int i = 0; i < dogs->count; i++) {
		dogs->all[i].kind = DEMO_WATCHDOG;
		dogs->all[i].abandon_ns = UINT64_MAX;
	}
}

/* The same phases for each client. */
static void draw_phases(struct demo *demo)
{
	uint64_t random = PHASE_SEED;

	for (unsigned int i = 0; i < demo->set.periodic; i++) {
		struct demo_lane *lane = &demo->lanes[i % demo->nlanes];

		lane->timers[i / demo->nlanes].phase_ns =
			demo_random_below(&random, demo->period_ns);
	}
}

/* Which watchdogs are abandoned, and when: early enough to fire by the end. */
static void draw_abandoned(struct demo *demo)
{
	uint64_t window = demo->set.seconds * (DEMO_SEC - DEMO_SEC / 16) -
		demo->timeout_ns - demo->extra_ns;
	unsigned int total = demo->set.watchdogs, left = demo->set.abandon;
	uint64_t random = PHASE_SEED + 1;

	for (unsigned int i = 0; i < total && left; i++) {
		struct demo_lane *lane = &demo->lanes[i % demo->nlanes];

		if (demo_random_below(&random, total - i) >= left)
			continue;
		left--;
		lane->dogs.all[i / demo->nlanes].abandon_ns =
			demo_random_below(&random, window);
	}
}

void demo_make_lanes(struct demo *demo, struct timerheap_percpu *percpu)
{
	demo->lanes = demo_allocate(demo->nlanes, sizeof(*demo->lanes));
	for (unsigned int i = 0; i < demo->nlanes; i++) {
		make_lane(demo, &demo->lanes[i], i);
		if (percpu)
			demo->lanes[i].queue =
				timerheap_percpu_queue(percpu, i);
	}
	draw_phases(demo);
	if (demo->client == DEMO_HEAP)
		draw_abandoned(demo);
}

void demo_free_lanes(struct demo *demo)
{
	for (unsigned int i = 0; i < demo->nlanes; i++) {
		free(demo->lanes[i].timers);
		free(demo->lanes[i].dogs.all);
		free(demo->lanes[i].dogs.living);
	}
	free(demo->lanes);
	demo->lanes = NULL;
}
