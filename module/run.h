/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of the engine. */
#ifndef TH_RUN_H
#define TH_RUN_H

#include <linux/types.h>

/* A run that took so long is over, whatever is left of its budget. */
#define TH_RUN_NS	20000

/* One run: what it knows and what it may still do. */
struct th_run {
	u64 start;
	u64 now;
	/* Due up to here: now, plus lead, minus injected delay. */
	u64 horizon;
	u32 lead_ns;
	unsigned int left;
	u32 cpu;
	/*
	 * Expiries of one deadline: the ring's tail before those that are yet
	 * to be counted, which were fired at one time, and before those that
	 * are yet to be traced, the last of which was fired then.
	 */
	u64 expires;
	u64 fired_ns;
	u32 counted;
	u32 told;
	bool idle;	/* nothing was due */
	bool moved;	/* something was, and had been pushed back */
	bool more;
	bool stalled;
	bool posted;
};

#endif
