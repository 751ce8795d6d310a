// SPDX-License-Identifier: GPL-2.0-only
#include <linux/compiler.h>

#include "post.h"

/* By value, so that the record need not be in memory while this is off. */
noinline void th_post_trace(const struct th_engine *engine,
			    struct timerheap_expiry expiry, u64 start)
{
	trace_timerheap_expire(&engine->name, &expiry, engine->ring.tail, start,
			       engine->delay_ns);
}

noinline void th_post_trace_alike(const struct th_engine *engine,
				  const struct th_run *run)
{
	trace_timerheap_fire(&engine->name, run->expires, run->fired_ns,
			     run->start, engine->delay_ns, run->told,
			     engine->ring.tail - run->told,
			     engine->name.queue);
}
