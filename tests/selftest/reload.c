// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload, a hundred times, with timers armed each time. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness.h"
#include "module.h"
#include "queue.h"

static void restore(void)
{
	if (!module_is_loaded())
		module_load(NULL);
}

/* Some due, some not, some over and over, in a queue on each CPU. */
static void arm_and_wait(void *arg)
{
	int *ready = arg;
	char byte = 0;

	for (int cpu = 0; cpu < cpus_online(); cpu++) {
		struct queue q;

		queue_open(&q, 1000, 8, cpu, CLOCK_MONOTONIC);
		slot_config(&q, 0, 1, 0, 0);
		slot_config(&q, 1, NSEC_PER_MSEC, 0, 0);
		for (uint32_t slot = 0; slot < 1000; slot++)
			slot_arm(&q, slot,
				 mono_ns() +
					 (slot % 2 ? 1 : NSEC_PER_SEC) * slot,
				 NULL);
	}
	REQUIRE_EQ(write(ready[1], &byte, 1), 1);
	pause();
}

/* Odd rounds end by kill -9. */
static void once(int round)
{
	int ready[2];
	char byte;
	pid_t pid;

	REQUIRE_EQ(module_load(NULL), 0);
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	REQUIRE(!pipe(ready));
	pid = start_child(arm_and_wait, ready);
	close(ready[1]);
	REQUIRE_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	CHECK_EQ(module_unload(), -EAGAIN);
	kill(pid, round % 2 ? SIGKILL : SIGTERM);
	wait_child(pid);
	CHECK_EQ(module_unload_patiently(), 0);
	CHECK(!module_is_loaded());
}

static long vmalloc_kb(void)
{
	return read_meminfo("VmallocUsed");
}

static void hundred_times(void)
{
	unsigned long rounds = scaled(100);
	long before = 0;

	if (access(MODULE_FILE, R_OK))
		skip("%s is not there", MODULE_FILE);
	REQUIRE_EQ(module_unload_patiently(), 0);
	for (unsigned long round = 0; round < rounds && !failures(); round++) {
		/* The first ones fill caches. */
		if (round == rounds / 10)
			before = vmalloc_kb();
		once(round);
	}
	/* One queue's worth each time would be several megabytes. */
	CHECK(WAIT_UNTIL(vmalloc_kb() < before + 1024));
	note("VmallocUsed grew by %ld kB", vmalloc_kb() - before);
}

static const struct test_case cases[] = {
	SLOW_CASE(hundred_times, 200),
};

TEST_MAIN_RESTORE(cases, restore)
