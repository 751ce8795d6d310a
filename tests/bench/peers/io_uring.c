// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * io_uring timeouts: one request for each timer, moved by
 * IORING_TIMEOUT_UPDATE; submissions go in batches.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

#include "bench.h"
#include "loops.h"
#include "times.h"

#define ENTRIES 256
/* For the answers of updates and removals. */
#define NO_TIMER UINT64_MAX

static _Thread_local struct io_uring ring;
static _Thread_local struct __kernel_timespec *when;
static _Thread_local bool *pending;
static _Thread_local uint32_t *expired;
static _Thread_local uint32_t nexpired, taken, ntimers;

static void on_completion(const struct io_uring_cqe *cqe)
{
	if (cqe->user_data == NO_TIMER)
		return;
	/* Cancelled ones complete as well. */
	if (cqe->res == -ETIME) {
		pending[cqe->user_data] = false;
		expired[nexpired++ % ntimers] = (uint32_t)cqe->user_data;
	}
}

static void take_completions(void)
{
	struct io_uring_cqe *cqe;
	unsigned int head, count = 0;

	io_uring_for_each_cqe(&ring, head, cqe)
	{
		on_completion(cqe);
		count++;
	}
	io_uring_cq_advance(&ring, count);
}

static void submit(void)
{
	bench_check(io_uring_submit(&ring) >= 0, "io_uring_submit");
	take_completions();
}

static struct io_uring_sqe *next_sqe(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (!sqe) {
		submit();
		sqe = io_uring_get_sqe(&ring);
	}
	return sqe;
}

static inline int arm_one(uint32_t timer, uint64_t deadline_ns)
{
	struct io_uring_sqe *sqe = next_sqe();

	when[timer].tv_sec = (long long)(deadline_ns / BENCH_SEC);
	when[timer].tv_nsec = (long long)(deadline_ns % BENCH_SEC);
	if (pending[timer]) {
		io_uring_prep_timeout_update(sqe, &when[timer], timer,
					     IORING_TIMEOUT_ABS);
		sqe->user_data = NO_TIMER;
		return 0;
	}
	pending[timer] = true;
	io_uring_prep_timeout(sqe, &when[timer], 0, IORING_TIMEOUT_ABS);
	sqe->user_data = timer;
	return 0;
}

static inline int cancel_one(uint32_t timer)
{
	struct io_uring_sqe *sqe = next_sqe();

	pending[timer] = false;
	io_uring_prep_timeout_remove(sqe, timer, 0);
	sqe->user_data = NO_TIMER;
	return 0;
}

BENCH_LOOPS(arm_one, cancel_one)

static void settle(void)
{
	submit();
}

static int take(struct bench_expiry *expiries, int n)
{
	int got = 0;

	for (; got < n && taken != nexpired; got++, taken++) {
		expiries[got].timer = expired[taken % ntimers];
		expiries[got].periods = 1;
	}
	return got;
}

static int collect(struct bench_expiry *expiries, int n, uint64_t until_ns)
{
	uint64_t now = bench_now();
	struct __kernel_timespec left = { 0 };
	struct io_uring_cqe *cqe;
	int rc;

	take_completions();
	if (taken == nexpired) {
		if (until_ns > now) {
			left.tv_sec = (long long)((until_ns - now) / BENCH_SEC);
			left.tv_nsec =
				(long long)((until_ns - now) % BENCH_SEC);
		}
		rc = io_uring_submit_and_wait_timeout(&ring, &cqe, 1, &left,
						      NULL);
		bench_check(rc >= 0 || rc == -ETIME, "io_uring wait");
		take_completions();
	}
	return take(expiries, n);
}

static void open_ring(uint32_t n)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER |
			IORING_SETUP_COOP_TASKRUN,
		.cq_entries = n < 65536 ? 2 * n : 131072,
	};
	int rc = io_uring_queue_init_params(ENTRIES, &ring, &params);

	if (rc < 0)
		bench_die("io_uring_queue_init", -rc);
	ntimers = n;
	when = bench_alloc(n, sizeof(*when));
	pending = bench_alloc(n, sizeof(*pending));
	expired = bench_alloc(n, sizeof(*expired));
}

static void close_ring(void)
{
	io_uring_queue_exit(&ring);
	free(when);
	free(pending);
	free(expired);
}

const struct bench_peer bench_io_uring = {
	.name = "io_uring",
	.open = open_ring,
	.close = close_ring,
	.arm = arm,
	.arm_each = arm_each,
	.cancel_each = cancel_each,
	.settle = settle,
	.commit = settle,
	.collect = collect,
	.most = 20000,
	.why = "each update and removal walks a list of all",
	.bytes = 500,
};
