// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which slots are taken, and what a slot is like when it is handed out. */
#include "suite.h"

static void all_and_no_more(struct timerheap *th, __u32 nslots)
{
	bool *seen = calloc(nslots, sizeof(*seen));

	assert_non_null(seen);
	for (__u32 i = 0; i < nslots; i++) {
		__u32 slot = suite_alloc(th, NULL);

		assert_in_range(slot, 0, nslots - 1);
		assert_false(seen[slot]);
		seen[slot] = true;
	}
	assert_int_equal(timerheap_slot_alloc(th, NULL), -ENOSPC);
	assert_int_equal(timerheap_slot_alloc(th, NULL), -ENOSPC);
	free(seen);
}

static void each_slot_once(void **state)
{
	static const __u32 sizes[] = { 1, 2, 63, 64, 65, 127, 128, 1000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct timerheap *th = fake_open(sizes[i], 4);

		all_and_no_more(th, sizes[i]);
		for (__u32 slot = 0; slot < sizes[i]; slot++)
			assert_int_equal(timerheap_slot_free(th, slot), 0);
		all_and_no_more(th, sizes[i]);
		timerheap_close(th);
	}
}

static void the_one_that_is_free(void **state)
{
	struct timerheap *th = fake_open(300, 4);

	(void)state;
	all_and_no_more(th, 300);
	for (__u32 slot = 0; slot < 300; slot++) {
		__u32 other = (slot * 77 + 5) % 300;

		assert_int_equal(timerheap_slot_free(th, other), 0);
		assert_int_equal(timerheap_slot_alloc(th, NULL), other);
	}
	timerheap_close(th);
}

static void free_what_is_not_taken(void **state)
{
	struct timerheap *th = fake_open(70, 4);
	__u32 slot = suite_alloc(th, NULL);

	(void)state;
	for (__u32 other = 0; other < 70; other++)
		if (other != slot)
			assert_int_equal(timerheap_slot_free(th, other),
					 -EINVAL);
	assert_int_equal(timerheap_slot_free(th, 70), -EINVAL);
	assert_int_equal(timerheap_slot_free(th, 71), -EINVAL);
	assert_int_equal(timerheap_slot_free(th, UINT32_MAX), -EINVAL);
	assert_int_equal(timerheap_slot_free(th, slot), 0);
	assert_int_equal(timerheap_slot_free(th, slot), -EINVAL);
	all_and_no_more(th, 70);
	timerheap_close(th);
}

static void config(void **state)
{
	struct timerheap *th = fake_open(2, 4);
	__u32 slot = suite_alloc(th, NULL);
	const struct timerheap_slot *s = &th->slots[slot];

	(void)state;
	assert_int_equal(timerheap_slot_config(th, slot, 1ULL << 40, 9,
					       TIMERHEAP_SLOT_RESTART),
			 0);
	assert_int_equal(s->period_ns, 1ULL << 40);
	assert_int_equal(s->slack_ns, 9);
	assert_int_equal(s->flags, TIMERHEAP_SLOT_RESTART);
	assert_int_equal(timerheap_slot_config(th, slot, 5, 5, 2), -EINVAL);
	assert_int_equal(timerheap_slot_config(th, slot, 5, 5, 1U << 31),
			 -EINVAL);
	assert_int_equal(timerheap_slot_config(th, 2, 5, 5, 0), -EINVAL);
	assert_int_equal(timerheap_slot_config(th, UINT32_MAX, 5, 5, 0),
			 -EINVAL);
	assert_int_equal(s->period_ns, 1ULL << 40);
	assert_int_equal(s->slack_ns, 9);
	assert_int_equal(s->flags, TIMERHEAP_SLOT_RESTART);
	assert_int_equal(s->expires_ns, 0);
	timerheap_close(th);
}

static void free_resets(void **state)
{
	struct timerheap *th = fake_open(1, 4);
	__u32 slot = suite_alloc(th, NULL);
	const struct timerheap_slot *s = &th->slots[slot];

	(void)state;
	assert_int_equal(timerheap_slot_config(th, slot, 500, 9, 1), 0);
	assert_int_equal(timerheap_arm(th, slot, fake.now + 100), 0);
	assert_int_equal(timerheap_slot_free(th, slot), 0);
	assert_int_equal(s->expires_ns, 0);
	assert_int_equal(s->period_ns, 0);
	assert_int_equal(s->slack_ns, 0);
	assert_int_equal(s->flags, 0);
	fake_advance(fake.now + 10000);
	suite_expect_none(th);
	timerheap_close(th);
}

/* An expiry that nobody reaped is not the next owner's. */
static void free_drops_what_waits(void **state)
{
	struct timerheap *th = fake_open(1, 4);
	__u32 slot = suite_alloc(th, tag(1));
	__u64 first = fake.now + 100;
	struct timerheap_event ev;

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, first), 0);
	fake_advance(first);
	assert_int_equal(timerheap_wait(th, 0, 0), 1);
	assert_int_equal(timerheap_slot_free(th, slot), 0);
	assert_int_equal(suite_alloc(th, tag(2)), slot);
	assert_int_equal(timerheap_arm(th, slot, first + 500), 0);
	suite_expect_none(th);
	fake_advance(first + 500);
	assert_true(suite_reap(th, &ev));
	assert_ptr_equal(ev.data, tag(2));
	assert_int_equal(ev.deadline_ns, first + 500);
	suite_expect_none(th);
	timerheap_close(th);
}

/* .. unless it has the very deadline: then there is one event, the new one's. */
static void free_and_the_same_deadline(void **state)
{
	struct timerheap *th = fake_open(1, 4);
	__u32 slot = suite_alloc(th, tag(1));
	__u64 first = fake.now + 100;
	struct timerheap_event ev;

	(void)state;
	assert_int_equal(timerheap_arm(th, slot, first), 0);
	fake_advance(first);
	assert_int_equal(timerheap_slot_free(th, slot), 0);
	assert_int_equal(suite_alloc(th, tag(2)), slot);
	assert_int_equal(timerheap_arm(th, slot, first), 0);
	fake_advance(first + 500);
	assert_int_equal(timerheap_wait(th, 0, 0), 2);
	assert_true(suite_reap(th, &ev));
	assert_ptr_equal(ev.data, tag(2));
	assert_int_equal(ev.deadline_ns, first);
	suite_expect_none(th);
	timerheap_close(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_slot_once),
		TEST(the_one_that_is_free),
		TEST(free_what_is_not_taken),
		TEST(config),
		TEST(free_resets),
		TEST(free_drops_what_waits),
		TEST(free_and_the_same_deadline),
	};

	return RUN(tests);
}
