// SPDX-License-Identifier: GPL-2.0-only
/* read(2): what it counts, and where to. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "reader.h"
#include "timer.h"

static void one_shot_counts_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(set(fd, 0, 5 * MS, 0), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(take_later(fd), 1);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK(!is_ready(fd, 20));
}

/* Whole periods between the start and a moment before and after the read. */
static void check_count(int64_t count, uint64_t before, uint64_t after,
			uint64_t period)
{
	CHECK_ORDER((uint64_t)count, >=, before / period);
	CHECK_ORDER((uint64_t)count, <=, after / period);
}

static void counts_since_the_last_read(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t start = mono_ns() + 10 * MS, before;
	int64_t total = 0;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start, 10 * MS), 0);
	for (int i = 0; i < 5; i++) {
		sleep_ms(35);
		before = mono_ns();
		total += take(fd);
		check_count(total, before - start + 10 * MS,
			    mono_ns() - start + 10 * MS, 10 * MS);
	}
}

static void settime_forgets_the_count(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, MS, MS), 0);
	CHECK(is_ready(fd, 20000));
	REQUIRE_EQ(set(fd, 0, 100 * SEC, 0), 0);
	CHECK(!is_ready(fd, 0));
	CHECK_EQ(take(fd), -EAGAIN);
}

static void blocks_until_the_deadline(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t deadline;

	for (int i = 0; i < 10; i++) {
		deadline = mono_ns() + 10 * MS;
		REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
		CHECK_EQ(take(fd), 1);
		CHECK_ORDER(mono_ns(), >=, deadline);
	}
}

static void nonblock_can_change(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	REQUIRE_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	REQUIRE_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
	REQUIRE_EQ(set(fd, 0, 10 * MS, 0), 0);
	CHECK_EQ(take(fd), 1);
}

static void nonblock_does_not_end_a_read(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread = start_reader(&reader, fd);

	REQUIRE_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	sleep_ms(50);
	CHECK_EQ(reader.state, 1);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
}

static void short_buffers(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	char buffer[8];

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	POISON(buffer);
	for (size_t size = 0; size < 8; size++)
		CHECK_EQ(value_of(read(fd, buffer, size)), -EINVAL);
	CHECK(IS_POISON(buffer));
	CHECK_EQ(take(fd), 1);
	for (size_t size = 0; size < 8; size++)
		CHECK_EQ(value_of(read(fd, buffer, size)), -EINVAL);
}

static void long_buffers(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t buffer[4];

	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	POISON(buffer);
	CHECK_EQ(value_of(read(fd, buffer, sizeof(buffer))), 8);
	CHECK_EQ(buffer[0], 1);
	CHECK(is_poison_bytes(buffer + 1, 24));
}

/* Addresses of the kernel's are refused early, others when it is too late. */
static void no_memory_to_read_into(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	CHECK_EQ(value_of(read(fd, nowhere, 8)), -EAGAIN);
	CHECK_EQ(value_of(read(fd, KERNEL_ADDRESS, 8)), -EFAULT);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(value_of(read(fd, KERNEL_ADDRESS, 8)), -EFAULT);
	CHECK(is_ready(fd, 0));
	CHECK_EQ(value_of(read(fd, nowhere, 8)), -EFAULT);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_EQ(value_of(read(fd, nowhere, 7)), -EINVAL);
}

/* A periodic timer goes on, though its count could not be had. */
static void no_memory_for_a_periodic_one(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	REQUIRE_EQ(set(fd, 0, MS, 5 * MS), 0);
	CHECK(is_ready(fd, 20000));
	CHECK_EQ(value_of(read(fd, nowhere, 8)), -EFAULT);
	CHECK_ORDER(take_later(fd), >=, 1);
}

struct racer {
	int fd;
	atomic_bool *stop;
	int64_t total;
};

static void *read_on(void *arg)
{
	struct racer *racer = arg;
	int64_t n;

	while (!*racer->stop) {
		n = take(racer->fd);
		if (n == -EAGAIN) {
			is_ready(racer->fd, 10);
			continue;
		}
		CHECK_ORDER(n, >, 0);
		racer->total += n;
	}
	return NULL;
}

/* Whoever reads: together they count each period once. */
static void racing_readers_count(void)
{
	enum { READERS = 4 };
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct racer racers[READERS];
	pthread_t threads[READERS];
	atomic_bool stop = false;
	uint64_t start = mono_ns() + MS, before, after;
	int64_t total = 0, rest;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, start, MS / 4), 0);
	for (int i = 0; i < READERS; i++) {
		racers[i] = (struct racer){ .fd = fd, .stop = &stop };
		threads[i] = start_thread(read_on, &racers[i]);
	}
	sleep_ms(300);
	stop = true;
	for (int i = 0; i < READERS; i++) {
		join_thread(threads[i]);
		total += racers[i].total;
	}
	before = mono_ns();
	rest = take(fd);
	after = mono_ns();
	total += rest > 0 ? rest : 0;
	check_count(total, before - start + MS / 4, after - start + MS / 4,
		    MS / 4);
}

static const struct test_case cases[] = {
	CASE(one_shot_counts_one),
	CASE(counts_since_the_last_read),
	CASE(settime_forgets_the_count),
	CASE(blocks_until_the_deadline),
	CASE(nonblock_can_change),
	CASE(nonblock_does_not_end_a_read),
	CASE(short_buffers),
	CASE(long_buffers),
	CASE(no_memory_to_read_into),
	CASE(no_memory_for_a_periodic_one),
	CASE(racing_readers_count),
};

TEST_MAIN(cases)
