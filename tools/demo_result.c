// SPDX-License-Identifier: LGPL-2.1-or-later
/* What each CPU's thread found, and the same for all of them. */
#include "demo.h"

static void add_tally(demo_tally *to, const demo_tally *from)
{
	to->expiries += from->expiries;
	if (from->lateness_max_ns > to->lateness_max_ns)
		to->lateness_max_ns = from->lateness_max_ns;
	for (unsigned int i = 0; i < TIMERHEAP_HIST_BUCKETS; i++)
		to->hist[i] += from->hist[i];
}

static void add_kernel(struct timerheap_stats *to,
		       const struct timerheap_stats *from)
{
	add_tally(to, from);
	to->overruns += from->overruns;
	to->lazy_moves += from->lazy_moves;
	to->lazy_drops += from->lazy_drops;
	to->doorbells += from->doorbells;
	to->kicks_local += from->kicks_local;
	to->kicks_remote += from->kicks_remote;
	to->runs += from->runs;
	to->runs_over_budget += from->runs_over_budget;
	to->stalls += from->stalls;
	to->handovers += from->handovers;
}

static void add_most(uint64_t *to, uint64_t from)
{
	if (from > *to)
		*to = from;
}

static void add_result(struct demo_result *to, const struct demo_result *from)
{
	to->expiries += from->expiries;
	to->overruns += from->overruns;
	to->periods += from->periods;
	add_tally(&to->fired, &from->fired);
	add_tally(&to->seen, &from->seen);
	to->watchdogs += from->watchdogs;
	to->abandoned += from->abandoned;
	to->barked += from->barked;
	to->living += from->living;
	add_most(&to->bark_late_ns, from->bark_late_ns);
	to->arms += from->arms;
	to->kicks += from->kicks;
	to->waits += from->waits;
	to->reaped += from->reaped;
	to->busy_ns += from->busy_ns;
	to->wall_ns += from->wall_ns;
	add_most(&to->pause_ns, from->pause_ns);
	add_kernel(&to->kernel, &from->kernel);
}

/* After a phase: keep what the lanes have, and their sum at the end. */
void demo_keep_results(struct demo *demo)
{
	struct demo_result *results =
		demo_allocate(demo->nlanes + 1, sizeof(*results));

	for (unsigned int i = 0; i < demo->nlanes; i++) {
		results[i] = demo->lanes[i].result;
		add_result(&results[demo->nlanes], &results[i]);
	}
	demo->results[demo->client] = results;
}
