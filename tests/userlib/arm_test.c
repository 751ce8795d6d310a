// SPDX-License-Identifier: LGPL-2.1-or-later
/* Arming and cancelling: what reaches the kernel, and when it is kicked. */
#include "suite.h"

#define FOREVER ((__u64)INT64_MAX)

static bool rung(const struct timerheap *th)
{
	__u32 words = (th->nslots + 63) / 64, any = 0;

	for (__u32 i = 0; i < words; i++)
		any |= th->level0[i] != 0;
	for (__u32 i = 0; i < (words + 63) / 64; i++)
		any |= th->level1[i] != 0;
	return any;
}

static void misuse(void **state)
{
	struct timerheap *th = fake_open(2, 4);
	__u32 slot = suite_alloc(th, NULL);

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, 0), -EINVAL);
	assert_int_equal(timerheap_arm(th, 2, 5), -EINVAL);
	assert_int_equal(timerheap_arm(th, UINT32_MAX, 5), -EINVAL);
	assert_int_equal(timerheap_arm(th, 2, UINT64_MAX), -EINVAL);
	assert_int_equal(timerheap_arm_deferred(th, slot, 0), -EINVAL);
	assert_int_equal(timerheap_arm_deferred(th, 2, 5), -EINVAL);
	assert_int_equal(timerheap_arm_deferred(th, UINT32_MAX, 5), -EINVAL);
	assert_int_equal(timerheap_cancel(th, 2), -EINVAL);
	assert_int_equal(timerheap_cancel(th, UINT32_MAX), -EINVAL);
	assert_int_equal(timerheap_flush(th), 0);
	assert_int_equal(th->slots[slot].expires_ns, 0);
	assert_int_equal(th->slots[2].expires_ns, 0);
	assert_int_equal(fake_kicks(), 0);
	assert_false(rung(th));
	timerheap_close(th);
}

static void kicks_only_for_the_earliest(void **state)
{
	struct timerheap *th = fake_open(8200, 4);
	__u64 base = fake.now + 10000;

	(void)state;
	for (__u32 slot = 0; slot < 8200; slot++)
		(void)suite_alloc(th, NULL);
	assert_int_equal(timerheap_arm(th, 8199, base), 0);
	assert_int_equal(fake_kicks(), 1);
	assert_false(rung(th));
	/* Later than that: the kernel is told, and comes in time. */
	assert_int_equal(timerheap_arm(th, 4100, base + 1), 0);
	assert_int_equal(fake_kicks(), 1);
	assert_int_equal(th->level0[4100 / 64], 1ULL << 4100 % 64);
	assert_int_equal(th->level1[1], 1ULL << 4100 / 64 % 64);
	assert_int_equal(th->level1[0], 0);
	/* At the same time: likewise. */
	assert_int_equal(timerheap_arm(th, 70, base), 0);
	assert_int_equal(fake_kicks(), 1);
	assert_int_equal(timerheap_arm(th, 0, base - 1), 0);
	assert_int_equal(fake_kicks(), 2);
	fake_advance(base - 1);
	suite_expect(th, 0, base - 1);
	fake_advance(base + 1);
	assert_int_equal(timerheap_wait(th, 0, 0), 3);
	timerheap_close(th);
}

static void pushing_back_is_silent(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);
	__u64 deadline = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(timerheap_arm(th, slot, deadline + 7), 0);
		assert_int_equal(timerheap_arm(th, slot, ++deadline), 0);
		assert_false(rung(th));
	}
	assert_int_equal(fake_kicks(), 1);
	fake_advance(deadline - 1);
	suite_expect_none(th);
	fake_advance(deadline);
	suite_expect(th, slot, deadline);
	suite_expect_none(th);
	timerheap_close(th);
}

static void bringing_forward_rings(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);
	__u64 deadline = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	assert_int_equal(timerheap_arm(th, slot, deadline - 500), 0);
	assert_int_equal(fake_kicks(), 2);
	fake_advance(deadline);
	suite_expect(th, slot, deadline - 500);
	suite_expect_none(th);
	timerheap_close(th);
}

/* The latest time decides: deadline and slack. */
static void slack_counts(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 first = suite_alloc(th, NULL), other = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm(th, first, base), 0);
	assert_int_equal(timerheap_slot_config(th, other, 0, 100, 0), 0);
	assert_int_equal(timerheap_arm(th, other, base - 100), 0);
	assert_int_equal(fake_kicks(), 1);
	assert_int_equal(timerheap_arm(th, other, base - 101), 0);
	assert_int_equal(fake_kicks(), 2);
	assert_int_equal(timerheap_slot_config(th, other, 0, UINT32_MAX, 0), 0);
	assert_int_equal(timerheap_arm(th, other, FOREVER), 0);
	assert_int_equal(fake_kicks(), 2);
	timerheap_close(th);
}

static void far_deadlines(void **state)
{
	static const __u64 far[] = { FOREVER - 1, FOREVER, FOREVER + 1,
				     UINT64_MAX - 1, UINT64_MAX };
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(far); i++) {
		__u64 counts_as = far[i] < FOREVER ? far[i] : FOREVER;

		assert_int_equal(timerheap_arm(th, slot, far[i]), 0);
		assert_int_equal(th->slots[slot].expires_ns, counts_as);
		assert_int_equal(timerheap_cancel(th, slot), 1);
		assert_int_equal(timerheap_arm_deferred(th, slot, far[i]), 0);
		assert_int_equal(th->slots[slot].expires_ns, counts_as);
		assert_int_equal(timerheap_cancel(th, slot), 1);
		assert_int_equal(timerheap_cancel(th, slot), 0);
	}
	timerheap_close(th);
}

static void deadline_in_the_past(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, 1), 0);
	suite_expect(th, slot, 1);
	suite_expect_none(th);
	timerheap_close(th);
}

static void deferred(void **state)
{
	struct timerheap *th = fake_open(8, 8);
	__u64 base = fake.now + 1000;

	(void)state;
	for (__u32 i = 0; i < 8; i++)
		assert_int_equal(timerheap_arm_deferred(th, suite_alloc(th, 0),
							base + 8 - i),
				 0);
	assert_int_equal(fake_kicks(), 0);
	assert_int_equal(timerheap_flush(th), 1);
	assert_int_equal(fake_kicks(), 1);
	assert_int_equal(timerheap_flush(th), 0);
	assert_int_equal(fake_kicks(), 1);
	fake_advance(base + 8);
	assert_int_equal(timerheap_wait(th, 0, 0), 8);
	for (__u32 i = 0; i < 8; i++)
		suite_expect(th, 7 - i, base + 1 + i);
	timerheap_close(th);
}

static void flush_only_if_needed(void **state)
{
	struct timerheap *th = fake_open(8, 8);
	__u32 a = suite_alloc(th, NULL), b = suite_alloc(th, NULL);
	__u64 base = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm(th, a, base), 0);
	/* Later than what the kernel comes for anyhow. */
	assert_int_equal(timerheap_arm_deferred(th, b, base + 5), 0);
	assert_int_equal(timerheap_flush(th), 0);
	/* A kick for another has done it. */
	assert_int_equal(timerheap_arm_deferred(th, b, base - 5), 0);
	assert_int_equal(timerheap_arm(th, a, base - 10), 0);
	assert_int_equal(fake_kicks(), 2);
	assert_int_equal(timerheap_flush(th), 0);
	assert_int_equal(fake_kicks(), 2);
	fake_advance(base);
	suite_expect(th, a, base - 10);
	suite_expect(th, b, base - 5);
	timerheap_close(th);
}

static void kick_fails(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);
	__u64 deadline = fake.now + 1000;

	(void)state;
	fake.fail[2] = -EIO;
	assert_int_equal(timerheap_arm(th, slot, deadline), -EIO);
	assert_int_equal(th->slots[slot].expires_ns, deadline);
	assert_int_equal(timerheap_flush(th), -EIO);
	assert_int_equal(timerheap_arm_deferred(th, slot, deadline - 1), 0);
	assert_int_equal(timerheap_flush(th), -EIO);
	fake.fail[2] = 0;
	assert_int_equal(timerheap_flush(th), 1);
	assert_int_equal(timerheap_flush(th), 0);
	fake_advance(deadline);
	suite_expect(th, slot, deadline - 1);
	timerheap_close(th);
}

static void cancel(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);
	__u64 deadline = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_cancel(th, slot), 0);
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	assert_int_equal(timerheap_cancel(th, slot), 1);
	assert_int_equal(timerheap_cancel(th, slot), 0);
	fake_advance(deadline + 5);
	suite_expect_none(th);
	/* Too late: it is in the ring, and will be reaped. */
	deadline = fake.now + 1000;
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	fake_advance(deadline);
	assert_int_equal(timerheap_cancel(th, slot), 0);
	suite_expect(th, slot, deadline);
	assert_int_equal(timerheap_cancel(th, slot), 0);
	suite_expect_none(th);
	timerheap_close(th);
}

/* The first arm's record served the second as well: that was the event. */
static void cancel_after_same_deadline_twice(void **state)
{
	struct timerheap *th = fake_open(4, 4);
	__u32 slot = suite_alloc(th, NULL);
	__u64 deadline = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	fake_advance(deadline);
	fake.fail[2] = -EIO;
	assert_int_equal(timerheap_arm(th, slot, deadline), -EIO);
	suite_expect(th, slot, deadline);
	assert_int_equal(timerheap_cancel(th, slot), 0);
	fake.fail[2] = 0;
	fake_run(th);
	suite_expect_none(th);
	timerheap_close(th);
}

static void cancel_periodic_drops_ticks(void **state)
{
	struct timerheap *th = fake_open(4, 8);
	__u32 slot = suite_alloc(th, NULL);
	__u64 deadline = fake.now + 1000;

	(void)state;
	assert_int_equal(timerheap_slot_config(th, slot, 1000, 0, 0), 0);
	assert_int_equal(timerheap_arm(th, slot, deadline), 0);
	fake_advance(deadline + 3000);
	assert_int_equal(timerheap_wait(th, 0, 0), 4);
	suite_expect(th, slot, deadline);
	assert_int_equal(timerheap_cancel(th, slot), 1);
	suite_expect_none(th);
	assert_int_equal(timerheap_wait(th, 0, 0), 0);
	fake_advance(fake.now + 10000);
	suite_expect_none(th);
	timerheap_close(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(misuse),
		TEST(kicks_only_for_the_earliest),
		TEST(pushing_back_is_silent),
		TEST(bringing_forward_rings),
		TEST(slack_counts),
		TEST(far_deadlines),
		TEST(deadline_in_the_past),
		TEST(deferred),
		TEST(flush_only_if_needed),
		TEST(kick_fails),
		TEST(cancel),
		TEST(cancel_after_same_deadline_twice),
		TEST(cancel_periodic_drops_ticks),
	};

	return RUN(tests);
}
