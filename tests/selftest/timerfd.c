// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors in place of timerfd's, by the raw ABI: what their calls demand,
 * what is counted of them, and what INJECT does to them.  That they are as
 * timerfd's own is what tests/timerfd is about.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "module.h"
#include "queue.h"

#define MS NSEC_PER_MSEC

static int create(int device, clockid_t clock, uint32_t flags)
{
	struct timerheap_timerfd request = {
		.size = sizeof(request),
		.clockid = clock,
		.fd_flags = flags,
	};

	return call(device, TIMERHEAP_IOC_TIMERFD, &request);
}

static int create_one(void)
{
	int device = open_device();
	int fd = create(device, CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE(fd >= 0);
	close(device);
	return fd;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NSEC_PER_SEC,
				  .tv_nsec = ns % NSEC_PER_SEC };
}

/* What timerfd_settime(2) would return, or fail with. */
static int set(int fd, int flags, uint64_t value, uint64_t interval)
{
	struct itimerspec new = { .it_value = timespec_of(value),
				  .it_interval = timespec_of(interval) };
	struct timerheap_timerfd_time time = {
		.size = sizeof(time),
		.result = 1,
		.settime_flags = flags,
		.value = (uintptr_t) & new,
	};

	REQUIRE_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_SETTIME, &time), 0);
	return time.result;
}

/* What is left of it. */
static uint64_t left(int fd)
{
	struct itimerspec now;
	struct timerheap_timerfd_time time = {
		.size = sizeof(time),
		.result = 1,
		.old_value = (uintptr_t)&now,
	};

	POISON(now);
	REQUIRE_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_GETTIME, &time), 0);
	CHECK_EQ(time.result, 0);
	return now.it_value.tv_sec * NSEC_PER_SEC + now.it_value.tv_nsec;
}

static uint64_t ticks(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static uint64_t ticks_within_patience(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	CHECK_EQ(poll(&pollfd, 1, PATIENCE_NS / MS), 1);
	return ticks(fd);
}

/* Of all CPUs: nothing says on which a timer fires. */
static struct timerheap_stats total(int device)
{
	struct timerheap_stats sum = { 0 };

	for (int cpu = 0; cpu < cpus_online(); cpu++) {
		struct timerheap_stats stats = cpu_stats(device, cpu);

		sum.queues += stats.queues;
		sum.expiries += stats.expiries;
		sum.overruns += stats.overruns;
		for (int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
			sum.hist[i] += stats.hist[i];
		if (stats.lateness_max_ns > sum.lateness_max_ns)
			sum.lateness_max_ns = stats.lateness_max_ns;
	}
	return sum;
}

static void bad_create(void)
{
	int device = open_device();
	struct timerheap_timerfd good = { .size = sizeof(good), .clockid = 1 };
	struct timerheap_timerfd bad = good;

	CHECK_EQ(create(device, CLOCK_TAI, 0), -EINVAL);
	CHECK_EQ(create(device, CLOCK_PROCESS_CPUTIME_ID, 0), -EINVAL);
	CHECK_EQ(create(device, -1, 0), -EINVAL);
	CHECK_EQ(create(device, CLOCK_MONOTONIC, O_APPEND), -EINVAL);
	bad.flags = 1;
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD, &bad), -EINVAL);
	bad = good;
	bad.size--;
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD, &bad), -EINVAL);
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD, NULL), -EFAULT);
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD, KERNEL_ADDRESS), -EFAULT);
	CHECK_EQ(total(device).queues, 0);
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD, &good), device + 1);
}

static void bad_calls(void)
{
	struct itimerspec second = { .it_value = { 1, 0 } };
	struct timerheap_timerfd_time good = {
		.size = sizeof(good),
		.value = (uintptr_t)&second,
	};
	struct timerheap_timerfd_time bad = good;
	int fd = create_one(), device = open_device();

	bad.flags = 1;
	CHECK_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_SETTIME, &bad), -EINVAL);
	bad = good;
	bad.size = 8;
	CHECK_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_SETTIME, &bad), -EINVAL);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_GETTIME, NULL), -EFAULT);
	CHECK_EQ(left(fd), 0);
	/* The device's own calls are not the descriptor's, nor the reverse. */
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD_SETTIME, &good), -ENOTTY);
	CHECK_EQ(call(device, TIMERHEAP_IOC_TIMERFD_GETTIME, &good), -ENOTTY);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_KICK, NULL), -ENOTTY);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_INFO, &good), -ENOTTY);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_TIMERFD, &good), -ENOTTY);
}

/* In memory that ends within the structure, or that cannot be written. */
static void result_has_no_place(void)
{
	struct itimerspec second = { .it_value = { 1, 0 } };
	struct timerheap_timerfd_time time = {
		.size = sizeof(time),
		.value = (uintptr_t)&second,
	};
	void *page = map_edge(PAGE_SIZE);
	void *edge = map_edge(sizeof(time) - 1);
	int fd = create_one();

	memcpy(edge, &time, sizeof(time) - 1);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_SETTIME, edge), -EFAULT);
	CHECK_EQ(left(fd), 0);
	memcpy(page, &time, sizeof(time));
	REQUIRE_EQ(mprotect(page, PAGE_SIZE, PROT_READ), 0);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_TIMERFD_SETTIME, page), -EFAULT);
	/* It has been done, though. */
	CHECK_ORDER(left(fd), >, 0);
}

static void counted(void)
{
	int device = open_device(), fd = create_one();
	struct timerheap_stats before = total(device), after;

	CHECK_EQ(before.queues, 1);
	for (int i = 0; i < 10; i++) {
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
		CHECK_EQ(ticks_within_patience(fd), 1);
	}
	after = total(device);
	CHECK_EQ(after.expiries - before.expiries, 10);
	CHECK_EQ(after.overruns - before.overruns, 0);
	close(fd);
	CHECK_EQ(total(device).queues, 0);
	CHECK_EQ(total(device).expiries, after.expiries);
}

/* One interrupt, whatever the interval, until it is asked for. */
static void one_interrupt(void)
{
	int device = open_device(), fd = create_one();
	struct timerheap_stats before = total(device), after;
	uint64_t n;

	REQUIRE_EQ(set(fd, 0, 1, 1), 0);
	sleep_ms(200);
	after = total(device);
	CHECK_EQ(after.expiries - before.expiries, 1);
	CHECK_EQ(after.overruns - before.overruns, 0);
	n = ticks(fd);
	CHECK_ORDER(n, >=, 200 * MS);
	CHECK_EQ(set(fd, 0, 0, 0), 0);
	CHECK_EQ(total(device).overruns - before.overruns, n - 1);
	/* A period that a queue would not have. */
	CHECK_ORDER(device_info(device).min_period_ns, >, 1);
}

/* Lateness is not for what had passed when it was set. */
static void set_late(void)
{
	int device = open_device(), fd = create_one();

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, 1, 0), 0);
	CHECK_EQ(ticks_within_patience(fd), 1);
	CHECK_ORDER(total(device).lateness_max_ns, <, mono_ns() / 2);
}

static void injected_delay(void)
{
	int device = module_open_with("inject=1");
	struct timerheap_stats before, after;
	int fd = create_one();
	uint64_t start, slow = 0;

	before = total(device);
	REQUIRE_EQ(device_inject(device, 20 * MS, 20 * MS, 0), 0);
	for (int i = 0; i < 10; i++) {
		start = mono_ns();
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
		CHECK_EQ(ticks_within_patience(fd), 1);
		CHECK_ORDER(mono_ns(), >=, start + 21 * MS);
	}
	after = total(device);
	CHECK_EQ(after.expiries - before.expiries, 10);
	for (int i = timerheap_hist_bucket(20 * MS); i < TIMERHEAP_HIST_BUCKETS;
	     i++)
		slow += after.hist[i] - before.hist[i];
	CHECK_EQ(slow, 10);
	/* A periodic one stays on its grid. */
	start = mono_ns();
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start + 10 * MS, 10 * MS), 0);
	CHECK_ORDER(ticks_within_patience(fd), >=, 3);
	CHECK_ORDER(left(fd), <=, 10 * MS);
}

static void delay_is_in_force_at_once(void)
{
	int device = module_open_with("inject=1");
	int fd = create_one();

	/* Set before the delay, and stopped while it lasts. */
	REQUIRE_EQ(set(fd, 0, 20 * MS, 0), 0);
	REQUIRE_EQ(device_inject(device, 10000 * MS, 10000 * MS, 0), 0);
	sleep_ms(100);
	CHECK_EQ(ticks(fd), 0);
	CHECK_EQ(left(fd), 0);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	sleep_ms(100);
	CHECK_EQ(ticks(fd), 0);
	/* It ends for what waits, too. */
	REQUIRE_EQ(device_inject(device, 0, 0, 0), 0);
	CHECK_EQ(ticks(fd), 1);
}

static void closed_while_delayed(void)
{
	int device = module_open_with("inject=1");
	int fd = create_one();

	REQUIRE_EQ(device_inject(device, 30 * MS, 30 * MS, 0), 0);
	REQUIRE_EQ(set(fd, 0, 1, 0), 0);
	sleep_ms(10);
	close(fd);
	sleep_ms(50);
	CHECK_EQ(total(device).queues, 0);
}

static void injected_step(void)
{
	const int on_set = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	int device = module_open_with("inject=1");
	int fd = create(device, CLOCK_REALTIME, TFD_NONBLOCK);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	uint64_t n, later = now_ns(CLOCK_REALTIME) + 1000 * NSEC_PER_SEC;

	REQUIRE_EQ(set(fd, on_set, later, 0), 0);
	CHECK_EQ(poll(&pollfd, 1, 20), 0);
	REQUIRE_EQ(device_inject(device, 0, 0, 5), 0);
	CHECK_EQ(poll(&pollfd, 1, PATIENCE_NS / MS), 1);
	CHECK_EQ(read(fd, &n, sizeof(n)), -1);
	CHECK_EQ(errno, ECANCELED);
	/* The timer itself has not moved. */
	CHECK_ORDER(left(fd), >, 900 * NSEC_PER_SEC);
	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, later, 0), 0);
	REQUIRE_EQ(device_inject(device, 0, 0, -5), 0);
	CHECK_EQ(poll(&pollfd, 1, 20), 0);
}

/* The module stays as long as a descriptor does, whatever else is closed. */
static void holds_the_module(void)
{
	int fd;

	module_open_with("inject=0");
	fd = create_one();
	for (int i = 3; i < 20; i++)
		if (i != fd)
			close(i);
	CHECK_EQ(module_unload(), -EAGAIN);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK_EQ(ticks_within_patience(fd), 1);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	close(fd);
	CHECK_EQ(module_unload_patiently(), 0);
}

struct subject {
	int device;
	int fd;
};

static int do_create(void *arg)
{
	struct subject *s = arg;

	s->fd = create(s->device, CLOCK_REALTIME, TFD_NONBLOCK);
	return s->fd < 0 ? s->fd : 0;
}

static void created(void *arg, int err)
{
	struct subject *s = arg;

	CHECK_EQ(total(s->device).queues, !err);
	if (err) {
		CHECK_EQ(create(s->device, CLOCK_REALTIME, 0), s->device + 1);
		s->fd = s->device + 1;
	}
	REQUIRE_EQ(set(s->fd, 0, MS, 0), 0);
	CHECK_EQ(ticks_within_patience(s->fd), 1);
	close(s->fd);
}

/* Each allocation, and the copy, fails once. */
static void create_fails(void)
{
	static struct subject s;

	fault_need();
	s.device = open_device();
	fault_each(&(struct fault_test){ .what = "TIMERFD",
					 .least = { 3, 0, 1 },
					 .act = do_create,
					 .check = created },
		   &s);
}

static void restore(void)
{
	fault_restore();
	module_restore();
}

static const struct test_case cases[] = {
	CASE(bad_create),	    CASE(bad_calls),
	CASE(result_has_no_place),  CASE(counted),
	CASE(one_interrupt),	    CASE(set_late),
	CASE(injected_delay),	    CASE(delay_is_in_force_at_once),
	CASE(closed_while_delayed), CASE(injected_step),
	CASE(create_fails),	    CASE(holds_the_module),
};

TEST_MAIN_RESTORE(cases, restore)
