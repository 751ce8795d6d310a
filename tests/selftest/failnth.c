// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation, and each copy from or to user space, of opening, SETUP,
 * mapping and polling fails once, in turn: the error is the one that is
 * documented, the state is as it was, and the same works right after. That
 * nothing was left behind is for the guest's leak check, and for the counter of
 * what is too large for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "queue.h"

/* Several pages of each part, and of page tables. */
#define SLOTS 20000

struct subject {
	struct queue q;
	int fd;
	void *at;
	struct timerheap_setup setup, before;
};

static int errno_of(long value)
{
	return value < 0 ? -errno : 0;
}

/* Arm, sleep, take: the queue is alive. */
static void check_works(struct queue *q)
{
	struct timerheap_expiry e;
	uint64_t deadline = queue_now(q);

	slot_arm(q, 7, deadline, NULL);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 7);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
}

static int do_open(void *arg)
{
	struct subject *s = arg;

	s->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	return errno_of(s->fd);
}

static void opened(void *arg, int err)
{
	struct subject *s = arg;

	if (!err)
		CHECK(!close(s->fd));
}

static void opening(void)
{
	static struct subject s;

	fault_need();
	fault_each(&(struct fault_test){ .what = "open",
					 .least = { 2, 0, 1 },
					 .act = do_open,
					 .check = opened },
		   &s);
	close(open_device());
}

static int do_setup(void *arg)
{
	struct subject *s = arg;

	return call(s->fd, TIMERHEAP_IOC_SETUP, &s->setup);
}

/* After an error nothing is there, and all is as it was passed in. */
static void set_up(void *arg, int err)
{
	struct subject *s = arg;

	if (err) {
		CHECK(!memcmp(&s->setup, &s->before, sizeof(s->setup)));
		CHECK_EQ(call(s->fd, TIMERHEAP_IOC_KICK, NULL), -ENXIO);
		/* Only then by the same file, to have both. */
		if (err == -EFAULT)
			return;
		CHECK_EQ(call(s->fd, TIMERHEAP_IOC_SETUP, &s->setup), 0);
	}
	s->q = (struct queue){ .fd = s->fd, .setup = s->setup };
	queue_map(&s->q);
	check_works(&s->q);
	queue_close(&s->q);
	s->fd = open_device();
	s->setup = s->before;
}

static void setting_up(void)
{
	static struct subject s;
	long before;

	fault_need();
	s.fd = open_device();
	s.before = setup_of(SLOTS, 0);
	s.setup = s.before;
	before = read_meminfo("VmallocUsed");
	/* Queue, mask, three areas; the structure in and out. */
	fault_each(&(struct fault_test){ .what = "SETUP",
					 .least = { 6, 3, 2 },
					 .act = do_setup,
					 .check = set_up },
		   &s);
	/* A queue of this size has 1 MB. */
	CHECK(WAIT_UNTIL(read_meminfo("VmallocUsed") < before + 1024));
}

/* Far from all else, so that no level of page tables is there yet. */
static int do_map(void *arg)
{
	struct subject *s = arg;

	s->at = mmap((void *)(1ULL << 44), s->q.setup.mmap_size,
		     PROT_READ | PROT_WRITE, MAP_SHARED, s->q.fd, 0);
	return s->at == MAP_FAILED ? -errno : 0;
}

static void mapped(void *arg, int err)
{
	struct subject *s = arg;

	/* The mapping that there was before is as good as ever. */
	check_works(&s->q);
	if (err)
		return;
	CHECK(!memcmp(s->at, s->q.map, s->q.setup.mmap_size));
	CHECK(!munmap(s->at, s->q.setup.mmap_size));
}

static void mapping(void)
{
	static struct subject s;

	fault_need();
	queue_open(&s.q, 200000, 0, 0, CLOCK_MONOTONIC);
	/* Three levels of tables, the lowest several times. */
	fault_each(&(struct fault_test){ .what = "mmap",
					 .least = { 2, 4, 0 },
					 .act = do_map,
					 .check = mapped },
		   &s);
	CHECK_EQ(do_map(&s), 0);
	mapped(&s, 0);
}

static int do_watch(void *arg)
{
	struct subject *s = arg;
	struct epoll_event event = { .events = EPOLLIN };

	return errno_of(epoll_ctl(s->fd, EPOLL_CTL_ADD, s->q.fd, &event));
}

static void watched(void *arg, int err)
{
	struct subject *s = arg;
	struct timerheap_expiry e;
	struct epoll_event event;

	check_works(&s->q);
	CHECK_EQ(epoll_wait(s->fd, &event, 1, 0), 0);
	slot_arm(&s->q, 1, 1, NULL);
	REQUIRE(WAIT_UNTIL(queue_ready(&s->q) == 1));
	/* The wake-up may come after what it is for. */
	CHECK_EQ(epoll_wait(s->fd, &event, 1, err ? 0 : 1000), !err);
	CHECK_EQ(queue_reap(&s->q, &e, 1), 1);
	if (!err)
		CHECK(!epoll_ctl(s->fd, EPOLL_CTL_DEL, s->q.fd, NULL));
}

static void watching(void)
{
	static struct subject s;

	fault_need();
	queue_open(&s.q, SLOTS, 0, 0, CLOCK_MONOTONIC);
	s.fd = epoll_create1(EPOLL_CLOEXEC);
	REQUIRE(s.fd >= 0);
	fault_each(&(struct fault_test){ .what = "epoll_ctl",
					 .least = { 2, 0, 1 },
					 .act = do_watch,
					 .check = watched },
		   &s);
}

static const struct test_case cases[] = {
	CASE(opening),
	CASE(setting_up),
	CASE(mapping),
	CASE(watching),
};

TEST_MAIN_RESTORE(cases, fault_restore)
