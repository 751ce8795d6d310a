// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads at full speed: some arm and cancel through the library, one
 * consumes, one is the home CPU.  ThreadSanitizer's main dish.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <linux/compiler.h>
#include <asm/barrier.h>

#include "area.h"
#include "check.h"
#include "library.h"
#include "prng.h"

#define ARMERS 3
#define SLOTS_EACH 20
#define TICKERS 4
#define NSLOTS (ARMERS * SLOTS_EACH + TICKERS)
/* Small, so that it fills up. */
#define RING 16
#define CYCLES 30000
#define RANGE_NS 200000
#define PATIENCE_NS 120000000000ULL

/* One timer; its address is the data that its events bring. */
struct timer {
	u32 slot;
	/* the arming thread */
	u64 armed;
	u64 cancelled; /* the last deadline that was */
	/* the consumer writes, the arming thread reads */
	u64 delivered; /* deadline of the last event */
	u64 events;
	/* the consumer, for periodic ones */
	u64 period;
	u64 next;
};

static struct {
	struct th_engine engine;
	struct timerheap *th;
	struct timer timers[NSLOTS];
	/* the environment */
	bool kicked;
	u64 programmed; /* home CPU alone */
	bool stop;
	const char *failure;
	unsigned int operations;
} all;

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void demand(bool ok, const char *what)
{
	if (!ok)
		WRITE_ONCE(all.failure, what);
}

u64 th_env_now(struct th_engine *engine)
{
	(void)engine;
	return now_ns();
}

void th_env_program(struct th_engine *engine, u64 when)
{
	(void)engine;
	all.programmed = when;
}

void th_env_wake(struct th_engine *engine)
{
	(void)engine;
}

u32 th_env_cpu(struct th_engine *engine)
{
	(void)engine;
	return 0;
}

/*
 * As a system call it is a barrier; but nothing here tells ThreadSanitizer of
 * an order that the memory operations themselves do not give.
 */
int timerheap__kick(struct timerheap *th)
{
	(void)th;
	smp_mb();
	WRITE_ONCE(all.kicked, true);
	return 0;
}

/* Nobody traces here. */
int timerheap__reaped(struct timerheap *th, bool kick)
{
	return kick ? timerheap__kick(th) : 0;
}

static bool is_running(void)
{
	return !READ_ONCE(all.stop) && !READ_ONCE(all.failure);
}

static void *home_cpu(void *unused)
{
	struct prng prng = { 1 };

	(void)unused;
	all.programmed = TH_NEVER;
	while (is_running()) {
		unsigned int budget = prng_range(&prng, 1, 40);

		if (!READ_ONCE(all.kicked) && now_ns() < all.programmed) {
			sched_yield();
			continue;
		}
		WRITE_ONCE(all.kicked, false);
		smp_mb();
		demand(th_engine_run(&all.engine, budget) <= budget,
		       "a run went over its budget");
		if (prng_once_in(&prng, 200) && area_flaw(&all.engine))
			demand(false, area_flaw(&all.engine));
	}
	return NULL;
}

static void consume(const struct timerheap_event *event)
{
	struct timer *timer = event->data;

	demand(event->fired_ns >= event->deadline_ns &&
		       now_ns() >= event->fired_ns,
	       "an event came early");
	demand(timer->slot == event->slot, "an event came to another slot");
	if (timer->period) {
		/* Never armed again: each tick leads to the next. */
		demand(event->deadline_ns == timer->next,
		       "a tick is off the grid, or missing");
		timer->next += (event->overruns + 1ULL) * timer->period;
	}
	WRITE_ONCE(timer->delivered, event->deadline_ns);
	WRITE_ONCE(timer->events, timer->events + 1);
}

static void *consumer(void *unused)
{
	struct timerheap_event events[8];
	struct prng prng = { 2 };

	(void)unused;
	while (is_running()) {
		int i,
			n = timerheap_reap(all.th, events,
					   prng_range(&prng, 1, 8));

		for (i = 0; i < n; i++)
			consume(&events[i]);
		if (!n || prng_once_in(&prng, 30))
			sched_yield();
	}
	return NULL;
}

static void arm(struct timer *timer, struct prng *prng)
{
	u64 deadline = now_ns() + prng_below(prng, RANGE_NS);

	if (prng_once_in(prng, 10))
		deadline -= RANGE_NS;
	/* It names the arm, and is none that must not fire. */
	while (deadline == timer->armed || deadline == timer->cancelled)
		deadline++;
	timer->armed = deadline;
	if (prng_once_in(prng, 8)) {
		timerheap_arm_deferred(all.th, timer->slot, deadline);
		timerheap_flush(all.th);
	} else {
		timerheap_arm(all.th, timer->slot, deadline);
	}
}

static void await(const struct timer *timer, u64 deadline)
{
	u64 start = now_ns();

	while (READ_ONCE(timer->delivered) != deadline && is_running()) {
		demand(now_ns() - start < PATIENCE_NS, "a timer is lost");
		sched_yield();
	}
}

static void cancel(struct timer *timer)
{
	if (timerheap_cancel(all.th, timer->slot))
		timer->cancelled = timer->armed;
	else
		await(timer, timer->armed);
}

/* Arms once or more, moves it about, and ends it one way or the other. */
static void cycle(struct timer *timer, struct prng *prng)
{
	unsigned int n = prng_range(prng, 1, 5);

	__atomic_fetch_add(&all.operations, n + 1, __ATOMIC_RELAXED);
	if (prng_once_in(prng, 4))
		timerheap_slot_config(all.th, timer->slot, 0,
				      prng_below(prng, RANGE_NS), 0);
	/* What was cancelled did not fire later, either. */
	demand(!timer->cancelled ||
		       READ_ONCE(timer->delivered) != timer->cancelled,
	       "a cancelled timer fired");
	while (n--)
		arm(timer, prng);
	if (prng_once_in(prng, 2))
		cancel(timer);
	else if (prng_once_in(prng, 4))
		await(timer, timer->armed);
}

static void *armer(void *arg)
{
	struct timer *timers = arg;
	struct prng prng = { 10 + timers[0].slot };
	u32 i;

	for (i = 0; i < CYCLES && is_running(); i++)
		cycle(&timers[prng_below(&prng, SLOTS_EACH)], &prng);
	/* None is left behind. */
	for (i = 0; i < SLOTS_EACH; i++)
		if (timers[i].armed && timers[i].armed != timers[i].cancelled)
			await(&timers[i], timers[i].armed);
	return NULL;
}

static void make(void)
{
	u32 i;

	area_make(&all.engine, NSLOTS, RING);
	all.engine.min_period_ns = 1000;
	all.th = library_make(&all.engine, false);
	for (i = 0; i < NSLOTS; i++) {
		struct timer *timer = &all.timers[i];

		timer->slot = timerheap_slot_alloc(all.th, timer);
		if (i < ARMERS * SLOTS_EACH)
			continue;
		timer->period = 50000 + 7000 * i;
		timer->next = now_ns() + 1000000;
		timerheap_slot_config(all.th, timer->slot, timer->period, 0, 0);
		timerheap_arm(all.th, timer->slot, timer->next);
	}
}

static void arm_cancel_consume(void **state)
{
	pthread_t armers[ARMERS], cpu, eater;
	u32 i;

	(void)state;
	make();
	pthread_create(&cpu, NULL, home_cpu, NULL);
	pthread_create(&eater, NULL, consumer, NULL);
	for (i = 0; i < ARMERS; i++)
		pthread_create(&armers[i], NULL, armer,
			       &all.timers[i * SLOTS_EACH]);
	for (i = 0; i < ARMERS; i++)
		pthread_join(armers[i], NULL);
	WRITE_ONCE(all.stop, true);
	pthread_join(cpu, NULL);
	pthread_join(eater, NULL);
	if (all.failure)
		fail_msg("%s", all.failure);
	assert_null(area_flaw(&all.engine));
	for (i = ARMERS * SLOTS_EACH; i < NSLOTS; i++)
		assert_true(all.timers[i].events > 10);
	assert_true(all.engine.stats.expiries > 1000);
	print_message("# %u operations, %llu expiries, %llu stalls\n",
		      all.operations, all.engine.stats.expiries,
		      all.engine.stats.stalls);
	library_free(all.th);
	area_free(&all.engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arm_cancel_consume),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
