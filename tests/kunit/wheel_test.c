// SPDX-License-Identifier: GPL-2.0-only
/* The wheel, by what the engine makes of it. */
/* Tracepoints are timerheap.ko's. */
#define NOTRACE

#include "../../module/wheel.c"
#include "../../module/place.c"
#include "rig.h"

#define LIST	BIT_ULL(TH_WHEEL_SHIFT)

static u64 list_of(u64 ns)
{
	return ns & ~(LIST - 1);
}

/* Has the slot pushed back to @deadline in the wheel. */
static void wait_in_wheel(struct rig *rig, u32 slot, u64 deadline)
{
	struct kunit *test = rig->test;
	u64 soon = rig->now + 1;

	rig_arm(rig, slot, soon);
	rig_kick(rig);
	rig_arm(rig, slot, deadline);
	rig_advance(rig, soon);
	KUNIT_ASSERT_TRUE(test, th_wheel_has(&rig->engine.wheel, slot));
	KUNIT_ASSERT_EQ(test, rig->engine.slots[slot].armed_ns,
			list_of(deadline));
}

static void pushed_back_again_and_again(struct kunit *test)
{
	struct rig *rig = rig_make(test, 4, 8);
	u64 deadline = 100 * LIST + 77;
	u32 i;

	wait_in_wheel(rig, 2, deadline);
	for (i = 0; i < 100; i++) {
		deadline += 50 * LIST + 1;
		rig_arm(rig, 2, deadline);
		rig_advance(rig, rig->programmed);
		KUNIT_EXPECT_EQ(test, rig->engine.slots[2].armed_ns,
				list_of(deadline));
		KUNIT_EXPECT_EQ(test, rig->header.next_event_ns,
				list_of(deadline));
	}
	rig_advance(rig, list_of(deadline));
	KUNIT_EXPECT_EQ(test, rig->engine.slots[2].armed_ns, deadline);
	rig_advance(rig, deadline - 1);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 0U);
	rig_advance(rig, deadline);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, deadline);
	KUNIT_EXPECT_EQ(test, rig->engine.wheel.count, 0U);
}

static void earlier_than_its_list(struct kunit *test)
{
	struct rig *rig = rig_make(test, 4, 8);

	wait_in_wheel(rig, 0, 100 * LIST + 1);
	wait_in_wheel(rig, 1, 100 * LIST + 2);
	wait_in_wheel(rig, 2, 100 * LIST + 3);
	rig_arm(rig, 1, 50 * LIST);
	KUNIT_EXPECT_EQ(test, rig->programmed, 50 * LIST);
	KUNIT_EXPECT_TRUE(test, rig_cancel(rig, 0));
	rig_advance(rig, 101 * LIST);
	KUNIT_ASSERT_EQ(test, rig_reap(rig), 2U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].slot, 1U);
	KUNIT_EXPECT_EQ(test, rig->taken[0].fired_ns, 50 * LIST);
	KUNIT_EXPECT_EQ(test, rig->taken[1].slot, 2U);
	KUNIT_EXPECT_EQ(test, rig->taken[1].fired_ns, 100 * LIST + 3);
	KUNIT_EXPECT_EQ(test, rig->engine.stats.lazy_drops, 1ULL);
}

/* Heap and wheel share their entries, all of which are taken. */
static void as_many_as_there_are(struct kunit *test)
{
	struct rig *rig = rig_make(test, 300, 512);
	u32 slot;

	for (slot = 0; slot < 300; slot += 2)
		wait_in_wheel(rig, slot, (100 + slot % 7) * LIST + slot);
	for (slot = 1; slot < 300; slot += 2)
		rig_arm(rig, slot, 150 * LIST + slot);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->engine.wheel.count, 150U);
	KUNIT_EXPECT_EQ(test, rig->engine.heap.count, 150U);
	/* Out of the middle of their lists. */
	for (slot = 0; slot < 300; slot += 6)
		rig_arm(rig, slot, 90 * LIST + slot);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, rig->engine.wheel.count, 100U);
	KUNIT_EXPECT_EQ(test, rig->engine.heap.count, 200U);
	rig_advance(rig, 99 * LIST);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 50U);
	rig_advance(rig, 200 * LIST);
	KUNIT_EXPECT_EQ(test, rig_reap(rig), 250U);
	for (slot = 0; slot < rig->ntaken; slot++)
		KUNIT_EXPECT_EQ(test, rig->taken[slot].fired_ns,
				rig->taken[slot].expires_ns);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(pushed_back_again_and_again),
	KUNIT_CASE(earlier_than_its_list),
	KUNIT_CASE(as_many_as_there_are),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_wheel",
	.test_cases = cases,
};

kunit_test_suite(suite);
