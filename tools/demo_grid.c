// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The periodic timers: what each must report next, and how late it was.  A
 * missed period counts with the lateness at which the timer made up for it;
 * otherwise whoever misses many would look punctual.
 */
#include <inttypes.h>

#include "demo.h"

void demo_grid_begin(struct demo_lane *lane)
{
	for (unsigned int i = 0; i < lane->ntimers; i++) {
		struct demo_timer *timer = &lane->timers[i];

		timer->first_ns = lane->demo->start_ns + timer->phase_ns;
		timer->next_ns = timer->first_ns;
	}
}

static void tally(demo_tally *to, uint64_t late_ns)
{
	to->expiries++;
	to->hist[timerheap_hist_bucket(late_ns)]++;
	if (late_ns > to->lateness_max_ns)
		to->lateness_max_ns = late_ns;
}

/* Whether @last_ns, the last period reported, has really passed. */
static bool check(struct demo_lane *lane, const struct demo_timer *timer,
		  uint64_t deadline_ns, uint64_t fired_ns, uint64_t last_ns)
{
	uint64_t period = lane->demo->period_ns;
	long index = timer - lane->timers;

	if (deadline_ns != timer->next_ns)
		demo_fail(lane->demo, DEMO_CHECK_GRID,
			  "CPU %d, timer %ld: period %" PRIu64
			  " was reported when %" PRIu64 " was next",
			  lane->cpu, index,
			  (deadline_ns - timer->first_ns) / period,
			  (timer->next_ns - timer->first_ns) / period);
	if ((deadline_ns - timer->first_ns) % period)
		demo_fail(lane->demo, DEMO_CHECK_GRID,
			  "CPU %d, timer %ld: off its grid by %" PRIu64 " ns",
			  lane->cpu, index,
			  (deadline_ns - timer->first_ns) % period);
	if (last_ns <= fired_ns)
		return true;
	demo_fail(lane->demo, DEMO_CHECK_EARLY,
		  "CPU %d, timer %ld: a tick %" PRIu64 " ns early", lane->cpu,
		  index, last_ns - fired_ns);
	return false;
}

/*
 * The timer fired for @deadline_ns, and @overruns periods after that one had
 * passed too.  @fired_ns: 0 when it is not known.
 */
void demo_grid_report(struct demo_lane *lane, struct demo_timer *timer,
		      uint64_t deadline_ns, uint64_t fired_ns, uint64_t seen_ns,
		      uint64_t overruns)
{
	uint64_t period = lane->demo->period_ns;
	struct demo_result *result = &lane->result;
	uint64_t due = deadline_ns;

	if (!check(lane, timer, deadline_ns, fired_ns ? fired_ns : seen_ns,
		   deadline_ns + overruns * period))
		return;
	timer->next_ns = deadline_ns + (overruns + 1) * period;
	if (due > lane->end_ns)
		return;
	result->expiries++;
	for (; due < timer->next_ns && due <= lane->end_ns; due += period) {
		result->overruns += due != deadline_ns;
		if (fired_ns)
			tally(&result->fired, fired_ns - due);
		tally(&result->seen, seen_ns - due);
	}
	demo_progress(&lane->progress.expiries, result->expiries);
	demo_progress(&lane->progress.overruns, result->overruns);
	demo_progress(&lane->progress.latest_ns, result->seen.lateness_max_ns);
}

/* Whether each timer has reported all of its periods up to the end. */
bool demo_grid_complete(const struct demo_lane *lane)
{
	for (unsigned int i = 0; i < lane->ntimers; i++)
		if (lane->timers[i].next_ns <= lane->end_ns)
			return false;
	return true;
}

void demo_grid_check(struct demo_lane *lane)
{
	struct demo_result *result = &lane->result;
	uint64_t reported;

	for (unsigned int i = 0; i < lane->ntimers; i++) {
		const struct demo_timer *timer = &lane->timers[i];

		if (lane->end_ns >= timer->first_ns)
			result->periods += (lane->end_ns - timer->first_ns) /
					lane->demo->period_ns +
				1;
		if (timer->next_ns <= lane->end_ns)
			demo_fail(lane->demo, DEMO_CHECK_GRID,
				  "CPU %d, timer %u: no tick for %" PRIu64
				  " ms",
				  lane->cpu, i,
				  (demo_now() - timer->next_ns) / DEMO_MS);
	}
	reported = result->expiries + result->overruns;
	if (reported != result->periods)
		demo_fail(lane->demo, DEMO_CHECK_GRID,
			  "CPU %d: %" PRIu64
			  " expiries and overruns in %" PRIu64 " periods",
			  lane->cpu, reported, result->periods);
}
