// SPDX-License-Identifier: GPL-2.0-only
/*
 * Periods: the grid is kept to the nanosecond, missed ticks are counted
 * exactly, under both policies.
 */
#include "harness.h"
#include "queue.h"

#define PERIOD (500 * NSEC_PER_USEC + 7)

/* The record's deadline and its overruns give the next deadline. */
static uint64_t next_on_grid(const struct timerheap_expiry *e, uint64_t period)
{
	return e->expires_ns + (e->overruns + 1ULL) * period;
}

static uint64_t next_from_now(const struct timerheap_expiry *e, uint64_t period)
{
	return (e->fired_ns > e->expires_ns ? e->fired_ns : e->expires_ns) +
		period;
}

static void check_tick(const struct timerheap_expiry *e, uint64_t deadline,
		       uint64_t period)
{
	CHECK_EQ(e->expires_ns, deadline);
	CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
	CHECK_EQ(e->overruns, (e->fired_ns - e->expires_ns) / period);
}

static void follow(uint32_t flags,
		   uint64_t (*next)(const struct timerheap_expiry *, uint64_t))
{
	uint64_t deadline, overruns = 0;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	deadline = mono_ns() + NSEC_PER_MSEC;
	slot_config(&q, 3, PERIOD, 0, flags);
	slot_arm(&q, 3, deadline, NULL);
	for (int i = 0; i < 500; i++) {
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		check_tick(&e, deadline, PERIOD);
		deadline = next(&e, PERIOD);
		overruns += e.overruns;
	}
	deadline = slot_cancel(&q, 3);
	CHECK(deadline);
	while (queue_reap(&q, &e, 1))
		overruns += e.overruns;
	CHECK_EQ(next(&e, PERIOD), deadline);
	CHECK_EQ(queue_stats(&q).overruns, overruns);
	CHECK(queue_is_quiet(&q, 20));
}

static void grid(void)
{
	follow(0, next_on_grid);
}

static void restart(void)
{
	follow(TIMERHEAP_SLOT_RESTART, next_from_now);
}

/* The first tick is late by so many periods and a bit. */
static void start_in_the_past(uint32_t flags,
			      uint64_t (*next)(const struct timerheap_expiry *,
					       uint64_t))
{
	static const uint64_t late[] = { 0, 1, 2, 10, 1000, 100000 };
	static const uint64_t period = 100 * NSEC_PER_MSEC;

	for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
		uint64_t deadline, ahead = late[i] * period + period / 2;
		struct timerheap_expiry e;
		struct queue q;

		queue_open(&q, 10, 0, 0, CLOCK_BOOTTIME);
		if (ahead >= queue_now(&q))
			ahead = queue_now(&q) / period * period;
		deadline = queue_now(&q) - ahead;
		slot_config(&q, 3, period, 0, flags);
		slot_arm(&q, 3, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		check_tick(&e, deadline, period);
		CHECK_ORDER(e.overruns, >=, ahead / period);
		CHECK_EQ(slot_deadline(&q, 3), next(&e, period));
		CHECK_ORDER(slot_deadline(&q, 3), >, e.fired_ns);
		CHECK_ORDER(slot_deadline(&q, 3), <=, e.fired_ns + period);
		CHECK_EQ(queue_stats(&q).overruns, e.overruns);
		queue_close(&q);
	}
}

static void missed_on_grid(void)
{
	start_in_the_past(0, next_on_grid);
}

static void missed_with_restart(void)
{
	start_in_the_past(TIMERHEAP_SLOT_RESTART, next_from_now);
}

/* A ring that nobody empties makes ticks late, over and over. */
static void missed_while_full(void)
{
	uint64_t deadlines[2], overruns = 0;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 2, 1, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < 2; i++) {
		deadlines[i] = mono_ns() + NSEC_PER_MSEC;
		slot_config(&q, i, PERIOD, 0, i ? TIMERHEAP_SLOT_RESTART : 0);
		slot_arm(&q, i, deadlines[i], NULL);
	}
	for (int i = 0; i < 60; i++) {
		uint64_t *deadline;

		sleep_ms(3);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		deadline = &deadlines[e.slot];
		check_tick(&e, *deadline, PERIOD);
		*deadline = e.slot ? next_from_now(&e, PERIOD)
				   : next_on_grid(&e, PERIOD);
		overruns += e.overruns;
	}
	slot_cancel(&q, 0);
	slot_cancel(&q, 1);
	while (queue_reap(&q, &e, 1))
		overruns += e.overruns;
	CHECK_EQ(queue_stats(&q).overruns, overruns);
	CHECK(overruns > 60);
}

static void shortest_period(void)
{
	static const uint64_t periods[] = { 1, 9999, 10000, 10001 };

	for (size_t i = 0; i < ARRAY_SIZE(periods); i++) {
		uint64_t least, period = periods[i], deadline;
		struct timerheap_expiry e;
		struct queue q;

		queue_open(&q, 2, 0, 0, CLOCK_MONOTONIC);
		least = device_info(q.fd).min_period_ns;
		if (period < least)
			period = least;
		deadline = mono_ns();
		slot_config(&q, 1, periods[i], 0, 0);
		slot_arm(&q, 1, deadline, NULL);
		for (int n = 0; n < 50; n++) {
			REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
			check_tick(&e, deadline, period);
			deadline = next_on_grid(&e, period);
		}
		queue_close(&q);
	}
}

/* More periods missed than 32 bits count: the grid is kept all the same. */
static void overruns_saturate(void)
{
	uint64_t period, next;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 2, 0, 0, CLOCK_REALTIME);
	period = device_info(q.fd).min_period_ns;
	if (queue_now(&q) / period < 1ULL << 33)
		skip("the wall clock is not set");
	slot_config(&q, 1, period, 0, 0);
	slot_arm(&q, 1, 1, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, 1);
	CHECK_EQ(e.overruns, UINT32_MAX);
	next = slot_cancel(&q, 1);
	CHECK_EQ(next % period, 1);
	CHECK_ORDER(next, >, e.fired_ns);
}

static void longest_period(void)
{
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 2, 0, 0, CLOCK_MONOTONIC);
	slot_config(&q, 1, TIMERHEAP_NEVER, 0, 0);
	slot_arm(&q, 1, 5, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.overruns, 0);
	CHECK(queue_is_quiet(&q, 20));
	CHECK_EQ(slot_cancel(&q, 1), TIMERHEAP_NEVER);
	slot_config(&q, 1, 1ULL << 63, 0, 0);
	slot_arm(&q, 1, 5, NULL);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(slot_cancel(&q, 1), (1ULL << 63) + 5);
}

static void one_shot_again(void)
{
	struct timerheap_expiry e;
	struct queue q;
	uint64_t deadline;

	queue_open(&q, 2, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(queue_arm(&q, 1, mono_ns(), NSEC_PER_MSEC, 0, 0), 0);
	for (int i = 0; i < 10; i++)
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(queue_cancel(&q, 1), 1);
	while (queue_reap(&q, &e, 1))
		;
	deadline = mono_ns() + NSEC_PER_MSEC;
	CHECK_EQ(queue_arm(&q, 1, deadline, 0, 0, 0), 0);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_EQ(slot_deadline(&q, 1), 0);
	CHECK(queue_is_quiet(&q, 20));
}

/* A thousand of them, each on a grid of its own. */
static void many(void)
{
	enum { SLOTS = 1000 };
	static uint64_t deadlines[SLOTS], periods[SLOTS];
	static struct timerheap_expiry batch[SLOTS];
	uint64_t overruns = 0, got = 0, end;
	struct queue q;
	uint32_t n;

	queue_open(&q, SLOTS, 4096, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < SLOTS; i++) {
		periods[i] = 10 * NSEC_PER_MSEC + i * 1009;
		deadlines[i] = mono_ns() + i * NSEC_PER_USEC;
		slot_config(&q, i, periods[i], i * 100, 0);
		slot_arm(&q, i, deadlines[i], NULL);
	}
	end = mono_ns() + 500 * NSEC_PER_MSEC;
	while (mono_ns() < end) {
		n = queue_collect(&q, batch, SLOTS, mono_ns() + NSEC_PER_MSEC);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t slot = batch[i].slot;

			check_tick(&batch[i], deadlines[slot], periods[slot]);
			deadlines[slot] =
				next_on_grid(&batch[i], periods[slot]);
			overruns += batch[i].overruns;
		}
		got += n;
	}
	CHECK(got > SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		CHECK(slot_cancel(&q, i));
	sleep_ms(1);
	n = queue_reap(&q, batch, SLOTS);
	for (uint32_t i = 0; i < n; i++)
		overruns += batch[i].overruns;
	CHECK_EQ(queue_stats(&q).overruns, overruns);
	CHECK_EQ(queue_stats(&q).expiries, got + n);
}

static const struct test_case cases[] = {
	CASE(grid),
	CASE(restart),
	CASE(missed_on_grid),
	CASE(missed_with_restart),
	CASE(missed_while_full),
	CASE(shortest_period),
	CASE(overruns_saturate),
	CASE(longest_period),
	CASE(one_shot_again),
	CASE(many),
};

TEST_MAIN(cases)
