// SPDX-License-Identifier: LGPL-2.1-or-later
/* From numbers of nodes to entries, against a list. */
#include "hb_suite.h"

#include "hb_backoff.h"
#include "hb_roster.h"

#define MAX 100
#define NODES 300

static void at_random(void **state)
{
	uint32_t entry_of[NODES];
	uint64_t random = 3;
	struct thb__roster r;
	uint32_t used = 0;
	bool taken[MAX] = { false };

	(void)state;
	assert_int_equal(thb__roster_init(&r, MAX, 99), 0);
	memset(entry_of, 0xFF, sizeof(entry_of));
	for (int i = 0; i < 20000; i++) {
		uint64_t dice = thb__random(&random);
		uint32_t n = (uint32_t)(dice % NODES), free = 0;
		uint64_t node = n * 0x100000001ULL + 1;

		assert_int_equal(thb__roster_find(&r, node), entry_of[n]);
		if (entry_of[n] != THB__NOBODY) {
			thb__roster_remove(&r, node);
			taken[entry_of[n]] = false;
			entry_of[n] = THB__NOBODY;
			used--;
		} else if (used < MAX) {
			while (taken[free])
				free++;
			thb__roster_add(&r, node, free);
			taken[free] = true;
			entry_of[n] = free;
			used++;
		}
	}
	for (uint32_t n = 0; n < NODES; n++)
		assert_int_equal(thb__roster_find(&r, n * 0x100000001ULL + 1),
				 entry_of[n]);
	thb__roster_free(&r);
}

static void full_of_one(void **state)
{
	struct thb__roster r;

	(void)state;
	assert_int_equal(thb__roster_init(&r, 1, 0), 0);
	assert_int_equal(thb__roster_find(&r, 5), THB__NOBODY);
	thb__roster_add(&r, 5, 0);
	assert_int_equal(thb__roster_find(&r, 5), 0);
	assert_int_equal(thb__roster_find(&r, 6), THB__NOBODY);
	thb__roster_remove(&r, 5);
	assert_int_equal(thb__roster_find(&r, 5), THB__NOBODY);
	thb__roster_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_random),
		TEST(full_of_one),
	};

	return RUN(tests);
}
