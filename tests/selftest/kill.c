// SPDX-License-Identifier: GPL-2.0-only
/* kill -9 with a hundred thousand timers armed: all of it comes back. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness.h"
#include "module.h"
#include "queue.h"

#define SLOTS 100000

struct victim {
	int ready[2];
	uint64_t spread_ns; /* deadlines lie so far apart */
};

static void arm_and_wait(void *arg)
{
	struct victim *victim = arg;
	struct queue q;
	uint64_t start;
	char byte = 0;

	queue_open(&q, SLOTS, 1024, other_cpu(0), CLOCK_MONOTONIC);
	start = mono_ns();
	for (uint32_t i = 0; i < SLOTS; i++) {
		slot_config(&q, i, i % 2 ? NSEC_PER_MSEC : 0, i, 0);
		slot_arm(&q, i, start + i * victim->spread_ns, NULL);
	}
	queue_kick(&q);
	REQUIRE_EQ(write(victim->ready[1], &byte, 1), 1);
	for (;;)
		queue_kick(&q);
}

static pid_t start_victim(uint64_t spread_ns)
{
	struct victim victim = { .spread_ns = spread_ns };
	char byte;
	pid_t pid;

	REQUIRE(!pipe(victim.ready));
	pid = start_child(arm_and_wait, &victim);
	close(victim.ready[1]);
	REQUIRE_EQ(read(victim.ready[0], &byte, 1), 1);
	close(victim.ready[0]);
	return pid;
}

static uint32_t queues_anywhere(int fd)
{
	uint32_t n = 0;

	for (int cpu = 0; cpu < cpus_online(); cpu++)
		n += cpu_stats(fd, cpu).queues;
	return n;
}

static void check_device_works(void)
{
	uint64_t deadline = mono_ns() + NSEC_PER_MSEC;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, other_cpu(0), CLOCK_MONOTONIC);
	slot_arm(&q, 1, deadline, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, deadline);
	queue_close(&q);
}

static void killed(uint64_t spread_ns)
{
	int fd = open_device();
	long before = 0;

	for (int round = 0; round < 12; round++) {
		pid_t pid = start_victim(spread_ns);

		CHECK_EQ(queues_anywhere(fd), 1);
		sleep_ms(round);
		kill(pid, SIGKILL);
		CHECK_EQ(wait_child(pid), 128 + SIGKILL);
		CHECK(WAIT_UNTIL(!queues_anywhere(fd)));
		check_device_works();
		/* The first rounds fill caches. */
		if (round == 1)
			before = read_meminfo("VmallocUsed");
	}
	/* A queue takes more than 5 MB of it. */
	CHECK(WAIT_UNTIL(read_meminfo("VmallocUsed") < before + 2048));
	note("VmallocUsed grew by %ld kB",
	     read_meminfo("VmallocUsed") - before);
}

static void all_in_the_future(void)
{
	killed(NSEC_PER_SEC);
}

static void while_they_fire(void)
{
	killed(NSEC_PER_USEC);
}

static void all_due(void)
{
	killed(0);
}

static void restore(void)
{
	if (!module_is_loaded())
		module_load(NULL);
}

/* The module can go right after, and comes back. */
static void unloads_after(void)
{
	pid_t pid;

	if (access(MODULE_FILE, R_OK))
		skip("%s is not there", MODULE_FILE);
	pid = start_victim(NSEC_PER_USEC);
	CHECK_EQ(module_unload(), -EAGAIN);
	kill(pid, SIGKILL);
	CHECK_EQ(wait_child(pid), 128 + SIGKILL);
	CHECK_EQ(module_unload_patiently(), 0);
	REQUIRE_EQ(module_load(NULL), 0);
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	check_device_works();
}

static const struct test_case cases[] = {
	CASE(all_in_the_future),
	CASE(while_they_fire),
	CASE(all_due),
	CASE(unloads_after),
};

TEST_MAIN_RESTORE(cases, restore)
