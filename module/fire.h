/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firing: the root of the heap fires, moves or leaves for as long as its time
 * has come.
 */
#ifndef TH_FIRE_H
#define TH_FIRE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "engine.h"
#include "sat.h"

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

/* By a clock that may be set back meanwhile; then the budget holds. */
static inline bool th_fire_is_over(const struct th_run *run)
{
	return th_sat_sub(run->now, run->start) >= TH_RUN_NS;
}

void th_fire_look(struct th_engine *engine, struct th_run *run);
void th_fire_due(struct th_engine *engine, struct th_run *run);

#endif
