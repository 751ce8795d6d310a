// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ticks from a queue: what counts is the grid, not when somebody looked. */
#include "suite.h"

#include <timerheap/id.h>

#define MS 1000000ULL
#define SEC 1000000000ULL

static uint64_t mark_ns;

static int extend(void *arg, uint64_t to_ns)
{
	(void)arg;
	assert_true(to_ns > mark_ns);
	mark_ns = to_ns;
	return 0;
}

struct rig {
	struct thid *g;
	struct thid_timer *t;
	struct thid_block block;
};

static void open_both(struct rig *r, uint64_t period_ns)
{
	const struct thid_lease lease = { .extend = extend };
	struct thid_opts opts;

	mark_ns = 0;
	thid_opts_init(&opts);
	assert_int_equal(thid_layout_init(&opts.layout, "seconds"), 0);
	opts.layout.unit_ns = MS;
	opts.wall_ns = 0;
	opts.lease = &lease;
	assert_int_equal(thid_open(&r->g, &opts), 0);
	assert_int_equal(thid_timer_open(&r->t, r->g, period_ns, NULL), 0);
	thid_block_init(&r->block, r->g);
}

static void close_both(struct rig *r)
{
	thid_timer_close(r->t);
	thid_close(r->g);
	assert_int_equal(fake.opened, fake.closed);
}

/* Milliseconds; the wall's clock is the queue's, until it is stepped. */
static uint64_t time_ms(struct rig *r)
{
	uint64_t id;

	assert_int_equal(thid_next(&r->block, &id), 0);
	return id >> 32;
}

static void the_deadline_is_the_time(void **state)
{
	struct rig r;

	(void)state;
	fake.now = 5 * MS + 700000;
	open_both(&r, 0);
	assert_int_equal(time_ms(&r), 5);
	/* It fires when it is due, and is read late. */
	fake_advance(6 * MS);
	fake.now = 9 * MS - 1;
	assert_int_equal(thid_timer_run(r.t), 1);
	assert_int_equal(time_ms(&r), 6);
	close_both(&r);
}

static void nobody_looks(void **state)
{
	struct rig r;
	uint64_t id;

	(void)state;
	fake.now = 5 * MS;
	open_both(&r, 0);
	fake_advance(100 * MS);
	/* Time stands still, and what is left of it is used up. */
	assert_int_equal(time_ms(&r), 5);
	assert_int_equal(thid_next_n(&r.block, (uint64_t[140000]){ 0 }, 140000),
			 2 * 65536 - 1);
	assert_int_equal(thid_next(&r.block, &id), -EAGAIN);
	while (thid_timer_run(r.t))
		;
	assert_int_equal(time_ms(&r), 100);
	close_both(&r);
}

/* One record of a period and those that were missed after it. */
static void overruns_have_passed(void **state)
{
	struct rig r;

	(void)state;
	fake.now = 5 * MS;
	open_both(&r, 0);
	fake.now = 27 * MS + 900000;
	fake_advance(fake.now);
	assert_int_equal(thid_timer_run(r.t), 1);
	assert_int_equal(time_ms(&r), 27);
	close_both(&r);
}

static void longer_periods(void **state)
{
	struct rig r;

	(void)state;
	fake.now = 5 * MS;
	open_both(&r, 10 * MS);
	fake_advance(14 * MS);
	assert_int_equal(thid_timer_run(r.t), 0);
	fake_advance(15 * MS);
	assert_int_equal(thid_timer_wait(r.t, 0), 1);
	assert_int_equal(thid_timer_run(r.t), 1);
	assert_int_equal(thid_timer_wait(r.t, 0), 0);
	assert_int_equal(time_ms(&r), 15);
	close_both(&r);
}

static void the_wall_is_stepped(void **state)
{
	struct thid_stats st;
	struct rig r;

	(void)state;
	fake.now = 5 * MS;
	open_both(&r, 0);
	fake_header()->wall_offset_ns = 3600 * (int64_t)SEC;
	fake_header()->clock_steps = 1;
	fake_advance(6 * MS);
	assert_int_equal(thid_timer_run(r.t), 1);
	assert_int_equal(time_ms(&r), 3600006);
	fake_header()->wall_offset_ns = 0;
	fake_header()->clock_steps = 2;
	fake_advance(14 * MS);
	assert_in_range(thid_timer_run(r.t), 1, 8);
	assert_int_equal(time_ms(&r), 3600013);
	thid_stats(r.g, &st);
	assert_int_equal(st.steps_forward, 1);
	assert_int_equal(st.steps_back, 1);
	close_both(&r);
}

static void what_may_fail(void **state)
{
	const struct thid_lease lease = { .extend = extend };
	struct thid_timer *t = (void *)1;
	struct thid_opts opts;
	struct thid *g;

	(void)state;
	mark_ns = 0;
	thid_opts_init(&opts);
	opts.lease = &lease;
	assert_int_equal(thid_open(&g, &opts), 0);
	assert_int_equal(thid_timer_open(NULL, g, 0, NULL), -EINVAL);
	assert_int_equal(thid_timer_open(&t, NULL, 0, NULL), -EINVAL);
	assert_null(t);
	t = (void *)1;
	assert_int_equal(thid_timer_open(&t, g, 3601 * SEC, NULL), -EINVAL);
	assert_null(t);
	fake.fail_open = -ENOENT;
	assert_int_equal(thid_timer_open(&t, g, 0, NULL), -ENOENT);
	fake.fail_open = 0;
	/* The layout's epoch is long after what the fake wall says. */
	t = (void *)1;
	assert_int_equal(thid_timer_open(&t, g, 0, NULL), -ERANGE);
	assert_null(t);
	assert_int_equal(fake.opened, fake.closed);
	thid_timer_close(NULL);
	thid_close(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_deadline_is_the_time), TEST(nobody_looks),
		TEST(overruns_have_passed),	TEST(longer_periods),
		TEST(the_wall_is_stepped),	TEST(what_may_fail),
	};

	return RUN(tests);
}
