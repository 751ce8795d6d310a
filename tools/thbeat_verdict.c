// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the monitor says, beside what is so. */
#include <stdlib.h>

#include "thbeat_world.h"

static void keep_time(struct thbeat_world *w, uint64_t ns)
{
	size_t room = w->time_room ? 2 * w->time_room : 256;
	uint64_t *times;

	if (w->time_count == w->time_room) {
		times = realloc(w->times, room * sizeof(*times));
		if (!times) {
			w->agenda.failed = true;
			return;
		}
		w->times = times;
		w->time_room = room;
	}
	w->times[w->time_count++] = ns;
}

void thbeat_died(struct thbeat_world *w, struct thbeat_node *n)
{
	n->up = false;
	/* One that is believed dead already is no death to be found. */
	n->died_ns = n->believed_dead ? 0 : w->now_ns;
	w->result.died += !n->believed_dead;
}

/* Who died and was not found until it came back was missed. */
void thbeat_came_back(struct thbeat_world *w, struct thbeat_node *n)
{
	w->result.missed += n->died_ns != 0;
	n->died_ns = 0;
}

/* Nothing of it got through since the network was parted. */
static bool is_cut_off(const struct thbeat_world *w,
		       const struct thbeat_node *n)
{
	return n->reached_ns < w->cut_until_ns;
}

static void judge_death(struct thbeat_world *w, struct thbeat_node *n)
{
	if (n->died_ns) {
		w->result.found++;
		keep_time(w, w->now_ns - n->died_ns);
		n->died_ns = 0;
	} else if (n->up) {
		w->result.cut_off += is_cut_off(w, n);
		w->result.false_deaths += !is_cut_off(w, n);
	}
}

void thbeat_declared(struct thbeat_world *w, struct thbeat_node *n,
		     enum thb_state state)
{
	if (state == THB_DEAD) {
		judge_death(w, n);
		n->believed_dead = true;
	} else if (state == THB_SUSPECT) {
		w->result.suspicions += n->up && !is_cut_off(w, n);
	} else {
		n->believed_dead = false;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* By nearest rank. */
static uint64_t percentile(const struct thbeat_world *w, size_t percent)
{
	if (!w->time_count)
		return 0;
	return w->times[(w->time_count * percent + 99) / 100 - 1];
}

void thbeat_sum_up(struct thbeat_world *w)
{
	for (uint32_t i = 0; i < w->s->nodes; i++)
		w->result.open += w->nodes[i].died_ns != 0;
	if (w->time_count)
		qsort(w->times, w->time_count, sizeof(*w->times), compare);
	w->result.p50_ns = percentile(w, 50);
	w->result.p99_ns = percentile(w, 99);
	w->result.max_ns = percentile(w, 100);
	w->result.duration_ns = w->now_ns;
}
