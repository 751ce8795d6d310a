// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library: options of any size, and a ring of records that no kernel would
 * write, of any slot, for deadlines expected or not.  Only where a record is
 * the one expected it becomes an event, and only once.  (Its head and tail are
 * believed: the kernel wrote one, the library the other.)
 */
#include "fuzz.h"

#include <errno.h>

#include "area.h"
#include "library.h"

#define SLOTS 5
#define RING 8
#define FOREVER ((u64)INT64_MAX)

struct slot {
	bool taken;
	u64 deadline; /* expected next; 0: none */
	bool derived; /* from a record, rather than armed */
};

static struct th_engine engine;
static struct timerheap *th;
static struct slot slots[SLOTS];
static u64 last; /* some deadline that was heard of */

/* The engine only stands here for its memory; it never runs. */
u64 th_env_now(struct th_engine *unused)
{
	abort();
}

void th_env_program(struct th_engine *unused, u64 when)
{
	abort();
}

void th_env_wake(struct th_engine *unused)
{
	abort();
}

u32 th_env_cpu(struct th_engine *unused)
{
	abort();
}

static void verify_options(struct input *in)
{
	size_t known = sizeof(struct timerheap_opts), room, size, i;
	struct timerheap_opts *from, to;
	bool rest = false;
	int rc;

	size = (size_t)input_number(in, known) % 200;
	room = size < sizeof(size_t) ? sizeof(size_t) : size;
	from = calloc(1, room);
	for (i = 0; i < room && input_take(in, 1) % 8; i++)
		((u8 *)from)[i] = (u8)input_take(in, 1);
	if (input_below(in, 4) == 1)
		((u8 *)from)[room - 1] = 1;
	memcpy(from, &size, sizeof(size));
	rc = timerheap__read_opts(&to, from);
	for (i = known; i < size; i++)
		rest |= ((u8 *)from)[i] != 0;
	CHECK(rc == (size < known ? -EINVAL : rest ? -E2BIG : 0));
	if (!rc)
		CHECK(!memcmp(&to, from, known));
	free(from);
}

/* What the kernel goes on to after such a record. */
static u64 following(const struct timerheap_expiry *rec)
{
	const struct timerheap_slot *s = &engine.slots[rec->slot];
	unsigned __int128 next = rec->expires_ns, count;
	u64 period = s->period_ns;

	if (!period)
		return 0;
	if (period < engine.min_period_ns)
		period = engine.min_period_ns;
	count = (unsigned __int128)rec->overruns + 1;
	if (rec->overruns == UINT32_MAX)
		count = (rec->fired_ns - rec->expires_ns) / period + 1;
	if (s->flags & TIMERHEAP_SLOT_RESTART) {
		count = 1;
		if (rec->fired_ns > rec->expires_ns)
			next = rec->fired_ns;
	}
	next += count * period;
	return next > FOREVER ? FOREVER : (u64)next;
}

/* Whether the record is to become an event. */
static bool counts(const struct timerheap_expiry *rec)
{
	struct slot *slot;
	bool mine;

	if (rec->slot >= SLOTS)
		return false;
	slot = &slots[rec->slot];
	mine = rec->expires_ns == slot->deadline;
	if (!mine && !slot->derived)
		return false;
	slot->deadline = following(rec);
	slot->derived = slot->deadline != 0;
	return mine;
}

static void post(struct input *in)
{
	struct timerheap_expiry *rec;
	u8 what = (u8)input_take(in, 1);

	if (engine.header->cq_tail - engine.header->cq_head >= RING)
		return;
	rec = &engine.ring.entries[engine.header->cq_tail & (RING - 1)];
	rec->slot = what % 8;
	if (rec->slot == 7)
		rec->slot = (u32)input_number(in, SLOTS);
	rec->expires_ns = what & 8 || rec->slot >= SLOTS
		? input_number(in, last)
		: slots[rec->slot].deadline;
	rec->fired_ns = what & 16 ? input_number(in, rec->expires_ns)
				  : rec->expires_ns;
	rec->overruns = what & 32 ? (u32)input_number(in, UINT32_MAX) : 0;
	rec->cpu = what;
	rec->flags = what >> 7;
	last = rec->expires_ns;
	engine.header->cq_tail++;
}

static void reap(unsigned int most)
{
	u32 head = engine.header->cq_head, tail = engine.header->cq_tail;
	struct timerheap_event *ev = calloc(most + 1, sizeof(*ev));
	int n = timerheap_reap(th, ev, most), i = 0;

	CHECK(n >= 0 && (unsigned int)n <= most);
	for (; head != engine.header->cq_head; head++) {
		const struct timerheap_expiry *rec =
			&engine.ring.entries[head & (RING - 1)];

		CHECK(head != tail);
		if (!counts(rec))
			continue;
		CHECK(i < n);
		CHECK(ev[i].slot == rec->slot && ev[i].timer == rec->slot);
		CHECK(ev[i].data == &slots[rec->slot]);
		CHECK(ev[i].deadline_ns == rec->expires_ns);
		CHECK(ev[i].fired_ns == rec->fired_ns);
		CHECK(ev[i].overruns == rec->overruns);
		CHECK(ev[i].cpu == rec->cpu && ev[i].flags == rec->flags);
		i++;
	}
	CHECK(i == n);
	CHECK(head == tail || (unsigned int)n == most);
	free(ev);
}

static void arm(u32 slot, u64 deadline)
{
	int rc = deadline & 1 ? timerheap_arm(th, slot, deadline)
			      : timerheap_arm_deferred(th, slot, deadline);

	CHECK(rc == (slot >= SLOTS || !deadline ? -EINVAL : 0));
	if (rc)
		return;
	slots[slot].deadline = deadline > FOREVER ? FOREVER : deadline;
	slots[slot].derived = false;
	last = slots[slot].deadline;
	CHECK(engine.slots[slot].expires_ns == last);
}

static void cancel(u32 slot, bool fired)
{
	int want;

	if (slot >= SLOTS) {
		CHECK(timerheap_cancel(th, slot) == -EINVAL);
		return;
	}
	if (fired)
		engine.slots[slot].expires_ns = 0;
	want = engine.slots[slot].expires_ns && slots[slot].deadline;
	if (engine.slots[slot].expires_ns)
		slots[slot] = (struct slot){ .taken = slots[slot].taken };
	CHECK(timerheap_cancel(th, slot) == want);
	CHECK(!engine.slots[slot].expires_ns);
}

static void allocate(void)
{
	int slot = timerheap_slot_alloc(th, NULL), i;

	if (slot < 0) {
		CHECK(slot == -ENOSPC);
		for (i = 0; i < SLOTS; i++)
			CHECK(slots[i].taken);
		return;
	}
	CHECK(slot < SLOTS && !slots[slot].taken);
	slots[slot].taken = true;
	th->data[slot] = &slots[slot];
}

static void release(u32 slot)
{
	int rc = timerheap_slot_free(th, slot);

	CHECK(rc == (slot < SLOTS && slots[slot].taken ? 0 : -EINVAL));
	if (!rc)
		slots[slot] = (struct slot){ 0 };
}

static void step(struct input *in)
{
	u8 op = (u8)input_take(in, 1);
	u32 slot = op / 8 % (SLOTS + 1);

	switch (op % 8) {
	case 0:
	case 1:
		post(in);
		break;
	case 2:
		reap(op / 8);
		break;
	case 3:
		arm(slot, input_number(in, last));
		break;
	case 4:
		cancel(slot, op & 0x80);
		break;
	case 5:
		allocate();
		break;
	case 6:
		release(slot);
		break;
	default:
		slot %= SLOTS;
		engine.slots[slot].period_ns = input_number(in, 1000);
		engine.slots[slot].flags = op >> 7;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 start = (u8)input_take(&in, 1);
	u32 i;

	if (start & 1) {
		verify_options(&in);
		return 0;
	}
	memset(slots, 0, sizeof(slots));
	last = 1000;
	area_make(&engine, SLOTS + 1, RING);
	engine.min_period_ns = 1 + start;
	/* Nobody kicks what comes by itself. */
	engine.header->next_event_ns = 0;
	engine.header->cq_tail = -(u32)(start / 64);
	engine.header->cq_head = engine.header->cq_tail;
	th = library_make(&engine, true);
	for (i = 0; i < SLOTS; i++)
		th->data[i] = &slots[i];
	while (in.left)
		step(&in);
	library_free(th);
	area_free(&engine);
	return 0;
}
