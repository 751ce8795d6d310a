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
#include "run.h"
#include "sat.h"

/* By a clock that may be set back meanwhile; then the budget holds. */
static inline bool th_fire_is_over(const struct th_run *run)
{
	return th_sat_sub(run->now, run->start) >= TH_RUN_NS;
}

void th_fire_look(struct th_engine *engine, struct th_run *run);
void th_fire_due(struct th_engine *engine, struct th_run *run);

#endif
