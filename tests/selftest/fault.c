// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"

#define DEBUGFS "/sys/kernel/debug/"
#define TIMES 1000000000
/* Larger than any that there is. */
#define NO_ORDER 99
/* How much they allocate differs a little from one time to the next. */
#define MISSES 4

static const char *const names[FAULT_KINDS] = {
	[FAULT_SLAB] = "failslab",
	[FAULT_PAGE] = "fail_page_alloc",
	[FAULT_COPY] = "fail_usercopy",
};

/* Between fault_arm() and fault_disarm(). */
static int fail_nth;
static long left[FAULT_KINDS]; /* how often each may still fail */

static int set(enum fault kind, const char *knob, long value)
{
	char path[100];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", names[kind], knob);
	return write_text(path, "%ld", value);
}

static long times(enum fault kind)
{
	char path[100];

	snprintf(path, sizeof(path), DEBUGFS "%s/times", names[kind]);
	return read_number(path);
}

static void set_all(bool on)
{
	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		/* By fail-nth alone; and no word in the log. */
		CHECK_EQ(set(kind, "probability", 0), 0);
		CHECK_EQ(set(kind, "verbose", 0), 0);
		CHECK_EQ(set(kind, "times", on ? TIMES : 1), 0);
	}
	CHECK_EQ(set(FAULT_SLAB, "ignore-gfp-wait", !on), 0);
	CHECK_EQ(set(FAULT_PAGE, "ignore-gfp-wait", !on), 0);
	CHECK_EQ(set(FAULT_PAGE, "ignore-gfp-highmem", !on), 0);
	CHECK_EQ(set(FAULT_SLAB, "cache-filter", 0), 0);
	CHECK_EQ(set(FAULT_PAGE, "min-order", !on), 0);
}

/* Copies cannot be left out. */
static void set_kind(enum fault kind)
{
	/* Those with a flag that none has. */
	CHECK_EQ(set(FAULT_SLAB, "cache-filter", kind != FAULT_SLAB), 0);
	CHECK_EQ(
		set(FAULT_PAGE, "min-order", kind == FAULT_PAGE ? 0 : NO_ORDER),
		0);
}

static bool can_inject(void)
{
	for (int kind = 0; kind < FAULT_KINDS; kind++)
		if (times(kind) < 0)
			return false;
	return !access("/proc/self/fail-nth", F_OK);
}

void fault_need(void)
{
	if (!can_inject())
		skip("the kernel cannot inject faults");
	set_all(true);
}

void fault_restore(void)
{
	if (can_inject())
		set_all(false);
}

void fault_arm(pid_t task, unsigned int n)
{
	char path[64] = "/proc/thread-self/fail-nth", text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (task)
		snprintf(path, sizeof(path), "/proc/%d/fail-nth", task);
	/* Open until the end, since what opening allocates would count. */
	fail_nth = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fail_nth >= 0);
	for (int kind = 0; kind < FAULT_KINDS; kind++)
		left[kind] = times(kind);
	REQUIRE_EQ(write(fail_nth, text, length), length);
}

enum fault fault_disarm(pid_t task)
{
	bool hit;
	char c;

	/* How many are to go; the copies of these calls count as well. */
	hit = pread(fail_nth, &c, 1, 0) == 1 && c == '0';
	while (write(fail_nth, "0", 1) != 1)
		REQUIRE(!task && errno == EFAULT);
	close(fail_nth);
	for (int kind = 0; hit && kind < FAULT_KINDS; kind++)
		if (times(kind) < left[kind])
			return kind;
	return FAULT_NONE;
}

static bool check_error(const struct fault_test *test, enum fault fault,
			int err)
{
	if (fault == FAULT_NONE || !err)
		return CHECK_EQ(err, 0);
	if (test->any_errno)
		return true;
	return CHECK_EQ(err, fault == FAULT_COPY ? -EFAULT : -ENOMEM);
}

/* Returns what it was. */
static enum fault try_one(const struct fault_test *test, void *arg,
			  unsigned int n, bool *error)
{
	enum fault fault;
	int err;

	fault_arm(test->task, n);
	err = test->act(arg);
	fault = fault_disarm(test->task);
	*error = err;
	if (check_error(test, fault, err))
		test->check(arg, err);
	if (failures()) {
		note("%s: number %u, %s", test->what, n,
		     fault == FAULT_NONE ? "no fault" : names[fault]);
		end_case();
	}
	return fault;
}

void fault_each(const struct fault_test *test, void *arg)
{
	for (enum fault kind = 0; kind < FAULT_KINDS; kind++) {
		unsigned int faults = 0, errors = 0, missed = 0;

		set_kind(kind);
		for (unsigned int n = 1; missed < MISSES; n++) {
			bool error;
			enum fault fault = try_one(test, arg, n, &error);

			missed = fault == FAULT_NONE ? missed + 1 : 0;
			faults += fault == kind;
			errors += fault == kind && error;
		}
		if (faults)
			note("%s: %u of %u errors by %s", test->what, errors,
			     faults, names[kind]);
		CHECK(errors >= test->least[kind]);
	}
}
