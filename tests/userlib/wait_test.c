// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sleeping: for expiries, and until a point in time. */
#include "suite.h"

#define WAITS (fake.calls[3])

static struct timerheap *shared;
static __u32 other_slot;

static void enough_is_there(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	for (__u32 i = 0; i < 3; i++)
		assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL), 1),
				 0);
	for (unsigned int min = 0; min <= 3; min++)
		assert_int_equal(timerheap_wait(th, min, TIMERHEAP_NEVER), 3);
	assert_int_equal(WAITS, 0);
	timerheap_close(th);
}

static void sleeps_for_more(void **state)
{
	struct timerheap *th = fake_open(8, 4);
	__u64 base = fake.now + 1000;

	(void)state;
	for (__u32 i = 0; i < 4; i++)
		assert_int_equal(
			timerheap_arm(th, suite_alloc(th, NULL), base + i * 10),
			0);
	assert_int_equal(timerheap_wait(th, 2, TIMERHEAP_NEVER), 2);
	assert_int_equal(WAITS, 1);
	assert_int_equal(fake.wait_min, 2);
	assert_int_equal(fake.wait_deadline, TIMERHEAP_NEVER);
	assert_int_equal(fake.now, base + 10);
	/* Time runs out. */
	assert_int_equal(timerheap_wait(th, 4, base + 25), 3);
	assert_int_equal(fake.now, base + 25);
	timerheap_close(th);
}

static void nothing_comes(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	assert_int_equal(timerheap_wait(th, 1, 0), 0);
	assert_int_equal(timerheap_wait(th, 4, fake.now + 500), 0);
	assert_int_equal(timerheap_wait(th, 5, 0), -EINVAL);
	assert_int_equal(timerheap_wait(th, UINT_MAX, 0), -EINVAL);
	assert_int_equal(WAITS, 2);
	timerheap_close(th);
}

/* Sleeping kicks for deferred arms; a sleep that failed may not have. */
static void wait_kicks_for_deferred(void **state)
{
	struct timerheap *th = fake_open(8, 4);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm_deferred(th, slot, base), 0);
	fake.fail[3] = -EINTR;
	assert_int_equal(timerheap_wait(th, 1, base + 500), -EINTR);
	fake.fail[3] = 0;
	assert_int_equal(timerheap_flush(th), 1);
	assert_int_equal(timerheap_arm_deferred(th, slot, base - 500), 0);
	assert_int_equal(timerheap_wait(th, 1, base + 500), 1);
	assert_int_equal(fake.now, base - 500);
	assert_int_equal(timerheap_flush(th), 0);
	assert_int_equal(fake_kicks(), 1);
	timerheap_close(th);
}

/* One precise wait; how long after the deadline it returned. */
static __u64 precise(struct timerheap *th, __u64 in_ns)
{
	__u64 deadline = fake.now + in_ns;

	assert_int_equal(timerheap_wait_precise(th, deadline), 0);
	/* Each look at the clock moves it on. */
	assert_true(fake.now - fake.tick_ns >= deadline);
	assert_int_equal(th->slots[th->nslots].expires_ns, 0);
	return fake.now - deadline;
}

static void never_before(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	fake.tick_ns = 10;
	for (__u32 lead = 0; lead < 3000; lead += 1000) {
		assert_int_equal(timerheap_set_lead(th, lead), 0);
		for (fake.wake_ns = 0; fake.wake_ns < 3000; fake.wake_ns += 990)
			for (__u64 in = 0; in < 4000; in += 333)
				precise(th, in);
	}
	assert_true(WAITS > 0);
	timerheap_close(th);
}

static void lead_hides_wake_up(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	fake.tick_ns = 10;
	fake.wake_ns = 5000;
	assert_true(precise(th, 100000) >= 5000);
	assert_int_equal(timerheap_set_lead(th, 6000), 0);
	assert_true(precise(th, 100000) <= 40);
	/* The past, and what is nearer than the lead: no sleep. */
	fake.calls[3] = 0;
	precise(th, 6000);
	assert_int_equal(timerheap_wait_precise(th, 1), 0);
	assert_int_equal(WAITS, 0);
	timerheap_close(th);
}

static void precise_misuse(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	assert_int_equal(timerheap_wait_precise(th, 0), -EINVAL);
	assert_int_equal(timerheap_wait_precise(th, 1ULL << 63), -EINVAL);
	assert_int_equal(timerheap_wait_precise(th, UINT64_MAX), -EINVAL);
	assert_int_equal(timerheap_set_lead(th, TIMERHEAP_LEAD_MAX_NS + 1),
			 -EINVAL);
	assert_int_equal(timerheap_set_lead(th, UINT32_MAX - 1), -EINVAL);
	assert_int_equal(th->header->lead_ns, 0);
	assert_int_equal(timerheap_set_lead(th, TIMERHEAP_LEAD_MAX_NS), 0);
	assert_int_equal(th->header->lead_ns, TIMERHEAP_LEAD_MAX_NS);
	assert_int_equal(fake_kicks(), 1);
	timerheap_close(th);
}

static void precise_interrupted(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	fake.tick_ns = 10;
	fake.fail[3] = -EINTR;
	assert_int_equal(timerheap_wait_precise(th, fake.now + 1000), -EINTR);
	assert_int_equal(th->slots[8].expires_ns, 0);
	fake.fail[3] = 0;
	fake_advance(fake.now + 2000);
	assert_int_equal(timerheap_wait(th, 0, 0), 0);
	timerheap_close(th);
}

/* Others' expiries stay, in order; the library's own don't pile up. */
static void others_stay(void **state)
{
	struct timerheap *th = fake_open(8, 8);
	__u64 base = fake.now + 1000;

	(void)state;
	fake.tick_ns = 10;
	for (__u32 i = 0; i < 3; i++)
		assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL),
					       base + i * 1000),
				 0);
	precise(th, 20000);
	/* Each of them ended one sleep, and the slot itself the last. */
	assert_int_equal(WAITS, 4);
	assert_int_equal(timerheap_wait(th, 0, 0), 4);
	for (__u32 i = 0; i < 3; i++)
		suite_expect(th, i, base + i * 1000);
	suite_expect_none(th);
	assert_int_equal(timerheap_wait(th, 0, 0), 0);
	for (int i = 0; i < 100; i++)
		precise(th, 1000);
	assert_int_equal(timerheap_wait(th, 0, 0), 0);
	timerheap_close(th);
}

/*
 * Woken by another right before the slot fires: when it has, the record that
 * tells is in the ring already, and none more will come.
 */
static void fires_between_two_sleeps(void **state)
{
	struct timerheap *th = fake_open(8, 8);
	__u64 deadline = fake.now + 10000;

	(void)state;
	fake.tick_ns = 10;
	/* Fires 5 ns before the sleeper is to wake up, both by the lead. */
	assert_int_equal(timerheap_set_lead(th, 1000), 0);
	assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL), deadline - 5),
			 0);
	assert_int_equal(timerheap_wait_precise(th, deadline), 0);
	assert_int_equal(WAITS, 1);
	timerheap_close(th);
}

/* With nobody who reaps, the ring is full some day; time goes on. */
static void full_ring(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	fake.tick_ns = 10;
	for (__u32 i = 0; i < 4; i++)
		assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL),
					       fake.now + 100),
				 0);
	for (int i = 0; i < 5; i++)
		precise(th, 1000);
	assert_true(fake.sleeps >= 4);
	fake.fail_sleep = -EINTR;
	assert_int_equal(timerheap_wait_precise(th, fake.now + 1000), -EINTR);
	for (__u32 i = 0; i < 4; i++) {
		struct timerheap_event ev;

		assert_true(suite_reap(th, &ev));
		assert_int_equal(ev.slot, i);
	}
	suite_expect_none(th);
	timerheap_close(th);
}

static void fill_up(void)
{
	fake.on_wait = NULL;
	for (__u32 i = 0; i < 4; i++)
		(void)timerheap_arm(shared, other_slot + i, fake.now + 100);
}

static void ring_fills_while_asleep(void **state)
{
	(void)state;
	shared = fake_open(8, 4);
	other_slot = suite_alloc(shared, NULL);
	for (__u32 i = 0; i < 3; i++)
		(void)suite_alloc(shared, NULL);
	fake.tick_ns = 10;
	fake.on_wait = fill_up;
	precise(shared, 5000);
	assert_int_equal(fake.sleeps, 1);
	assert_int_equal(timerheap_wait(shared, 0, 0), 4);
	timerheap_close(shared);
}

static void no_slot_of_its_own(void **state)
{
	struct timerheap *th;

	(void)state;
	fake.max_slots = 8;
	th = fake_open(8, 4);
	fake.tick_ns = 10;
	fake.max_slots = 7;
	/* Slot 8 is outside of the mapping's slots: the gap would tell. */
	assert_int_equal(timerheap_wait_precise(th, fake.now + 1000), 0);
	assert_int_equal(fake.sleeps, 1);
	assert_int_equal(WAITS, 0);
	timerheap_close(th);
}

static void lead_follows_latency(void **state)
{
	struct timerheap *th = fake_open(8, 4);
	__u32 lead;

	(void)state;
	fake.tick_ns = 10;
	fake.wake_ns = 20000;
	assert_int_equal(timerheap_set_lead(th, TIMERHEAP_LEAD_AUTO), 0);
	assert_in_range(th->header->lead_ns, 1, TIMERHEAP_LEAD_MAX_NS);
	for (int i = 0; i < 20; i++)
		precise(th, 1000000);
	lead = th->header->lead_ns;
	assert_in_range(lead, 20000, 23000);
	assert_true(precise(th, 1000000) <= 40);
	/* One outlier among hundreds does not count, many do. */
	for (int i = 0; i < 400; i++)
		precise(th, 1000000);
	fake.wake_ns = 300000;
	precise(th, 1000000);
	fake.wake_ns = 20000;
	precise(th, 1000000);
	assert_in_range(th->header->lead_ns, 20000, 23000);
	fake.wake_ns = 300000;
	for (int i = 0; i < 30; i++)
		precise(th, 1000000);
	assert_in_range(th->header->lead_ns, 300000, 340000);
	/* And it comes down again. */
	fake.wake_ns = 2000;
	for (int i = 0; i < 6000; i++)
		precise(th, 1000000);
	assert_in_range(th->header->lead_ns, 2000, 2300);
	/* A fixed one stays. */
	assert_int_equal(timerheap_set_lead(th, 5), 0);
	precise(th, 1000000);
	precise(th, 1000000);
	assert_int_equal(th->header->lead_ns, 5);
	/* Automatic again: it starts anew. */
	fake.wake_ns = 20000;
	assert_int_equal(timerheap_set_lead(th, TIMERHEAP_LEAD_AUTO), 0);
	precise(th, 1000000);
	precise(th, 1000000);
	assert_in_range(th->header->lead_ns, 20000, 23000);
	timerheap_close(th);
}

static void lead_is_bounded(void **state)
{
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	fake.tick_ns = 10;
	fake.wake_ns = 50 * 1000000ULL;
	assert_int_equal(timerheap_set_lead(th, TIMERHEAP_LEAD_AUTO), 0);
	for (int i = 0; i < 5; i++)
		precise(th, 100 * 1000000ULL);
	assert_int_equal(th->header->lead_ns, TIMERHEAP_LEAD_MAX_NS);
	timerheap_close(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enough_is_there),	  TEST(sleeps_for_more),
		TEST(nothing_comes),	  TEST(wait_kicks_for_deferred),
		TEST(never_before),	  TEST(lead_hides_wake_up),
		TEST(precise_misuse),	  TEST(precise_interrupted),
		TEST(others_stay),	  TEST(fires_between_two_sleeps),
		TEST(full_ring),	  TEST(ring_fills_while_asleep),
		TEST(no_slot_of_its_own), TEST(lead_follows_latency),
		TEST(lead_is_bounded),
	};

	return RUN(tests);
}
