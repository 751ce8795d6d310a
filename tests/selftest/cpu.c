// SPDX-License-Identifier: GPL-2.0-only
/* Home CPUs: which ones may be taken, and by whom; who kicks how. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define NOBODY 65534

static mode_t device_mode;

__attribute__((constructor)) static void remember(void)
{
	struct stat st;

	if (!stat(DEVICE, &st))
		device_mode = st.st_mode & 07777;
}

static void restore(void)
{
	set_online(1, true);
	chmod(DEVICE, device_mode);
}

static int try_setup(int fd, int cpu)
{
	struct timerheap_setup setup = setup_of(10, cpu);

	return call(fd, TIMERHEAP_IOC_SETUP, &setup);
}

static void drop_cap(int cap)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	REQUIRE(!syscall(SYS_capget, &header, data));
	data[0].effective &= ~(1U << cap);
	REQUIRE(!syscall(SYS_capset, &header, data));
}

static void become_nobody(void)
{
	REQUIRE(!setresgid(NOBODY, NOBODY, NOBODY));
	REQUIRE(!setresuid(NOBODY, NOBODY, NOBODY));
}

static void does_not_exist(void)
{
	int fd = open_device();

	for (int cpu = cpus_online(); cpu < 10000; cpu += 17)
		CHECK_EQ(try_setup(fd, cpu), -EINVAL);
	CHECK_EQ(try_setup(fd, 0), 0);
}

static void offline(void)
{
	int cpu = other_cpu(0), fd = open_device();

	REQUIRE_EQ(set_online(cpu, false), 0);
	CHECK_EQ(try_setup(fd, cpu), -EINVAL);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_KICK, NULL), -ENXIO);
	/* Its figures are there all the same. */
	CHECK_EQ(cpu_stats(fd, cpu).queues, 0);
	REQUIRE_EQ(set_online(cpu, true), 0);
	CHECK_EQ(try_setup(fd, cpu), 0);
}

/* The capability alone makes the difference. */
static void outside_affinity(void)
{
	int cpu = other_cpu(0), fd = open_device();

	pin_to(0);
	CHECK_EQ(try_setup(open_device(), cpu), 0);
	drop_cap(CAP_SYS_NICE);
	CHECK_EQ(try_setup(fd, cpu), -EPERM);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_KICK, NULL), -ENXIO);
	/* What is wrong altogether stays so. */
	CHECK_EQ(try_setup(fd, 9999), -EINVAL);
	CHECK_EQ(try_setup(fd, 0), 0);
	CHECK_EQ(try_setup(open_device(), TIMERHEAP_CPU_CURRENT), 0);
	pin_to(-1);
	CHECK_EQ(try_setup(open_device(), cpu), 0);
}

static void as_nobody(void)
{
	int cpu = other_cpu(0), fd = open_device();

	REQUIRE(!chmod(DEVICE, 0600));
	become_nobody();
	CHECK_EQ(open(DEVICE, O_RDWR), -1);
	CHECK_EQ(errno, EACCES);
	/* A descriptor that was handed down is as good as any. */
	pin_to(0);
	CHECK_EQ(try_setup(fd, cpu), -EPERM);
	CHECK_EQ(try_setup(fd, 0), 0);
}

static void device_open_to_all(void)
{
	struct timerheap_inject inject = { .size = sizeof(inject) };
	struct timerheap_expiry e;
	struct queue q;

	REQUIRE(!chmod(DEVICE, 0666));
	become_nobody();
	queue_open(&q, 100, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 1, mono_ns() + NSEC_PER_MSEC, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 1);
	CHECK_EQ(call(q.fd, TIMERHEAP_IOC_INJECT, &inject), -EPERM);
}

/* Only SETUP asks where the caller may run. */
static void affinity_changes_later(void)
{
	int cpu = other_cpu(0);
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 100, 0, cpu, CLOCK_MONOTONIC);
	pin_to(0);
	become_nobody();
	for (int i = 0; i < 10; i++) {
		slot_arm(&q, i, mono_ns() + NSEC_PER_MSEC, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.cpu, cpu);
	}
}

static void kicks_from_home(void)
{
	struct timerheap_stats stats;
	struct queue q;

	queue_open(&q, 100, 0, 0, CLOCK_MONOTONIC);
	pin_to(0);
	for (unsigned int n = 1; n <= 50; n++) {
		uint64_t deadline = (1ULL << 62) - n;

		REQUIRE_EQ(slot_arm(&q, n, deadline, NULL), ARM_KICKED);
		/* On return the kernel has looked. */
		CHECK_EQ(slot_armed(&q, n), deadline);
		CHECK_EQ(queue_next_event(&q), deadline);
		stats = queue_stats(&q);
		CHECK_EQ(stats.kicks_local, n);
		CHECK_EQ(stats.kicks_remote, 0);
		CHECK_EQ(stats.doorbells, n);
	}
}

static void kicks_from_elsewhere(void)
{
	struct timerheap_stats stats;
	struct queue q;

	queue_open(&q, 100, 0, other_cpu(0), CLOCK_MONOTONIC);
	pin_to(0);
	for (unsigned int n = 1; n <= 50; n++) {
		uint64_t deadline = (1ULL << 62) - n;

		REQUIRE_EQ(slot_arm(&q, n, deadline, NULL), ARM_KICKED);
		CHECK(WAIT_UNTIL(slot_armed(&q, n) == deadline));
		CHECK(WAIT_UNTIL(queue_next_event(&q) == deadline));
		stats = queue_stats(&q);
		CHECK_EQ(stats.kicks_local, 0);
		CHECK_EQ(stats.kicks_remote, n);
		CHECK_EQ(stats.doorbells, n);
	}
}

static void named_in_records(void)
{
	for (int cpu = 0; cpu < cpus_online(); cpu++) {
		struct timerheap_expiry records[10];
		struct queue q;

		queue_open(&q, 10, 0, cpu, CLOCK_MONOTONIC);
		for (uint32_t i = 0; i < 10; i++)
			slot_arm(&q, i, mono_ns() + i * NSEC_PER_MSEC, NULL);
		REQUIRE_EQ(queue_collect(&q, records, 10, 0), 10);
		for (uint32_t i = 0; i < 10; i++)
			CHECK_EQ(records[i].cpu, cpu);
		CHECK_EQ(queue_stats(&q).cpu, cpu);
		CHECK_EQ(q.header->cpu, cpu);
	}
}

static const struct test_case cases[] = {
	CASE(does_not_exist),	  CASE(offline),
	CASE(outside_affinity),	  CASE(as_nobody),
	CASE(device_open_to_all), CASE(affinity_changes_later),
	CASE(kicks_from_home),	  CASE(kicks_from_elsewhere),
	CASE(named_in_records),
};

TEST_MAIN_RESTORE(cases, restore)
