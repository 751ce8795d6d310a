// SPDX-License-Identifier: LGPL-2.1-or-later
/* The load on timerheap: one queue, one thread, one loop. */
#include <errno.h>
#include <inttypes.h>

#include "demo.h"

/* How long the loop sleeps at most, so that pushes spread over their round. */
#define SLICE_NS DEMO_MS
#define BATCH 256

int demo_heap_begin(struct demo_lane *lane)
{
	for (unsigned int i = 0; i < lane->ntimers; i++) {
		struct demo_timer *timer = &lane->timers[i];
		int rc = timerheap_slot_alloc(lane->queue, timer);

		if (rc < 0)
			return rc;
		timer->slot = (uint32_t)rc;
		rc = timerheap_slot_config(lane->queue, timer->slot,
					   lane->demo->period_ns, 0, 0);
		if (rc)
			return rc;
	}
	return demo_dogs_begin(lane);
}

/* One kick, if any, for all the arms since the last. */
static int flush(struct demo_lane *lane)
{
	int rc = timerheap_flush(lane->queue);

	lane->result.kicks += rc == 1;
	return rc < 0 ? rc : 0;
}

static int arm_all(struct demo_lane *lane)
{
	int rc = 0;

	for (unsigned int i = 0; i < lane->ntimers && !rc; i++) {
		rc = timerheap_arm_deferred(lane->queue, lane->timers[i].slot,
					    lane->timers[i].first_ns);
		lane->result.arms++;
	}
	if (!rc)
		rc = demo_dogs_arm(lane);
	return rc ? rc : flush(lane);
}

static void report(struct demo_lane *lane, const struct timerheap_event *event)
{
	const enum demo_kind *kind = event->data;
	uint64_t now = demo_now();

	lane->result.reaped++;
	if (event->fired_ns > now)
		demo_fail(lane->demo, DEMO_CHECK_EARLY,
			  "CPU %d, slot %u: seen %" PRIu64
			  " ns before it fired",
			  lane->cpu, event->slot, event->fired_ns - now);
	if (*kind == DEMO_WATCHDOG)
		demo_dogs_report(lane, event);
	else
		demo_grid_report(lane, event->data, event->deadline_ns,
				 event->fired_ns, now, event->overruns);
}

static int reap(struct demo_lane *lane)
{
	struct timerheap_event events[BATCH];
	int n = timerheap_reap(lane->queue, events, BATCH);

	for (int i = 0; i < n; i++)
		report(lane, &events[i]);
	return n;
}

static int wait_until(struct demo_lane *lane, uint64_t until_ns)
{
	int rc = timerheap_wait(lane->queue, 1, until_ns);

	lane->result.waits++;
	return rc < 0 && rc != -EINTR ? rc : 0;
}

static int load(struct demo_lane *lane, uint64_t end_ns)
{
	for (;;) {
		uint64_t now = demo_loop(lane);
		int rc;

		if (now >= end_ns || demo_stopped(lane))
			return 0;
		rc = demo_dogs_push(lane, now);
		if (!rc)
			rc = flush(lane);
		if (!rc)
			rc = reap(lane);
		if (!rc)
			rc = wait_until(lane, now + SLICE_NS);
		if (rc < 0)
			return rc;
	}
}

/* What is due by the end may come a little later. */
static int drain(struct demo_lane *lane)
{
	uint64_t last = demo_dogs_last(lane);
	uint64_t limit =
		(last > lane->end_ns ? last : lane->end_ns) + DEMO_GRACE_NS;

	while (!demo_grid_complete(lane) ||
	       (!demo_dogs_complete(lane) && !demo_interrupted())) {
		int rc;

		if (demo_now() >= limit)
			return 0;
		rc = wait_until(lane, demo_now() + 10 * SLICE_NS);
		if (!rc)
			rc = reap(lane);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void cancel_periodic(struct demo_lane *lane)
{
	for (unsigned int i = 0; i < lane->ntimers; i++) {
		int rc = timerheap_cancel(lane->queue, lane->timers[i].slot);

		if (rc != 1)
			demo_fail(lane->demo, DEMO_CHECK_GRID,
				  "CPU %d, timer %u: ticking, but cancel "
				  "answered %d",
				  lane->cpu, i, rc);
	}
}

/*
 * With every timer cancelled, what the kernel fired and what came out of the
 * ring or is still in there must be the same.  This finds, too, what the
 * library dropped because the timer was pushed back after it had fired.
 */
static int check_count(struct demo_lane *lane)
{
	struct timerheap_stats *kernel = &lane->result.kernel;
	int ready = timerheap_wait(lane->queue, 0, 0);
	int rc = timerheap_stats(lane->queue, kernel);

	if (ready < 0 || rc)
		return rc ? rc : ready;
	if (kernel->expiries != lane->result.reaped + (uint64_t)ready)
		demo_fail(lane->demo, DEMO_CHECK_COUNT,
			  "CPU %d: the kernel fired %" PRIu64 ", %" PRIu64
			  " were seen and %d are in the ring "
			  "(longest pause of this thread: %s)",
			  lane->cpu, (uint64_t)kernel->expiries,
			  lane->result.reaped, ready,
			  demo_time(lane->result.pause_ns).text);
	return 0;
}

void demo_heap_run(struct demo_lane *lane)
{
	struct demo *demo = lane->demo;
	uint64_t end_ns = demo->start_ns + demo->set.seconds * DEMO_SEC;
	int rc = arm_all(lane);

	if (!rc)
		rc = load(lane, end_ns);
	lane->end_ns = demo_now();
	if (!rc) {
		demo_dogs_end(lane, demo_interrupted());
		rc = drain(lane);
	}
	if (!rc) {
		cancel_periodic(lane);
		demo_grid_check(lane);
		demo_dogs_check(lane, demo_interrupted());
		rc = check_count(lane);
	}
	if (rc)
		demo_call_failed(lane, "timerheap", rc);
}
