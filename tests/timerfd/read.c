// SPDX-License-Identifier: GPL-2.0-only
/* read(2) and its kin, and what else a descriptor can be asked for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
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

static void on_signal(int sig)
{
	(void)sig;
}

static void catch_with(int flags)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = flags };

	REQUIRE(!sigaction(SIGUSR1, &act, NULL));
}

static void signals_interrupt(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread;

	catch_with(0);
	thread = start_reader(&reader, fd);
	pthread_kill(thread, SIGUSR1);
	join_thread(thread);
	CHECK_EQ(reader.result, -EINTR);
}

static void reads_restart(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread;

	catch_with(SA_RESTART);
	thread = start_reader(&reader, fd);
	for (int i = 0; i < 5; i++) {
		pthread_kill(thread, SIGUSR1);
		sleep_ms(5);
	}
	CHECK_EQ(reader.state, 1);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
}

/* SIGSTOP and SIGCONT are no reason to return. */
static void reads_survive_a_stop(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(take(fd) == 1 ? 0 : 1);
	sleep_ms(20);
	kill(pid, SIGSTOP);
	sleep_ms(20);
	kill(pid, SIGCONT);
	sleep_ms(20);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	status = wait_child(pid);
	CHECK_EQ(status, 0);
}

static void ready(int fd)
{
	REQUIRE_EQ(set(fd, 0, 1, 0), 0);
	REQUIRE(is_ready(fd, 20000));
}

static void readv_fills_the_first(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t a = 7, b = 8;
	struct iovec one = { &a, 8 }, two[] = { { &a, 8 }, { &b, 8 } };
	struct iovec wide = { (uint64_t[4]){ 0 }, 32 };

	CHECK_EQ(value_of(readv(fd, &one, 1)), -EAGAIN);
	ready(fd);
	CHECK_EQ(value_of(readv(fd, &one, 1)), 8);
	CHECK_EQ(a, 1);
	ready(fd);
	a = 7;
	CHECK_EQ(value_of(readv(fd, two, 2)), 8);
	CHECK_EQ(a, 1);
	CHECK_EQ(b, 8);
	ready(fd);
	CHECK_EQ(value_of(readv(fd, &wide, 1)), 8);
	CHECK_EQ(value_of(readv(fd, &one, 0)), 0);
}

/* In pieces only where the kernel reads through an iterator. */
static void readv_of_pieces(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint32_t a = 7, b = 7;
	struct iovec pieces[] = { { &a, 4 }, { &b, 4 } };
	struct iovec empty_first[] = { { NULL, 0 }, { &a, 4 }, { &b, 4 } };
	bool whole = kernel_is_at_least(6, 10);

	ready(fd);
	CHECK_EQ(value_of(readv(fd, pieces, 2)), whole ? 8 : -EINVAL);
	CHECK_EQ(a, whole ? 1 : 7);
	CHECK_EQ(b, whole ? 0 : 7);
	ready(fd);
	CHECK_EQ(value_of(readv(fd, empty_first, 3)), whole ? 8 : -EINVAL);
}

static void preadv2_nowait(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	bool can = kernel_is_at_least(6, 10);
	uint64_t a;
	struct iovec one = { &a, 8 };

	CHECK_EQ(value_of(preadv2(fd, &one, 1, -1, RWF_NOWAIT)),
		 can ? -EAGAIN : -EOPNOTSUPP);
	ready(fd);
	CHECK_EQ(value_of(preadv2(fd, &one, 1, -1, RWF_NOWAIT)),
		 can ? 8 : -EOPNOTSUPP);
}

static void no_position(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t a = 7;
	struct iovec one = { &a, 8 };

	CHECK_EQ(value_of(pread(fd, &a, 8, 0)), -ESPIPE);
	CHECK_EQ(value_of(pwrite(fd, &a, 8, 0)), -ESPIPE);
	CHECK_EQ(value_of(preadv(fd, &one, 1, 0)), -ESPIPE);
	/* Which is no error, though. */
	CHECK_EQ(value_of(lseek(fd, 0, SEEK_SET)), 0);
	CHECK_EQ(value_of(lseek(fd, 3, SEEK_CUR)), 0);
	CHECK_EQ(value_of(lseek(fd, 0, SEEK_END)), 0);
}

static void no_writing(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t a = 7;
	struct iovec one = { &a, 8 };

	CHECK_EQ(value_of(write(fd, &a, 8)), -EINVAL);
	CHECK_EQ(value_of(write(fd, &a, 0)), -EINVAL);
	CHECK_EQ(value_of(writev(fd, &one, 1)), -EINVAL);
	CHECK_EQ(value_of(ftruncate(fd, 0)), -EINVAL);
}

static void nothing_else_either(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int n = 0, pipes[2];

	REQUIRE(!pipe(pipes));
	ready(fd);
	CHECK_EQ(value_of((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd,
					 0)),
		 -ENODEV);
	CHECK_EQ(value_of(fsync(fd)), -EINVAL);
	CHECK_EQ(value_of(fdatasync(fd)), -EINVAL);
	CHECK_EQ(value_of(ioctl(fd, FIONREAD, &n)), -ENOTTY);
	CHECK_EQ(value_of(ioctl(fd, TCGETS, &n)), -ENOTTY);
	CHECK_EQ(value_of(ioctl(fd, 0xdead, &n)), -ENOTTY);
	CHECK_EQ(value_of(fallocate(fd, 0, 0, 4096)), -ENODEV);
	CHECK_EQ(value_of(flock(fd, LOCK_EX | LOCK_NB)), 0);
	CHECK_EQ(value_of(fcntl(fd, F_SETOWN, getpid())), 0);
	CHECK_EQ(value_of(fcntl(fd, F_GETPIPE_SZ)), -EBADF);
	CHECK_EQ(value_of(fchdir(fd)), -ENOTDIR);
}

static void splice_and_sendfile(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int pipes[2];

	REQUIRE(!pipe2(pipes, O_NONBLOCK));
	CHECK_EQ(value_of(splice(fd, NULL, pipes[1], NULL, 8, 0)), -EINVAL);
	CHECK_EQ(value_of(sendfile(pipes[1], fd, NULL, 8)), -EINVAL);
}

static void one_reader_gets_it(void)
{
	enum { READERS = 4 };
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader readers[READERS];
	pthread_t threads[READERS];
	int done;

	for (int i = 0; i < READERS; i++)
		threads[i] = start_reader(&readers[i], fd);
	for (int round = 1; round <= READERS; round++) {
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
		for (int wait = 0; wait < 2000; wait++) {
			done = 0;
			for (int i = 0; i < READERS; i++)
				done += readers[i].state == 2;
			if (done >= round)
				break;
			sleep_ms(1);
		}
		sleep_ms(5);
		CHECK_EQ(done, round);
	}
	for (int i = 0; i < READERS; i++) {
		join_thread(threads[i]);
		CHECK_EQ(readers[i].result, 1);
	}
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

static void blocked_while_another_sets(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread = start_reader(&reader, fd);
	uint64_t deadline = mono_ns() + 30 * MS;

	REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
	CHECK_ORDER(reader.when, >=, deadline);
}

static void blocked_while_another_clears(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread;

	REQUIRE_EQ(set(fd, 0, 60 * SEC, 0), 0);
	thread = start_reader(&reader, fd);
	REQUIRE_EQ(set(fd, 0, 0, 0), 0);
	sleep_ms(50);
	CHECK_EQ(reader.state, 1);
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
}

static void blocked_while_another_pushes_back(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread;
	uint64_t deadline;

	REQUIRE_EQ(set(fd, 0, 10 * SEC, 0), 0);
	thread = start_reader(&reader, fd);
	for (int i = 0; i < 5; i++) {
		deadline = mono_ns() + 60 * MS;
		REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
		if (i < 4)
			sleep_ms(2);
	}
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
	CHECK_ORDER(reader.when, >=, deadline - 60 * MS);
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
	CASE(signals_interrupt),
	CASE(reads_restart),
	CASE(reads_survive_a_stop),
	CASE(readv_fills_the_first),
	CASE(readv_of_pieces),
	CASE(preadv2_nowait),
	CASE(no_position),
	CASE(no_writing),
	CASE(nothing_else_either),
	CASE(splice_and_sendfile),
	CASE(one_reader_gets_it),
	CASE(racing_readers_count),
	CASE(blocked_while_another_sets),
	CASE(blocked_while_another_clears),
	CASE(blocked_while_another_pushes_back),
};

TEST_MAIN(cases)
