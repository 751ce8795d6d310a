/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel that is none: stands in for sys.c, keeps queues in plain memory and
 * has a clock that moves when it is told to, or by tick_ns each time it is
 * read.  It looks only at slots that were rung for, or whose time has come.
 */
#ifndef FAKE_H
#define FAKE_H

#include "internal.h"

#define FAKE_QUEUES 4
#define FAKE_CALLS 11
#define FAKE_POLLFD 900
#define FAKE_SOCKET 901
#define FAKE_MIN_PERIOD 100

struct fake {
	/* what it shall be like */
	__u64 now;
	__u64 tick_ns;
	/* how late sleepers wake up */
	__u64 wake_ns;
	__u64 fired_late_ns;
	__u32 abi_version;
	__u32 max_slots;
	int cpu;
	int cpus[FAKE_QUEUES];
	int ncpus;
	/* a descriptor of the caller's, which is polled as well */
	int own_fd;
	/* sockets are the system's */
	bool real_net;
	/* kicks set a flag, for a thread that plays the kernel */
	bool remote;
	bool kicked;
	/* -errno instead of the call */
	int fail_open;
	int fail_map;
	int fail_cpus;
	int fail_poll_create;
	int fail_poll_add;
	int fail_poll_wait;
	int fail_sleep;
	int fail[FAKE_CALLS];
	/* the failing call is that of the queue opened as number.. */
	int fail_queue;
	/* called at the start of WAIT */
	void (*on_wait)(void);

	/* what happened */
	int opened;
	int closed;
	int mapped;
	int unmapped;
	int sleeps;
	int poll_waits;
	int pollfds;
	int sockets;
	int calls[FAKE_CALLS];
	__u32 wait_min;
	__u64 wait_deadline;
	char path[64];
	struct timerheap_setup setup;
};

extern struct fake fake;

void fake_reset(void);
/* Open a queue with so many slots; fails the test when it cannot. */
struct timerheap *fake_open(__u32 nslots, __u32 ring_entries);
/* The kernel looks at a queue, or at all whose time has come until then. */
void fake_run(struct timerheap *th);
void fake_advance(__u64 until);
int fake_kicks(void);
/* Of the queue that was opened first. */
struct timerheap_header *fake_header(void);

#endif
