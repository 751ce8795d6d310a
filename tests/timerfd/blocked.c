// SPDX-License-Identifier: GPL-2.0-only
/* Readers that wait: signals, other readers, and who sets the timer meanwhile. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "reader.h"
#include "timer.h"

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
	CASE(signals_interrupt),
	CASE(reads_restart),
	CASE(reads_survive_a_stop),
	CASE(one_reader_gets_it),
	CASE(blocked_while_another_sets),
	CASE(blocked_while_another_clears),
	CASE(blocked_while_another_pushes_back),
};

TEST_MAIN(cases)
