// SPDX-License-Identifier: GPL-2.0-only
/* Several processes: queues of their own, and one queue shared. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

static void run_own_queue(void *arg)
{
	uint32_t slots = 100 + *(int *)arg;
	struct timerheap_expiry e;
	uint64_t deadline = 0;
	struct queue q;

	queue_open(&q, slots, 0, 0, CLOCK_MONOTONIC);
	for (unsigned long i = 0; i < scaled(1000); i++) {
		uint64_t next = mono_ns() + i % 7 * 100 * NSEC_PER_USEC;

		deadline = next > deadline ? next : deadline + 1;
		slot_arm(&q, i % slots, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.slot, i % slots);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
	}
	CHECK_EQ(queue_stats(&q).expiries, scaled(1000));
}

static void queues_of_their_own(void)
{
	int numbers[5];
	pid_t children[5];

	for (int i = 0; i < 5; i++) {
		numbers[i] = i;
		children[i] = start_child(run_own_queue, &numbers[i]);
	}
	for (int i = 0; i < 5; i++)
		CHECK_EQ(wait_child(children[i]), 0);
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void send_fd(int socket, int fd)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	REQUIRE_EQ(sendmsg(socket, &msg, 0), 1);
}

static int receive_fd(int socket)
{
	char byte;
	int fd;
	struct iovec iov = { &byte, 1 };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};

	REQUIRE_EQ(recvmsg(socket, &msg, MSG_CMSG_CLOEXEC), 1);
	REQUIRE(CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Everything but the mapping works with the descriptor alone. */
static void use_descriptor(int fd)
{
	struct queue q = { .fd = fd };
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	struct timerheap_expiry e;
	uint64_t deadline = mono_ns() + 20 * NSEC_PER_MSEC;
	uint32_t ready;

	CHECK_EQ(poll(&pollfd, 1, 0), 0);
	CHECK_EQ(queue_arm(&q, 9, deadline, 0, 0, 0), 0);
	CHECK_EQ(queue_arm(&q, 8, 1ULL << 60, 0, 0, 0), 0);
	CHECK_EQ(poll(&pollfd, 1, 20000), 1);
	CHECK_EQ(read(fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.slot, 9);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
	CHECK_EQ(queue_cancel(&q, 8), 1);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK_EQ(queue_wait(&q, 0, 0, &ready), 0);
	CHECK_EQ(queue_stats(&q).expiries, 1);
	CHECK_EQ(call(fd, TIMERHEAP_IOC_RESET_STATS, NULL), 0);
	CHECK_EQ(queue_stats(&q).expiries, 0);
}

static void receive_and_use(void *arg)
{
	int fd = receive_fd(*(int *)arg);

	use_descriptor(fd);
}

static void passed_over_a_socket(void)
{
	int sockets[2];
	struct queue q;
	pid_t pid;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = start_child(receive_and_use, &sockets[1]);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	send_fd(sockets[0], q.fd);
	CHECK_EQ(wait_child(pid), 0);
	/* What the other one did is to be seen here. */
	CHECK_EQ(q.header->cq_head, 1);
	CHECK_EQ(q.header->cq_tail, 1);
	CHECK_EQ(slot_deadline(&q, 8), 0);
}

/* The sender is gone, and the queue is not. */
static void only_in_flight(void)
{
	int sockets[2];
	struct queue q;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	send_fd(sockets[0], q.fd);
	queue_close(&q);
	use_descriptor(receive_fd(sockets[1]));
}

/* Nor is it when it is lost on the way. */
static void lost_in_flight(void)
{
	int sockets[2], before;
	struct queue q;

	before = cpu_stats(open_device(), 0).queues;
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 1, mono_ns() + 50 * NSEC_PER_MSEC, NULL);
	send_fd(sockets[0], q.fd);
	queue_close(&q);
	close(sockets[0]);
	CHECK_EQ(cpu_stats(open_device(), 0).queues, before + 1);
	close(sockets[1]);
	CHECK(WAIT_UNTIL(cpu_stats(open_device(), 0).queues ==
			 (uint32_t)before));
}

static void use_forked(void *arg)
{
	use_descriptor(*(int *)arg);
}

static void forked(void)
{
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(wait_child(start_child(use_forked, &q.fd)), 0);
	CHECK_EQ(q.header->cq_head, 1);
	use_descriptor(dup(q.fd));
}

static void read_some(void *arg)
{
	struct queue *q = arg;
	struct timerheap_expiry records[5];
	unsigned long got = 0;

	while (got < 500) {
		ssize_t n = read(q->fd, records, sizeof(records));

		REQUIRE(n > 0);
		got += n / sizeof(records[0]);
	}
	/* The count of the last one may be past it by four. */
	_exit(got - 500);
}

/* Two processes read from one queue: each record goes to one of them. */
static void read_by_two(void)
{
	unsigned long got = 0;
	struct queue q;
	pid_t pids[2];

	queue_open(&q, 1010, 64, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < 2; i++)
		pids[i] = start_child(read_some, &q);
	for (uint32_t i = 0; i < 1010; i++)
		slot_arm(&q, i, i + 1, NULL);
	for (int i = 0; i < 2; i++)
		got += 500 + wait_child(pids[i]);
	CHECK(WAIT_UNTIL(queue_stats(&q).expiries == 1010));
	CHECK_EQ(got, q.header->cq_head);
	CHECK_EQ(got + queue_ready(&q), 1010);
}

static const struct test_case cases[] = {
	CASE(queues_of_their_own),
	CASE(passed_over_a_socket),
	CASE(only_in_flight),
	CASE(lost_in_flight),
	CASE(forked),
	CASE(read_by_two),
};

TEST_MAIN(cases)
