// SPDX-License-Identifier: LGPL-2.1-or-later
/* The generator's time: ticks of all kinds, steps of the wall, and marks. */
#include <sys/wait.h>
#include <unistd.h>

#include "id_rig.h"

static void options(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "snowflake");
	assert_int_equal(thid_open(NULL, &r.opts), -EINVAL);
	r.g = (void *)1;
	assert_int_equal(thid_open(&r.g, NULL), -EINVAL);
	assert_null(r.g);
#define REJECTED(member, value, error)                            \
	do {                                                      \
		struct thid_opts opts_ = r.opts;                  \
		r.g = (void *)1;                                  \
		opts_.member = value;                             \
		assert_int_equal(thid_open(&r.g, &opts_), error); \
		assert_null(r.g);                                 \
	} while (0)
	REJECTED(size, 1, -EINVAL);
	REJECTED(flags, 2, -EINVAL);
	REJECTED(borrow, 1000001, -EINVAL);
	REJECTED(ahead_ns, MS - 1, -EINVAL);
	REJECTED(ahead_ns, 3600 * SEC + 1, -EINVAL);
	REJECTED(lease, NULL, -EINVAL);
	REJECTED(layout.counter_bits, 0, -EINVAL);
	REJECTED(layout.epoch_ns, BOOT_S * SEC + START + 1, -ERANGE);
	REJECTED(wall_ns, (1288834974657 + (1ULL << 41)) * MS, -EOVERFLOW);
	r.lease.worker = 1024;
	REJECTED(size, sizeof(struct thid_opts), -EINVAL);
	assert_int_equal(r.ends, 0);
	thid_close(NULL);
}

static void not_before_the_first_tick(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "seconds");
	rig_open(&r);
	assert_int_equal(rig_refusal(&r), -EAGAIN);
	assert_int_equal(thid_tick(r.g, 5, -6), -ERANGE);
	assert_int_equal(rig_refusal(&r), -EAGAIN);
	rig_tick(&r, START);
	assert_int_equal(rig_second(&r), 100);
	assert_int_equal(rig_next(&r).counter, 1);
	thid_close(r.g);
	/* It knows that nothing of later seconds was used. */
	assert_int_equal(r.ends, 1);
	assert_int_equal(r.end_ns, BOOT_S * SEC + START + SEC);
}

static void any_tick_only_raises(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "seconds");
	rig_tick(&r, START + 3 * SEC);
	assert_int_equal(rig_second(&r), 103);
	/* Repeated, overtaken, early-looking: the counter goes on. */
	rig_tick(&r, START + 3 * SEC);
	assert_int_equal(rig_next(&r).counter, 1);
	rig_tick(&r, START + SEC);
	rig_tick(&r, 1);
	assert_int_equal(rig_second(&r), 103);
	assert_int_equal(rig_next(&r).counter, 3);
	assert_int_equal(rig_stats(&r).stale, 3);
	assert_int_equal(rig_stats(&r).ticks, 2);
	/* Missed ones: the next says it all. */
	rig_tick(&r, START + 1000 * SEC);
	assert_int_equal(rig_second(&r), 1100);
	assert_int_equal(rig_stats(&r).time_ns,
			 BOOT_S * SEC + START + 1000 * SEC);
	thid_close(r.g);
}

/* An overtaken tick that brings a step does not turn time back either. */
static void wall_forward(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "seconds");
	rig_tick_stepped(&r, START + SEC, 60 * SEC);
	assert_int_equal(rig_second(&r), 161);
	rig_tick_stepped(&r, START + SEC, 60 * SEC);
	rig_tick_stepped(&r, START + 2 * SEC, 60 * SEC);
	assert_int_equal(rig_second(&r), 162);
	assert_int_equal(rig_stats(&r).steps_forward, 1);
	assert_int_equal(rig_stats(&r).forward_ns, 60 * SEC);
	assert_int_equal(rig_stats(&r).steps_back, 0);
	assert_int_equal(rig_stats(&r).ahead_ns, 0);
	thid_close(r.g);
}

static void wall_back(void **state)
{
	struct rig r;
	int64_t last, now;

	(void)state;
	rig_start(&r, "seconds");
	last = rig_second(&r);
	for (uint64_t s = 1; s <= 1000; s++) {
		rig_tick_stepped(&r, START + s * SEC, -100 * (int64_t)SEC);
		now = rig_second(&r);
		/* It goes on, if a little slower, until the wall is there. */
		assert_in_range(now - last, 0, 1);
		if (s < 800)
			assert_in_range(now, 100 + s * 7 / 8 - 1,
					100 + s * 7 / 8 + 1);
		else
			assert_int_equal(now, s);
		last = now;
	}
	assert_int_equal(rig_stats(&r).steps_back, 1);
	assert_int_equal(rig_stats(&r).back_ns, 100 * SEC);
	assert_int_equal(rig_stats(&r).steps_forward, 0);
	assert_int_equal(rig_stats(&r).ahead_ns, 0);
	thid_close(r.g);
}

static void wall_back_says_so(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "seconds");
	rig_tick_stepped(&r, START + 8 * SEC, -100 * (int64_t)SEC);
	assert_int_equal(rig_stats(&r).ahead_ns, 99 * SEC);
	/* Back and forth is two steps. */
	rig_tick(&r, START + 16 * SEC);
	assert_int_equal(rig_stats(&r).steps_back, 1);
	assert_int_equal(rig_stats(&r).steps_forward, 1);
	assert_int_equal(rig_stats(&r).ahead_ns, 0);
	assert_int_equal(rig_second(&r), 116);
	thid_close(r.g);
}

static void jitter_is_no_step(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "seconds");
	rig_tick_stepped(&r, START + SEC, MS - 1);
	rig_tick_stepped(&r, START + 2 * SEC, -(int64_t)MS + 1);
	assert_int_equal(rig_stats(&r).steps_forward, 0);
	assert_int_equal(rig_stats(&r).steps_back, 0);
	rig_tick_stepped(&r, START + 3 * SEC, MS);
	assert_int_equal(rig_stats(&r).steps_forward, 1);
	thid_close(r.g);
}

static void borrows_one_unit(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "seconds");
	assert_int_equal(rig_drain(&r), 2 * 65536);
	assert_int_equal(rig_stats(&r).borrowed, 65536);
	assert_int_equal(rig_stats(&r).taken, 2 * 65536);
	/* A batch that was cut short, and one that was empty. */
	assert_int_equal(rig_stats(&r).refused, 2);
	assert_int_equal(rig_refusal(&r), -EAGAIN);
	/* The second that was borrowed comes: it is used up. */
	rig_tick(&r, START + SEC);
	assert_int_equal(rig_second(&r), 102);
	assert_int_equal(rig_drain(&r), 65535);
	rig_tick(&r, START + 3 * SEC);
	assert_int_equal(rig_drain(&r), 2 * 65536);
	thid_close(r.g);
	assert_int_equal(r.end_ns, BOOT_S * SEC + START + 5 * SEC);
}

static void borrows_as_told(void **state)
{
	struct rig r;

	(void)state;
	for (uint32_t borrow = 0; borrow <= 20; borrow += 10) {
		rig_init(&r, "snowflake");
		r.opts.borrow = borrow;
		rig_open(&r);
		rig_tick(&r, START);
		assert_int_equal(rig_drain(&r), (borrow + 1) * 4096);
		rig_tick(&r, START + MS);
		assert_int_equal(rig_drain(&r), 4096);
		thid_close(r.g);
	}
}

/* What is left of a block whose time has passed is not used. */
static void no_stale_numbers(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "snowflake");
	assert_int_equal(rig_next(&r).counter, 0);
	rig_tick(&r, START + MS);
	assert_int_equal(rig_next(&r).time_ns, BOOT_S * SEC + START + MS);
	assert_int_equal(rig_next(&r).counter, 1);
	thid_close(r.g);
}

static void marks_come_first(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "seconds");
	r.fail = -EIO;
	rig_open(&r);
	assert_int_equal(thid_tick(r.g, START, BOOT_S * SEC), -EIO);
	assert_int_equal(rig_refusal(&r), -EIO);
	r.fail = 0;
	rig_tick(&r, START);
	assert_int_equal(r.marked_ns, BOOT_S * SEC + START + 3 * SEC);
	assert_int_equal(rig_second(&r), 100);
	/* Marks fail from now on: it goes on up to the mark. */
	r.fail = -ESTALE;
	rig_tick(&r, START + SEC);
	assert_int_equal(rig_second(&r), 101);
	assert_int_equal(thid_tick(r.g, START + 2 * SEC, BOOT_S * SEC),
			 -ESTALE);
	assert_int_equal(rig_second(&r), 102);
	assert_int_equal(thid_next_n(&r.block, (uint64_t[65536]){ 0 }, 65536),
			 65535);
	assert_int_equal(rig_refusal(&r), -ESTALE);
	assert_int_equal(rig_stats(&r).marks, 1);
	assert_int_equal(rig_stats(&r).failed_marks, 2);
	/* All of it that was set is used. */
	thid_close(r.g);
	assert_int_equal(r.end_ns, BOOT_S * SEC + START + 3 * SEC);
}

static void marks_are_rare(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, "snowflake");
	for (uint64_t ms = 1; ms <= 6000; ms++) {
		rig_tick(&r, START + ms * MS);
		rig_next(&r);
		/* Half of what is ahead is there at any time. */
		assert_in_range(r.marked_ns - BOOT_S * SEC - START - ms * MS,
				1500 * MS, 3000 * MS);
	}
	assert_in_range(r.extends, 4, 5);
	thid_close(r.g);
}

static void killed_and_started_again(void **state)
{
	struct rig r, again;

	(void)state;
	rig_start(&r, "snowflake");
	rig_next(&r);
	rig_init(&again, "snowflake");
	again.lease.mark_ns = r.marked_ns;
	rig_open(&again);
	/* The wall was set back meanwhile. */
	rig_tick_stepped(&again, START, -3600 * (int64_t)SEC);
	assert_int_equal(rig_next(&again).time_ns, r.marked_ns);
	assert_true(again.marked_ns > r.marked_ns);
	rig_tick_stepped(&again, START + 8 * SEC, -3600 * (int64_t)SEC);
	assert_int_equal(rig_next(&again).time_ns, r.marked_ns + 7 * SEC);
	thid_close(r.g);
	thid_close(again.g);
}

/* The mark of another layout lies within a unit of this one. */
static void mark_within_a_unit(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "seconds");
	r.lease.mark_ns = BOOT_S * SEC + START + 1;
	rig_open(&r);
	rig_tick(&r, START);
	assert_int_equal(rig_second(&r), 101);
	thid_close(r.g);
}

/* A machine without a clock of its own starts in 1970. */
static void clock_before_the_epoch(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "snowflake");
	r.opts.wall_ns = 1;
	r.lease.mark_ns = BOOT_S * SEC;
	rig_open(&r);
	assert_int_equal(thid_tick(r.g, START, 0), 0);
	assert_int_equal(rig_next(&r).time_ns, BOOT_S * SEC);
	thid_close(r.g);
}

static void runs_out(void **state)
{
	const uint64_t end_s = 1ULL << 32;
	struct rig r;

	(void)state;
	rig_init(&r, "seconds");
	r.opts.wall_ns = (end_s - 400 * 86400) * SEC;
	rig_open(&r);
	assert_int_equal(r.lines, 1);
	assert_non_null(strstr(r.line, "until 2106-02-07"));
	rig_tick(&r, (end_s - BOOT_S - 365 * 86400 - 1) * SEC);
	assert_int_equal(r.lines, 1);
	rig_tick(&r, (end_s - BOOT_S - 365 * 86400) * SEC);
	assert_int_equal(r.lines, 2);
	assert_non_null(strstr(r.line, "within a year"));
	rig_tick(&r, (end_s - BOOT_S - 1) * SEC);
	assert_int_equal(r.lines, 2);
	assert_int_equal(rig_next(&r).time, end_s - 1);
	assert_int_equal(thid_next_n(&r.block, (uint64_t[70000]){ 0 }, 70000),
			 65535);
	assert_int_equal(rig_refusal(&r), -EOVERFLOW);
	rig_tick(&r, (end_s - BOOT_S + 1000000) * SEC);
	assert_int_equal(rig_refusal(&r), -EOVERFLOW);
	thid_close(r.g);
}

static void within_its_last_year(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "seconds");
	r.opts.wall_ns = ((1ULL << 32) - 86400) * SEC;
	rig_open(&r);
	rig_tick(&r, r.opts.wall_ns - BOOT_S * SEC);
	assert_int_equal(r.lines, 1);
	assert_non_null(strstr(r.line, "within a year"));
	thid_close(r.g);
}

static uint64_t until_ns;

static uint64_t until(void *arg)
{
	(void)arg;
	return until_ns;
}

/* Also of a block that was taken in time: a thread may have slept since. */
static void lease_that_ends(void **state)
{
	uint64_t ids[64];
	struct rig r;

	(void)state;
	until_ns = UINT64_MAX;
	rig_init(&r, "snowflake");
	r.lease.until = until;
	rig_open(&r);
	rig_tick(&r, START);
	assert_int_equal(rig_next(&r).counter, 0);
	until_ns = 1;
	assert_int_equal(rig_refusal(&r), -ESTALE);
	assert_int_equal(thid_next_n(&r.block, ids, 64), -ESTALE);
	until_ns = UINT64_MAX;
	assert_int_equal(rig_next(&r).counter, 64);
	assert_int_equal(thid_next_n(&r.block, ids, 10), 10);
	until_ns = 1;
	assert_int_equal(rig_refusal(&r), -ESTALE);
	assert_int_equal(thid_next_n(&r.block, ids, 64), -ESTALE);
	thid_close(r.g);
}

/* One by one or many at once, those of a block are handed out without a gap. */
static void lease_that_may_end(void **state)
{
	uint64_t ids[64];
	struct rig r;

	(void)state;
	until_ns = UINT64_MAX;
	rig_init(&r, "snowflake");
	r.lease.until = until;
	rig_open(&r);
	rig_tick(&r, START);
	for (unsigned int i = 0; i < 4000; i += 40) {
		for (unsigned int k = 0; k < 10; k++)
			assert_int_equal(rig_next(&r).counter, i + k);
		assert_int_equal(thid_next_n(&r.block, ids, 30), 30);
		for (unsigned int k = 0; k < 30; k++)
			assert_int_equal(ids[k] & 4095, i + 10 + k);
	}
	assert_int_equal(rig_drain(&r), 2 * 4096 - 4000);
	rig_tick(&r, START + 2 * MS);
	assert_int_equal(rig_next(&r).counter, 0);
	rig_tick(&r, START + 3 * MS);
	assert_int_equal(rig_next(&r).counter, 0);
	thid_close(r.g);
}

/* The child has a block with numbers in it, and gets none. */
static void fork_with(uint64_t (*lease_until)(void *arg))
{
	struct rig r;
	int status;
	pid_t pid;

	until_ns = UINT64_MAX;
	rig_init(&r, "seconds");
	r.lease.until = lease_until;
	rig_open(&r);
	rig_tick(&r, START);
	rig_next(&r);
	pid = fork();
	if (!pid) {
		uint64_t id;
		int bad = thid_next(&r.block, &id) != -ECHILD;

		bad |= thid_next_n(&r.block, &id, 1) != -ECHILD;
		bad |= thid_uuid_next(&r.block, (uint8_t[16]){ 0 }) != -ECHILD;
		bad |= thid_tick(r.g, START + SEC, 0) != -ECHILD;
		thid_close(r.g);
		bad |= r.ends != 0;
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(rig_next(&r).counter, 1);
	thid_close(r.g);
}

static void forked(void **state)
{
	(void)state;
	fork_with(NULL);
	fork_with(until);
}

static void uuids(void **state)
{
	uint8_t uuid[16], last[16] = { 0 };
	uint64_t id, ones = 0, zeroes = 0;
	struct thid_parts p;
	struct rig r;

	(void)state;
	rig_start(&r, "uuid7");
	r.lease.worker = WORKER;
	for (unsigned int i = 0; i < 8192; i++) {
		assert_int_equal(thid_uuid_next(&r.block, uuid), 0);
		assert_true(memcmp(uuid, last, 16) > 0);
		memcpy(last, uuid, 16);
		assert_int_equal(thid_uuid_decode(&r.opts.layout, uuid, &p), 0);
		assert_int_equal(p.worker, WORKER);
		assert_int_equal(p.counter, i % 4096);
		assert_int_equal(p.time_ns,
				 BOOT_S * SEC + START + i / 4096 * MS);
		memcpy(&id, uuid + 8, 8);
		ones |= id;
		zeroes |= ~id;
	}
	/* Bytes 11 to 15 are random throughout. */
	assert_int_equal(ones >> 24, UINT64_MAX >> 24);
	assert_int_equal(zeroes >> 24, UINT64_MAX >> 24);
	assert_int_equal(thid_uuid_next(&r.block, uuid), -EAGAIN);
	assert_memory_equal(uuid, last, 16);
	assert_int_equal(thid_next(&r.block, &id), -EINVAL);
	assert_int_equal(thid_next_n(&r.block, &id, 1), -EINVAL);
	thid_close(r.g);
	rig_start(&r, "seconds");
	assert_int_equal(thid_uuid_next(&r.block, uuid), -EINVAL);
	thid_close(r.g);
}

static void batches(void **state)
{
	uint64_t ids[12], id;
	struct rig r;

	(void)state;
	rig_start(&r, "seconds");
	memset(ids, 0x5A, sizeof(ids));
	assert_int_equal(thid_next_n(&r.block, ids, 0), 0);
	assert_int_equal(thid_next(&r.block, &id), 0);
	assert_int_equal(thid_next_n(&r.block, ids + 1, 10), 10);
	for (unsigned int i = 1; i <= 10; i++)
		assert_int_equal(ids[i], id + (i << 16));
	assert_int_equal(ids[0], 0x5A5A5A5A5A5A5A5A);
	assert_int_equal(ids[11], 0x5A5A5A5A5A5A5A5A);
	assert_int_equal(thid_next(&r.block, &id), 0);
	assert_int_equal(id, ids[10] + (1 << 16));
	assert_int_equal(thid_next_n(&r.block, ids, UINT32_MAX), -EINVAL);
	thid_close(r.g);
}

static void advice(void **state)
{
	static const int known[] = { 0,	      EAGAIN, EOVERFLOW, ERANGE,
				     ESTALE,  EBUSY,  ENOSPC,	 ECHILD,
				     EBADMSG, EINVAL, EIO,	 ETIMEDOUT,
				     EACCES,  EPERM,  EROFS,	 EPROTO,
				     EINTR,   ENOMEM };

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		assert_string_not_equal(thid_advice(known[i]),
					thid_advice(9999));
		assert_string_equal(thid_advice(known[i]),
				    thid_advice(-known[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options),
		TEST(not_before_the_first_tick),
		TEST(any_tick_only_raises),
		TEST(wall_forward),
		TEST(wall_back),
		TEST(wall_back_says_so),
		TEST(jitter_is_no_step),
		TEST(borrows_one_unit),
		TEST(borrows_as_told),
		TEST(no_stale_numbers),
		TEST(marks_come_first),
		TEST(marks_are_rare),
		TEST(killed_and_started_again),
		TEST(mark_within_a_unit),
		TEST(clock_before_the_epoch),
		TEST(runs_out),
		TEST(within_its_last_year),
		TEST(lease_that_ends),
		TEST(lease_that_may_end),
		TEST(forked),
		TEST(uuids),
		TEST(batches),
		TEST(advice),
	};

	return RUN(tests);
}
