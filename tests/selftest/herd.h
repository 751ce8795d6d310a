/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Peers that beat, all in one process, and a monitor in another, on the guest's
 * loopback.
 */
#ifndef SELFTEST_HERD_H
#define SELFTEST_HERD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <timerheap/heartbeat.h>

struct herd_plan {
	unsigned int peers; /* nodes 1 to this */
	uint64_t interval_ns; /* they beat, evenly spread over it */
	uint64_t allowance_ns; /* of the monitor's settings */
	uint64_t late_ns; /* likewise */
};

/* Shared by the processes of a case. */
struct herd {
	struct herd_plan plan;
	_Atomic unsigned int silent; /* nodes 1 to this do not beat */
	_Atomic bool over;
	pid_t monitor_pid, herd_pid;
	/* the monitor's */
	_Atomic unsigned int alive;
	_Atomic unsigned int dead;
	_Atomic unsigned int away;
	_Atomic uint64_t away_ns;
	unsigned int wrong; /* dead, though it beats */
	unsigned int bound_broken;
	uint64_t worst_ns;
	struct thb_monitor_stats stats;
};

/* Returns when all are alive. */
struct herd *herd_start(const struct herd_plan *plan);
/* Checks that so many died, each in its time, and nobody else. */
void herd_finish(struct herd *w, unsigned int dead);

#endif
