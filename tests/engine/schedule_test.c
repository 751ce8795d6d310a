// SPDX-License-Identifier: GPL-2.0-only
/*
 * One party's operation as a whole, before each access to shared memory of
 * another's in turn: what the simulation finds by chance, here it must.
 */
#include <string.h>

#include "bench.h"
#include "check.h"
#include "sim/access.h"
#include "sim/word.h"

/* Who comes in between, and after how many accesses; NULL: came, or nobody. */
static void (*intruder)(struct bench *bench);
static struct bench *intruded;
static unsigned int countdown;

static void before(void)
{
	void (*now)(struct bench * bench) = intruder;

	if (!now || countdown--)
		return;
	intruder = NULL;
	now(intruded);
}

__u64 sim_load(const volatile void *p, unsigned int size, enum sim_order order)
{
	(void)order;
	before();
	return word_get(p, size);
}

void sim_store(volatile void *p, unsigned int size, __u64 value,
	       enum sim_order order)
{
	(void)order;
	before();
	word_put(p, size, value);
}

static u64 replace(volatile void *p, unsigned int size, u64 value)
{
	u64 old = word_get(p, size);

	word_put(p, size, value);
	return old;
}

__u64 sim_xchg(volatile void *p, unsigned int size, __u64 value)
{
	before();
	return replace(p, size, value);
}

__u64 sim_cmpxchg(volatile void *p, unsigned int size, __u64 old, __u64 value)
{
	before();
	return word_get(p, size) == old ? replace(p, size, value)
					: word_get(p, size);
}

__u64 sim_add(volatile void *p, unsigned int size, __u64 value,
	      enum sim_order order)
{
	(void)order;
	before();
	return replace(p, size, word_get(p, size) + value);
}

__u64 sim_or(volatile void *p, __u64 bits, enum sim_order order)
{
	(void)order;
	before();
	return replace(p, sizeof(bits), word_get(p, sizeof(bits)) | bits);
}

void sim_or_only(volatile void *p, __u64 bits)
{
	sim_or(p, bits, SIM_RELAXED);
}

__u64 sim_and(volatile void *p, __u64 bits, enum sim_order order)
{
	(void)order;
	before();
	return replace(p, sizeof(bits), word_get(p, sizeof(bits)) & bits);
}

void sim_fence(void)
{
	before();
}

void sim_read_fence(void)
{
	before();
}

static void expect_intruder(struct bench *bench, unsigned int at,
			    void (*come)(struct bench *bench))
{
	intruded = bench;
	countdown = at;
	intruder = come;
}

/* False when the operation was over before it came. */
static bool came(void)
{
	bool yes = !intruder;

	intruder = NULL;
	return yes;
}

static bool kick_due;

static void run(struct bench *bench)
{
	bench_run_all(bench, BENCH_BUDGET);
}

static void answer_kick(struct bench *bench)
{
	if (kick_due)
		run(bench);
	kick_due = false;
}

static void make_room(struct bench *bench)
{
	struct timerheap_expiry expiry;

	while (bench_take(bench, &expiry))
		;
	if (bench->engine.header->flags & TIMERHEAP_HDR_STALLED)
		kick_due = true;
}

static struct bench *full_ring(void)
{
	struct bench *bench = bench_make(8, 2);
	u32 slot;

	for (slot = 0; slot < 5; slot++)
		bench_arm(bench, slot, 1500);
	run(bench);
	bench->now_ns = 2000;
	run(bench);
	/* Two are in the ring; the others wait, and nobody was told yet. */
	bench->engine.header_flags = 0;
	bench->engine.header->flags = 0;
	return bench;
}

static void room_is_seen(void **state)
{
	unsigned int at = 0;
	bool again;

	(void)state;
	do {
		struct bench *bench = full_ring();
		const struct th_engine *engine = &bench->engine;

		expect_intruder(bench, at++, make_room);
		run(bench);
		again = came();
		answer_kick(bench);
		/* It waits for the consumer, if at all, with a full ring. */
		if (engine->header->flags & TIMERHEAP_HDR_STALLED)
			assert_int_equal(
				engine->ring.tail - engine->header->cq_head, 2);
		bench_free(bench);
	} while (again);
	assert_in_range(at, 10, 1000);
}

static unsigned int records(struct bench *bench)
{
	struct timerheap_expiry expiry;
	unsigned int n = 0;

	while (bench_take(bench, &expiry))
		n++;
	return n;
}

static void poll_then_reap(struct bench *bench)
{
	const struct th_engine *engine = &bench->engine;
	u32 head = engine->header->cq_head;

	if (th_ring_ready(&engine->ring, head))
		assert_int_not_equal(engine->header->cq_tail, head);
}

static void ready_is_there(void **state)
{
	unsigned int at = 0;
	bool again;

	(void)state;
	do {
		struct bench *bench = bench_make(4, 4);

		bench_arm(bench, 0, 1500);
		run(bench);
		bench->now_ns = 2000;
		expect_intruder(bench, at++, poll_then_reap);
		run(bench);
		again = came();
		assert_int_equal(records(bench), 1);
		bench_free(bench);
	} while (again);
	assert_in_range(at, 10, 1000);
}

static void cancelled_or_fired(void **state)
{
	unsigned int at = 0;
	bool again;

	(void)state;
	do {
		struct bench *bench = bench_make(4, 4);
		bool pending;

		bench_arm(bench, 0, 1500);
		run(bench);
		bench->now_ns = 2000;
		expect_intruder(bench, at++, run);
		pending = th_engine_cancel(&bench->engine, 0);
		again = came();
		run(bench);
		assert_int_equal(records(bench) + pending, 1);
		bench_free(bench);
	} while (again);
}

static void cancel(struct bench *bench)
{
	kick_due = th_engine_cancel(&bench->engine, 0);
}

static void fired_or_cancelled(void **state)
{
	unsigned int at = 0;
	bool again;

	(void)state;
	do {
		struct bench *bench = bench_make(4, 4);

		bench_arm(bench, 0, 1500);
		run(bench);
		bench->now_ns = 2000;
		kick_due = false;
		expect_intruder(bench, at++, cancel);
		run(bench);
		again = came();
		run(bench);
		assert_int_equal(records(bench) + kick_due, 1);
		kick_due = false;
		bench_free(bench);
	} while (again);
	assert_in_range(at, 10, 1000);
}

static void arm_earlier(struct bench *bench)
{
	kick_due = bench_arm(bench, 0, 1500);
}

static void arm_earlier_by_call(struct bench *bench)
{
	struct timerheap_arm arm = { .expires_ns = 1500 };

	kick_due = th_engine_arm(&bench->engine, &arm);
}

static struct bench *with_late_timers(void)
{
	struct bench *bench = bench_make(8, 8);
	u32 slot;

	for (slot = 0; slot < 4; slot++)
		bench_arm(bench, slot, 5000 + slot);
	run(bench);
	return bench;
}

/* Whatever it met, the kernel comes in time. */
static void expect_in_time(struct bench *bench)
{
	answer_kick(bench);
	assert_in_range(bench->programmed_ns, 0, 1500);
	bench_pass_to(bench, 2000);
	bench_expect(bench, 0, 1500, 1500, 0, 0);
	bench_expect_none(bench);
}

static void armed_in_any_run(void **state)
{
	static void (*const ways[])(
		struct bench * bench) = { arm_earlier, arm_earlier_by_call };
	unsigned int at, way;
	bool again;

	(void)state;
	for (way = 0; way < 2; way++) {
		at = 0;
		do {
			struct bench *bench = with_late_timers();

			/* The run moves slot 0, and looks at another. */
			bench_arm(bench, 0, 4000);
			bench_arm(bench, 5, 6000);
			expect_intruder(bench, at++, ways[way]);
			run(bench);
			again = came();
			if (!again)
				ways[way](bench);
			expect_in_time(bench);
			bench_free(bench);
		} while (again);
		assert_in_range(at, 10, 1000);
	}
}

static void run_in_any_arm(void **state)
{
	unsigned int at = 0;
	bool again;

	(void)state;
	do {
		struct bench *bench = with_late_timers();

		expect_intruder(bench, at++, run);
		arm_earlier_by_call(bench);
		again = came();
		expect_in_time(bench);
		bench_free(bench);
	} while (again);
	assert_in_range(at, 5, 100);
}

static void arm_beyond_the_tick(struct bench *bench)
{
	kick_due = bench_arm(bench, 0, 4000);
}

/* A periodic slot, in the heap at 5500; another is due before. */
static struct bench *with_slack(void)
{
	struct bench *bench = bench_make(4, 8);

	bench_config(bench, 0, 1000, 4000, 0);
	bench_arm(bench, 0, 1500);
	bench_arm(bench, 1, 1600);
	run(bench);
	return bench;
}

static void take_slack_away(struct bench *bench)
{
	bench_config(bench, 0, 1000, 0, 0);
}

/* In the heap at 1500, so that nobody who arms it for then has to ring. */
static void give_slack_late(struct bench *bench)
{
	take_slack_away(bench);
	bench_arm(bench, 0, 1500);
	run(bench);
	bench_config(bench, 0, 1000, 4000, 0);
}

/* Slot 0's last expiry up to @until is that of @deadline, and not late. */
static void expect_last(struct bench *bench, u64 until, u64 deadline)
{
	struct timerheap_expiry last = { 0 };

	bench_pass_to(bench, until);
	while (bench_take(bench, &last))
		;
	assert_int_equal(last.slot, 0);
	assert_int_equal(last.expires_ns, deadline);
	assert_int_equal(last.fired_ns, deadline);
}

/* Another due slot has the kernel fire this one while @arm comes. */
static void arm_while_it_fires(void (*prepare)(struct bench *bench),
			       void (*arm)(struct bench *bench), u64 until,
			       u64 deadline)
{
	unsigned int at = 0;
	bool again;

	do {
		struct bench *bench = with_slack();

		prepare(bench);
		bench->now_ns = 2000;
		expect_intruder(bench, at++, arm);
		run(bench);
		again = came();
		if (!again)
			arm(bench);
		answer_kick(bench);
		expect_last(bench, until, deadline);
		bench_free(bench);
	} while (again);
	assert_in_range(at, 10, 1000);
}

static void armed_after_the_tick(void **state)
{
	(void)state;
	arm_while_it_fires(take_slack_away, arm_beyond_the_tick, 4500, 4000);
}

static void arm_again_without_slack(struct bench *bench)
{
	bench_config(bench, 0, 1000, 0, 0);
	kick_due = bench_arm(bench, 0, 1500);
}

/* Nothing tells the deadline from the one before; but the next tick is not. */
static void armed_again_with_less_slack(void **state)
{
	(void)state;
	arm_while_it_fires(give_slack_late, arm_again_without_slack, 2600,
			   2500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_seen),
		cmocka_unit_test(ready_is_there),
		cmocka_unit_test(cancelled_or_fired),
		cmocka_unit_test(fired_or_cancelled),
		cmocka_unit_test(armed_in_any_run),
		cmocka_unit_test(run_in_any_arm),
		cmocka_unit_test(armed_after_the_tick),
		cmocka_unit_test(armed_again_with_less_slack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
