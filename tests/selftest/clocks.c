// SPDX-License-Identifier: GPL-2.0-only
/*
 * The four clocks, and steps of the wall clock: CLOCK_REALTIME and CLOCK_TAI
 * follow, the others never move; steps are counted and published.
 */
#include <errno.h>
#include <sys/timex.h>

#include "harness.h"
#include "queue.h"

#define HOUR_NS (3600 * (int64_t)NSEC_PER_SEC)

static const clockid_t clocks[] = {
	CLOCK_MONOTONIC,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME,
	CLOCK_TAI,
};

static uint64_t wall_minus_mono;
static int tai_seconds;

static int set_tai(int seconds)
{
	struct timex timex = { .modes = ADJ_TAI, .constant = seconds };

	return adjtimex(&timex) < 0 ? -errno : 0;
}

__attribute__((constructor)) static void remember(void)
{
	struct timex timex = { 0 };

	adjtimex(&timex);
	tai_seconds = timex.tai;
	wall_minus_mono = now_ns(CLOCK_REALTIME) - mono_ns();
}

static void set_wall(uint64_t ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	REQUIRE(!clock_settime(CLOCK_REALTIME, &ts));
}

static void step_wall(int64_t by)
{
	set_wall(now_ns(CLOCK_REALTIME) + by);
}

static void restore(void)
{
	uint64_t ns = mono_ns() + wall_minus_mono;
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	clock_settime(CLOCK_REALTIME, &ts);
	set_tai(tai_seconds);
}

static bool is_wall(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_TAI;
}

/* The difference of two clocks lies in what two readings around it say. */
static void check_wall_offset(const struct queue *q)
{
	int64_t before = queue_now(q);
	int64_t wall = now_ns(CLOCK_REALTIME);
	int64_t after = queue_now(q);

	CHECK(q->header->wall_offset_ns <= wall - before);
	CHECK(q->header->wall_offset_ns >= wall - after);
}

static void each_clock(void)
{
	REQUIRE_EQ(set_tai(37), 0);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timerheap_expiry e;
		uint64_t deadline;
		struct queue q;

		queue_open(&q, 10, 0, 0, clocks[i]);
		CHECK_EQ(q.setup.clockid, clocks[i]);
		deadline = queue_now(&q) + 200 * NSEC_PER_MSEC;
		slot_arm(&q, 1, deadline, NULL);
		CHECK(WAIT_UNTIL(slot_armed(&q, 1) == deadline));
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
		CHECK_ORDER(e.fired_ns, <=, queue_now(&q));
		CHECK_ORDER(e.fired_ns, <, deadline + PATIENCE_NS);
		check_wall_offset(&q);
		slot_arm(&q, 1, 1, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, 1);
		queue_close(&q);
	}
}

static void tai_is_ahead(void)
{
	struct timerheap_expiry e;
	struct queue q;

	REQUIRE_EQ(set_tai(0), 0);
	queue_open(&q, 10, 0, 0, CLOCK_TAI);
	slot_arm(&q, 1, queue_now(&q) + HOUR_NS, NULL);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(q.header->wall_offset_ns == 0));
	REQUIRE_EQ(set_tai(3601), 0);
	/* The change alone brings the deadline up. */
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_ORDER(e.fired_ns, >=, e.expires_ns);
	CHECK_EQ(q.header->wall_offset_ns, -3601 * (int64_t)NSEC_PER_SEC);
}

static void step_forward(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		uint64_t start, far, near;
		struct timerheap_expiry e;
		struct queue q;

		queue_open(&q, 10, 0, 0, clocks[i]);
		start = queue_now(&q);
		far = start + HOUR_NS;
		near = start + 150 * NSEC_PER_MSEC;
		slot_arm(&q, 1, far, NULL);
		slot_arm(&q, 2, near, NULL);
		step_wall(2 * HOUR_NS);
		REQUIRE_EQ(queue_collect(&q, &e, 1,
					 is_wall(clocks[i])
						 ? 0
						 : start + 10 * NSEC_PER_SEC),
			   1);
		CHECK_EQ(e.slot, 2);
		CHECK_EQ(e.expires_ns, near);
		CHECK_ORDER(e.fired_ns, >=, near);
		if (is_wall(clocks[i])) {
			REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
			CHECK_EQ(e.expires_ns, far);
			CHECK_ORDER(e.fired_ns, >=, start + 2 * HOUR_NS);
			CHECK_ORDER(queue_stats(&q).lateness_max_ns, >=,
				    2 * HOUR_NS - 150 * NSEC_PER_MSEC);
		} else {
			CHECK_ORDER(e.fired_ns, <, near + PATIENCE_NS);
			CHECK(queue_is_quiet(&q, 50));
			CHECK_ORDER(queue_stats(&q).lateness_max_ns, <,
				    PATIENCE_NS);
		}
		queue_close(&q);
		step_wall(-2 * HOUR_NS);
	}
}

static void step_back(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timerheap_expiry e;
		uint64_t deadline;
		struct queue q;

		queue_open(&q, 10, 0, 0, clocks[i]);
		deadline = queue_now(&q) + 150 * NSEC_PER_MSEC;
		slot_arm(&q, 1, deadline, NULL);
		step_wall(-HOUR_NS);
		if (is_wall(clocks[i])) {
			CHECK(queue_is_quiet(&q, 400));
			step_wall(HOUR_NS);
		}
		REQUIRE_EQ(
			queue_collect(&q, &e, 1, deadline + 10 * NSEC_PER_SEC),
			1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
		CHECK_ORDER(e.fired_ns, <, deadline + PATIENCE_NS);
		queue_close(&q);
	}
}

/* The header tells of a step with the next run. */
static void steps_are_published(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		uint64_t total;
		struct queue q;

		queue_open(&q, 10, 0, 0, clocks[i]);
		pin_to(0);
		check_wall_offset(&q);
		CHECK_EQ(q.header->clock_steps, 0);
		total = device_info(q.fd).clock_steps;
		for (uint32_t n = 1; n <= 6; n++) {
			step_wall(n % 2 ? HOUR_NS : -HOUR_NS);
			CHECK_EQ(device_info(q.fd).clock_steps, total + n);
			CHECK_EQ(queue_kick(&q), 0);
			CHECK_EQ(q.header->clock_steps, n);
			check_wall_offset(&q);
		}
		CHECK_EQ(queue_stats(&q).clock_steps, 6);
		CHECK_EQ(queue_stats(&q).expiries, 0);
		queue_close(&q);
	}
}

static void no_step(void)
{
	struct timex timex = { .modes = ADJ_FREQUENCY, .freq = 100 << 16 };
	uint64_t total;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_REALTIME);
	pin_to(0);
	total = device_info(q.fd).clock_steps;
	REQUIRE(adjtimex(&timex) >= 0);
	sleep_ms(50);
	timex.freq = 0;
	REQUIRE(adjtimex(&timex) >= 0);
	CHECK_EQ(queue_kick(&q), 0);
	CHECK_EQ(device_info(q.fd).clock_steps, total);
	CHECK_EQ(q.header->clock_steps, 0);
}

/* A queue counts from its own SETUP on. */
static void steps_before_setup(void)
{
	struct queue q;

	step_wall(HOUR_NS);
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	CHECK_EQ(q.header->clock_steps, 0);
	check_wall_offset(&q);
	CHECK_EQ(queue_stats(&q).clock_steps, 0);
}

/* The grid stays, and a step forward counts as periods missed. */
static void periodic(void)
{
	static const uint64_t period = 10 * NSEC_PER_MSEC;
	uint64_t deadline;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_REALTIME);
	deadline = queue_now(&q) + 1;
	slot_config(&q, 1, period, 0, 0);
	slot_arm(&q, 1, deadline, NULL);
	for (int i = 0; i < 20; i++) {
		if (i == 5)
			step_wall(HOUR_NS);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
		CHECK_EQ(e.overruns, (e.fired_ns - deadline) / period);
		deadline += (e.overruns + 1ULL) * period;
	}
	CHECK_ORDER(queue_stats(&q).overruns, >=,
		    (HOUR_NS - NSEC_PER_SEC) / period);
	/* After a step back there is nothing until the clock is there again. */
	step_wall(-HOUR_NS);
	queue_collect(&q, &e, 1, queue_now(&q) + NSEC_PER_MSEC);
	CHECK(queue_is_quiet(&q, 50));
	deadline = slot_deadline(&q, 1);
	step_wall(HOUR_NS);
	REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
	CHECK_EQ(e.expires_ns, deadline);
}

static void *step_soon(void *by)
{
	sleep_ms(100);
	step_wall(*(int64_t *)by);
	return NULL;
}

/* WAIT's limit is a time of the queue's clock, which is set meanwhile. */
static void wait_over_a_step(void)
{
	int64_t by = 2 * HOUR_NS;
	uint64_t start = mono_ns(), limit;
	uint32_t ready;
	pthread_t thread;
	struct queue q;

	queue_open(&q, 10, 0, 0, CLOCK_REALTIME);
	limit = queue_now(&q) + HOUR_NS;
	thread = start_thread(step_soon, &by);
	CHECK_EQ(queue_wait(&q, 1, limit, &ready), 0);
	CHECK_EQ(ready, 0);
	CHECK_ORDER(queue_now(&q), >=, limit);
	CHECK_ORDER(mono_ns(), >=, start + 100 * NSEC_PER_MSEC);
	join_thread(thread);

	/* Set back, the limit is further away. */
	limit = queue_now(&q) + NSEC_PER_SEC;
	by = -(int64_t)NSEC_PER_SEC;
	start = mono_ns();
	thread = start_thread(step_soon, &by);
	CHECK_EQ(queue_wait(&q, 1, limit, &ready), 0);
	CHECK_ORDER(queue_now(&q), >=, limit);
	CHECK_ORDER(mono_ns(), >=, start + NSEC_PER_SEC);
	join_thread(thread);
}

static const struct test_case cases[] = {
	CASE(each_clock),
	CASE(tai_is_ahead),
	CASE(step_forward),
	CASE(step_back),
	CASE(steps_are_published),
	CASE(no_step),
	CASE(steps_before_setup),
	CASE(periodic),
	SLOW_CASE(wait_over_a_step, 20),
};

TEST_MAIN_RESTORE(cases, restore)
