// SPDX-License-Identifier: LGPL-2.1-or-later
/* What it costs that timers expire, and what they leave of the CPU. */
#include <stdlib.h>

#include "bench.h"
#include "meter.h"

/* Fire, deliver and consume; and how late the consumer had each of them. */
static void burst(const struct bench_run *run)
{
	struct bench_expiry expiries[BENCH_BATCH];
	uint64_t *late = bench_alloc(run->n, sizeof(*late)), due, limit;
	struct meter meter;

	run->peer->open(run->n);
	for (int warm = 1; warm >= 0; warm--) {
		uint32_t count = 0;

		meter = meter_read();
		/* Armed by then, whatever arming costs. */
		due = bench_now() + 100 * BENCH_MS +
			run->n * (bench_by_cpu_time ? 50 : 20) * BENCH_US;
		due += BENCH_MS - due % BENCH_MS;
		limit = due + 100 * BENCH_SEC;
		for (uint32_t i = 0; i < run->n; i++)
			run->peer->arm(i, due);
		run->peer->settle();
		bench_check(bench_now() < due, "burst: armed too late");
		bench_trace(!warm);
		meter_start(&meter);
		while (count < run->n && bench_now() < limit) {
			int got = run->peer->collect(expiries, BENCH_BATCH,
						     limit);
			uint64_t now = bench_now();

			while (got--)
				late[count++] = now - due;
		}
		meter_end(&meter);
		bench_trace(false);
		meter_stop(&meter);
		bench_check(count == run->n, "burst: timers are missing");
	}
	bench_cost(run, "burst", (double)meter_used_ns(&meter) / run->n);
	bench_percentiles(run, "burst_lateness", late, run->n);
	run->peer->close();
	free(late);
}

const struct bench_workload bench_burst = {
	.name = "burst",
	.what = "all due at one instant: fired, delivered, consumed",
	.run = burst,
	.most = 100000,
	.expires = true,
};

#define PERIOD (10 * BENCH_MS)

/* Where the peer has no periods, the consumer arms anew, on the grid. */
struct ticks {
	uint64_t *next;
	uint64_t seen, missed;
};

static void consume_ticks(const struct bench_run *run, struct ticks *ticks,
			  uint64_t until_ns)
{
	struct bench_expiry expiries[BENCH_BATCH];
	int got = run->peer->collect(expiries, BENCH_BATCH, until_ns);

	for (int i = 0; i < got; i++) {
		uint32_t timer = expiries[i].timer;

		ticks->seen += expiries[i].periods;
		ticks->missed += expiries[i].periods - 1;
		if (!run->peer->arm_periodic)
			run->peer->arm(timer, ticks->next[timer] += PERIOD);
	}
}

static void start_ticks(const struct bench_run *run, struct ticks *ticks,
			uint64_t spread_ns)
{
	uint64_t first = bench_now() + run->n * 5 * BENCH_US;

	for (uint32_t i = 0; i < run->n; i++) {
		ticks->next[i] = first + spread_ns / run->n * i;
		if (run->peer->arm_periodic)
			run->peer->arm_periodic(i, ticks->next[i], PERIOD);
		else
			run->peer->arm(i, ticks->next[i]);
	}
	run->peer->settle();
}

static void stop_all(const struct bench_run *run)
{
	uint32_t *timers = bench_alloc(run->n, sizeof(*timers));

	for (uint32_t i = 0; i < run->n; i++)
		timers[i] = i;
	run->peer->cancel_each(timers, run->n);
	run->peer->settle();
	free(timers);
}

static void measure_periodic(const struct bench_run *run, const char *name,
			     uint64_t spread_ns, uint32_t slack_ns)
{
	struct ticks ticks = { bench_alloc(run->n, sizeof(*ticks.next)), 0, 0 };
	uint64_t end, least;
	struct meter meter;

	run->peer->open(run->n);
	if (slack_ns)
		run->peer->set_slack(slack_ns);
	meter = meter_read();
	start_ticks(run, &ticks, spread_ns);
	meter_start(&meter);
	end = meter.start_ns + (uint64_t)(run->seconds * 1e9);
	while (bench_now() < end)
		consume_ticks(run, &ticks, end);
	meter_end(&meter);
	stop_all(run);
	meter_stop(&meter);
	bench_result(run, name, "% of a CPU", meter_percent(&meter));
	/* Some more or less at both ends. */
	least = (end - meter.start_ns) / PERIOD * run->n / 10 * 9;
	bench_check(ticks.seen >= least, "periodic: ticks are missing");
	run->peer->close();
	free(ticks.next);
}

static void periodic(const struct bench_run *run)
{
	measure_periodic(run, "periodic", 0, 0);
}

static void periodic_spread(const struct bench_run *run)
{
	measure_periodic(run, "periodic_spread", PERIOD, 0);
}

static void periodic_slack(const struct bench_run *run)
{
	if (!run->peer->set_slack)
		bench_skip("it has no slack");
	measure_periodic(run, "periodic_slack", PERIOD, BENCH_MS);
}

const struct bench_workload bench_periodic = {
	.name = "periodic",
	.what = "periods of 10 ms, in phase: CPU used",
	.run = periodic,
	.only = 1000,
	.seconds = 0.4,
	.expires = true,
};
const struct bench_workload bench_periodic_spread = {
	.name = "periodic_spread",
	.what = "the same, with phases spread evenly",
	.run = periodic_spread,
	.only = 1000,
	.seconds = 0.4,
	.expires = true,
};
const struct bench_workload bench_periodic_slack = {
	.name = "periodic_slack",
	.what = "the same, where each may be 1 ms later",
	.run = periodic_slack,
	.only = 1000,
	.seconds = 0.4,
	.expires = true,
};

/*
 * Peers that beat ten times a second; each beat moves the peer's deadline to
 * 300 ms from now.  One in a hundred falls silent for a second, expires, and
 * comes back.
 */
#define BEAT (100 * BENCH_MS)
#define SILENCE (300 * BENCH_MS)
#define STEP (5 * BENCH_MS)
#define STEPS_A_BEAT (BEAT / STEP)
#define STEPS_A_SECOND (BENCH_SEC / STEP)
/* Until all have been pushed back, which is not counted. */
#define FIRST_STEPS ((BEAT + SILENCE) / STEP + STEPS_A_BEAT)

struct beats {
	uint32_t *timers;
	uint64_t *deadlines;
};

/* What the peers say in one step. */
static void beat(const struct bench_run *run, const struct bench_peer *peer,
		 const struct beats *beats, uint32_t step)
{
	uint64_t deadline = bench_now() + SILENCE;
	uint32_t silent = 99 - step / STEPS_A_SECOND % 100, count = 0;
	/* i % 100, without the division. */
	uint32_t i = step % STEPS_A_BEAT, rest = i;

	for (; i < run->n; i += STEPS_A_BEAT) {
		if (rest != silent) {
			beats->timers[count] = i;
			beats->deadlines[count++] = deadline;
		}
		rest += STEPS_A_BEAT;
		rest = rest < 100 ? rest : rest - 100;
	}
	peer->arm_each(beats->timers, beats->deadlines, count);
	if (peer->commit)
		peer->commit();
}

static double time_of_beats(const struct bench_run *run,
			    const struct beats *beats, uint32_t steps)
{
	uint64_t start = bench_busy_ns();

	for (uint32_t step = 0; step < steps; step++)
		beat(run, &bench_nothing, beats, step);
	return (double)(bench_busy_ns() - start);
}

static uint64_t live(const struct bench_run *run, const struct beats *beats,
		     uint32_t steps)
{
	struct bench_expiry expiries[BENCH_BATCH];
	uint64_t start = bench_now(), expired = 0;

	for (uint32_t step = 0; step < steps; step++) {
		uint64_t next = start + (step + 1) * STEP;

		beat(run, run->peer, beats, step);
		while (bench_now() < next)
			expired += (uint64_t)run->peer->collect(
				expiries, BENCH_BATCH, next);
	}
	return expired;
}

/* From when all are armed; how many expired. */
static uint64_t live_for(const struct bench_run *run, const struct beats *beats,
			 uint32_t steps, struct meter *meter)
{
	uint64_t expired;

	run->peer->open(run->n);
	*meter = meter_read();
	for (uint32_t i = 0; i < run->n; i++)
		run->peer->arm(i, bench_now() + BEAT + SILENCE);
	run->peer->settle();
	meter_start(meter);
	expired = live(run, beats, steps);
	meter_end(meter);
	stop_all(run);
	meter_stop(meter);
	run->peer->close();
	return expired;
}

static void watchdogs(const struct bench_run *run)
{
	struct beats beats = {
		bench_alloc(run->n, sizeof(*beats.timers)),
		bench_alloc(run->n, sizeof(*beats.deadlines)),
	};
	uint32_t steps = (uint32_t)(run->seconds * 1e9 / STEP);
	double loop = time_of_beats(run, &beats, steps);
	double share = 100.0 / ((double)steps * STEP), used;
	struct meter first, whole;
	uint64_t expired;

	if (run->peer == &bench_nothing) {
		bench_result(run, "watchdogs", "% of a CPU", loop * share);
		return;
	}
	expired = live_for(run, &beats, FIRST_STEPS, &first);
	expired = live_for(run, &beats, FIRST_STEPS + steps, &whole) - expired;
	used = (double)meter_used_ns(&whole) - (double)meter_used_ns(&first);
	bench_result(run, "watchdogs", "% of a CPU", (used - loop) * share);
	bench_result(run, "watchdogs_expired", "timers", (double)expired);
	free(beats.timers);
	free(beats.deadlines);
}

const struct bench_workload bench_watchdogs = {
	.name = "watchdogs",
	.what = "ten beats a second each, 1% silent: CPU used",
	.run = watchdogs,
	.only = 100000,
	.seconds = 1.2,
};
