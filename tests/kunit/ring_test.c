// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../module/ring.c"

#define SIZE	8

struct fixture {
	struct th_ring ring;
	struct timerheap_header header;
	struct timerheap_expiry entries[SIZE];
	struct timerheap_expiry guard;
	u64 posted;	/* each record's expires_ns is its number */
	u64 taken;
};

static int make(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	th_ring_init(&f->ring, &f->header, f->entries, SIZE);
	test->priv = f;
	return 0;
}

/* As if @position records had come and gone. */
static void start_at(struct fixture *f, u32 position)
{
	f->ring.tail = position;
	f->ring.head = position;
	f->ring.published = position;
	f->header.cq_tail = position;
	f->header.cq_head = position;
}

static void post(struct fixture *f)
{
	struct timerheap_expiry expiry = { .expires_ns = f->posted++ };

	th_ring_post(&f->ring, &expiry);
}

static u32 fill(struct fixture *f)
{
	u32 n;

	for (n = 0; n < 2 * SIZE && !th_ring_full(&f->ring); n++)
		post(f);
	th_ring_publish(&f->ring);
	return n;
}

/* Takes @n as the consumer does; they must come in order. */
static void take(struct kunit *test, struct fixture *f, u32 n)
{
	u32 head = f->header.cq_head;

	KUNIT_ASSERT_GE(test, f->header.cq_tail - head, n);
	for (; n; n--, head++)
		KUNIT_ASSERT_EQ(test, f->entries[head % SIZE].expires_ns,
				f->taken++);
	f->header.cq_head = head;
}

static void empty_at_first(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_FALSE(test, th_ring_full(&f->ring));
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, 0), 0U);
	th_ring_publish(&f->ring);
	KUNIT_EXPECT_EQ(test, f->header.cq_tail, 0U);
}

static void unseen_until_published(struct kunit *test)
{
	struct fixture *f = test->priv;

	post(f);
	post(f);
	KUNIT_EXPECT_EQ(test, f->header.cq_tail, 0U);
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, 0), 0U);
	th_ring_publish(&f->ring);
	KUNIT_EXPECT_EQ(test, f->header.cq_tail, 2U);
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, 0), 2U);
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, 1), 1U);
	take(test, f, 2);
}

static void full_means_not_now(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, fill(f), (u32)SIZE);
	KUNIT_EXPECT_TRUE(test, th_ring_full(&f->ring));
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, 0), (u32)SIZE);
	take(test, f, 3);
	KUNIT_EXPECT_EQ(test, fill(f), 3U);
	KUNIT_EXPECT_TRUE(test, th_ring_full(&f->ring));
	take(test, f, SIZE);
	KUNIT_EXPECT_EQ(test, fill(f), (u32)SIZE);
	take(test, f, SIZE);
}

static void positions_wrap(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 round;

	start_at(f, U32_MAX - 20);
	for (round = 0; round < 20; round++) {
		u32 n = round % SIZE + 1;

		while (n && !th_ring_full(&f->ring)) {
			post(f);
			n--;
		}
		th_ring_publish(&f->ring);
		KUNIT_EXPECT_EQ(test, f->header.cq_tail, f->ring.tail);
		KUNIT_EXPECT_EQ(test, n, 0U);
		take(test, f, round % SIZE + 1);
	}
	KUNIT_EXPECT_LT(test, f->ring.tail, 1000U);

	start_at(f, U32_MAX - SIZE / 2);
	KUNIT_EXPECT_EQ(test, fill(f), (u32)SIZE);
	take(test, f, SIZE);
}

/* The kernel does not read back what it published. */
static void tail_is_the_kernels(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->header.cq_tail = 12345;
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, 0), 0U);
	KUNIT_EXPECT_EQ(test, fill(f), (u32)SIZE);
	KUNIT_EXPECT_EQ(test, f->header.cq_tail, (u32)SIZE);
	take(test, f, SIZE);

	post(f);
	f->header.cq_tail = f->ring.tail;
	th_ring_publish(&f->ring);
	KUNIT_EXPECT_EQ(test, th_ring_ready(&f->ring, f->header.cq_head), 1U);
}

/* A head that no consumer can have reached: full, until it is sane again. */
static void wild_heads(struct kunit *test)
{
	static const u32 wild[] = { 1, 2, SIZE, 1000, 1U << 31, U32_MAX - SIZE,
				    U32_MAX - 2 * SIZE };
	struct fixture *f = test->priv;
	u32 i;

	start_at(f, 100);
	KUNIT_ASSERT_EQ(test, fill(f), (u32)SIZE);
	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		f->header.cq_head = f->ring.tail + wild[i];
		KUNIT_EXPECT_TRUE(test, th_ring_full(&f->ring));
		KUNIT_EXPECT_EQ(test, fill(f), 0U);
		KUNIT_EXPECT_EQ(test,
				th_ring_ready(&f->ring, f->header.cq_head),
				0U);
	}
	f->header.cq_head = 100;
	take(test, f, SIZE);
	KUNIT_EXPECT_EQ(test, fill(f), (u32)SIZE);
	KUNIT_EXPECT_EQ(test, f->guard.expires_ns, 0ULL);
}

static void any_head_at_any_time(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rnd_state random;
	u32 i;

	prandom_seed_state(&random, 2);
	for (i = 0; i < 10000; i++) {
		u32 r = prandom_u32_state(&random);

		f->header.cq_head = r & 1 ? f->ring.tail - r / 2 % 20 : r;
		KUNIT_ASSERT_LE(test,
				th_ring_ready(&f->ring, f->header.cq_head),
				(u32)SIZE);
		if (!th_ring_full(&f->ring))
			post(f);
		KUNIT_ASSERT_LE(test, f->ring.tail - f->ring.head, (u32)SIZE);
		th_ring_publish(&f->ring);
	}
	KUNIT_EXPECT_GT(test, f->ring.tail, (u32)SIZE);
	KUNIT_EXPECT_EQ(test, f->guard.expires_ns, 0ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(empty_at_first),
	KUNIT_CASE(unseen_until_published),
	KUNIT_CASE(full_means_not_now),
	KUNIT_CASE(positions_wrap),
	KUNIT_CASE(tail_is_the_kernels),
	KUNIT_CASE(wild_heads),
	KUNIT_CASE(any_head_at_any_time),
	{}
};

static struct kunit_suite suite = {
	.name = "timerheap_ring",
	.init = make,
	.test_cases = cases,
};

kunit_test_suite(suite);
