// SPDX-License-Identifier: GPL-2.0-only
/* INJECT: lateness and steps on purpose, and only where that is allowed. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "module.h"
#include "queue.h"

#define MS NSEC_PER_MSEC

static int64_t stepped(int fd)
{
	return device_info(fd).inject_step_ns;
}

static int open_injectable(void)
{
	int fd = module_open_with("inject=1");

	CHECK_EQ(device_info(fd).features, TIMERHEAP_FEATURE_INJECT);
	return fd;
}

static void without_the_parameter(void)
{
	int fd = module_open_with("inject=0");

	CHECK_EQ(device_info(fd).features, 0);
	CHECK_EQ(device_inject(fd, 1, 1, 1), -EOPNOTSUPP);
	CHECK_EQ(device_inject(fd, 2, 1, 0), -EOPNOTSUPP);
	CHECK_EQ(device_info(fd).inject_max_ns, 0);
	/* It cannot be had later, either. */
	CHECK(write_text(PARAMS "inject", "1") < 0);
	CHECK_EQ(device_inject(fd, 1, 1, 1), -EOPNOTSUPP);
}

static void without_the_capability(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	int fd = open_injectable();

	REQUIRE(!syscall(SYS_capget, &header, data));
	data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	CHECK_EQ(device_inject(fd, 0, 0, 0), 0);
	REQUIRE(!syscall(SYS_capset, &header, data));
	CHECK_EQ(device_inject(fd, 1, 1, 1), -EPERM);
	CHECK_EQ(device_inject(fd, 0, 0, 0), -EPERM);
	CHECK_EQ(device_info(fd).inject_max_ns, 0);
	CHECK_EQ(stepped(fd), 0);
}

static void bad_ranges(void)
{
	int fd = open_injectable();

	CHECK_EQ(device_inject(fd, 3, 5, 0), 0);
	CHECK_EQ(device_inject(fd, 2, 1, 0), -EINVAL);
	CHECK_EQ(device_inject(fd, 0, TIMERHEAP_INJECT_MAX_NS + 1, 7), -EINVAL);
	CHECK_EQ(device_inject(fd, TIMERHEAP_NEVER, TIMERHEAP_NEVER, 7),
		 -EINVAL);
	CHECK_EQ(device_info(fd).inject_min_ns, 3);
	CHECK_EQ(device_info(fd).inject_max_ns, 5);
	CHECK_EQ(stepped(fd), 0);
	CHECK_EQ(device_inject(fd, 0, TIMERHEAP_INJECT_MAX_NS, 0), 0);
	CHECK_EQ(device_info(fd).inject_max_ns, TIMERHEAP_INJECT_MAX_NS);
}

static uint64_t lateness_of_one(struct queue *q)
{
	uint64_t deadline = queue_now(q) + MS;
	struct timerheap_expiry e;

	slot_arm(q, 1, deadline, NULL);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
	return e.fired_ns - e.expires_ns;
}

static void fixed_delay(void)
{
	int fd = open_injectable();
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	lateness_of_one(&q);
	CHECK_EQ(queue_flags(&q) & TIMERHEAP_HDR_INJECTED, 0);
	REQUIRE_EQ(device_inject(fd, 20 * MS, 20 * MS, 0), 0);
	CHECK_EQ(device_info(fd).inject_min_ns, 20 * MS);
	CHECK_EQ(device_info(fd).inject_max_ns, 20 * MS);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_RESET_STATS, NULL), 0);
	for (int i = 0; i < 10; i++)
		CHECK_ORDER(lateness_of_one(&q), >=, 20 * MS);
	CHECK(queue_flags(&q) & TIMERHEAP_HDR_INJECTED);
	/* It is lateness as any other. */
	CHECK_ORDER(queue_stats(&q).lateness_min_ns, >=, 20 * MS);
	CHECK_EQ(queue_stats(&q).expiries, 10);
}

static void range_of_delays(void)
{
	uint64_t least = TIMERHEAP_NEVER, most = 0;
	int fd = open_injectable();
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	REQUIRE_EQ(device_inject(fd, 5 * MS, 60 * MS, 0), 0);
	for (int i = 0; i < 20; i++) {
		uint64_t late = lateness_of_one(&q);

		CHECK_ORDER(late, >=, 5 * MS);
		least = late < least ? late : least;
		most = late > most ? late : most;
	}
	/* One in 10^20 that all twenty are within 5 ms by chance. */
	CHECK_ORDER(most - least, >, 5 * MS);
}

static void delay_ends(void)
{
	int fd = open_injectable();
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	REQUIRE_EQ(device_inject(fd, 10000 * MS, 10000 * MS, 0), 0);
	slot_arm(&q, 2, mono_ns(), NULL);
	CHECK(queue_is_quiet(&q, 100));
	REQUIRE_EQ(device_inject(fd, 0, 0, 0), 0);
	CHECK_EQ(device_info(fd).inject_max_ns, 0);
	/* With the next run. */
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	CHECK_ORDER(q.ring[0].fired_ns - q.ring[0].expires_ns, <, 9000 * MS);
	CHECK_EQ(queue_flags(&q) & TIMERHEAP_HDR_INJECTED, 0);
}

/* Queues that were set up before and after are all late. */
static void every_queue(void)
{
	int fd = open_injectable();
	struct queue before, after;

	queue_open(&before, 10, 0, 0, CLOCK_MONOTONIC);
	REQUIRE_EQ(device_inject(fd, 15 * MS, 15 * MS, 0), 0);
	queue_open(&after, 10, 0, other_cpu(0), CLOCK_REALTIME);
	CHECK_ORDER(lateness_of_one(&before), >=, 15 * MS);
	CHECK_ORDER(lateness_of_one(&after), >=, 15 * MS);
}

static void periodic(void)
{
	uint64_t deadline = mono_ns();
	int fd = open_injectable();
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	REQUIRE_EQ(device_inject(fd, 25 * MS, 25 * MS, 0), 0);
	slot_config(&q, 1, 10 * MS, 0, 0);
	slot_arm(&q, 1, deadline, NULL);
	for (int i = 0; i < 10; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline + 25 * MS);
		CHECK_EQ(e.overruns, (e.fired_ns - deadline) / (10 * MS));
		CHECK_ORDER(e.overruns, >=, 2);
		deadline += (e.overruns + 1ULL) * 10 * MS;
	}
}

static void step(void)
{
	static const int64_t steps[] = {
		(int64_t)NSEC_PER_SEC,
		-3 * (int64_t)NSEC_PER_SEC,
		1,
		2 * (int64_t)NSEC_PER_SEC - 1,
	};
	int fd = open_injectable();
	uint64_t total = device_info(fd).clock_steps, deadline;
	struct timerheap_expiry e;
	int64_t offset, sum = 0;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	pin_to(0);
	offset = q.header->wall_offset_ns;
	deadline = mono_ns() + 300 * MS;
	slot_arm(&q, 1, deadline, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		REQUIRE_EQ(device_inject(fd, 0, 0, steps[i]), 0);
		sum += steps[i];
		CHECK_EQ(stepped(fd), sum);
		CHECK_EQ(device_info(fd).clock_steps, total + i + 1);
		CHECK_EQ(queue_kick(&q), 0);
		CHECK_EQ(q.header->wall_offset_ns, offset + sum);
		CHECK_EQ(q.header->clock_steps, i + 1);
		CHECK_EQ(!!(queue_flags(&q) & TIMERHEAP_HDR_INJECTED),
			 sum != 0);
	}
	CHECK_EQ(sum, 0);
	CHECK_EQ(queue_stats(&q).clock_steps, ARRAY_SIZE(steps));
	/* No timer is moved by it. */
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
	CHECK_ORDER(e.fired_ns, <, deadline + PATIENCE_NS);
	/* A step of 0 is none. */
	REQUIRE_EQ(device_inject(fd, 0, 0, 0), 0);
	CHECK_EQ(device_info(fd).clock_steps, total + ARRAY_SIZE(steps));
}

static const struct test_case cases[] = {
	CASE(without_the_parameter),
	CASE(without_the_capability),
	CASE(bad_ranges),
	CASE(fixed_delay),
	CASE(range_of_delays),
	CASE(delay_ends),
	CASE(every_queue),
	CASE(periodic),
	CASE(step),
};

TEST_MAIN_RESTORE(cases, module_restore)
