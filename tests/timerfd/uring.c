// SPDX-License-Identifier: GPL-2.0-only
/* io_uring: poll requests, single and multishot, and reads. */
#include "timer.h"

#ifdef NO_LIBURING

static void not_built(void)
{
	skip("built without liburing");
}

static const struct test_case cases[] = {
	CASE(not_built),
};

#else

#include <liburing.h>
#include <poll.h>

static struct io_uring ring;

static void make_ring(void)
{
	int err = io_uring_queue_init(16, &ring, 0);

	if (err == -ENOSYS || err == -EPERM)
		skip("the kernel has no io_uring");
	REQUIRE_EQ(err, 0);
}

static void submit_poll(int fd, bool multishot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (multishot)
		io_uring_prep_poll_multishot(sqe, fd, POLLIN);
	else
		io_uring_prep_poll_add(sqe, fd, POLLIN);
	REQUIRE_EQ(io_uring_submit(&ring), 1);
}

static void submit_read(int fd, void *to, unsigned int size)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_read(sqe, fd, to, size, -1);
	REQUIRE_EQ(io_uring_submit(&ring), 1);
}

/* The next completion's result, or -ETIME. */
static int completion(unsigned int ms, uint32_t *flags)
{
	struct __kernel_timespec ts = { ms / 1000, ms % 1000 * 1000000LL };
	struct io_uring_cqe *cqe;
	int rc = io_uring_wait_cqe_timeout(&ring, &cqe, &ts);

	if (rc)
		return rc;
	rc = cqe->res;
	if (flags)
		*flags = cqe->flags;
	io_uring_cqe_seen(&ring, cqe);
	return rc;
}

static void poll_once(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t deadline;

	make_ring();
	for (int i = 0; i < 10; i++) {
		submit_poll(fd, false);
		deadline = mono_ns() + 5 * MS;
		REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
		CHECK_EQ(completion(20000, NULL), POLLIN);
		CHECK_ORDER(mono_ns(), >=, deadline);
		CHECK_EQ(take(fd), 1);
	}
	submit_poll(fd, false);
	CHECK_EQ(completion(20, NULL), -ETIME);
}

static void poll_when_ready(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);

	make_ring();
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	submit_poll(fd, false);
	CHECK_EQ(completion(20000, NULL), POLLIN);
}

static void poll_multishot(void)
{
	int fd = timer(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint32_t flags = 0;

	make_ring();
	submit_poll(fd, true);
	for (int i = 0; i < 10; i++) {
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
		CHECK_EQ(completion(20000, &flags), POLLIN);
		CHECK(flags & IORING_CQE_F_MORE);
		CHECK_EQ(take(fd), 1);
	}
	CHECK_EQ(completion(20, NULL), -ETIME);
}

static void check_reads(int fd)
{
	uint64_t count, deadline;

	make_ring();
	for (int i = 0; i < 10; i++) {
		POISON(count);
		submit_read(fd, &count, sizeof(count));
		deadline = mono_ns() + 5 * MS;
		REQUIRE_EQ(set(fd, TFD_TIMER_ABSTIME, deadline, 0), 0);
		CHECK_EQ(completion(20000, NULL), 8);
		CHECK_ORDER(mono_ns(), >=, deadline);
		CHECK_EQ(count, 1);
	}
}

static void reads(void)
{
	check_reads(timer(CLOCK_MONOTONIC, 0));
}

/* Where there can be a poll, O_NONBLOCK does not keep it from waiting. */
static void reads_nonblocking(void)
{
	check_reads(timer(CLOCK_MONOTONIC, TFD_NONBLOCK));
}

static void reads_when_ready(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t count;

	make_ring();
	REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	CHECK(is_ready(fd, 20000));
	submit_read(fd, &count, sizeof(count));
	CHECK_EQ(completion(20000, NULL), 8);
	CHECK_EQ(count, 1);
}

/* At once only where the kernel can try without waiting. */
static void short_reads(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	uint64_t count;

	make_ring();
	submit_read(fd, &count, sizeof(count) - 1);
	if (!kernel_is_at_least(6, 10)) {
		CHECK_EQ(completion(50, NULL), -ETIME);
		REQUIRE_EQ(set(fd, 0, MS, 0), 0);
	}
	CHECK_EQ(completion(20000, NULL), -EINVAL);
}

static void canceled_by_the_clock(void)
{
	int fd = timer(CLOCK_REALTIME, 0);
	uint64_t count;

	make_ring();
	REQUIRE_EQ(set(fd, ON_SET, now_ns(CLOCK_REALTIME) + 1000 * SEC, 0), 0);
	submit_read(fd, &count, sizeof(count));
	CHECK_EQ(completion(20, NULL), -ETIME);
	step_clock(SEC);
	CHECK_EQ(completion(20000, NULL), -ECANCELED);
}

static void write_is_refused(void)
{
	int fd = timer(CLOCK_MONOTONIC, 0);
	struct io_uring_sqe *sqe;
	uint64_t count = 1;

	make_ring();
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_write(sqe, fd, &count, sizeof(count), -1);
	REQUIRE_EQ(io_uring_submit(&ring), 1);
	/* Before, it waits to be told that it can be written to. */
	if (kernel_is_at_least(6, 10))
		CHECK_EQ(completion(20000, NULL), -EINVAL);
	else
		CHECK_EQ(completion(50, NULL), -ETIME);
}

static const struct test_case cases[] = {
	CASE(poll_once),   CASE(poll_when_ready),	CASE(poll_multishot),
	CASE(reads),	   CASE(reads_nonblocking),	CASE(reads_when_ready),
	CASE(short_reads), CASE(canceled_by_the_clock), CASE(write_is_refused),
};

#endif

TEST_MAIN_RESTORE(cases, restore_clock)
