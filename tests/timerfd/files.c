// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors: their flags, numbers and names, and who closes them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reader.h"
#include "timer.h"

static void flags(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	fd = timer(CLOCK_MONOTONIC, TFD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd = timer(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	/* Some that there are not for it: ignored, or refused. */
	CHECK_EQ(value_of(fcntl(fd, F_SETFL, O_APPEND)), 0);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_APPEND);
	CHECK_EQ(value_of(fcntl(fd, F_SETFL, O_ASYNC)), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & ~O_ASYNC, O_RDWR);
	CHECK_EQ(value_of(fcntl(fd, F_SETFL, O_DIRECT)), -EINVAL);
}

static void lowest_number(void)
{
	int before = open_descriptors(), low = dup(0), gap, fd;

	gap = dup(0);
	CHECK_EQ(dup(0), gap + 1);
	close(gap);
	fd = timer(CLOCK_MONOTONIC, 0);
	CHECK_EQ(fd, gap);
	CHECK_EQ(timer(CLOCK_MONOTONIC, 0), gap + 2);
	close(low);
	CHECK_EQ(timer(CLOCK_MONOTONIC, TFD_CLOEXEC), low);
	/* Three timers and the one copy; and nothing else. */
	CHECK_EQ(open_descriptors(), before + 4);
}

static void limit_descriptors(int n)
{
	struct rlimit limit = { n, n };

	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit));
}

/* Whose it is then does not matter: there must be one. */
static void last_descriptor(void)
{
	struct itimerspec soon = spec_of(MS, 0);
	int fd, highest = dup(0);

	limit_descriptors(highest + 2);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	CHECK_EQ(fd, highest + 1);
	CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC, 0)), -EMFILE);
	CHECK_EQ(value_of(timerfd_settime(fd, 0, &soon, NULL)), 0);
	CHECK_EQ(take(fd), 1);
	CHECK_EQ(value_of(timerfd_gettime(fd, &soon)), 0);
	/* What is wrong comes before there is no place for it. */
	CHECK_EQ(value_of(timerfd_create(CLOCK_TAI, 0)), -EINVAL);
	CHECK_EQ(value_of(timerfd_create(CLOCK_MONOTONIC, 1)), -EINVAL);
}

static void closed_while_it_is_read(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), keep = dup(fd);
	pid_t pid = fork();

	if (!pid)
		_exit(take(fd) == 1 ? 0 : 1);
	sleep_ms(20);
	close(fd);
	REQUIRE_EQ(set(keep, 0, MS, 0), 0);
	CHECK_EQ(wait_child(pid), 0);
}

/* The read goes on, of a file that has no descriptor any more. */
static void closed_by_another_thread(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct reader reader;
	pthread_t thread;

	REQUIRE_EQ(set(fd, 0, 2 * SEC, 0), 0);
	thread = start_reader(&reader, fd);
	sleep_ms(50);
	close(fd);
	CHECK_EQ(reader.state, 1);
	join_thread(thread);
	CHECK_EQ(reader.result, 1);
	CHECK_EQ(value_of(timerfd_gettime(fd, &(struct itimerspec){})), -EBADF);
}

static void name_and_inode(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0), other;
	char path[50], name[50] = { 0 };
	struct stat stat;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ORDER(readlink(path, name, sizeof(name) - 1), >, 0L);
	CHECK(!strcmp(name, "anon_inode:[timerfd]"));
	REQUIRE(!fstat(fd, &stat));
	CHECK_EQ(stat.st_mode & 07777, 0600);
	CHECK_EQ(stat.st_size, 0);
	/* It can be opened by no name. */
	CHECK_EQ(value_of(open(path, O_RDWR)), -ENXIO);
	other = open(path, O_PATH);
	CHECK_ORDER(other, >=, 0);
	CHECK_EQ(value_of(timerfd_gettime(other, &(struct itimerspec){})),
		 -EBADF);
}

static const struct test_case cases[] = {
	CASE(flags),
	CASE(lowest_number),
	CASE(last_descriptor),
	CASE(closed_while_it_is_read),
	CASE(closed_by_another_thread),
	CASE(name_and_inode),
};

TEST_MAIN(cases)
