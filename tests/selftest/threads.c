// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several threads arm and cancel in one queue, even in the same slot: each
 * deadline is either handed back by one exchange, or has one record.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "queue.h"

#define THREADS 6

struct bag {
	uint64_t *items;
	size_t n;
};

struct crew {
	struct queue q;
	struct bag fired;
	atomic_bool over;
	bool by_ioctl;
};

struct worker {
	struct crew *crew;
	unsigned int number;
	unsigned long tries;
	struct bag armed, handed_back;
	unsigned long cancelled; /* by ioctl, which does not say what */
};

static void put(struct bag *bag, uint64_t item)
{
	bag->items[bag->n++] = item;
}

/* Unique: the thread's number is the remainder, and each one goes up. */
static uint64_t draw_deadline(const struct worker *worker, struct prng *prng,
			      uint64_t last)
{
	uint64_t deadline = mono_ns() - 100 * NSEC_PER_USEC +
		prng_below(prng, NSEC_PER_MSEC >> prng_below(prng, 8));

	if (deadline <= last)
		deadline = last + THREADS;
	return deadline / THREADS * THREADS + THREADS + worker->number;
}

/* Now and then, so that the kernel gets to fire some. */
static void pause_a_little(struct prng *prng)
{
	uint64_t until = mono_ns() + prng_below(prng, 50 * NSEC_PER_USEC);

	while (mono_ns() < until)
		;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct crew *crew = worker->crew;
	struct prng prng = { worker->number };
	uint64_t deadline = 0, old;

	pin_to(worker->number % cpus_online());
	for (unsigned long i = 0; i < worker->tries; i++) {
		uint32_t slot = prng_below(&prng, crew->q.setup.nslots);

		if (prng_below(&prng, 4) == 0) {
			if (crew->by_ioctl && prng_below(&prng, 2)) {
				int ret = queue_cancel(&crew->q, slot);

				REQUIRE(ret >= 0);
				worker->cancelled += ret;
				continue;
			}
			old = slot_cancel(&crew->q, slot);
		} else {
			deadline = draw_deadline(worker, &prng, deadline);
			put(&worker->armed, deadline);
			slot_arm(&crew->q, slot, deadline, &old);
		}
		if (old)
			put(&worker->handed_back, old);
		if (prng_below(&prng, 16) == 0)
			pause_a_little(&prng);
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct crew *crew = arg;
	struct pollfd pollfd = { .fd = crew->q.fd, .events = POLLIN };
	struct timerheap_expiry records[64];
	uint32_t n;

	for (;;) {
		n = queue_reap(&crew->q, records, ARRAY_SIZE(records));
		for (uint32_t i = 0; i < n; i++) {
			CHECK_ORDER(records[i].fired_ns, >=,
				    records[i].expires_ns);
			put(&crew->fired, records[i].expires_ns);
		}
		if (!n && crew->over)
			return NULL;
		if (!n)
			poll(&pollfd, 1, 50);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(uint64_t *)a, right = *(uint64_t *)b;

	return (left > right) - (left < right);
}

static void sort(struct bag *bag)
{
	qsort(bag->items, bag->n, sizeof(*bag->items), compare);
}

static void append(struct bag *to, const struct bag *from)
{
	memcpy(to->items + to->n, from->items, from->n * sizeof(*to->items));
	to->n += from->n;
}

static struct bag new_bag(size_t n)
{
	struct bag bag = { .items = calloc(n, sizeof(uint64_t)) };

	REQUIRE(bag.items);
	return bag;
}

static bool all_idle(const struct queue *q)
{
	for (uint32_t i = 0; i < q->setup.nslots; i++)
		if (slot_deadline(q, i))
			return false;
	return true;
}

static void check_ends(struct worker *workers, struct crew *crew)
{
	unsigned long tries = workers[0].tries * THREADS, cancelled = 0;
	struct bag armed = new_bag(tries), ended = new_bag(2 * tries);
	size_t i, j;

	for (i = 0; i < THREADS; i++) {
		append(&armed, &workers[i].armed);
		append(&ended, &workers[i].handed_back);
		cancelled += workers[i].cancelled;
	}
	note("%zu armed, %zu handed back, %lu cancelled, %zu fired", armed.n,
	     ended.n, cancelled, crew->fired.n);
	CHECK(crew->fired.n);
	append(&ended, &crew->fired);
	sort(&armed);
	sort(&ended);
	CHECK_EQ(ended.n + cancelled, armed.n);
	/* Nothing ended twice, and nothing that was not armed. */
	for (i = j = 0; j < ended.n && failures() < 10; i++, j++) {
		while (i < armed.n && armed.items[i] < ended.items[j]) {
			CHECK(crew->by_ioctl);
			i++;
		}
		CHECK_EQ(ended.items[j], i < armed.n ? armed.items[i] : 0);
	}
}

static void work_in(uint32_t slots, uint32_t ring, int cpu, bool by_ioctl)
{
	struct worker workers[THREADS];
	struct crew crew = { .by_ioctl = by_ioctl };
	pthread_t threads[THREADS], consumer;
	unsigned long tries = scaled(60000);

	queue_open(&crew.q, slots, ring, cpu, CLOCK_MONOTONIC);
	crew.fired = new_bag(2 * tries * THREADS);
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){
			.crew = &crew,
			.number = i,
			.tries = tries,
			.armed = new_bag(tries),
			.handed_back = new_bag(tries),
		};
		threads[i] = start_thread(work, &workers[i]);
	}
	consumer = start_thread(consume, &crew);
	for (unsigned int i = 0; i < THREADS; i++)
		join_thread(threads[i]);
	/* Nobody kicks any more: what is armed comes by itself. */
	CHECK(WAIT_UNTIL(all_idle(&crew.q)));
	CHECK(WAIT_UNTIL(!queue_ready(&crew.q)));
	crew.over = true;
	join_thread(consumer);
	check_ends(workers, &crew);
	CHECK_EQ(queue_stats(&crew.q).expiries, crew.fired.n);
}

static void one_slot(void)
{
	work_in(1, 0, 0, false);
}

static void few_slots(void)
{
	work_in(5, 0, other_cpu(0), false);
}

static void few_slots_by_ioctl(void)
{
	work_in(5, 0, 0, true);
}

static void many_slots(void)
{
	work_in(5000, 0, 0, false);
}

static void small_ring(void)
{
	work_in(100, 2, other_cpu(0), false);
}

static const struct test_case cases[] = {
	CASE(one_slot),	  CASE(few_slots),  CASE(few_slots_by_ioctl),
	CASE(many_slots), CASE(small_ring),
};

TEST_MAIN(cases)
