// SPDX-License-Identifier: GPL-2.0-only
/* Unloading: refused while something is open, clean when nothing is. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "module.h"
#include "queue.h"

/* With the guest's parameters again. */
static void restore(void)
{
	module_unload();
	if (!module_is_loaded())
		module_load(NULL);
}

static void need_module_file(void)
{
	if (access(MODULE_FILE, R_OK))
		skip("%s is not there", MODULE_FILE);
}

static void check_works(struct queue *q)
{
	uint64_t deadline = mono_ns() + NSEC_PER_MSEC;
	struct timerheap_expiry e;

	slot_arm(q, 3, deadline, NULL);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
}

static void while_open(void)
{
	struct queue q;
	int fd = open_device();

	CHECK_EQ(module_unload(), -EAGAIN);
	close(fd);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 4, 1ULL << 60, NULL);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(module_unload(), -EAGAIN);
		check_works(&q);
	}
	CHECK(module_is_loaded());
}

static void while_mapped(void)
{
	struct queue q;

	need_module_file();
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 3, mono_ns() + 50 * NSEC_PER_MSEC, NULL);
	REQUIRE(!close(q.fd));
	CHECK_EQ(module_unload(), -EAGAIN);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	CHECK_EQ(module_unload(), -EAGAIN);
	REQUIRE(!munmap(q.map, q.setup.mmap_size));
	CHECK_EQ(module_unload_patiently(), 0);
}

static void read_for_ever(void *arg)
{
	struct queue *q = arg;
	struct timerheap_expiry e;

	CHECK_EQ(read(q->fd, &e, sizeof(e)), -1);
}

static void while_a_child_reads(void)
{
	struct queue q;
	pid_t pid;

	need_module_file();
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	pid = start_child(read_for_ever, &q);
	queue_close(&q);
	CHECK_EQ(module_unload(), -EAGAIN);
	kill(pid, SIGKILL);
	CHECK_EQ(wait_child(pid), 128 + SIGKILL);
	CHECK_EQ(module_unload_patiently(), 0);
}

/* With timers armed for now and for ever, periodic ones, and kicks. */
static void right_after(void)
{
	need_module_file();
	for (int round = 0; round < 10; round++) {
		struct queue queues[4];

		for (int i = 0; i < 4; i++) {
			struct queue *q = &queues[i];

			queue_open(q, 1000, 4 << i, i % cpus_online(),
				   CLOCK_MONOTONIC);
			slot_config(q, 0, 1, 0, 0);
			for (uint32_t slot = 0; slot < 1000; slot++)
				slot_arm(q, slot,
					 mono_ns() +
						 slot * NSEC_PER_USEC * round,
					 NULL);
		}
		for (int i = 0; i < 4; i++) {
			queue_kick(&queues[i]);
			queue_close(&queues[i]);
		}
		CHECK_EQ(module_unload_patiently(), 0);
		CHECK(!module_is_loaded());
		CHECK(access(DEVICE, F_OK));
		REQUIRE_EQ(module_load(NULL), 0);
		CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	}
}

static void bad_parameters(void)
{
	static const char *const params[] = {
		"max_slots=0",	"max_slots=16777217", "budget=0",
		"budget=65537", "min_period_ns=0",    "max_slots=-1",
		"budget=x",	"inject=7",
	};

	need_module_file();
	REQUIRE_EQ(module_unload_patiently(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (!CHECK_EQ(module_load(params[i]), -EINVAL))
			note("it was %s", params[i]);
		CHECK(!module_is_loaded());
	}
}

static void other_parameters(void)
{
	struct timerheap_setup setup = setup_of(17, 0);
	struct timerheap_info info;
	int fd;

	need_module_file();
	REQUIRE_EQ(module_unload_patiently(), 0);
	REQUIRE_EQ(
		module_load("max_slots=16 budget=9 min_period_ns=77 inject=1"),
		0);
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	fd = open_device();
	info = device_info(fd);
	CHECK_EQ(info.max_slots, 16);
	CHECK_EQ(info.budget, 9);
	CHECK_EQ(info.min_period_ns, 77);
	CHECK_EQ(info.features, TIMERHEAP_FEATURE_INJECT);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_SETUP, &setup), -EINVAL);
	setup.nslots = 16;
	CHECK_EQ(call(fd, TIMERHEAP_IOC_SETUP, &setup), 0);
	close(fd);
	CHECK_EQ(module_unload_patiently(), 0);
}

/* Counts begin anew, and so does the device. */
static void fresh_after_reload(void)
{
	struct timerheap_stats stats;
	struct queue q;

	need_module_file();
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	check_works(&q);
	CHECK(cpu_stats(q.fd, 0).expiries);
	queue_close(&q);
	REQUIRE_EQ(module_unload_patiently(), 0);
	REQUIRE_EQ(module_load(NULL), 0);
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	stats = cpu_stats(q.fd, 0);
	CHECK_EQ(stats.expiries, 0);
	CHECK_EQ(stats.queues, 1);
	check_works(&q);
}

static const struct test_case cases[] = {
	CASE(while_open),	   CASE(while_mapped),
	CASE(while_a_child_reads), CASE(right_after),
	CASE(bad_parameters),	   CASE(other_parameters),
	CASE(fresh_after_reload),
};

TEST_MAIN_RESTORE(cases, restore)
