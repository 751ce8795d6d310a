// SPDX-License-Identifier: LGPL-2.1-or-later
/* A generator's life, and its time. */
#include <errno.h>
#include <stdlib.h>

#include "id_gen.h"

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define MOST_BORROW 1000000U
#define MOST_AHEAD_NS (3600 * NSEC_PER_SEC)
/* Clocks that are read one after the other differ by less. */
#define STEP_NS ((int64_t)NSEC_PER_MSEC)
/* While it is ahead of the wall it goes slower by this part. */
#define SLOWER 8
#define MOST_BLOCK 8192U
#define BLOCKS_BITS 6

void thid_opts_init(struct thid_opts *opts)
{
	*opts = (struct thid_opts){
		.size = sizeof(*opts),
		.borrow = 1,
		.ahead_ns = 3 * NSEC_PER_SEC,
		.wall_ns = thid__wall_ns(),
	};
	(void)thid_layout_init(&opts->layout, "snowflake");
}

static uint64_t at_least(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int check(const struct thid_opts *opts)
{
	const struct thid_layout *l = &opts->layout;
	struct thid_facts facts;
	uint64_t wall_ns;

	if (opts->size != sizeof(*opts) || opts->flags & ~THID_WAIT ||
	    opts->borrow > MOST_BORROW || opts->ahead_ns < NSEC_PER_MSEC ||
	    opts->ahead_ns > MOST_AHEAD_NS || !opts->lease ||
	    !opts->lease->extend || thid_layout_facts(l, &facts) ||
	    opts->lease->worker >> l->worker_bits)
		return -EINVAL;
	/* A clock that starts in 1970 does no harm where a mark is later. */
	wall_ns = at_least(opts->wall_ns, opts->lease->mark_ns);
	if (wall_ns < l->epoch_ns)
		return -ERANGE;
	if (wall_ns / NSEC_PER_SEC >= facts.ends_s)
		return -EOVERFLOW;
	return 0;
}

/* What is left of a block when its time passes should not be much. */
static uint64_t block_size(const struct thid_layout *l)
{
	uint64_t size = l->counter_bits <= BLOCKS_BITS
		? 1
		: 1ULL << (l->counter_bits - BLOCKS_BITS);

	return size < MOST_BLOCK ? size : MOST_BLOCK;
}

static void set_up(struct thid *g, const struct thid_opts *opts)
{
	const struct thid_layout *l = &opts->layout;

	g->why = -EAGAIN;
	g->layout = *l;
	g->at = thid__shifts(l);
	g->uuid = l->order == THID_UUID;
	g->step = 1ULL << g->at.counter;
	g->flags = opts->flags;
	g->counter_bits = l->counter_bits;
	g->borrow = opts->borrow;
	g->most = 1ULL << l->time_bits;
	g->block = block_size(l);
	g->worker = opts->lease->worker;
	g->lease = *opts->lease;
	g->mark_ns = g->lease.mark_ns;
	g->ahead_ns = at_least(opts->ahead_ns, (opts->borrow + 2) * l->unit_ns);
	g->log = opts->log;
	g->arg = opts->arg;
}

/* When times run out; once more when that is a year away. */
static void tell_end(struct thid *g, uint64_t wall_ns)
{
	char text[THID_TEXT];
	struct thid_facts facts;

	if (!g->log)
		return;
	(void)thid_layout_facts(&g->layout, &facts);
	g->warn_ns = 0;
	if (!thid_layout_text(&g->layout, wall_ns, text, sizeof(text)) &&
	    facts.ends_s < UINT64_MAX / NSEC_PER_SEC)
		g->warn_ns = (facts.ends_s - THID__YEAR_S) * NSEC_PER_SEC;
	g->log(g->arg, text);
}

int thid_open(struct thid **gp, const struct thid_opts *opts)
{
	struct thid *g;
	int rc;

	if (!gp)
		return -EINVAL;
	*gp = NULL;
	rc = opts ? check(opts) : -EINVAL;
	if (rc)
		return rc;
	g = thid__alloc(sizeof(*g));
	if (!g)
		return -ENOMEM;
	set_up(g, opts);
	tell_end(g, at_least(opts->wall_ns, g->mark_ns));
	*gp = g;
	return 0;
}

/* The first unit of time of which nothing was taken. */
static uint64_t unused(const struct thid *g)
{
	uint64_t unit = thid__low(g->counter_bits);
	uint64_t head = __atomic_load_n(&g->head, __ATOMIC_RELAXED);

	return (head + unit) >> g->counter_bits;
}

void thid_close(struct thid *g)
{
	if (!g)
		return;
	/* In a child it is the parent's. */
	if (g->lease.end)
		g->lease.end(g->lease.arg,
			     g->ticked ? thid__time_ns(&g->layout, unused(g))
				       : g->mark_ns);
	thid__free(g, sizeof(*g));
}

/* A wall's time in units; not before the epoch. */
static uint64_t to_time(const struct thid *g, uint64_t wall_ns)
{
	uint64_t time = (wall_ns - g->layout.epoch_ns) / g->layout.unit_ns;

	return time < g->most ? time : g->most;
}

static void note_step(struct thid *g, int64_t offset_ns)
{
	int64_t step = offset_ns - g->seen_ns;

	if (step >= STEP_NS) {
		g->stats.steps_forward++;
		g->stats.forward_ns += (uint64_t)step;
	} else if (-step >= STEP_NS) {
		g->stats.steps_back++;
		g->stats.back_ns += (uint64_t)-step;
	} else {
		return;
	}
	g->seen_ns = offset_ns;
}

/* Follow a wall that is ahead; let one that is behind catch up. */
static void move_anchor(struct thid *g, int64_t offset_ns, uint64_t elapsed_ns)
{
	int64_t ahead = g->anchor_ns - offset_ns;
	int64_t most = (int64_t)(elapsed_ns / SLOWER);

	if (ahead > most)
		ahead = most;
	g->anchor_ns -= ahead;
}

/* Time begins at the wall's, or at the mark; numbers in a whole unit from it. */
static int begin(struct thid *g, uint64_t expires_ns, int64_t offset_ns)
{
	int64_t wall_ns = (int64_t)expires_ns + offset_ns;
	const struct thid_layout *l = &g->layout;
	uint64_t time;

	if (g->mark_ns && wall_ns < (int64_t)g->mark_ns)
		wall_ns = (int64_t)g->mark_ns;
	if (wall_ns < (int64_t)l->epoch_ns)
		return -ERANGE;
	g->seen_ns = offset_ns;
	g->anchor_ns = wall_ns - (int64_t)expires_ns;
	if (g->mark_ns > l->epoch_ns) {
		time = to_time(g, g->mark_ns + l->unit_ns - 1);
		__atomic_store_n(&g->head, time << g->counter_bits,
				 __ATOMIC_RELAXED);
	}
	g->ticked = true;
	return 0;
}

/* Compare and max: the time only rises. */
static void raise_time(struct thid *g, uint64_t time)
{
	uint64_t past = UINT64_MAX - time;
	uint64_t seen = __atomic_load_n(&g->past, __ATOMIC_RELAXED);

	/* Only this thread stores it; 0 is before the first tick. */
	if (seen && seen <= past) {
		g->stats.stale++;
		return;
	}
	g->stats.ticks++;
	/* Pairs with the acquire in thid__take(), for what begin() stored. */
	__atomic_store_n(&g->past, past, __ATOMIC_RELEASE);
}

static int set_mark(struct thid *g, uint64_t time)
{
	uint64_t now_ns = thid__time_ns(&g->layout, time), mark_ns;
	uint64_t units = g->ahead_ns / g->layout.unit_ns;
	int rc;

	/* All that may be borrowed is covered, and half of the way is left. */
	if (g->mark_ns >= now_ns + g->ahead_ns / 2 &&
	    __atomic_load_n(&g->ceiling, __ATOMIC_RELAXED) > time + g->borrow)
		return 0;
	mark_ns = thid__time_ns(&g->layout, time + units);
	rc = g->lease.extend(g->lease.arg, mark_ns);
	__atomic_store_n(&g->why, rc, __ATOMIC_RELAXED);
	if (rc) {
		g->stats.failed_marks++;
		return rc;
	}
	g->stats.marks++;
	g->mark_ns = mark_ns;
	/* Only now: the mark holds. */
	__atomic_store_n(&g->ceiling, time + units, __ATOMIC_RELAXED);
	return 0;
}

/* Those who wait look again. */
static void turn(struct thid *g)
{
	/* Pairs with the acquire in thid__take_or_wait(). */
	__atomic_fetch_add(&g->turn, 1, __ATOMIC_RELEASE);
	/* Pairs with the count of waiters there. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&g->waiters, __ATOMIC_RELAXED))
		thid__wake(&g->turn);
}

int thid_tick(struct thid *g, uint64_t expires_ns, int64_t wall_offset_ns)
{
	uint64_t time;
	int rc = 0;

	if (!g->block)
		return -ECHILD;
	if (!g->ticked)
		rc = begin(g, expires_ns, wall_offset_ns);
	else if (expires_ns > g->last_ns)
		move_anchor(g, wall_offset_ns, expires_ns - g->last_ns);
	else
		expires_ns = g->last_ns;
	if (rc)
		return rc;
	g->last_ns = expires_ns;
	note_step(g, wall_offset_ns);
	time = to_time(g, expires_ns + (uint64_t)g->anchor_ns);
	raise_time(g, time);
	rc = set_mark(g, thid__time(g->past));
	turn(g);
	if (g->warn_ns && thid__time_ns(&g->layout, time) >= g->warn_ns)
		tell_end(g, thid__time_ns(&g->layout, time));
	return rc;
}

static uint64_t load(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

void thid_stats(const struct thid *g, struct thid_stats *st)
{
	int64_t ahead = g->anchor_ns - g->seen_ns;

	*st = g->stats;
	if (g->ticked)
		st->time_ns = thid__time_ns(&g->layout, thid__time(g->past));
	st->ahead_ns = ahead > 0 ? (uint64_t)ahead : 0;
	st->taken = load(&g->taken);
	st->borrowed = load(&g->borrowed);
	st->refused = load(&g->refused);
	st->waits = load(&g->waits);
}
