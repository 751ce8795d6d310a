// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments with one thing wrong at a time: the errno, and that nothing has
 * changed by it, in the structure or in the queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

/* A structure that is fine, for calls that all have a size and flags. */
union structure {
	struct {
		uint32_t size;
		uint32_t flags;
	};
	struct timerheap_setup setup;
	struct timerheap_info info;
	struct timerheap_wait wait;
	struct timerheap_batch batch;
	struct timerheap_stats stats;
	struct timerheap_inject inject;
	char page[2 * PAGE_SIZE];
};

struct kind {
	const char *name;
	unsigned long cmd;
	uint32_t size;
	bool writes; /* something is returned in it */
	bool needs_queue;
};

static const struct kind kinds[] = {
	{ "SETUP", TIMERHEAP_IOC_SETUP, 56, true, false },
	{ "INFO", TIMERHEAP_IOC_INFO, 104, true, false },
	{ "WAIT", TIMERHEAP_IOC_WAIT, 24, true, true },
	{ "ARM", TIMERHEAP_IOC_ARM, 24, true, true },
	{ "CANCEL", TIMERHEAP_IOC_CANCEL, 24, true, true },
	{ "STATS", TIMERHEAP_IOC_STATS, 2584, true, true },
	{ "CPU_STATS", TIMERHEAP_IOC_CPU_STATS, 2584, true, false },
	{ "INJECT", TIMERHEAP_IOC_INJECT, 32, false, false },
};

static struct timerheap_arm good_arm = { .expires_ns = 1ULL << 60, .slot = 1 };
static struct timerheap_cancel good_cancel = { .slot = 2 };

static void fill(const struct kind *kind, union structure *s)
{
	memset(s, 0, sizeof(*s));
	switch (kind->cmd) {
	case TIMERHEAP_IOC_SETUP:
		s->setup = setup_of(10, 0);
		break;
	case TIMERHEAP_IOC_ARM:
		s->batch.count = 1;
		s->batch.entries = (uintptr_t)&good_arm;
		break;
	case TIMERHEAP_IOC_CANCEL:
		s->batch.count = 1;
		s->batch.entries = (uintptr_t)&good_cancel;
		break;
	}
	s->size = kind->size;
}

static bool inject_is_off(const struct kind *kind, int fd)
{
	return kind->cmd == TIMERHEAP_IOC_INJECT &&
		!(device_info(fd).features & TIMERHEAP_FEATURE_INJECT);
}

/*
 * A file that is ready for the call: with a queue or without, in which slot 1
 * is idle and slot 2 armed for long.
 */
static int open_for(const struct kind *kind, struct queue *q)
{
	if (kind->needs_queue) {
		queue_open(q, 10, 0, 0, CLOCK_MONOTONIC);
		slot_arm(q, 2, 1ULL << 61, NULL);
	} else {
		q->fd = open_device();
		q->map = NULL;
	}
	return q->fd;
}

/* As open_for() left it; SETUP still works where it did. */
static void check_unchanged(const struct kind *kind, struct queue *q)
{
	if (kind->needs_queue) {
		CHECK_EQ(slot_deadline(q, 1), 0);
		CHECK_EQ(slot_deadline(q, 2), 1ULL << 61);
		CHECK_EQ(queue_stats(q).expiries, 0);
		return;
	}
	CHECK_EQ(call(q->fd, TIMERHEAP_IOC_KICK, NULL), -ENXIO);
	q->setup = setup_of(10, 0);
	CHECK_EQ(call(q->fd, TIMERHEAP_IOC_SETUP, &q->setup), 0);
}

static void close_file(struct queue *q)
{
	if (q->map)
		queue_close(q);
	else
		close(q->fd);
}

static void check_error(const struct kind *kind, union structure *s, int want,
			const char *what)
{
	union structure *before = malloc(sizeof(*before));
	unsigned int failed = failures();
	struct queue q;
	int fd = open_for(kind, &q);

	/* What is missing altogether is found out first. */
	if (inject_is_off(kind, fd))
		want = -EOPNOTSUPP;
	memcpy(before, s, sizeof(*s));
	CHECK_EQ(call(fd, kind->cmd, s), want);
	CHECK(!memcmp(before, s, sizeof(*s)));
	check_unchanged(kind, &q);
	if (failed != failures())
		note("it was %s with %s", kind->name, what);
	close_file(&q);
	free(before);
}

static void each_kind(void (*check)(const struct kind *, union structure *))
{
	union structure *s = malloc(sizeof(*s));

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		fill(&kinds[i], s);
		check(&kinds[i], s);
	}
}

static void try_small_sizes(const struct kind *kind, union structure *s)
{
	const uint32_t sizes[] = {
		0, 1, 4, 8, kind->size - 8, kind->size - 1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		s->size = sizes[i];
		check_error(kind, s, -EINVAL, "a size too small");
	}
}

static void too_small(void)
{
	each_kind(try_small_sizes);
}

static void try_tails(const struct kind *kind, union structure *s)
{
	uint32_t larger[] = { kind->size + 1, kind->size + 8, PAGE_SIZE };

	for (size_t i = 0; i < ARRAY_SIZE(larger); i++) {
		s->size = larger[i];
		s->page[larger[i] - 1] = 1;
		check_error(kind, s, -E2BIG, "a tail that is not zero");
		s->page[larger[i] - 1] = 0;
		s->page[kind->size] = 1;
		check_error(kind, s, -E2BIG, "a tail that is not zero");
		s->page[kind->size] = 0;
	}
	s->size = PAGE_SIZE + 1;
	check_error(kind, s, -E2BIG, "more than a page");
	s->size = UINT32_MAX;
	check_error(kind, s, -E2BIG, "the largest size");
}

static void tail_not_zero(void)
{
	each_kind(try_tails);
}

static void try_zero_tail(const struct kind *kind, union structure *s)
{
	struct queue q;
	int fd = open_for(kind, &q);

	s->size = kind->size + 40;
	if (!inject_is_off(kind, fd) && !CHECK_EQ(call(fd, kind->cmd, s), 0))
		note("it was %s", kind->name);
	/* What the kernel does not know, it does not touch. */
	for (int i = 0; i < 40; i++)
		CHECK_EQ(s->page[kind->size + i], 0);
	close_file(&q);
}

static void tail_of_zeros(void)
{
	each_kind(try_zero_tail);
}

static void try_flags(const struct kind *kind, union structure *s)
{
	for (int bit = 0; bit < 32; bit += 31) {
		s->flags = 1U << bit;
		check_error(kind, s, -EINVAL, "an unknown flag");
	}
}

static void unknown_flags(void)
{
	each_kind(try_flags);
}

static void try_pointers(const struct kind *kind, union structure *s)
{
	void *bad[] = { NULL, (void *)1, KERNEL_ADDRESS, (void *)-1L };
	struct queue q;
	int fd = open_for(kind, &q);
	int want = inject_is_off(kind, fd) ? -EOPNOTSUPP : -EFAULT;

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!CHECK_EQ(call(fd, kind->cmd, bad[i]), want))
			note("it was %s at %p", kind->name, bad[i]);
	check_unchanged(kind, &q);
	close_file(&q);
}

static void bad_pointers(void)
{
	each_kind(try_pointers);
}

static void try_half_mapped(const struct kind *kind, union structure *s)
{
	uint32_t step = kind->size > 200 ? 404 : 4;
	struct queue q;
	int fd = open_for(kind, &q);
	int want = inject_is_off(kind, fd) ? -EOPNOTSUPP : -EFAULT;

	for (uint32_t inside = 0; inside < kind->size; inside += step) {
		char *edge = map_edge(inside);

		memcpy(edge, s, inside);
		if (!CHECK_EQ(call(fd, kind->cmd, edge), want))
			note("it was %s, %u bytes of it", kind->name, inside);
		CHECK(!memcmp(edge, s, inside));
		munmap(edge + inside - PAGE_SIZE, PAGE_SIZE);
	}
	check_unchanged(kind, &q);
	close_file(&q);
}

static void half_mapped(void)
{
	each_kind(try_half_mapped);
}

static void try_read_only(const struct kind *kind, union structure *s)
{
	char *page = map_edge(PAGE_SIZE);
	unsigned int failed = failures();
	struct queue q;
	int fd = open_for(kind, &q);

	memcpy(page, s, kind->size);
	REQUIRE(!mprotect(page, PAGE_SIZE, PROT_READ));
	if (kind->writes) {
		CHECK_EQ(call(fd, kind->cmd, page), -EFAULT);
		check_unchanged(kind, &q);
	}
	if (failed != failures())
		note("it was %s", kind->name);
	munmap(page, PAGE_SIZE);
	close_file(&q);
}

static void read_only(void)
{
	each_kind(try_read_only);
}

static const struct kind *kind_of(unsigned long cmd)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].cmd == cmd)
			return &kinds[i];
	abort();
}

static void setup_fields(void)
{
	static const int clocks[] = {
		CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_THREAD_CPUTIME_ID,
		CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE,
		CLOCK_MONOTONIC_COARSE,
		CLOCK_REALTIME_ALARM,
		CLOCK_BOOTTIME_ALARM,
		10,
		12,
		-1,
		INT32_MAX,
		INT32_MIN,
		-6,
	};
	static const int cpus[] = {
		-2, INT32_MIN, INT32_MAX, 64, 8191, 8192, 65536,
	};
	const struct kind *kind = kind_of(TIMERHEAP_IOC_SETUP);
	uint32_t max = read_number(PARAMS "max_slots");
	union structure *s = malloc(sizeof(*s));

	fill(kind, s);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		s->setup.clockid = clocks[i];
		check_error(kind, s, -EINVAL, "a bad clock");
	}
	fill(kind, s);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		s->setup.cpu = cpus[i];
		check_error(kind, s, -EINVAL, "a CPU that does not exist");
	}
	fill(kind, s);
	s->setup.nslots = 0;
	check_error(kind, s, -EINVAL, "no slots");
	s->setup.nslots = max + 1;
	check_error(kind, s, -EINVAL, "too many slots");
	s->setup.nslots = UINT32_MAX;
	check_error(kind, s, -EINVAL, "the most slots");
	fill(kind, s);
	s->setup.ring_entries = TIMERHEAP_RING_MAX + 1;
	check_error(kind, s, -EINVAL, "a ring too large");
	s->setup.ring_entries = UINT32_MAX;
	check_error(kind, s, -EINVAL, "the largest ring");
	fill(kind, s);
	s->setup.__resv = 1;
	check_error(kind, s, -EINVAL, "a reserved field");
}

static void stats_of_no_cpu(void)
{
	static const int cpus[] = { -1, INT32_MIN, INT32_MAX, 8192, 65536 };
	const struct kind *kind = kind_of(TIMERHEAP_IOC_CPU_STATS);
	union structure *s = malloc(sizeof(*s));

	fill(kind, s);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		s->stats.cpu = cpus[i];
		check_error(kind, s, -EINVAL, "a CPU that does not exist");
	}
}

static void wait_for_too_many(void)
{
	static const uint32_t counts[] = { 257, UINT32_MAX };
	const struct kind *kind = kind_of(TIMERHEAP_IOC_WAIT);
	union structure *s = malloc(sizeof(*s));

	fill(kind, s);
	s->wait.deadline_ns = TIMERHEAP_NEVER;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		s->wait.min_expiries = counts[i];
		check_error(kind, s, -EINVAL, "more than the ring holds");
	}
}

static void other_operations(void)
{
	struct timerheap_expiry e = { 0 };
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(write(q.fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(lseek(q.fd, 0, SEEK_SET), -1);
	CHECK_EQ(errno, ESPIPE);
	CHECK_EQ(pread(q.fd, &e, sizeof(e), 0), -1);
	CHECK_EQ(errno, ESPIPE);
}

static void unknown_calls(void)
{
	static const unsigned long cmds[] = {
		_IO(TIMERHEAP_IOC_MAGIC, 11),
		_IO(TIMERHEAP_IOC_MAGIC, 255),
		_IO(TIMERHEAP_IOC_MAGIC + 1, 0),
		0,
		~0U,
		_IOWR(TIMERHEAP_IOC_MAGIC, 0, struct timerheap_setup),
		_IOR(TIMERHEAP_IOC_MAGIC, 1, struct timerheap_info),
		_IOC(_IOC_NONE, TIMERHEAP_IOC_MAGIC, 2, 8),
		TCGETS,
	};
	union structure s;
	struct queue q;
	int fd = open_device();

	memset(&s, 0, sizeof(s));
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++) {
		CHECK_EQ(call(fd, cmds[i], &s), -ENOTTY);
		CHECK_EQ(call(q.fd, cmds[i], &s), -ENOTTY);
	}
}

static const struct test_case cases[] = {
	CASE(too_small),	 CASE(tail_not_zero),	 CASE(tail_of_zeros),
	CASE(unknown_flags),	 CASE(bad_pointers),	 CASE(half_mapped),
	CASE(read_only),	 CASE(setup_fields),	 CASE(stats_of_no_cpu),
	CASE(wait_for_too_many), CASE(other_operations), CASE(unknown_calls),
};

TEST_MAIN(cases)
