// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whole simulations: what is measured is what happened. */
#include "suite.h"

#define INTERVAL_NS (500 * MS)

/* An hour of a hundred nodes that beat on a perfect network. */
static struct thbeat_scenario scenario(void)
{
	struct thbeat_scenario s;

	thbeat_scenario_init(&s);
	s.nodes = 100;
	s.duration_ns = THBEAT_HOUR;
	s.loss_ppm = 0;
	s.kill_every_ns = 0;
	return s;
}

static struct thbeat_result simulate(const struct thbeat_scenario *s,
				     const struct thbeat_arm *arm)
{
	struct thbeat_result r;

	assert_int_equal(thbeat_simulate(s, arm, NULL, &r), 0);
	assert_int_equal(r.died, r.found + r.missed + r.open);
	assert_int_equal(r.duration_ns, s->duration_ns);
	return r;
}

static struct thbeat_arm naive(const struct thbeat_scenario *s)
{
	struct thbeat_arm arm = s->arms[THB_FIXED];

	arm.naive = true;
	return arm;
}

static void seeds(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_result a, b;

	(void)state;
	s.loss_ppm = 50000;
	s.kill_every_ns = 20 * SEC;
	a = simulate(&s, &s.arms[0]);
	b = simulate(&s, &s.arms[0]);
	assert_memory_equal(&a, &b, sizeof(a));
	s.seed++;
	b = simulate(&s, &s.arms[0]);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

/* 2 beats a second, of which each eighth is answered; nothing goes wrong. */
static void peace(void **state)
{
	struct thbeat_scenario s = scenario();

	(void)state;
	for (unsigned int i = 0; i < s.arm_count; i++) {
		struct thbeat_result r = simulate(&s, &s.arms[i]);

		assert_in_range(r.messages, 100 * 3600 * 2.25 - 200,
				100 * 3600 * 2.25);
		assert_int_equal(r.suspicions, 0);
		assert_int_equal(r.false_deaths, 0);
		assert_int_equal(r.cut_off, 0);
		assert_int_equal(r.away, 0);
	}
}

/*
 * Each death is found, no later than the bound after the last beat, and no
 * sooner than that less an interval; the world is the same for all arms.
 */
static void deaths(void **state)
{
	struct thbeat_scenario s = scenario();
	uint64_t error = s.delay_ns + s.jitter_ns + 4 * s.timer_late_ns;
	uint64_t bound = INTERVAL_NS + 200 * MS + 2 * INTERVAL_NS;
	struct thbeat_result r, first;

	(void)state;
	s.kill_every_ns = 20 * SEC;
	first = simulate(&s, &s.arms[THB_FIXED]);
	assert_in_range(first.p50_ns, bound - INTERVAL_NS * 3 / 4,
			bound - INTERVAL_NS / 4);
	assert_in_range(first.p99_ns, first.p50_ns, first.max_ns);
	assert_in_range(first.max_ns, bound - INTERVAL_NS / 4, bound + error);
	for (unsigned int i = 0; i < s.arm_count; i++) {
		r = simulate(&s, &s.arms[i]);
		assert_in_range(r.died, 130, 230);
		assert_int_equal(r.died, first.died);
		assert_int_equal(r.missed, 0);
		assert_int_equal(r.false_deaths, 0);
		/* Asked ever less often, but for so long as they are dead. */
		assert_true(r.messages < first.messages * 1.01);
	}
}

/* Who starts anew before anyone can know is missed. */
static void short_deaths(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_result r;

	(void)state;
	s.kill_every_ns = 20 * SEC;
	s.down_ns = SEC / 2;
	r = simulate(&s, &s.arms[THB_FIXED]);
	assert_true(r.died > 100);
	assert_int_equal(r.found, 0);
	assert_true(r.missed + 2 >= r.died);
}

/* A single failure is no death; what one failure is worth shows. */
static void loss(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_arm one = s.arms[THB_FIXED];
	struct thbeat_result r;

	(void)state;
	s.loss_ppm = 50000;
	s.duration_ns /= 4;
	one.set.failures = 1;
	r = simulate(&s, &one);
	/* A twentieth of 180,000 beats. */
	assert_in_range(r.false_deaths, 7500, 9500);
	r = simulate(&s, &s.arms[THB_FIXED]);
	assert_true(r.false_deaths <= 3);
	assert_true(r.suspicions > 500);
	one = naive(&s);
	r = simulate(&s, &one);
	assert_true(r.false_deaths > 5000);
}

/* Overtaken and doubled beats are no news, good or bad. */
static void disorder(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_result r;

	(void)state;
	s.jitter_ns = 2 * SEC;
	s.duplicate_ppm = 300000;
	s.arms[THB_FIXED].set.allowance_ns = 2 * SEC;
	s.duration_ns /= 4;
	r = simulate(&s, &s.arms[THB_FIXED]);
	assert_int_equal(r.false_deaths, 0);
	assert_int_equal(r.suspicions, 0);
}

/* Those that cannot be reached are cut off: no false deaths, nor missed. */
static void partitions(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_result r;

	(void)state;
	s.partition_every_ns = 300 * SEC;
	s.partition_ns = 10 * SEC;
	for (unsigned int i = 0; i < s.arm_count; i++) {
		r = simulate(&s, &s.arms[i]);
		assert_true(r.cut_off >= 300 && r.cut_off % 100 == 0);
		assert_int_equal(r.false_deaths, 0);
		assert_int_equal(r.suspicions, 0);
	}
	/* Too short for anyone to die of. */
	s.partition_ns = SEC / 2;
	r = simulate(&s, &s.arms[THB_FIXED]);
	assert_int_equal(r.cut_off, 0);
}

/* Nobody is dead because the monitor was away, be its socket large or small. */
static void stalls(void **state)
{
	static const uint64_t rooms[] = { 0, 200, 100000 };
	struct thbeat_scenario s = scenario();
	struct thbeat_arm arm = s.arms[THB_FIXED];
	struct thbeat_result r;

	(void)state;
	s.stall_every_ns = 60 * SEC;
	s.stall_ns = 5 * SEC;
	arm.set.failures = 1;
	for (unsigned int i = 0; i < COUNT(rooms); i++) {
		s.stall_room = rooms[i];
		r = simulate(&s, &arm);
		assert_int_equal(r.false_deaths, 0);
		assert_in_range(r.away, 40, 80);
		assert_true(r.away_ns >= r.away * (s.stall_ns - INTERVAL_NS));
	}
	s.stall_room = 0;
	arm = naive(&s);
	assert_true(simulate(&s, &arm).false_deaths > 1000);
}

/* Beats lost for lack of room, while the monitor was hardly late. */
static void short_stalls(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_arm arm = s.arms[THB_FIXED];
	struct thbeat_result r;

	(void)state;
	s.stall_every_ns = 5 * SEC;
	s.stall_ns = 40 * MS;
	s.stall_room = 0;
	arm.set.failures = 1;
	assert_true(s.stall_ns < arm.set.late_ns);
	r = simulate(&s, &arm);
	assert_int_equal(r.false_deaths, 0);
	assert_true(r.away > 500);
}

/* Clocks 2,000 ppm apart, for what a clock's rate matters. */
static void rates(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_result r;

	(void)state;
	s.sender_ppb = 1000000;
	s.monitor_ppb = -1000000;
	for (unsigned int i = 0; i < s.arm_count; i++) {
		r = simulate(&s, &s.arms[i]);
		assert_int_equal(r.suspicions, 0);
		assert_int_equal(r.false_deaths, 0);
		/* In an hour of true time there are 3603.6 s of theirs. */
		assert_in_range(r.messages, 3603 * 100 * 2.25,
				3604 * 100 * 2.25);
	}
}

/* The interval adapts itself: to half, without load and at even round trips. */
static void pace(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_arm arm = s.arms[THB_FIXED];
	struct thbeat_result r;

	(void)state;
	arm.pace.fixed = 0;
	r = simulate(&s, &arm);
	assert_in_range(r.messages, 3500 * 100 * 4.5, 3600 * 100 * 4.5);
	assert_int_equal(r.false_deaths, 0);
	s.load_milli = 1000;
	assert_true(simulate(&s, &arm).messages < r.messages);
}

static bool stop_at_half(void *user, uint64_t now_ns)
{
	*(uint64_t *)user = now_ns;
	return now_ns < THBEAT_HOUR / 2;
}

static void interrupted(void **state)
{
	struct thbeat_scenario s = scenario();
	struct thbeat_result r;
	uint64_t last = 0;
	struct thbeat_watcher watcher = { stop_at_half, &last };

	(void)state;
	assert_int_equal(thbeat_simulate(&s, &s.arms[0], &watcher, &r), -EINTR);
	assert_in_range(r.duration_ns, THBEAT_HOUR / 2, THBEAT_HOUR * 3 / 4);
	assert_int_equal(r.duration_ns, last);
	assert_in_range(r.messages, r.duration_ns / SEC * 220,
			r.duration_ns / SEC * 226);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(seeds),	    TEST(peace),  TEST(deaths),
		TEST(short_deaths), TEST(loss),	  TEST(disorder),
		TEST(partitions),   TEST(stalls), TEST(short_stalls),
		TEST(rates),	    TEST(pace),	  TEST(interrupted),
	};

	return RUN(tests);
}
