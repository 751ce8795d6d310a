// SPDX-License-Identifier: GPL-2.0-only
/* Who shares a timer: duplicates, children, programs that are run, and others. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timer.h"

static void duplicates_share(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int other = dup(fd), third = fcntl(fd, F_DUPFD_CLOEXEC, 50);

	REQUIRE_EQ(set(other, 0, MS, 0), 0);
	CHECK_EQ(take_later(fd), 1);
	CHECK_EQ(take(other), -EAGAIN);
	REQUIRE_EQ(set(fd, 0, 100 * SEC, 0), 0);
	CHECK_ORDER(get(third).value, >, 60 * SEC);
	close(fd);
	CHECK_ORDER(get(third).value, >, 60 * SEC);
	CHECK_EQ(value_of(dup2(third, fd)), fd);
	REQUIRE_EQ(set(fd, 0, 1, 0), 0);
	CHECK_EQ(take_later(other), 1);
}

static void children_share(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	pid_t pid;

	REQUIRE_EQ(set(fd, 0, 20 * MS, 0), 0);
	pid = fork();
	if (!pid) {
		CHECK_EQ(take_later(fd), 1);
		CHECK_EQ(set(fd, 0, 100 * SEC, 0), 0);
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
	CHECK_EQ(take(fd), -EAGAIN);
	CHECK_ORDER(get(fd).value, >, 60 * SEC);
}

/* What a child makes after fork() is its own, and is made as ever. */
static void made_in_a_child(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	pid_t pid = fork();

	if (!pid) {
		int own = timer(CLOCK_MONOTONIC, 0);

		CHECK_EQ(own, fd + 1);
		CHECK_EQ(set(own, 0, MS, 0), 0);
		CHECK_EQ(take(own), 1);
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
	CHECK_EQ(get(fd).value, 0);
}

static void made_after_vfork(void)
{
	static const struct itimerspec soon = { .it_value = { 0, 1000000 } };
	volatile int fd = -1, rc = -1;
	pid_t pid = vfork();

	if (!pid) {
		fd = timerfd_create(CLOCK_MONOTONIC, 0);
		rc = timerfd_settime(fd, 0, &soon, NULL);
		_exit(0);
	}
	CHECK_EQ(wait_child(pid), 0);
	CHECK_ORDER(fd, >=, 0);
	CHECK_EQ(rc, 0);
	/* It was the child's. */
	CHECK_EQ(fcntl(fd, F_GETFD), -1);
}

static void send_descriptor(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	REQUIRE_EQ(sendmsg(socket, &message, 0), 1);
}

static int receive_descriptor(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	REQUIRE_EQ(recvmsg(socket, &message, 0), 1);
	REQUIRE(CMSG_FIRSTHDR(&message));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void passed_to_another(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK), pair[2];
	pid_t pid;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	if (!pid) {
		int received;

		close(fd);
		received = receive_descriptor(pair[1]);
		CHECK_EQ(fcntl(received, F_GETFL), O_RDWR | O_NONBLOCK);
		CHECK_ORDER(get(received).value, >, 60 * SEC);
		CHECK_EQ(set(received, 0, MS, 0), 0);
		CHECK_EQ(take_later(received), 1);
		_exit(0);
	}
	REQUIRE_EQ(set(fd, 0, 100 * SEC, 0), 0);
	send_descriptor(pair[0], fd);
	close(fd);
	CHECK_EQ(wait_child(pid), 0);
}

/* In transit it has no descriptor, and goes on. */
static void expires_in_transit(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK), pair[2];

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	send_descriptor(pair[0], fd);
	close(fd);
	sleep_ms(30);
	CHECK_EQ(take(receive_descriptor(pair[1])), 1);
}

/* This program again, which then runs only inherited() on the descriptor. */
static int run_with(int fd)
{
	char number[20];
	pid_t pid = fork();

	if (!pid) {
		snprintf(number, sizeof(number), "%d", fd);
		setenv("INHERITED", number, 1);
		execl("/proc/self/exe", "files", NULL);
		_exit(100);
	}
	return wait_child(pid);
}

/* Its exit status: what could be done with the descriptor. */
static void __attribute__((constructor)) inherited(void)
{
	const char *number = getenv("INHERITED");
	struct itimerspec now, later = spec_of(50 * SEC, 0);
	int fd, failed = 0;

	if (!number)
		return;
	fd = atoi(number);
	failed |= (fcntl(fd, F_GETFL) != O_RDWR) << 0;
	failed |= (timerfd_gettime(fd, &now) != 0) << 1;
	failed |= (timerfd_settime(fd, 0, &later, NULL) != 0) << 2;
	_exit(failed);
}

static void exec_keeps_it(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);

	CHECK_EQ(run_with(fd), 0);
	CHECK_ORDER(get(fd).value, >, 30 * SEC);
	CHECK_ORDER(get(fd).value, <=, 50 * SEC);
}

static void exec_closes_it(void)
{
	CHECK_EQ(run_with(timer(CLOCK_MONOTONIC, TFD_CLOEXEC)), 7);
}

static const struct test_case cases[] = {
	CASE(duplicates_share),	 CASE(children_share),
	CASE(made_in_a_child),	 CASE(made_after_vfork),
	CASE(passed_to_another), CASE(expires_in_transit),
	CASE(exec_keeps_it),	 CASE(exec_closes_it),
};

TEST_MAIN(cases)
