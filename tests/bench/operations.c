// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What one operation costs, with what the kernel does for it.  Deadlines and
 * the timers' order are drawn before the clock runs; what the loop over them
 * takes by itself is subtracted.
 */
#include <stdlib.h>

#include "bench.h"

/* Nothing expires while operations are measured. */
#define LATER (10000 * BENCH_SEC)
#define SPAN (1000 * BENCH_SEC)
/* Each becomes the earliest, one after the other. */
#define FIRSTS 1000

struct plan {
	uint32_t *order;
	uint64_t *deadlines;
	uint64_t state;
};

static void shuffle(struct plan *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = (uint32_t)(bench_random(&p->state) % (i + 1));

		p->order[i] = p->order[j];
		p->order[j] = i;
	}
}

/* Uniform over the span, on the peer's ticks. */
static void draw(struct plan *p, const struct bench_run *run)
{
	uint64_t tick = run->peer->tick_ns ? run->peer->tick_ns : BENCH_US;
	uint64_t first = bench_now() + LATER;

	for (uint32_t i = 0; i < run->n; i++)
		p->deadlines[i] =
			(first + bench_random(&p->state) % SPAN) / tick * tick;
}

static uint64_t time_arms(const struct bench_peer *peer, const struct plan *p,
			  uint32_t n)
{
	uint64_t start = bench_busy_ns();

	peer->arm_each(p->order, p->deadlines, n);
	peer->settle();
	return bench_busy_ns() - start;
}

static uint64_t time_cancels(const struct bench_peer *peer,
			     const struct plan *p, uint32_t n)
{
	uint64_t start = bench_busy_ns();

	peer->cancel_each(p->order, n);
	peer->settle();
	return bench_busy_ns() - start;
}

static void report(const struct bench_run *run, const char *workload,
		   uint64_t took, uint64_t loop, uint32_t count)
{
	if (run->peer == &bench_nothing)
		loop = 0;
	bench_cost(run, workload, ((double)took - (double)loop) / count);
}

static void measure_arms(const struct bench_run *run, const struct plan *p,
			 const char *workload)
{
	uint64_t took;

	bench_rest();
	took = time_arms(run->peer, p, run->n);

	report(run, workload, took, time_arms(&bench_nothing, p, run->n),
	       run->n);
}

static void measure_cancels(const struct bench_run *run, const struct plan *p)
{
	uint64_t took;

	bench_rest();
	took = time_cancels(run->peer, p, run->n);

	report(run, "cancel", took, time_cancels(&bench_nothing, p, run->n),
	       run->n);
}

/* Earlier than all before, and in force before the next. */
static uint64_t time_firsts(const struct bench_peer *peer, const struct plan *p,
			    uint32_t count)
{
	uint64_t first = bench_now() + LATER / 4, start = bench_busy_ns();

	for (uint32_t i = 0; i < count; i++) {
		peer->arm(p->order[i], first - i * BENCH_MS);
		if (peer->commit)
			peer->commit();
	}
	return bench_busy_ns() - start;
}

static void measure_firsts(const struct bench_run *run, const struct plan *p)
{
	uint32_t count = run->n < FIRSTS ? run->n : FIRSTS;
	uint64_t took;

	bench_rest();
	took = time_firsts(run->peer, p, count);

	report(run, "arm_first", took, time_firsts(&bench_nothing, p, count),
	       count);
}

/*
 * All expire once, so that the timers are idle, but all that they need has been
 * touched.
 */
static void warm_up(const struct bench_run *run)
{
	struct bench_expiry expiries[BENCH_BATCH];
	uint64_t due = bench_now() + BENCH_MS, limit = due + 100 * BENCH_SEC;
	uint32_t count = 0;

	if (!run->peer->collect)
		return;
	for (uint32_t i = 0; i < run->n; i++)
		run->peer->arm(i, due);
	run->peer->settle();
	while (count < run->n && bench_now() < limit)
		count += (uint32_t)run->peer->collect(expiries, BENCH_BATCH,
						      limit);
	bench_check(count == run->n, "not all timers expired");
}

static void operations(const struct bench_run *run)
{
	struct plan p = {
		.order = bench_alloc(run->n, sizeof(*p.order)),
		.deadlines = bench_alloc(run->n, sizeof(*p.deadlines)),
		.state = 1,
	};

	/* One more, which is the next event all the while. */
	run->peer->open(run->n + 1);
	warm_up(run);
	run->peer->arm(run->n, bench_now() + LATER / 2);
	run->peer->settle();

	shuffle(&p, run->n);
	draw(&p, run);
	measure_arms(run, &p, "arm");
	draw(&p, run);
	measure_arms(run, &p, "random_rearm");
	for (uint32_t i = 0; i < run->n; i++)
		p.deadlines[i] += 2 * SPAN;
	measure_arms(run, &p, "push_back");
	measure_firsts(run, &p);
	measure_cancels(run, &p);
	run->peer->close();
	free(p.order);
	free(p.deadlines);
}

const struct bench_workload bench_operations = {
	.name = "operations",
	.what = "arm, random_rearm, push_back, arm_first, cancel: each",
	.run = operations,
};
