// SPDX-License-Identifier: GPL-2.0-only
/* io_uring: poll requests, single and multishot, and reads. */
#include "harness.h"

#ifdef NO_LIBURING

static void not_built(void)
{
	skip("built without liburing");
}

static const struct test_case cases[] = {
	CASE(not_built),
};

#else

#include <errno.h>
#include <liburing.h>
#include <poll.h>

#include "queue.h"

static void make_ring(struct io_uring *ring)
{
	int err = io_uring_queue_init(16, ring, 0);

	if (err == -ENOSYS || err == -EPERM)
		skip("the kernel has no io_uring");
	REQUIRE_EQ(err, 0);
}

static void submit_poll(struct io_uring *ring, int fd, uint64_t tag,
			bool multishot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (multishot)
		io_uring_prep_poll_multishot(sqe, fd, POLLIN);
	else
		io_uring_prep_poll_add(sqe, fd, POLLIN);
	io_uring_sqe_set_data64(sqe, tag);
	REQUIRE_EQ(io_uring_submit(ring), 1);
}

/* The next completion's result, or -ETIME. */
static int completion(struct io_uring *ring, uint64_t tag, unsigned int ms,
		      uint32_t *flags)
{
	struct __kernel_timespec ts = { ms / 1000, ms % 1000 * 1000000LL };
	struct io_uring_cqe *cqe;
	int ret = io_uring_wait_cqe_timeout(ring, &cqe, &ts);

	if (ret)
		return ret;
	CHECK_EQ(io_uring_cqe_get_data64(cqe), tag);
	ret = cqe->res;
	if (flags)
		*flags = cqe->flags;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

static void poll_once(void)
{
	struct timerheap_expiry e;
	struct io_uring ring;
	struct queue q;

	make_ring(&ring);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < 20; i++) {
		uint64_t deadline = mono_ns() + 5 * NSEC_PER_MSEC;

		submit_poll(&ring, q.fd, i, false);
		slot_arm(&q, 1, deadline, NULL);
		CHECK_EQ(completion(&ring, i, 20000, NULL), POLLIN);
		CHECK_ORDER(mono_ns(), >=, deadline);
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
	}
	submit_poll(&ring, q.fd, 99, false);
	CHECK_EQ(completion(&ring, 99, 20, NULL), -ETIME);
}

static void ready_before(void)
{
	struct io_uring ring;
	struct queue q;

	make_ring(&ring);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 1, 1, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	submit_poll(&ring, q.fd, 1, false);
	CHECK_EQ(completion(&ring, 1, 20000, NULL), POLLIN);
}

static void multishot(void)
{
	struct timerheap_expiry e;
	struct io_uring ring;
	uint32_t flags;
	struct queue q;

	make_ring(&ring);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	submit_poll(&ring, q.fd, 5, true);
	for (int i = 0; i < 20; i++) {
		slot_arm(&q, 1, mono_ns() + NSEC_PER_MSEC, NULL);
		CHECK_EQ(completion(&ring, 5, 20000, &flags), POLLIN);
		CHECK(flags & IORING_CQE_F_MORE);
		CHECK_EQ(queue_reap(&q, &e, 1), 1);
	}
	CHECK_EQ(completion(&ring, 5, 20, NULL), -ETIME);
}

static void read_records(void)
{
	struct timerheap_expiry records[4];
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	struct queue q;
	uint64_t deadline;

	make_ring(&ring);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (int i = 0; i < 20; i++) {
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_read(sqe, q.fd, records, sizeof(records), 0);
		io_uring_sqe_set_data64(sqe, i);
		REQUIRE_EQ(io_uring_submit(&ring), 1);
		POISON(records);
		deadline = mono_ns() + 5 * NSEC_PER_MSEC;
		slot_arm(&q, 7, deadline, NULL);
		CHECK_EQ(completion(&ring, i, 20000, NULL), sizeof(records[0]));
		CHECK_EQ(records[0].slot, 7);
		CHECK_EQ(records[0].expires_ns, deadline);
		CHECK(IS_POISON(records[1]));
	}
}

/* The request holds the file; it goes when the ring does. */
static void closed_meanwhile(void)
{
	struct io_uring ring;
	struct queue q;

	make_ring(&ring);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	submit_poll(&ring, q.fd, 1, false);
	slot_arm(&q, 1, mono_ns() + 20 * NSEC_PER_MSEC, NULL);
	queue_close(&q);
	CHECK_EQ(completion(&ring, 1, 20000, NULL), POLLIN);
	io_uring_queue_exit(&ring);
}

static const struct test_case cases[] = {
	CASE(poll_once),    CASE(ready_before),	    CASE(multishot),
	CASE(read_records), CASE(closed_meanwhile),
};

#endif

TEST_MAIN(cases)
