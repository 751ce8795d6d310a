// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reaping: which records count, and what follows from one. */
#include "suite.h"

#define FOREVER ((__u64)INT64_MAX)

static void event_fields(void **state)
{
	struct timerheap *th;
	struct timerheap_event ev;
	__u64 deadline = fake.now + 1000;
	__u32 slot;

	(void)state;
	fake.cpu = 6;
	th = fake_open(4, 4);
	(void)suite_alloc(th, tag(1));
	slot = suite_alloc(th, tag(2));
	fake.fired_late_ns = 17;
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	fake_advance(deadline);
	assert_true(suite_reap(th, &ev));
	assert_ptr_equal(ev.data, tag(2));
	assert_int_equal(ev.deadline_ns, deadline);
	assert_int_equal(ev.fired_ns, deadline + 17);
	assert_int_equal(ev.slot, slot);
	assert_int_equal(ev.timer, slot);
	assert_int_equal(ev.overruns, 0);
	assert_int_equal(ev.cpu, 6);
	assert_int_equal(ev.flags, 0);
	timerheap_close(th);
}

static void no_room(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	struct timerheap_event ev;

	(void)state;
	assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL), 5), 0);
	assert_int_equal(timerheap_reap(th, NULL, 1), -EINVAL);
	assert_int_equal(timerheap_reap(th, NULL, 0), 0);
	assert_int_equal(timerheap_reap(th, &ev, 0), 0);
	assert_int_equal(timerheap_wait(th, 0, 0), 1);
	assert_int_equal(timerheap_reap(th, &ev, UINT_MAX), 1);
	assert_int_equal(ev.deadline_ns, 5);
	timerheap_close(th);
}

static void in_order_and_in_parts(void **state)
{
	struct timerheap *th = fake_open(64, 64);
	struct timerheap_event ev[64];
	__u64 base = fake.now + 1000;

	(void)state;
	for (__u32 i = 0; i < 50; i++)
		assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL),
					       base + i * 37 % 50),
				 0);
	fake_advance(base + 50);
	memset(ev, 0x5A, sizeof(ev));
	assert_int_equal(timerheap_reap(th, ev, 20), 20);
	assert_int_equal(ev[20].deadline_ns, 0x5A5A5A5A5A5A5A5A);
	assert_int_equal(timerheap_reap(th, ev + 20, 44), 30);
	for (__u32 i = 0; i < 50; i++) {
		assert_int_equal(ev[i].deadline_ns, base + i);
		assert_int_equal(ev[i].slot * 37 % 50, i);
	}
	assert_int_equal(timerheap_reap(th, ev, 64), 0);
	timerheap_close(th);
}

static void armed_again_before_reaped(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 first = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, first), 0);
	fake_advance(first);
	assert_int_equal(timerheap_arm(th, slot, first + 500), 0);
	suite_expect_none(th);
	fake_advance(first + 500);
	assert_int_equal(timerheap_arm(th, slot, first + 600), 0);
	fake_advance(first + 600);
	/* Two records, one event. */
	assert_int_equal(timerheap_wait(th, 0, 0), 2);
	suite_expect(th, slot, first + 600);
	suite_expect_none(th);
	timerheap_close(th);
}

/* Dropped records take no room in the caller's array. */
static void drops_make_no_gaps(void **state)
{
	struct timerheap *th = fake_open(8, 8);
	struct timerheap_event ev[8];
	__u64 base = fake.now + 1000;

	(void)state;
	for (__u32 i = 0; i < 6; i++)
		assert_int_equal(
			timerheap_arm(th, suite_alloc(th, NULL), base + i), 0);
	fake_advance(base + 6);
	for (__u32 i = 0; i < 6; i += 2)
		assert_int_equal(timerheap_arm(th, i, base + 10000), 0);
	memset(ev, 0x5A, sizeof(ev));
	assert_int_equal(timerheap_reap(th, ev, 2), 2);
	assert_int_equal(ev[0].slot, 1);
	assert_int_equal(ev[1].slot, 3);
	assert_int_equal(timerheap_wait(th, 0, 0), 2);
	assert_int_equal(timerheap_reap(th, ev, 2), 1);
	assert_int_equal(ev[0].slot, 5);
	assert_int_equal(timerheap_wait(th, 0, 0), 0);
	timerheap_close(th);
}

static void same_deadline_twice(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, 77), 0);
	assert_int_equal(timerheap_arm(th, slot, 77), 0);
	assert_int_equal(timerheap_wait(th, 0, 0), 2);
	suite_expect(th, slot, 77);
	suite_expect_none(th);
	assert_int_equal(timerheap_arm(th, slot, 77), 0);
	suite_expect(th, slot, 77);
	suite_expect_none(th);
	timerheap_close(th);
}

static void full_ring_is_kicked(void **state)
{
	struct timerheap *th = fake_open(16, 4);
	struct timerheap_event ev[16];
	int total = 0, rounds = 0;
	__u64 base = fake.now + 1000;

	(void)state;
	for (__u32 i = 0; i < 11; i++)
		assert_int_equal(timerheap_arm_deferred(
					 th, suite_alloc(th, NULL), base + i),
				 0);
	assert_int_equal(timerheap_flush(th), 1);
	fake_advance(base + 100);
	assert_int_equal(timerheap_wait(th, 0, 0), 4);
	assert_true(th->header->flags & TIMERHEAP_HDR_STALLED);
	assert_int_equal(fake_kicks(), 1);
	while (total < 11) {
		int n = timerheap_reap(th, ev + total, 3);

		assert_in_range(n, 1, 3);
		total += n;
		rounds++;
	}
	for (__u32 i = 0; i < 11; i++)
		assert_int_equal(ev[i].deadline_ns, base + i);
	assert_false(th->header->flags & TIMERHEAP_HDR_STALLED);
	assert_in_range(fake_kicks(), 2, 1 + rounds);
	/* Not without need. */
	total = fake_kicks();
	assert_int_equal(timerheap_reap(th, ev, 3), 0);
	assert_int_equal(fake_kicks(), total);
	timerheap_close(th);
}

/* Once for each batch, with the kick that is due. */
static void tells_who_traces(void **state)
{
	struct timerheap *th = fake_open(16, 4);
	struct timerheap_event ev[16];
	int kicks;

	(void)state;
	for (__u32 i = 0; i < 6; i++)
		assert_int_equal(timerheap_arm(th, suite_alloc(th, NULL),
					       fake.now + 1000),
				 0);
	fake_advance(fake.now + 1000);
	assert_int_equal(timerheap_reap(th, ev, 1), 1);
	assert_int_equal(fake.calls[10], 0);
	fake_advance(fake.now + 1000);
	th->header->flags |= TIMERHEAP_HDR_TRACED;
	assert_true(th->header->flags & TIMERHEAP_HDR_STALLED);
	kicks = fake_kicks();
	assert_int_equal(timerheap_reap(th, ev, 4), 4);
	assert_int_equal(fake.calls[10], 1);
	assert_int_equal(fake_kicks(), kicks + 1);
	assert_false(th->header->flags & TIMERHEAP_HDR_STALLED);
	assert_int_equal(timerheap_reap(th, ev, 4), 1);
	assert_int_equal(fake.calls[10], 2);
	assert_int_equal(fake_kicks(), kicks + 1);
	assert_int_equal(timerheap_reap(th, ev, 4), 0);
	assert_int_equal(fake.calls[10], 2);
	timerheap_close(th);
}

/* A kick that failed is tried again, and costs no event. */
static void kick_of_full_ring_fails(void **state)
{
	struct timerheap *th = fake_open(16, 4);
	struct timerheap_event ev[16];

	(void)state;
	for (__u32 i = 0; i < 6; i++)
		assert_int_equal(
			timerheap_arm(th, suite_alloc(th, NULL), i + 1), 0);
	fake.fail[2] = -EIO;
	assert_int_equal(timerheap_reap(th, ev, 16), 4);
	assert_int_equal(timerheap_reap(th, ev, 16), -EIO);
	fake.fail[2] = 0;
	assert_int_equal(timerheap_reap(th, ev, 16), 0);
	assert_int_equal(timerheap_reap(th, ev, 16), 2);
	timerheap_close(th);
}

static void start_periodic(struct timerheap *th, __u32 slot, __u64 period,
			   __u32 flags, __u64 deadline)
{
	assert_int_equal(timerheap_slot_config(th, slot, period, 0, flags), 0);
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
}

static void periodic(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	start_periodic(th, slot, 1000, 0, base);
	/* One at a time, and several at once. */
	for (__u32 i = 0; i < 5; i++) {
		fake_advance(base + i * 1000);
		suite_expect(th, slot, base + i * 1000);
		suite_expect_none(th);
	}
	fake_advance(base + 9999);
	for (__u32 i = 5; i < 10; i++)
		suite_expect(th, slot, base + i * 1000);
	suite_expect_none(th);
	timerheap_close(th);
}

static void periodic_overruns(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;
	struct timerheap_event ev;

	(void)state;
	start_periodic(th, slot, 1000, 0, base);
	fake.now = base + 3999;
	fake_run(th);
	assert_true(suite_reap(th, &ev));
	assert_int_equal(ev.overruns, 3);
	suite_expect_none(th);
	fake_advance(base + 4000);
	suite_expect(th, slot, base + 4000);
	timerheap_close(th);
}

static void periodic_restart(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 next = fake.now + 1000;
	struct timerheap_event ev;

	(void)state;
	start_periodic(th, slot, 1000, TIMERHEAP_SLOT_RESTART, next);
	for (__u32 i = 0; i < 4; i++) {
		fake.now = next + 2500 + i;
		fake_run(th);
		assert_true(suite_reap(th, &ev));
		assert_int_equal(ev.deadline_ns, next);
		assert_int_equal(ev.overruns, 2);
		next = fake.now + 1000;
	}
	timerheap_close(th);
}

/* Fired early by the lead: the period starts at the deadline all the same. */
static void periodic_with_lead(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 next = fake.now + 1000;
	struct timerheap_event ev;

	(void)state;
	assert_int_equal(timerheap_set_lead(th, 50), 0);
	for (__u32 flags = 0; flags <= TIMERHEAP_SLOT_RESTART; flags++) {
		start_periodic(th, slot, 1000, flags, next);
		for (__u32 i = 0; i < 3; i++, next += 1000) {
			fake_advance(next - 51);
			suite_expect_none(th);
			fake_advance(next - 50);
			assert_true(suite_reap(th, &ev));
			assert_int_equal(ev.deadline_ns, next);
			assert_int_equal(ev.fired_ns, next - 50);
			assert_int_equal(ev.flags, TIMERHEAP_EXPIRY_LEAD);
		}
	}
	timerheap_close(th);
}

static void short_periods_are_raised(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	start_periodic(th, slot, 1, 0, base);
	for (__u32 i = 0; i < 4; i++) {
		fake_advance(base + i * FAKE_MIN_PERIOD);
		suite_expect(th, slot, base + i * FAKE_MIN_PERIOD);
	}
	timerheap_close(th);
}

/* 2^32 and more periods missed: the count in the record is cut off. */
static void saturated_overruns(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	struct timerheap_event ev;
	__u64 next;

	(void)state;
	fake.now = (1ULL << 33) * 1000 + 400;
	start_periodic(th, slot, 1000, 0, 5);
	assert_true(suite_reap(th, &ev));
	assert_int_equal(ev.overruns, UINT32_MAX);
	next = (1ULL << 33) * 1000 + 1005;
	fake_advance(next);
	suite_expect(th, slot, next);
	/* Exactly so many are not too many. */
	fake.now += UINT32_MAX * 1000ULL + 1000;
	fake_run(th);
	assert_true(suite_reap(th, &ev));
	assert_int_equal(ev.deadline_ns, next + 1000);
	assert_int_equal(ev.overruns, UINT32_MAX);
	next += 1000 + (UINT32_MAX + 1ULL) * 1000;
	fake_advance(next);
	suite_expect(th, slot, next);
	timerheap_close(th);
}

static void far_periods_saturate(void **state)
{
	static const __u64 far[] = { FOREVER / 2, FOREVER - 1, FOREVER,
				     FOREVER + 1, UINT64_MAX };
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(far); i++) {
		for (__u32 flags = 0; flags < 2; flags++) {
			__u64 first = fake.now;

			start_periodic(th, slot, far[i], flags, first);
			/* Two records; what follows must not look like them. */
			assert_int_equal(timerheap_arm(th, slot, first), 0);
			suite_expect(th, slot, first);
			suite_expect_none(th);
			fake_advance(first + 1000);
			suite_expect_none(th);
			/* It runs, and can be stopped. */
			assert_int_equal(timerheap_cancel(th, slot), 1);
			assert_int_equal(timerheap_cancel(th, slot), 0);
		}
	}
	timerheap_close(th);
}

/*
 * Armed twice for a time that had passed, long ago the second time: two records
 * that differ in their overruns alone.  The first is the event, the second
 * tells where the timer is now.
 */
static void periodic_same_deadline_twice(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	start_periodic(th, slot, 1000, 0, base);
	fake_advance(base);
	/* Back to the start, several periods later; nothing was reaped. */
	fake.now = base + 4500;
	assert_int_equal(timerheap_arm(th, slot, base), 0);
	fake_run(th);
	assert_int_equal(timerheap_wait(th, 0, 0), 2);
	suite_expect(th, slot, base);
	suite_expect_none(th);
	for (__u32 i = 5; i < 8; i++) {
		fake_advance(base + i * 1000);
		suite_expect(th, slot, base + i * 1000);
		suite_expect_none(th);
	}
	timerheap_close(th);
}

/* Settings changed under a running timer: it recovers by itself. */
static void config_while_running(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;
	struct timerheap_event ev;
	int events = 0;

	(void)state;
	start_periodic(th, slot, 1000, 0, base);
	fake_advance(base);
	assert_int_equal(timerheap_slot_config(th, slot, 300, 0, 0), 0);
	suite_expect(th, slot, base);
	fake_advance(base + 1000);
	suite_expect_none(th);
	for (__u32 i = 1; i < 5; i++) {
		fake_advance(base + 1000 + i * 300);
		while (suite_reap(th, &ev))
			events++;
	}
	assert_int_equal(events, 4);
	/* And an arm makes it exact. */
	base = fake.now + 100;
	assert_int_equal(timerheap_arm(th, slot, base), 0);
	for (__u32 i = 0; i < 5; i++) {
		fake_advance(base + i * 300);
		suite_expect(th, slot, base + i * 300);
		suite_expect_none(th);
	}
	timerheap_close(th);
}

static void periodic_to_one_shot(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	start_periodic(th, slot, 1000, 0, base);
	fake_advance(base + 1500);
	start_periodic(th, slot, 0, 0, base + 2100);
	suite_expect_none(th);
	fake_advance(base + 9000);
	suite_expect(th, slot, base + 2100);
	suite_expect_none(th);
	assert_int_equal(timerheap_cancel(th, slot), 0);
	timerheap_close(th);
}

/* Whatever is written there: no index outside of the library's memory. */
static void records_of_no_slot(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 tail = th->header->cq_tail;

	(void)state;
	for (__u32 i = 0; i < 8; i++)
		th->ring[tail++ & th->ring_mask] = (struct timerheap_expiry){
			.expires_ns = 1,
			.slot = i ? 3 + (1U << (i * 4)) : UINT32_MAX,
		};
	th->header->cq_tail = tail;
	suite_expect_none(th);
	assert_int_equal(timerheap_wait(th, 0, 0), 0);
	timerheap_close(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(event_fields),
		TEST(no_room),
		TEST(in_order_and_in_parts),
		TEST(armed_again_before_reaped),
		TEST(drops_make_no_gaps),
		TEST(same_deadline_twice),
		TEST(full_ring_is_kicked),
		TEST(tells_who_traces),
		TEST(kick_of_full_ring_fails),
		TEST(periodic),
		TEST(periodic_overruns),
		TEST(periodic_restart),
		TEST(periodic_with_lead),
		TEST(short_periods_are_raised),
		TEST(saturated_overruns),
		TEST(far_periods_saturate),
		TEST(periodic_same_deadline_twice),
		TEST(config_while_running),
		TEST(periodic_to_one_shot),
		TEST(records_of_no_slot),
	};

	return RUN(tests);
}
