// SPDX-License-Identifier: LGPL-2.1-or-later
/* The window of sequence numbers, against a list of all that were seen. */
#include "hb_suite.h"

#include "hb_backoff.h"
#include "hb_window.h"

#define MOST 1024

struct rig {
	struct thb__window w;
	uint64_t guard0;
	uint64_t bits[MOST / 64];
	uint64_t guard1;
};

static void rig(struct rig *r, uint32_t size)
{
	memset(r, 0xA5, sizeof(*r));
	/* Right after what the window may use. */
	thb__window_init(&r->w, r->bits, size);
}

static void in_order(void **state)
{
	struct rig r;

	(void)state;
	rig(&r, 64);
	for (uint64_t n = 1; n < 1000; n++)
		assert_int_equal(thb__window_add(&r.w, n), THB__NEW);
	assert_int_equal(r.bits[1], 0xA5A5A5A5A5A5A5A5);
	assert_int_equal(r.guard0, 0xA5A5A5A5A5A5A5A5);
}

static void the_edges(void **state)
{
	struct rig r;

	(void)state;
	for (uint32_t size = 64; size <= MOST; size += 64) {
		rig(&r, size);
		assert_int_equal(thb__window_add(&r.w, 5000), THB__NEW);
		assert_int_equal(thb__window_add(&r.w, 5000), THB__DUPLICATE);
		assert_int_equal(thb__window_add(&r.w, 5001 - size),
				 THB__OVERTAKEN);
		assert_int_equal(thb__window_add(&r.w, 5001 - size),
				 THB__DUPLICATE);
		assert_int_equal(thb__window_add(&r.w, 5000 - size),
				 THB__TOO_OLD);
		assert_int_equal(thb__window_add(&r.w, 5001), THB__NEW);
		assert_int_equal(thb__window_add(&r.w, 5001 - size),
				 THB__TOO_OLD);
		assert_int_equal(r.guard1, 0xA5A5A5A5A5A5A5A5);
	}
}

static void start_over(void **state)
{
	struct rig r;

	(void)state;
	rig(&r, 64);
	for (uint64_t n = 1; n < 100; n++)
		thb__window_add(&r.w, n);
	thb__window_start(&r.w, 50);
	assert_int_equal(thb__window_add(&r.w, 50), THB__NEW);
	assert_int_equal(thb__window_gaps(&r.w, 64), 0);
	assert_int_equal(thb__window_add(&r.w, 49), THB__OVERTAKEN);
}

static void gaps(void **state)
{
	struct rig r;

	(void)state;
	rig(&r, 64);
	assert_int_equal(thb__window_gaps(&r.w, 5), 0);
	thb__window_add(&r.w, 1);
	thb__window_add(&r.w, 2);
	assert_int_equal(thb__window_gaps(&r.w, 5), 0);
	thb__window_add(&r.w, 5);
	assert_int_equal(thb__window_gaps(&r.w, 1), 0);
	assert_int_equal(thb__window_gaps(&r.w, 2), 1);
	assert_int_equal(thb__window_gaps(&r.w, 3), 2);
	assert_int_equal(thb__window_gaps(&r.w, 64), 2);
	thb__window_add(&r.w, 3);
	assert_int_equal(thb__window_gaps(&r.w, 5), 1);
	thb__window_add(&r.w, 300);
	assert_int_equal(thb__window_gaps(&r.w, 64), 63);
	assert_int_equal(thb__window_gaps(&r.w, 0), 0);
}

/* What it should say, by a record of everything. */
static enum thb__place expected(bool *seen, uint64_t top, uint64_t n,
				uint32_t size)
{
	if (n + size <= top)
		return THB__TOO_OLD;
	if (seen[n])
		return THB__DUPLICATE;
	seen[n] = true;
	return n > top ? THB__NEW : THB__OVERTAKEN;
}

static void at_random(void **state)
{
	static bool seen[200000];
	uint64_t random = 4711;
	struct rig r;

	(void)state;
	for (uint32_t size = 64; size <= MOST; size += 64) {
		memset(seen, 0, sizeof(seen));
		rig(&r, size);
		for (int i = 0; i < 20000; i++) {
			uint64_t dice = thb__random(&random);
			uint64_t span = dice % 64 ? 8 : 2 * size;
			uint64_t n = r.w.top + (dice >> 8) % span + 1;
			uint64_t back = (dice >> 32) % (size + 8);
			uint64_t top = r.w.top;

			if (dice & 128)
				n = top > back ? top - back : 1;
			if (n >= COUNT(seen))
				break;
			assert_int_equal(thb__window_add(&r.w, n),
					 expected(seen, top, n, size));
			assert_int_equal(r.w.top, n > top ? n : top);
		}
		assert_int_equal(r.guard1, 0xA5A5A5A5A5A5A5A5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order), TEST(the_edges), TEST(start_over),
		TEST(gaps),	TEST(at_random),
	};

	return RUN(tests);
}
