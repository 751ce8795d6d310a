// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation fails once, in turn, while a queue's home CPU goes and comes:
 * those of the caller, and those of the CPU's own thread, which hands over.
 * Whether the CPU went or not, the queue is where it should be, and alive.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "queue.h"

#define SLOTS 100
#define CPU 1
#define FAR (1ULL << 60)

struct subject {
	struct queue q;
	int fd;
};

static int errno_of(long value)
{
	return value < 0 ? -errno : 0;
}

/* Arm, sleep, take: the queue is alive. */
static void check_works(struct queue *q)
{
	struct timerheap_expiry e;
	uint64_t deadline = queue_now(q);

	slot_arm(q, 7, deadline, NULL);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 7);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
}

static const char *const online = "/sys/devices/system/cpu/cpu1/online";

static int do_offline(void *arg)
{
	struct subject *s = arg;

	return errno_of(write(s->fd, "0", 1));
}

static int do_online(void *arg)
{
	struct subject *s = arg;

	return errno_of(write(s->fd, "1", 1));
}

/* Wherever the CPU is now, the queue is there if it can be, and alive. */
static void check_home(struct subject *s, bool here)
{
	CHECK_EQ(read_number(online), here);
	CHECK_EQ(s->q.header->cpu == CPU, here);
	check_works(&s->q);
}

static void went(void *arg, int err)
{
	check_home(arg, err);
	REQUIRE_EQ(set_online(CPU, true), 0);
	check_home(arg, true);
}

static void came(void *arg, int err)
{
	check_home(arg, !err);
	REQUIRE_EQ(set_online(CPU, false), 0);
	check_home(arg, false);
}

/* The thread that carries out what a CPU has to do as it goes and comes. */
static pid_t hotplug_thread(void)
{
	FILE *f = popen("pidof cpuhp/1", "r");
	int pid = 0;

	REQUIRE(f && fscanf(f, "%d", &pid) == 1);
	pclose(f);
	return pid;
}

static void prepare(struct subject *s)
{
	fault_need();
	other_cpu(0);
	if (set_online(CPU, false) || set_online(CPU, true))
		skip("CPU 1 cannot be taken offline");
	pin_to(0);
	queue_open(&s->q, SLOTS, 0, CPU, CLOCK_MONOTONIC);
	slot_arm(&s->q, 1, FAR, NULL);
	s->fd = open(online, O_WRONLY | O_CLOEXEC);
	REQUIRE(s->fd >= 0);
}

static void go(pid_t task)
{
	struct fault_test test = { .what = "offline",
				   .task = task,
				   .act = do_offline,
				   .check = went };
	static struct subject s;

	prepare(&s);
	fault_each(&test, &s);
	CHECK_EQ(slot_cancel(&s.q, 1), FAR);
}

static void come(pid_t task)
{
	struct fault_test test = {
		.what = "online",
		.task = task,
		.act = do_online,
		.check = came,
		.least = { 1, 0, 0 },
	};
	static struct subject s;

	prepare(&s);
	REQUIRE_EQ(set_online(CPU, false), 0);
	fault_each(&test, &s);
	CHECK_EQ(slot_cancel(&s.q, 1), FAR);
}

static void going(void)
{
	go(0);
}

static void going_in_its_thread(void)
{
	go(hotplug_thread());
}

static void coming(void)
{
	come(0);
}

static void coming_in_its_thread(void)
{
	come(hotplug_thread());
}

static void restore(void)
{
	fault_restore();
	set_online(CPU, true);
}

static const struct test_case cases[] = {
	SLOW_CASE(going, 100),
	SLOW_CASE(going_in_its_thread, 100),
	SLOW_CASE(coming, 200),
	SLOW_CASE(coming_in_its_thread, 200),
};

TEST_MAIN_RESTORE(cases, restore)
