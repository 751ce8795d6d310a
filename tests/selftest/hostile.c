// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads write garbage all over a queue's mapping, while others call into it
 * and another queue on the same CPU has to work as if nothing were.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define SECONDS 3

struct attack {
	struct queue *q;
	void (*scribble)(struct queue *, struct prng *);
	unsigned int number;
	atomic_bool *over;
};

static void anywhere(struct queue *q, struct prng *prng)
{
	uint64_t *words = (uint64_t *)q->map;
	size_t n = q->setup.mmap_size / sizeof(*words);

	for (int i = 0; i < 1000; i++)
		words[prng_below(prng, n)] = prng_next(prng);
}

static void same_byte(struct queue *q, struct prng *prng)
{
	static const int bytes[] = { 0, 0xff, 0x80, 1 };

	memset(q->map, bytes[prng_below(prng, ARRAY_SIZE(bytes))],
	       q->setup.mmap_size);
}

/* Likely values, which get further than random ones. */
static void likely(struct queue *q, struct prng *prng)
{
	uint32_t slot = prng_below(prng, q->setup.nslots);
	struct timerheap_slot *s = &q->slots[slot];
	uint64_t near =
		mono_ns() + prng_below(prng, NSEC_PER_MSEC) - NSEC_PER_MSEC / 2;

	switch (prng_below(prng, 8)) {
	case 0:
		s->expires_ns = near;
		break;
	case 1:
		s->period_ns = prng_below(prng, 3);
		break;
	case 2:
		s->armed_ns = prng_below(prng, 2) ? near : TIMERHEAP_NEVER;
		break;
	case 3:
		s->slack_ns = prng_next(prng) >> (32 + prng_below(prng, 32));
		s->flags = prng_next(prng);
		break;
	case 4:
		q->header->cq_head += prng_below(prng, 5) - 2;
		break;
	case 5:
		q->header->cq_head = q->header->cq_tail;
		break;
	case 6:
		q->header->lead_ns = prng_next(prng);
		q->header->next_event_ns = near;
		break;
	default:
		q->level0[slot / 64] = prng_next(prng);
		q->level1[slot / 4096] = ~0ULL;
	}
}

static void *scribble(void *arg)
{
	struct attack *attack = arg;
	struct prng prng = { attack->number };

	pin_to(attack->number % cpus_online());
	while (!*attack->over)
		attack->scribble(attack->q, &prng);
	return NULL;
}

/* Whatever they answer, it is an answer. */
static void *call_it(void *arg)
{
	struct attack *attack = arg;
	struct queue *q = attack->q;
	struct prng prng = { 77 };
	static struct timerheap_expiry records[300];

	while (!*attack->over) {
		struct pollfd pollfd = { .fd = q->fd, .events = POLLIN };
		uint32_t slot = prng_below(&prng, q->setup.nslots);
		uint32_t ready;
		ssize_t n;

		CHECK_EQ(queue_kick(q), 0);
		CHECK_EQ(queue_wait(q, 1, mono_ns() + NSEC_PER_MSEC, &ready),
			 0);
		CHECK(ready <= q->setup.ring_entries);
		CHECK_EQ(queue_arm(q, slot, mono_ns(), 1, 0, 0), 0);
		CHECK(queue_cancel(q, slot) >= 0);
		CHECK_EQ(queue_stats(q).queues, 1);
		CHECK(poll(&pollfd, 1, 0) >= 0);
		n = read(q->fd, records, sizeof(records));
		CHECK(n > 0 ? n % sizeof(records[0]) == 0 : errno == EAGAIN);
	}
	return NULL;
}

/* A queue that minds its own business. */
static void *work_beside(void *arg)
{
	struct attack *attack = arg;
	uint64_t deadline = 0;
	unsigned long n = 0;
	struct queue q;

	queue_open(&q, 100, 16, attack->q->setup.cpu, CLOCK_MONOTONIC);
	while (!*attack->over) {
		struct timerheap_expiry e;
		uint64_t next = mono_ns() + n % 10 * 100 * NSEC_PER_USEC;

		deadline = next > deadline ? next : deadline + 1;
		slot_arm(&q, n % 100, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.slot, n % 100);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
		CHECK_EQ(e.overruns, 0);
		CHECK_EQ(slot_deadline(&q, n % 100), 0);
		n++;
	}
	CHECK_EQ(queue_stats(&q).expiries, n);
	CHECK_ORDER(n, >=, kernel_is_slow() ? 2 : 20);
	note("%lu expiries beside it", n);
	return NULL;
}

/* As long as the kernel's tail is known, the queue can be put right again. */
static void check_recovers(struct queue *q)
{
	struct timerheap_expiry e;
	uint64_t deadline;

	q->header->lead_ns = 0;
	for (uint32_t i = 0; i < q->setup.nslots; i++) {
		slot_cancel(q, i);
		slot_config(q, i, 0, 0, 0);
	}
	CHECK_EQ(queue_kick(q), 0);
	CHECK(WAIT_UNTIL(!q->level1[0] && !q->level1[1] && !q->level1[2]));
	/* No run is under way that fires what stood there before. */
	sleep_ms(20);
	q->header->cq_head = q->header->cq_tail;
	deadline = mono_ns() + NSEC_PER_MSEC;
	CHECK_EQ(queue_arm(q, 6, deadline, 0, 0, 0), 0);
	CHECK_EQ(queue_wait(q, 1, mono_ns() + PATIENCE_NS, NULL), 0);
	REQUIRE_EQ(read(q->fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.slot, 6);
	CHECK_EQ(e.expires_ns, deadline);
	CHECK_ORDER(e.fired_ns, >=, deadline);
	CHECK_EQ(read(q->fd, &e, sizeof(e)), -1);
	CHECK_EQ(errno, EAGAIN);
}

static void attack_with(void (*how)(struct queue *, struct prng *),
			bool recovers)
{
	atomic_bool over = false;
	struct queue q;
	struct attack attacks[2] = {
		{ &q, how, 0, &over },
		{ &q, how, 1, &over },
	};
	pthread_t threads[4];

	queue_open(&q, 10000, 256, 0, CLOCK_MONOTONIC);
	REQUIRE(!fcntl(q.fd, F_SETFL, O_NONBLOCK));
	threads[0] = start_thread(scribble, &attacks[0]);
	threads[1] = start_thread(scribble, &attacks[1]);
	threads[2] = start_thread(call_it, &attacks[0]);
	threads[3] = start_thread(work_beside, &attacks[0]);
	sleep_ms(SECONDS * 1000);
	over = true;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		join_thread(threads[i]);
	if (recovers)
		check_recovers(&q);
	queue_close(&q);
}

static void garbage(void)
{
	attack_with(anywhere, false);
}

static void ones_and_zeros(void)
{
	attack_with(same_byte, false);
}

static void likely_values(void)
{
	attack_with(likely, true);
}

/* A head that no consumer can have reached: the ring is full, no more. */
static void head_out_of_range(void)
{
	static const uint32_t heads[] = { 1, 5, 1U << 31, UINT32_MAX - 300 };
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 10, 4, 0, CLOCK_MONOTONIC);
	REQUIRE(!fcntl(q.fd, F_SETFL, O_NONBLOCK));
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		uint32_t tail = q.header->cq_tail;
		struct pollfd pollfd = { .fd = q.fd, .events = POLLIN };

		q.header->cq_head = tail + heads[i];
		CHECK_EQ(poll(&pollfd, 1, 0), 0);
		CHECK_EQ(read(q.fd, &e, sizeof(e)), -1);
		CHECK_EQ(errno, EAGAIN);
		CHECK_EQ(q.header->cq_head, tail + heads[i]);
		q.header->cq_head = tail;
		slot_arm(&q, 1, i + 1, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, i + 1);
	}
}

/* The tail is the kernel's: what stands in its place is not read. */
static void tail_overwritten(void)
{
	struct timerheap_expiry e[4];
	struct queue q;

	queue_open(&q, 10, 4, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < 3; i++)
		slot_arm(&q, i, i + 1, NULL);
	CHECK(WAIT_UNTIL(queue_stats(&q).expiries == 3));
	q.header->cq_tail = 12345;
	q.header->flags = UINT32_MAX;
	CHECK_EQ(read(q.fd, e, sizeof(e)), 3 * sizeof(e[0]));
	for (uint32_t i = 0; i < 3; i++)
		CHECK_EQ(e[i].expires_ns, i + 1);
	CHECK_EQ(q.header->cq_head, 3);
	CHECK_EQ(queue_arm(&q, 1, 9, 0, 0, 0), 0);
	CHECK_EQ(queue_wait(&q, 1, mono_ns() + PATIENCE_NS, NULL), 0);
	CHECK_EQ(q.header->cq_tail, 4);
}

static const struct test_case cases[] = {
	CASE(garbage),		 CASE(ones_and_zeros),	 CASE(likely_values),
	CASE(head_out_of_range), CASE(tail_overwritten),
};

TEST_MAIN(cases)
