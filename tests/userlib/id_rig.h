/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A generator, a lease that remembers its mark, and ticks that are told. */
#ifndef ID_RIG_H
#define ID_RIG_H

#include "id_suite.h"

#define WORKER 5
/* The wall when the ticks' clock was 0, and a point of their grid. */
#define BOOT_S 1700000000ULL
#define START (100 * SEC)

struct rig {
	struct thid_lease lease;
	struct thid_opts opts;
	struct thid *g;
	struct thid_block block;
	uint64_t marked_ns;
	unsigned int extends;
	unsigned int ends;
	uint64_t end_ns;
	int fail;
	unsigned int lines;
	char line[THID_TEXT];
};

static inline int rig_extend(void *arg, uint64_t mark_ns)
{
	struct rig *r = arg;

	r->extends++;
	if (r->fail)
		return r->fail;
	assert_true(mark_ns > r->marked_ns);
	r->marked_ns = mark_ns;
	return 0;
}

static inline void rig_end(void *arg, uint64_t mark_ns)
{
	struct rig *r = arg;

	r->ends++;
	r->end_ns = mark_ns;
}

static inline void rig_log(void *arg, const char *line)
{
	struct rig *r = arg;

	r->lines++;
	snprintf(r->line, sizeof(r->line), "%s", line);
}

static inline void rig_init(struct rig *r, const char *layout)
{
	memset(r, 0, sizeof(*r));
	r->lease = (struct thid_lease){
		.arg = r, .worker = WORKER, .extend = rig_extend, .end = rig_end
	};
	thid_opts_init(&r->opts);
	assert_int_equal(thid_layout_init(&r->opts.layout, layout), 0);
	r->opts.lease = &r->lease;
	r->opts.wall_ns = BOOT_S * SEC + START;
	r->opts.log = rig_log;
	r->opts.arg = r;
}

static inline void rig_open(struct rig *r)
{
	assert_int_equal(thid_open(&r->g, &r->opts), 0);
	thid_block_init(&r->block, r->g);
}

/* Ticks at a time of theirs; the wall is where it was, or was stepped. */
static inline void rig_tick_stepped(struct rig *r, uint64_t at_ns,
				    int64_t step_ns)
{
	assert_int_equal(
		thid_tick(r->g, at_ns, (int64_t)(BOOT_S * SEC) + step_ns), 0);
}

static inline void rig_tick(struct rig *r, uint64_t at_ns)
{
	rig_tick_stepped(r, at_ns, 0);
}

static inline void rig_start(struct rig *r, const char *layout)
{
	rig_init(r, layout);
	rig_open(r);
	rig_tick(r, START);
}

static inline struct thid_parts rig_next(struct rig *r)
{
	struct thid_parts parts;
	uint64_t id;

	assert_int_equal(thid_next(&r->block, &id), 0);
	assert_int_equal(thid_decode(&r->opts.layout, id, &parts), 0);
	assert_int_equal(parts.worker, r->lease.worker);
	return parts;
}

/* Time of the next number, in seconds of the ticks' clock. */
static inline int64_t rig_second(struct rig *r)
{
	return (int64_t)(rig_next(r).time_ns / SEC) - (int64_t)BOOT_S;
}

static inline int rig_refusal(struct rig *r)
{
	uint64_t id = 0x5A5A;
	int rc = thid_next(&r->block, &id);

	assert_int_equal(id, 0x5A5A);
	return rc;
}

static inline struct thid_stats rig_stats(const struct rig *r)
{
	struct thid_stats st;

	memset(&st, 0x5A, sizeof(st));
	thid_stats(r->g, &st);
	return st;
}

/* All that there are; how many. */
static inline uint64_t rig_drain(struct rig *r)
{
	uint64_t ids[1000], last = 0, sum = 0;
	int n;

	while ((n = thid_next_n(&r->block, ids, 1000)) > 0) {
		for (int i = 0; i < n; i++) {
			assert_true(ids[i] > last);
			last = ids[i];
		}
		sum += (unsigned int)n;
	}
	assert_int_equal(n, -EAGAIN);
	return sum;
}

#endif
