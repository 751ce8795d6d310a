// SPDX-License-Identifier: GPL-2.0-only
/* The ring against a queue of numbers, and a consumer who lies about it. */
#include "fuzz.h"

#include <linux/atomic.h>

#include "ring.h"

struct world {
	struct th_ring ring;
	struct timerheap_header header;
	u32 size;
	u32 posted; /* all told */
	u32 consumed; /* by an honest consumer */
	u32 start; /* where the counts began */
	bool honest; /* cq_head is where the consumer is */
};

/* Each record is known by its number. */
static struct timerheap_expiry record(u32 number)
{
	return (struct timerheap_expiry){
		.expires_ns = number,
		.fired_ns = ~(u64)number,
		.slot = number * 3,
		.overruns = number * 5,
		.cpu = number * 7,
		.flags = number * 11,
	};
}

static void post(struct world *w)
{
	struct timerheap_expiry expiry = record(w->posted);
	bool full = th_ring_full(&w->ring);

	if (w->honest)
		CHECK(full == (w->posted - w->consumed == w->size));
	if (full)
		return;
	th_ring_post(&w->ring, &expiry);
	w->posted++;
	CHECK(w->ring.tail == w->start + w->posted);
	CHECK(w->ring.tail - w->ring.head <= w->size);
}

static void publish(struct world *w)
{
	bool news = w->ring.published != w->ring.tail;

	th_ring_publish(&w->ring);
	CHECK(w->ring.published == w->ring.tail);
	if (news)
		CHECK(w->header.cq_tail == w->ring.tail);
}

static void consume(struct world *w, u32 most)
{
	u32 head = w->start + w->consumed;
	u32 ready = th_ring_ready(&w->ring, head);

	CHECK(ready <= w->posted - w->consumed);
	for (; ready && most; ready--, most--) {
		struct timerheap_expiry want = record(w->consumed++);

		CHECK(!memcmp(&w->ring.entries[head++ & (w->size - 1)], &want,
			      sizeof(want)));
	}
	w->header.cq_head = head;
}

static void step(struct world *w, struct input *in)
{
	u8 op = (u8)input_take(in, 1);
	u32 head;

	switch (op % 8) {
	case 0:
	case 1:
	case 2:
		post(w);
		break;
	case 3:
		publish(w);
		break;
	case 4:
	case 5:
		if (w->honest)
			consume(w, op >> 3);
		break;
	case 6:
		head = (u32)input_number(in, w->ring.tail);
		CHECK(th_ring_ready(&w->ring, head) ==
		      (w->ring.published - head > w->size
			       ? 0
			       : w->ring.published - head));
		break;
	default:
		w->honest = false;
		w->header.cq_head = (u32)input_number(in, w->ring.tail);
		w->header.cq_tail = (u32)input_number(in, w->ring.tail);
		break;
	}
}

/* Whatever it said before: once the consumer is sane, so is all the rest. */
static void recover(struct world *w)
{
	th_ring_publish(&w->ring);
	w->header.cq_head = w->ring.tail;
	w->consumed = w->posted;
	w->honest = true;
	while (w->posted - w->consumed < w->size)
		post(w);
	CHECK(th_ring_full(&w->ring));
	publish(w);
	consume(w, w->size);
	CHECK(w->consumed == w->posted);
	CHECK(!th_ring_full(&w->ring));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct world w = { .size = 1U << input_below(&in, 6), .honest = true };
	struct timerheap_expiry *entries = calloc(w.size, sizeof(*entries));

	th_ring_init(&w.ring, &w.header, entries, w.size);
	/* Counts run on, and wrap. */
	w.start = (u32)input_number(&in, 0);
	w.ring.tail = w.start;
	w.ring.head = w.start;
	w.ring.published = w.start;
	w.header.cq_tail = w.start;
	w.header.cq_head = w.start;
	while (in.left)
		step(&w, &in);
	recover(&w);
	free(entries);
	return 0;
}
