// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "prng.h"
#include "ring.h"

#define SIZE 8

struct made {
	struct th_ring ring;
	struct timerheap_header header;
	struct timerheap_expiry *entries;
};

/* Both counters start at @from, as they would after that many records. */
static void make(struct made *made, u32 size, u32 from)
{
	memset(made, 0, sizeof(*made));
	memset(&made->ring, 0xa5, sizeof(made->ring));
	made->entries = malloc(size * sizeof(*made->entries));
	memset(made->entries, 0xa5, size * sizeof(*made->entries));
	th_ring_init(&made->ring, &made->header, made->entries, size);
	assert_int_equal(made->ring.tail, 0);
	assert_int_equal(made->ring.head, 0);
	assert_int_equal(made->ring.published, 0);
	made->ring.tail = from;
	made->ring.head = from;
	made->ring.published = from;
	made->header.cq_head = from;
	made->header.cq_tail = from;
}

static void drop(struct made *made)
{
	free(made->entries);
}

/* A record whose every byte depends on @n. */
static struct timerheap_expiry record(u32 n)
{
	return (struct timerheap_expiry){
		.expires_ns = n * 0x0101010101010101ULL,
		.fired_ns = ~(u64)n,
		.slot = n ^ 0x5555,
		.overruns = n + 1,
		.cpu = n + 2,
		.flags = n + 3,
	};
}

static void post(struct made *made, u32 n)
{
	struct timerheap_expiry expiry = record(n);

	th_ring_post(&made->ring, &expiry);
}

static void expect_entry(const struct made *made, u32 at, u32 n)
{
	struct timerheap_expiry expiry = record(n);

	assert_memory_equal(&made->entries[at], &expiry, sizeof(expiry));
}

static void posted_is_not_yet_published(void **state)
{
	struct made made;

	(void)state;
	make(&made, SIZE, 0);
	assert_false(th_ring_full(&made.ring));
	post(&made, 1);
	expect_entry(&made, 0, 1);
	assert_int_equal(made.header.cq_tail, 0);
	assert_int_equal(th_ring_ready(&made.ring, 0), 0);
	th_ring_publish(&made.ring);
	assert_int_equal(made.header.cq_tail, 1);
	assert_int_equal(th_ring_ready(&made.ring, 0), 1);
	assert_int_equal(th_ring_ready(&made.ring, 1), 0);
	drop(&made);
}

/* What user space wrote over the tail stays until there is news. */
static void publish_without_news_writes_nothing(void **state)
{
	struct made made;

	(void)state;
	make(&made, SIZE, 5);
	made.header.cq_tail = 1234;
	th_ring_publish(&made.ring);
	assert_int_equal(made.header.cq_tail, 1234);
	post(&made, 0);
	th_ring_publish(&made.ring);
	assert_int_equal(made.header.cq_tail, 6);
	drop(&made);
}

static void fills_to_the_last_record(u32 size, u32 from)
{
	struct made made;
	u32 i;

	make(&made, size, from);
	for (i = 0; i < size; i++) {
		assert_false(th_ring_full(&made.ring));
		post(&made, i);
		assert_int_equal(made.ring.tail, from + i + 1);
	}
	assert_true(th_ring_full(&made.ring));
	th_ring_publish(&made.ring);
	assert_int_equal(th_ring_ready(&made.ring, from), size);
	for (i = 0; i < size; i++)
		expect_entry(&made, (from + i) % size, i);
	/* Room for one, and for one only. */
	made.header.cq_head = from + 1;
	assert_false(th_ring_full(&made.ring));
	post(&made, size);
	expect_entry(&made, from % size, size);
	assert_true(th_ring_full(&made.ring));
	if (size > 1)
		expect_entry(&made, (from + 1) % size, 1);
	drop(&made);
}

static void full(void **state)
{
	(void)state;
	fills_to_the_last_record(1, 0);
	fills_to_the_last_record(2, 0);
	fills_to_the_last_record(SIZE, 0);
	fills_to_the_last_record(SIZE, 3);
}

static void counters_wrap(void **state)
{
	(void)state;
	fills_to_the_last_record(1, ~0U);
	fills_to_the_last_record(SIZE, ~0U - 3);
	fills_to_the_last_record(SIZE, ~0U);
	fills_to_the_last_record(SIZE, ~0U - SIZE + 1);
	fills_to_the_last_record(SIZE, 0x7ffffffc);
}

/* The consumer's line is left alone while there is room anyway. */
static void head_is_read_when_needed(void **state)
{
	struct made made;
	u32 i;

	(void)state;
	make(&made, SIZE, 0);
	made.header.cq_head = 0x12345678;
	for (i = 0; i < SIZE; i++) {
		assert_false(th_ring_full(&made.ring));
		post(&made, i);
		assert_int_equal(made.ring.head, 0);
	}
	assert_true(th_ring_full(&made.ring));
	assert_int_equal(made.ring.head, 0);
	drop(&made);
}

/* No head whatsoever makes the ring take more than it holds. */
static void garbage_heads(void **state)
{
	static const u32 heads[] = {
		101,
		102,
		99,
		91,
		92,
		100 - SIZE,
		100 - SIZE - 1,
		0,
		0x80000000,
		0x80000064,
		~0U,
		100 + SIZE,
		50,
	};
	struct made made;
	u32 n, i;

	(void)state;
	for (n = 0; n < sizeof(heads) / sizeof(*heads); n++) {
		u32 room;

		make(&made, SIZE, 100 - SIZE);
		for (i = 0; i < SIZE; i++)
			post(&made, i);
		made.header.cq_head = heads[n];
		/* Only what the consumer can have reached counts. */
		room = heads[n] - (100 - SIZE);
		if (room > SIZE)
			room = 0;
		for (i = 0; i < room; i++) {
			assert_false(th_ring_full(&made.ring));
			post(&made, SIZE + i);
		}
		assert_true(th_ring_full(&made.ring));
		made.header.cq_head = 100;
		if (room < SIZE)
			assert_false(th_ring_full(&made.ring));
		drop(&made);
	}
}

/* A head that goes back frees nothing, and takes nothing away. */
static void head_goes_back(void **state)
{
	struct made made;
	u32 i;

	(void)state;
	make(&made, SIZE, 0);
	for (i = 0; i < SIZE; i++)
		post(&made, i);
	made.header.cq_head = SIZE;
	assert_false(th_ring_full(&made.ring));
	made.header.cq_head = 2;
	for (i = 0; i < SIZE; i++) {
		assert_false(th_ring_full(&made.ring));
		post(&made, i);
	}
	assert_true(th_ring_full(&made.ring));
	drop(&made);
}

static void ready_with_garbage(void **state)
{
	struct made made;

	(void)state;
	make(&made, SIZE, 100);
	post(&made, 0);
	th_ring_publish(&made.ring);
	assert_int_equal(th_ring_ready(&made.ring, 101), 0);
	assert_int_equal(th_ring_ready(&made.ring, 100), 1);
	assert_int_equal(th_ring_ready(&made.ring, 101 - SIZE), SIZE);
	assert_int_equal(th_ring_ready(&made.ring, 100 - SIZE), 0);
	assert_int_equal(th_ring_ready(&made.ring, 102), 0);
	assert_int_equal(th_ring_ready(&made.ring, 0), 0);
	assert_int_equal(th_ring_ready(&made.ring, 0x80000000), 0);
	drop(&made);
}

/* A long way, through the wrap of both counters, in random strides. */
static void random_strides(void **state)
{
	struct prng prng = { 1 };
	struct made made;
	u32 head = ~0U - 5000, n = 0, taken = 0, i;

	(void)state;
	make(&made, SIZE, head);
	for (i = 0; i < 10000; i++) {
		u32 want = prng_below(&prng, SIZE + 2);

		while (want-- && !th_ring_full(&made.ring))
			post(&made, n++);
		th_ring_publish(&made.ring);
		want = prng_below(&prng, SIZE + 2);
		while (want-- && head != made.header.cq_tail)
			expect_entry(&made, head++ % SIZE, taken++);
		made.header.cq_head = head;
		assert_int_equal(th_ring_ready(&made.ring, head), n - taken);
		assert_in_range(n - taken, 0, SIZE);
	}
	assert_true(n > 20000);
	drop(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posted_is_not_yet_published),
		cmocka_unit_test(publish_without_news_writes_nothing),
		cmocka_unit_test(full),
		cmocka_unit_test(counters_wrap),
		cmocka_unit_test(head_is_read_when_needed),
		cmocka_unit_test(garbage_heads),
		cmocka_unit_test(head_goes_back),
		cmocka_unit_test(ready_with_garbage),
		cmocka_unit_test(random_strides),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
