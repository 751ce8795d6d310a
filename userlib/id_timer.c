// SPDX-License-Identifier: LGPL-2.1-or-later
/* A generator's ticks, from the expiries of a periodic slot. */
#include <errno.h>
#include <stdlib.h>

#include "id_gen.h"
#include "internal.h"

#define MOST_PERIOD_NS 3600000000000ULL
#define BATCH 16

struct thid_timer {
	struct timerheap *th;
	struct thid *g;
	uint64_t period_ns;
	uint32_t slot;
};

/* CLOCK_REALTIME minus the queue's clock, of one and the same step. */
static int64_t wall_offset(const struct timerheap *th)
{
	const struct timerheap_header *header = th->header;
	uint32_t steps, again = th_load32_acquire(&header->clock_steps);
	int64_t offset;

	do {
		steps = again;
		offset = __atomic_load_n(&header->wall_offset_ns,
					 __ATOMIC_ACQUIRE);
		again = th_load32_acquire(&header->clock_steps);
	} while (again != steps);
	return offset;
}

/* The last point of the layout's grid of units, by the queue's clock. */
static uint64_t last_point(const struct thid_timer *t)
{
	const struct thid_layout *l = &t->g->layout;
	uint64_t now = timerheap_now(t->th);
	int64_t wall = (int64_t)now + wall_offset(t->th);
	uint64_t into = (uint64_t)(wall - (int64_t)l->epoch_ns) % l->unit_ns;

	if (wall < (int64_t)l->epoch_ns || into > now)
		return now;
	return now - into;
}

static int start(struct thid_timer *t)
{
	uint64_t point = last_point(t);
	int rc = thid_tick(t->g, point, wall_offset(t->th));

	if (rc)
		return rc;
	rc = timerheap_slot_config(t->th, t->slot, t->period_ns, 0, 0);
	return rc ? rc : timerheap_arm(t->th, t->slot, point + t->period_ns);
}

static int open_queue(struct thid_timer *t, const char *path)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	int rc;

	opts.nslots = 1;
	opts.path = path;
	rc = timerheap_open(&t->th, &opts);
	if (rc)
		return rc;
	rc = timerheap_slot_alloc(t->th, t);
	t->slot = (uint32_t)rc;
	return rc < 0 ? rc : 0;
}

int thid_timer_open(struct thid_timer **tp, struct thid *g, uint64_t period_ns,
		    const char *path)
{
	struct thid_timer *t;
	int rc;

	if (!tp)
		return -EINVAL;
	*tp = NULL;
	if (!g || period_ns > MOST_PERIOD_NS)
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->g = g;
	t->period_ns = period_ns ? period_ns : g->layout.unit_ns;
	rc = open_queue(t, path);
	if (!rc)
		rc = start(t);
	if (rc)
		thid_timer_close(t);
	else
		*tp = t;
	return rc;
}

void thid_timer_close(struct thid_timer *t)
{
	if (!t)
		return;
	timerheap_close(t->th);
	free(t);
}

int thid_timer_fd(const struct thid_timer *t)
{
	return timerheap_fd(t->th);
}

int thid_timer_wait(struct thid_timer *t, uint64_t timeout_ns)
{
	uint64_t now = timerheap_now(t->th), until;
	int rc;

	if (__builtin_add_overflow(now, timeout_ns, &until))
		until = TIMERHEAP_NEVER;
	rc = timerheap_wait(t->th, 1, until);
	return rc > 0 ? 1 : rc;
}

/*
 * Periods that were missed have passed as well: the last of them is the
 * newest point of the grid that is known to have.
 */
static uint64_t newest_point(const struct thid_timer *t,
			     const struct timerheap_event *ev)
{
	return ev->deadline_ns + ev->overruns * t->period_ns;
}

int thid_timer_run(struct thid_timer *t)
{
	struct timerheap_event ev[BATCH];
	int count = timerheap_reap(t->th, ev, BATCH), error = 0;

	for (int i = 0; i < count; i++) {
		int rc = thid_tick(t->g, newest_point(t, &ev[i]),
				   wall_offset(t->th));

		if (rc)
			error = rc;
	}
	return error ? error : count;
}
