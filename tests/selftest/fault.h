/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection: makes the n-th allocation, or copy from or to user space,
 * of one task fail, on a kernel that can do so.
 */
#ifndef SELFTEST_FAULT_H
#define SELFTEST_FAULT_H

#include <stdbool.h>
#include <sys/types.h>

/* What a fault is of. */
enum fault { FAULT_SLAB, FAULT_PAGE, FAULT_COPY, FAULT_KINDS, FAULT_NONE };

/* Skips the case on a kernel that cannot; all allocations count from now. */
void fault_need(void);
/* As before fault_need(). */
void fault_restore(void);

/* The task's @n-th from now on fails; the calling thread's for 0. */
void fault_arm(pid_t task, unsigned int n);
/* What failed, FAULT_NONE if it did not come to that; nothing does any more. */
enum fault fault_disarm(pid_t task);

struct fault_test {
	const char *what;
	pid_t task; /* whose faults; 0: the calling thread's */
	bool any_errno; /* there is more of the kernel in it than ours */
	unsigned int least[FAULT_KINDS]; /* errors that come of it */
	int (*act)(void *arg); /* 0 or -errno */
	/* Is all as it should be after that? Prepares for the next. */
	void (*check)(void *arg, int err);
};

/*
 * Lets the 1st, 2nd, ... of each kind hit @act, until it comes through without.
 * -ENOMEM must follow from an allocation that failed, -EFAULT from a copy, or
 * the kernel did without and it is as if there was no fault.
 */
void fault_each(const struct fault_test *test, void *arg);

#endif
