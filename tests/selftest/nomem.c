// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is not to be had, under a memory cgroup's limit: ENOMEM, no
 * OOM killer, nothing left behind, and the next SETUP works.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define ROOT "/sys/fs/cgroup"
#define GROUP ROOT "/timerheap-test"
/* What the kernel keeps charged in advance, 64 pages a CPU, and then some. */
#define RESIDUE (2 << 20)

static void leave(void)
{
	write_text(ROOT "/cgroup.procs", "%d", getpid());
	WAIT_UNTIL(!rmdir(GROUP) || errno != EBUSY);
}

static void make_group(unsigned long limit)
{
	write_text(ROOT "/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		skip("no cgroups: %s", strerror(errno));
	if (write_text(GROUP "/memory.max", "%lu", limit))
		skip("no memory cgroups");
	write_text(GROUP "/memory.swap.max", "0");
}

static void enter(void)
{
	REQUIRE_EQ(write_text(GROUP "/cgroup.procs", "%d", getpid()), 0);
}

static long charged(void)
{
	return read_number(GROUP "/memory.current");
}

/* A line of the group's memory.events. */
static long events(const char *name)
{
	FILE *f = fopen(GROUP "/memory.events", "re");
	size_t length = strlen(name);
	long value = -1;
	char line[100];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, length) && line[length] == ' ')
			value = atol(line + length);
	if (f)
		fclose(f);
	return value;
}

static void ask_for_too_much(void *arg)
{
	static const uint32_t sizes[] = { 1000000, 200000, 150000, 524288 };
	int *fd = arg;
	struct timerheap_setup setup;

	enter();
	for (int i = 0; i < 40; i++) {
		struct timerheap_setup before;

		setup = setup_of(sizes[i % ARRAY_SIZE(sizes)], 0);
		before = setup;
		CHECK_EQ(call(*fd, TIMERHEAP_IOC_SETUP, &setup), -ENOMEM);
		CHECK(!memcmp(&setup, &before, sizeof(setup)));
		CHECK_EQ(call(*fd, TIMERHEAP_IOC_KICK, NULL), -ENXIO);
	}
	/* What fits is still to be had, by the same file. */
	setup = setup_of(1000, 0);
	CHECK_EQ(call(*fd, TIMERHEAP_IOC_SETUP, &setup), 0);
}

static void too_much(void)
{
	struct timerheap_expiry e;
	struct queue q;
	long before;

	make_group(4 << 20);
	before = read_meminfo("VmallocUsed");
	q.fd = open_device();
	CHECK_EQ(wait_child(start_child(ask_for_too_much, &q.fd)), 0);
	CHECK_EQ(events("oom_kill"), 0);
	CHECK(events("max") > 0);
	/* The child's queue is here, and works. */
	CHECK_EQ(queue_arm(&q, 999, 1, 0, 0, 0), 0);
	CHECK_EQ(read(q.fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.slot, 999);
	close(q.fd);
	CHECK(WAIT_UNTIL(read_meminfo("VmallocUsed") < before + 256));
	CHECK(WAIT_UNTIL(charged() < RESIDUE));
}

static void take_some(void *arg)
{
	int *fd = arg;
	struct timerheap_setup setup = setup_of(100000, 0);

	enter();
	CHECK_EQ(call(*fd, TIMERHEAP_IOC_SETUP, &setup), 0);
	/* Slots and ring alone are that much, and they are paid for. */
	CHECK(charged() > 100000 * 52);
	CHECK(charged() > (long)setup.mmap_size);
}

static void is_charged(void)
{
	int fd = open_device();

	make_group(64 << 20);
	CHECK_EQ(wait_child(start_child(take_some, &fd)), 0);
	/* To whom it was set up for, for as long as it is there. */
	CHECK(charged() > 100000 * 52);
	close(fd);
	CHECK(WAIT_UNTIL(charged() < RESIDUE));
}

static const struct test_case cases[] = {
	CASE(too_much),
	CASE(is_charged),
};

TEST_MAIN_RESTORE(cases, leave)
