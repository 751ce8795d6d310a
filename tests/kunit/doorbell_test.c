// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../module/doorbell.c"

/* A little more than one word of level 1 stands for. */
#define MOST	(GROUP + 200)

struct fixture {
	struct th_doorbells doorbells;
	u64 level1[2];
	u64 level0[TH_BELL_WORDS(MOST)];
	u8 heard[TH_BELL_WORDS(MOST) * TH_BELLS];
	struct rnd_state random;
};

static int make(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	prandom_seed_state(&f->random, 3);
	th_doorbell_init(&f->doorbells, f->level1, f->level0, MOST);
	test->priv = f;
	return 0;
}

/* A round that answers @quota bells at the most; returns how many it did. */
static u32 listen(struct kunit *test, u32 quota)
{
	struct fixture *f = test->priv;
	struct th_bells bells = { 0 };
	u32 left = quota, words = 0;

	th_doorbell_begin(&f->doorbells);
	while (left && th_doorbell_next(&f->doorbells, &bells)) {
		KUNIT_ASSERT_LT(test, words++, 1000U);
		for (; bells.bits && left; bells.bits &= bells.bits - 1) {
			u32 slot = bells.first + __ffs64(bells.bits);

			KUNIT_ASSERT_LT(test, slot, (u32)sizeof(f->heard));
			f->heard[slot]++;
			left--;
		}
	}
	th_doorbell_end(&f->doorbells, &bells);
	return quota - left;
}

static void ring_slot(struct fixture *f, u32 slot)
{
	th_doorbell_ring(&f->doorbells, slot);
}

static void silent_at_first(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_FALSE(test, th_doorbell_any(&f->doorbells));
	KUNIT_EXPECT_EQ(test, listen(test, 10), 0U);
}

static void each_is_heard_once(struct kunit *test)
{
	static const u32 slots[] = { 0, 1, 63, 64, 65, 127, 128, GROUP - 1,
				     GROUP, GROUP + 1, MOST - 1 };
	struct fixture *f = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		ring_slot(f, slots[i]);
		ring_slot(f, slots[i]);
	}
	KUNIT_EXPECT_TRUE(test, th_doorbell_any(&f->doorbells));
	KUNIT_EXPECT_EQ(test, listen(test, MOST), (u32)ARRAY_SIZE(slots));
	for (i = 0; i < ARRAY_SIZE(slots); i++)
		KUNIT_EXPECT_EQ(test, f->heard[slots[i]], 1);
	KUNIT_EXPECT_FALSE(test, th_doorbell_any(&f->doorbells));
	KUNIT_EXPECT_EQ(test, listen(test, MOST), 0U);
}

static void any_number_of_slots(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 63, 64, 65, 1000, GROUP - 1, GROUP,
				     GROUP + 1, MOST };
	struct fixture *f = test->priv;
	u32 i, slot;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		th_doorbell_init(&f->doorbells, f->level1, f->level0,
				 sizes[i]);
		for (slot = 0; slot < sizes[i]; slot++)
			ring_slot(f, slot);
		KUNIT_EXPECT_EQ(test, listen(test, MOST), sizes[i]);
		for (slot = 0; slot < sizes[i]; slot++)
			KUNIT_ASSERT_EQ(test, f->heard[slot], i + 1);
		memset(f->heard, i + 1, sizeof(f->heard));
	}
}

/* What a round does not come to, the next ones do, and nothing twice. */
static void rounds_go_on(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 quota, slot;

	for (quota = 1; quota < 200; quota += 33) {
		u32 rounds = 0;

		memset(f->heard, 0, sizeof(f->heard));
		for (slot = 0; slot < MOST; slot++)
			ring_slot(f, slot);
		while (th_doorbell_any(&f->doorbells)) {
			KUNIT_ASSERT_GT(test, listen(test, quota), 0U);
			rounds++;
		}
		KUNIT_EXPECT_EQ(test, rounds, DIV_ROUND_UP(MOST, quota));
		for (slot = 0; slot < MOST; slot++)
			KUNIT_ASSERT_EQ(test, f->heard[slot], 1);
	}
}

/* Those rung in a loop do not keep others from their turn. */
static void no_bell_starves(struct kunit *test)
{
	static const u32 patient[] = { 0, 70, 500, GROUP - 1, GROUP + 3,
				       MOST - 1 };
	struct fixture *f = test->priv;
	u32 victim, i, slot;

	for (victim = 0; victim < ARRAY_SIZE(patient); victim++) {
		u8 before = f->heard[patient[victim]];

		ring_slot(f, patient[victim]);
		for (i = 0; i < MOST / 8 + 2; i++) {
			for (slot = 0; slot < MOST; slot++)
				if (slot != patient[victim])
					ring_slot(f, slot);
			listen(test, 8);
			if (f->heard[patient[victim]] != before)
				break;
		}
		KUNIT_EXPECT_LT(test, i, MOST / 8 + 2U);
		listen(test, MOST);
	}
}

/* User space can set any bit of either level. */
static void garbage(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->level1[0] = ~0ULL;
	f->level1[1] = ~0ULL;
	KUNIT_EXPECT_EQ(test, listen(test, MOST), 0U);
	KUNIT_EXPECT_FALSE(test, th_doorbell_any(&f->doorbells));

	/* Level 0 alone is not looked at; with level 1, all of it is. */
	memset(f->level0, 0xff, sizeof(f->level0));
	KUNIT_EXPECT_EQ(test, listen(test, 2 * MOST), 0U);
	f->level1[1] = ~0ULL;
	KUNIT_EXPECT_EQ(test, listen(test, 2 * MOST),
			(u32)sizeof(f->heard) - GROUP);
	f->level1[0] = ~0ULL;
	KUNIT_EXPECT_EQ(test, listen(test, 2 * MOST), (u32)GROUP);
	KUNIT_EXPECT_FALSE(test, th_doorbell_any(&f->doorbells));
}

static void none_is_lost(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 *rung = kunit_kzalloc(test, MOST, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, rung);
	for (i = 0; i < 4000; i++) {
		u32 slot = prandom_u32_state(&f->random) % MOST;
		u32 r = prandom_u32_state(&f->random) % 16;

		if (r < 12) {
			rung[slot] |= 1;
			ring_slot(f, slot);
			continue;
		}
		if (r == 12)
			f->level1[slot % 2] |= BIT_ULL(slot % 64);
		listen(test, r);
		for (slot = 0; slot < MOST; slot++) {
			KUNIT_ASSERT_LE(test, f->heard[slot], rung[slot]);
			if (f->heard[slot])
				rung[slot] = 0;
			f->heard[slot] = 0;
		}
	}
	listen(test, MOST);
	KUNIT_EXPECT_EQ(test, memcmp(f->heard, rung, MOST), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(silent_at_first),
	KUNIT_CASE(each_is_heard_once),
	KUNIT_CASE(any_number_of_slots),
	KUNIT_CASE(rounds_go_on),
	KUNIT_CASE(no_bell_starves),
	KUNIT_CASE(garbage),
	KUNIT_CASE(none_is_lost),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_doorbell",
	.init = make,
	.test_cases = cases,
};

kunit_test_suite(suite);
