// SPDX-License-Identifier: GPL-2.0-only
/*
 * For how long kicks in a loop from another CPU hold the home CPU with
 * interrupts off, in counted time.  There one CPU runs at a time, until it
 * pauses or its next timer is due, and whoever spins without a pause keeps the
 * other from running; so the home CPU's times are its own.
 */
#include <signal.h>
#include <stdatomic.h>

#include "harness.h"
#include "queue.h"
#include "tracer.h"

#define HOME 0
#define MILLION (1 << 20)
#define QUEUES 100
#define LIMIT_US 200
#define CPUMASK "/sys/kernel/tracing/tracing_cpumask"

static atomic_bool over;

static void pause_once(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void restore(void)
{
	irqsoff_off();
	write_text(CPUMASK, "ff");
}

static void pause_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause_once();
}

/* Whoever waits for a CPU to come spins, but lets others run. */
static void bring_second(void)
{
	pid_t pauser = start_child(pause_for_ever, NULL);

	REQUIRE_EQ(set_online(1, true), 0);
	REQUIRE(!kill(pauser, SIGKILL));
	wait_child(pauser);
}

static void *work(void *unused)
{
	(void)unused;
	pin_to(HOME);
	while (!over)
		pause_once();
	return NULL;
}

static void prepare(void)
{
	if (kernel_is_slow())
		skip("most of the time is that of the kernel's checkers");
	if (cpus_online() == 1 &&
	    read_number("/sys/devices/system/cpu/cpu1/online") == 0)
		bring_second();
	need_counted_time(2);
	irqsoff_prepare();
	REQUIRE_EQ(write_text(CPUMASK, "%x", 1 << HOME), 0);
}

static void ring_none(struct queue *q)
{
	(void)q;
}

/* From the other CPU, while the home CPU is in user space. */
static void attack_for(struct queue *queues, unsigned int n, unsigned int ms,
		       void (*attack)(struct queue *), const char *what)
{
	struct timerheap_stats before = queue_stats(queues), after;
	struct irqsoff found;
	pthread_t worker;
	uint64_t end;

	over = false;
	worker = start_thread(work, NULL);
	irqsoff_start();
	end = mono_ns() + ms * NSEC_PER_MSEC;
	for (unsigned int i = 0; mono_ns() < end; i = (i + 1) % n) {
		attack(&queues[i]);
		REQUIRE_EQ(queue_kick(&queues[i]), 0);
		if (i == n - 1)
			pause_once();
	}
	found = irqsoff_stop();
	over = true;
	join_thread(worker);
	after = queue_stats(queues);
	note("%-26s %4llu us off, %llu kicks, %llu runs; %u runs in %s .. %s%s%s",
	     what, (unsigned long long)found.longest_us,
	     (unsigned long long)(after.kicks_remote - before.kicks_remote),
	     (unsigned long long)(after.runs - before.runs), found.runs,
	     found.from, found.to, found.inside[0] ? " by " : "", found.inside);
	CHECK_ORDER(after.runs, >, before.runs + 100);
	CHECK_ORDER(found.longest_us, >, 0);
	CHECK_ORDER(found.longest_us, <, LIMIT_US);
}

static void kicks(void)
{
	struct queue q;

	prepare();
	pin_to(1);
	queue_open(&q, MILLION, 256, HOME, CLOCK_MONOTONIC);
	attack_for(&q, 1, 100, ring_none, "remote kicks");
	attack_for(&q, 1, 100, queue_ring_hollow, "with hollow words");
	attack_for(&q, 1, 300, queue_ring_all, "with all doorbells");
	for (uint32_t i = 0; i < MILLION; i++)
		q.slots[i].expires_ns = (1ULL << 60) - i;
	attack_for(&q, 1, 300, queue_ring_all, "with all doorbells, armed");
	/* While the kernel comes by itself, none are sent. */
	CHECK_ORDER(queue_stats(&q).kicks_remote, >, 100);
}

/* All of their interrupts come at once. */
static void kicks_of_many(void)
{
	struct queue queues[QUEUES];

	prepare();
	pin_to(1);
	for (unsigned int i = 0; i < QUEUES; i++)
		queue_open(&queues[i], 4096, 256, HOME, CLOCK_MONOTONIC);
	attack_for(queues, QUEUES, 100, ring_none, "of 100 queues");
	attack_for(queues, QUEUES, 300, queue_ring_all,
		   "of 100, with doorbells");
}

static const struct test_case cases[] = {
	CASE(kicks),
	CASE(kicks_of_many),
};

TEST_MAIN_RESTORE(cases, restore)
