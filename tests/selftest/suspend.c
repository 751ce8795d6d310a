// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system is suspended and resumes: timers count the time by their clocks,
 * none is early, lost or met twice, and the suspended time is no drift.
 *
 * The emulated machine has nothing that would wake it from suspend-to-idle,
 * and its S3 ends in a reset.  So the kernel's own test modes are used, which
 * wait at a depth instead of sleeping: "platform" with tasks and devices
 * suspended, and "core" with the other CPUs offline and timekeeping stopped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "queue.h"

#define POWER "/sys/power/"
#define DEPTH_S "/sys/module/suspend/parameters/pm_test_delay"
#define SUSPENDED_S 5

/*
 * Measured by the RTC, in whole seconds, and less by how far CLOCK_REALTIME
 * was ahead of it, which the kernel makes good up to 2 s at that occasion.
 */
#define COUNTED_S (SUSPENDED_S - 1 - 2)

/* Deadlines before, during and after the suspension. */
#define SLOTS 400
#define STEP_NS (50 * NSEC_PER_MSEC)
#define PERIODIC SLOTS
#define PERIOD_NS (10 * NSEC_PER_MSEC)

/* Beyond what rounding explains; a suspension as drift is 10^7 and more. */
#define DRIFT_PPB 100000

static void restore(void)
{
	write_text(POWER "pm_test", "none");
	write_text(DEPTH_S, "5");
}

struct clock_queue {
	struct queue q;
	uint64_t start;
	uint64_t next_tick;
	uint64_t overruns;
	uint64_t last; /* after which nothing comes */
	bool over;
	bool seen[SLOTS];
};

static struct clock_queue mono, boot, real;

static void open_queue(struct clock_queue *c, clockid_t clock, int cpu)
{
	queue_open(&c->q, SLOTS + 1, 65536, cpu, clock);
	c->start = queue_now(&c->q);
	for (uint32_t i = 0; i < SLOTS; i++)
		slot_arm_kickless(&c->q, i, c->start + (i + 1) * STEP_NS, NULL);
	c->next_tick = c->start + PERIOD_NS;
	slot_config(&c->q, PERIODIC, PERIOD_NS, 0, 0);
	slot_arm_kickless(&c->q, PERIODIC, c->next_tick, NULL);
	CHECK_EQ(queue_kick(&c->q), 0);
}

static void take(struct clock_queue *c, const struct timerheap_expiry *e)
{
	CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
	CHECK_ORDER(e->fired_ns, <=, queue_now(&c->q));
	if (c->last && e->expires_ns == c->last) {
		c->over = true;
		return;
	}
	if (e->slot == PERIODIC) {
		CHECK_EQ(e->expires_ns, c->next_tick);
		c->next_tick += (e->overruns + 1) * PERIOD_NS;
		c->overruns += e->overruns;
		return;
	}
	REQUIRE(e->slot < SLOTS);
	CHECK_EQ(e->expires_ns, c->start + (e->slot + 1) * STEP_NS);
	CHECK(!c->seen[e->slot]);
	c->seen[e->slot] = true;
}

static void take_all(struct clock_queue *c)
{
	static struct timerheap_expiry records[1000];
	uint32_t n;

	while ((n = queue_reap(&c->q, records, ARRAY_SIZE(records))))
		for (uint32_t i = 0; i < n; i++)
			take(c, &records[i]);
}

/* What is due by the queue's clock, and only that, has come or is coming. */
static void check_due(struct clock_queue *c, uint64_t now)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (c->start + (i + 1) * STEP_NS <= now)
			CHECK(WAIT_UNTIL(!slot_deadline(&c->q, i)));
	take_all(c);
}

/* The rest is as good as before; most of it need not be waited for. */
static void finish(struct clock_queue *c, uint64_t now)
{
	bool pending[SLOTS] = { 0 };
	uint64_t tick;

	for (uint32_t i = 0; i < SLOTS; i++)
		if (c->start + (i + 1) * STEP_NS > now + NSEC_PER_SEC)
			pending[i] = slot_cancel(&c->q, i);
	for (uint32_t i = 0; i < SLOTS; i++)
		CHECK(WAIT_UNTIL(!slot_deadline(&c->q, i)));
	tick = slot_cancel(&c->q, PERIODIC);
	c->last = queue_now(&c->q);
	slot_config(&c->q, PERIODIC, 0, 0, 0);
	slot_arm(&c->q, PERIODIC, c->last, NULL);
	CHECK(WAIT_UNTIL((take_all(c), c->over)));
	CHECK_EQ(tick, c->next_tick);
	for (uint32_t i = 0; i < SLOTS; i++)
		CHECK_EQ(c->seen[i], !pending[i]);
}

static void *sleep_through(void *arg)
{
	struct queue *q = arg;
	uint32_t ready;

	CHECK_EQ(queue_wait(q, 1, TIMERHEAP_NEVER, &ready), 0);
	CHECK_EQ(ready, 1);
	return NULL;
}

static void need_suspend(const char *state, const char *test)
{
	if (write_text(POWER "pm_test", "%s", test))
		skip("no suspend, or no test modes of it");
	if (write_text(DEPTH_S, "%d", SUSPENDED_S))
		skip("how long to suspend cannot be set");
	if (!strcmp(state, "mem") && write_text(POWER "mem_sleep", "deep"))
		skip("nothing deeper than suspend-to-idle");
}

struct gone {
	uint64_t mono, boot;
};

/* How far each clock came meanwhile. */
static struct gone suspend(const char *state)
{
	struct gone gone = { mono_ns(), now_ns(CLOCK_BOOTTIME) };

	REQUIRE_EQ(write_text(POWER "state", "%s", state), 0);
	gone.mono = mono_ns() - gone.mono;
	gone.boot = now_ns(CLOCK_BOOTTIME) - gone.boot;
	/* They are not read at the same time. */
	if (gone.boot < gone.mono)
		gone.boot = gone.mono;
	note("%s: CLOCK_MONOTONIC went on by %llu ms, CLOCK_BOOTTIME by %llu ms",
	     state, (unsigned long long)(gone.mono / NSEC_PER_MSEC),
	     (unsigned long long)(gone.boot / NSEC_PER_MSEC));
	return gone;
}

/* The cross-check of the counter takes no notice, and goes on. */
static void check_drift(const struct timerheap_info *before)
{
	int fd = open_device();
	struct timerheap_info after;

	CHECK(WAIT_UNTIL(device_info(fd).clock_checks >=
			 before->clock_checks + 2));
	after = device_info(fd);
	CHECK(llabs(after.counter_ppb) < DRIFT_PPB);
	CHECK(llabs(after.counter_ppb_max) < DRIFT_PPB);
	CHECK_EQ(after.clock_flags, before->clock_flags);
	CHECK_EQ(after.clock_steps, before->clock_steps);
	note("counter_ppb %lld, counter_ppb_max %lld",
	     (long long)after.counter_ppb, (long long)after.counter_ppb_max);
}

static struct timerheap_info settled_info(void)
{
	int fd = open_device();

	/* The first comparison may find the counter's rate refined since. */
	CHECK(WAIT_UNTIL(device_info(fd).clock_checks >= 2));
	return device_info(fd);
}

static struct gone suspend_with_timers(const char *state, struct queue *sleeper)
{
	pthread_t thread;
	struct gone gone;

	queue_open(sleeper, 1, 0, 0, CLOCK_MONOTONIC);
	open_queue(&mono, CLOCK_MONOTONIC, other_cpu(0));
	open_queue(&boot, CLOCK_BOOTTIME, other_cpu(0));
	open_queue(&real, CLOCK_REALTIME, 0);
	thread = start_thread(sleep_through, sleeper);
	gone = suspend(state);
	slot_arm(sleeper, 0, mono_ns(), NULL);
	join_thread(thread);
	return gone;
}

static void check_timers(const struct gone *gone)
{
	struct clock_queue *all[] = { &mono, &boot, &real };
	uint64_t ticks = (gone->boot - gone->mono) / PERIOD_NS;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		uint64_t now = queue_now(&all[i]->q);

		check_due(all[i], now);
		finish(all[i], now);
	}
	/* Ticks of suspended time were missed, by the clock that counts it. */
	CHECK_ORDER(boot.overruns, >=, ticks / 2);
	note("%llu and %llu ticks missed", (unsigned long long)mono.overruns,
	     (unsigned long long)boot.overruns);
}

static void to_idle(void)
{
	struct timerheap_info before;
	struct queue sleeper;
	struct gone gone;

	need_suspend("freeze", "platform");
	before = settled_info();
	gone = suspend_with_timers("freeze", &sleeper);
	CHECK_ORDER(gone.boot, >=, SUSPENDED_S * NSEC_PER_SEC);
	/* Time goes on at that depth, and so do timers. */
	CHECK_ORDER(gone.boot - gone.mono, <, NSEC_PER_SEC);
	check_timers(&gone);
	CHECK_EQ(queue_stats(&mono.q).handovers, 0);
	check_drift(&before);
}

static void to_memory(void)
{
	struct timerheap_info before;
	struct queue sleeper;
	struct gone gone;

	need_suspend("mem", "core");
	before = settled_info();
	gone = suspend_with_timers("mem", &sleeper);
	REQUIRE(gone.boot >= gone.mono + COUNTED_S * NSEC_PER_SEC);
	check_timers(&gone);
	/* The home CPU went offline meanwhile; CPU 0 did not. */
	CHECK_EQ(queue_stats(&mono.q).handovers, 2);
	CHECK_EQ(queue_stats(&boot.q).handovers, 2);
	CHECK_EQ(queue_stats(&boot.q).cpu, boot.q.setup.cpu);
	CHECK_EQ(queue_stats(&real.q).handovers, 0);
	check_drift(&before);
}

static const struct test_case cases[] = {
	SLOW_CASE(to_idle, 150),
	SLOW_CASE(to_memory, 150),
};

TEST_MAIN_RESTORE(cases, restore)
