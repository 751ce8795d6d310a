/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Posting expiries, counting them and telling tracers: those of one deadline
 * that were fired at one time by one look at the histogram.
 */
#ifndef TH_POST_H
#define TH_POST_H

#include "drift.h"
#include "engine.h"
#include "run.h"

void th_post_trace(const struct th_engine *engine,
		   struct timerheap_expiry expiry, u64 start);
void th_post_trace_alike(const struct th_engine *engine,
			 const struct th_run *run);

/* There are no more of the last deadline, for now. */
static inline void th_post_end(const struct th_engine *engine,
			       struct th_run *run)
{
	if (trace_timerheap_fire_enabled() && run->told != engine->ring.tail)
		th_post_trace_alike(engine, run);
	run->told = engine->ring.tail;
}

/* Count those posted since the last time, all of one deadline. */
static inline void th_post_count(struct th_engine *engine, struct th_run *run)
{
	u32 alike = engine->ring.tail - run->counted;

	if (!alike)
		return;
	th_drift_record(&engine->stats, run->horizon + engine->delay_ns -
			run->expires, alike);
	run->fired_ns = run->now;
	run->counted = engine->ring.tail;
}

/* What is posted next has the deadline @expires. */
static inline void th_post_begin(struct th_engine *engine, struct th_run *run,
				 u64 expires)
{
	if (expires == run->expires)
		return;
	th_post_count(engine, run);
	th_post_end(engine, run);
	run->expires = expires;
}

/* A record that is complete but for its slot and overruns. */
static inline struct timerheap_expiry th_post_record(const struct th_run *run,
						     u64 expires)
{
	return (struct timerheap_expiry){
		.expires_ns = expires,
		.fired_ns = run->now,
		.cpu = run->cpu,
		.flags = expires > run->now ? TIMERHEAP_EXPIRY_LEAD : 0,
	};
}

static inline void th_post(struct th_engine *engine, struct th_run *run,
			   u32 index, u64 expires, u32 overruns)
{
	struct timerheap_expiry expiry = th_post_record(run, expires);

	expiry.slot = index;
	expiry.overruns = overruns;
	th_post_begin(engine, run, expires);
	if (trace_timerheap_expire_enabled())
		th_post_trace(engine, expiry, run->start);
	th_ring_post(&engine->ring, &expiry);
}

#endif
