// SPDX-License-Identifier: GPL-2.0-only
/* What can be done with the mapping, and what cannot; fork(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define RW (PROT_READ | PROT_WRITE)

static void check_works(struct queue *q)
{
	uint64_t deadline = queue_now(q) + NSEC_PER_MSEC;
	struct timerheap_expiry e;

	slot_arm(q, 3, deadline, NULL);
	REQUIRE_EQ(queue_collect(q, &e, 1, 0), 1);
	CHECK_EQ(e.slot, 3);
	CHECK_EQ(e.expires_ns, deadline);
}

static void check_refused(const struct queue *q, size_t size, int prot,
			  int flags, off_t offset, int want)
{
	CHECK(mmap(NULL, size, prot, flags, q->fd, offset) == MAP_FAILED);
	CHECK_EQ(errno, want);
}

static void refused(void)
{
	size_t page = getpagesize(), size;
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	size = q.setup.mmap_size;
	check_refused(&q, size - page, RW, MAP_SHARED, 0, EINVAL);
	check_refused(&q, size + page, RW, MAP_SHARED, 0, EINVAL);
	check_refused(&q, page, RW, MAP_SHARED, 0, EINVAL);
	check_refused(&q, 0, RW, MAP_SHARED, 0, EINVAL);
	check_refused(&q, size, RW, MAP_SHARED, page, EINVAL);
	check_refused(&q, size - page, RW, MAP_SHARED, page, EINVAL);
	check_refused(&q, size, RW, MAP_PRIVATE, 0, EINVAL);
	check_refused(&q, size, PROT_READ, MAP_PRIVATE, 0, EINVAL);
	check_refused(&q, size, RW | PROT_EXEC, MAP_SHARED, 0, EPERM);
	check_refused(&q, size, PROT_EXEC, MAP_SHARED, 0, EPERM);
	check_works(&q);
}

static void made_executable(void)
{
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(mprotect(q.map, q.setup.mmap_size, RW | PROT_EXEC), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(q.map, getpagesize(), PROT_READ | PROT_EXEC), -1);
	CHECK_EQ(errno, EACCES);
	check_works(&q);
}

static void grown(void)
{
	size_t page = getpagesize();
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	CHECK(mremap(q.map, q.setup.mmap_size, q.setup.mmap_size + page,
		     MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, EFAULT);
	/* Nor may it be doubled by moving nothing. */
	CHECK(mremap(q.map, 0, q.setup.mmap_size + page, MREMAP_MAYMOVE) ==
	      MAP_FAILED);
	check_works(&q);
}

static void moved(void)
{
	struct queue q;
	char *to, *map;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 5, 1ULL << 60, NULL);
	to = mmap(NULL, q.setup.mmap_size, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(to != MAP_FAILED);
	map = mremap(q.map, q.setup.mmap_size, q.setup.mmap_size,
		     MREMAP_MAYMOVE | MREMAP_FIXED, to);
	REQUIRE(map == to);
	q.header = (void *)(map + q.setup.header_off);
	q.level1 = (void *)(map + q.setup.level1_off);
	q.level0 = (void *)(map + q.setup.level0_off);
	q.ring = (void *)(map + q.setup.ring_off);
	q.slots = (void *)(map + q.setup.slots_off);
	CHECK_EQ(slot_deadline(&q, 5), 1ULL << 60);
	check_works(&q);
}

static void twice(void)
{
	struct timerheap_expiry e;
	struct queue q, second;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	second = q;
	queue_map(&second);
	CHECK(second.map != q.map);
	slot_arm(&second, 999, 5, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	CHECK_EQ(queue_reap(&second, &e, 1), 1);
	CHECK_EQ(e.slot, 999);
	CHECK_EQ(queue_ready(&q), 0);
	CHECK_EQ(q.header->cq_head, 1);
	REQUIRE(!munmap(q.map, q.setup.mmap_size));
	check_works(&second);
	/* And anew, when there is none left. */
	REQUIRE(!munmap(second.map, q.setup.mmap_size));
	queue_map(&q);
	CHECK_EQ(q.header->cq_head, 2);
	check_works(&q);
}

static void child_faults(void *arg)
{
	const struct queue *q = arg;

	/* No core, no message: it is meant to. */
	signal(SIGSEGV, SIG_DFL);
	(void)queue_next_event(q);
}

static void read_only(void)
{
	struct queue q, second;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	second = q;
	second.map =
		mmap(NULL, q.setup.mmap_size, PROT_READ, MAP_SHARED, q.fd, 0);
	REQUIRE(second.map != MAP_FAILED);
	CHECK(!memcmp(second.map, q.map, q.setup.mmap_size));
	check_works(&q);
	CHECK_EQ(((struct timerheap_header *)second.map)->cq_head, 1);
}

/* A file that is not open for writing has nothing to write to. */
static void read_only_file(void)
{
	struct queue q = { .setup = setup_of(10, 0) };

	q.fd = open(DEVICE, O_RDONLY | O_CLOEXEC);
	REQUIRE(q.fd >= 0);
	REQUIRE_EQ(call(q.fd, TIMERHEAP_IOC_SETUP, &q.setup), 0);
	check_refused(&q, q.setup.mmap_size, RW, MAP_SHARED, 0, EACCES);
	CHECK(mmap(NULL, q.setup.mmap_size, PROT_READ, MAP_SHARED, q.fd, 0) !=
	      MAP_FAILED);
}

static void all_of_it(void)
{
	struct queue q;
	char *end;

	queue_open(&q, 100001, 65536, 0, CLOCK_MONOTONIC);
	end = q.map + q.setup.mmap_size;
	for (volatile char *p = q.map; p < end; p += getpagesize())
		*p = *p;
	CHECK_EQ(end[-1], 0);
	CHECK_EQ(slot_armed(&q, 100000), TIMERHEAP_NEVER);
	check_works(&q);
}

static void outlives_the_descriptor(void)
{
	uint64_t deadline;
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + 200 * NSEC_PER_MSEC;
	slot_arm(&q, 3, deadline, NULL);
	REQUIRE(!close(q.fd));
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	CHECK_EQ(q.ring[0].expires_ns, deadline);
	CHECK_ORDER(q.ring[0].fired_ns, >=, deadline);
	REQUIRE(!munmap(q.map, q.setup.mmap_size));
}

static void child_uses_descriptor(void *arg)
{
	struct queue *q = arg;
	struct timerheap_expiry e;

	REQUIRE_EQ(queue_arm(q, 7, 7, 0, 0, 0), 0);
	REQUIRE_EQ(read(q->fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.slot, 7);
	/* It may map the queue anew. */
	queue_map(q);
	check_works(q);
}

static void forked(void)
{
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 5, 1ULL << 60, NULL);
	CHECK_EQ(wait_child(start_child(child_faults, &q)), 128 + SIGSEGV);
	CHECK_EQ(wait_child(start_child(child_uses_descriptor, &q)), 0);
	CHECK_EQ(slot_deadline(&q, 5), 1ULL << 60);
	check_works(&q);
}

static void child_goes_on(void *arg)
{
	struct queue *q = arg;
	struct timerheap_expiry e;

	sleep_ms(100);
	CHECK_EQ(slot_cancel(q, 4), 0);
	REQUIRE_EQ(read(q->fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.slot, 4);
}

/* The queue lives for as long as one process has it open. */
static void inherited(void *arg)
{
	struct queue *q = arg;

	queue_map(q);
	slot_arm(q, 4, mono_ns() + 50 * NSEC_PER_MSEC, NULL);
	child_goes_on(q);
}

static void parent_closes(void)
{
	struct queue q;
	pid_t pid;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	pid = start_child(inherited, &q);
	queue_close(&q);
	CHECK_EQ(wait_child(pid), 0);
}

static void child_scribbles(void *arg)
{
	struct queue *q = arg;
	char *map = mmap(NULL, q->setup.mmap_size, RW, MAP_SHARED, q->fd, 0);

	REQUIRE(map != MAP_FAILED);
	/* Whoever throws pages away has to do without. */
	if (madvise(map, q->setup.mmap_size, MADV_DONTNEED))
		_exit(0);
	signal(SIGBUS, SIG_DFL);
	(void)*(volatile char *)map;
}

/* The kernel's own view of the pages does not depend on the mapping's. */
static void discarded(void)
{
	int status;
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	/* After all that follows. */
	slot_arm(&q, 5, mono_ns() + 2 * NSEC_PER_SEC, NULL);
	status = wait_child(start_child(child_scribbles, &q));
	CHECK(status == 0 || status == 128 + SIGBUS);
	/* Hole punching and the like are for files that have blocks. */
	CHECK(madvise(q.map, q.setup.mmap_size, MADV_REMOVE));
	check_works(&q);
	CHECK(WAIT_UNTIL(q.header->cq_tail == 2));
}

static void unmapped_in_part(void)
{
	size_t page = getpagesize();
	struct queue q;

	queue_open(&q, 1000, 0, 0, CLOCK_MONOTONIC);
	slot_arm(&q, 999, mono_ns() + 50 * NSEC_PER_MSEC, NULL);
	/* The pages with the last slots. */
	REQUIRE(!munmap(q.map + q.setup.mmap_size - page, page));
	CHECK(WAIT_UNTIL(queue_ready(&q) == 1));
	CHECK_EQ(q.ring[0].slot, 999);
	REQUIRE(!munmap(q.map, q.setup.mmap_size - page));
	close(q.fd);
}

static const struct test_case cases[] = {
	CASE(refused),
	CASE(made_executable),
	CASE(grown),
	CASE(moved),
	CASE(twice),
	CASE(read_only),
	CASE(read_only_file),
	CASE(all_of_it),
	CASE(outlives_the_descriptor),
	CASE(forked),
	CASE(parent_closes),
	CASE(discarded),
	CASE(unmapped_in_part),
};

TEST_MAIN(cases)
