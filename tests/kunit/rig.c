// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints are timerheap.ko's. */
#define NOTRACE

#include <linux/slab.h>
#include <linux/string.h>

#include "../../module/engine.c"
#include "../../module/fire.c"
#include "../../module/post.c"
#include "rig.h"

static struct rig *rig_of(struct th_engine *engine)
{
	return container_of(engine, struct rig, engine);
}

u64 th_env_now(struct th_engine *engine)
{
	struct rig *rig = rig_of(engine);

	if (rig->on_now)
		rig->on_now(rig);
	return rig->now;
}

void th_env_program(struct th_engine *engine, u64 when)
{
	struct rig *rig = rig_of(engine);

	rig->programmed = when == TH_SOON ? rig->now + RIG_GAP_NS : when;
}

void th_env_wake(struct th_engine *engine)
{
	rig_of(engine)->wakes++;
}

u32 th_env_cpu(struct th_engine *engine)
{
	return 5;
}

#define GUARD	0x5a

/* Guards stand behind what user space can have the engine index. */
static void *part(struct kunit *test, size_t n, size_t size)
{
	void *memory = kunit_kcalloc(test, n, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	return memory;
}

/* It is 1,000,000 ns. */
struct rig *rig_make(struct kunit *test, u32 nslots, u32 ring_size)
{
	struct rig *rig = part(test, 1, sizeof(*rig));
	struct th_engine *engine = &rig->engine;
	struct timerheap_expiry *entries;
	u32 words = TH_BELL_WORDS(nslots);

	rig->test = test;
	rig->now = 1000000;
	rig->programmed = TH_NEVER;
	rig->budget = RIG_BUDGET;
	rig->ring_size = ring_size;
	rig->max_taken = 16384;
	rig->taken = part(test, rig->max_taken, sizeof(*rig->taken));
	engine->header = &rig->header;
	engine->slots = part(test, nslots + 1, sizeof(*engine->slots));
	memset(&engine->slots[nslots], GUARD, sizeof(*engine->slots));
	engine->nslots = nslots;
	engine->min_period_ns = RIG_MIN_PERIOD;
	th_doorbell_init(&engine->doorbells,
			 part(test, TH_BELL_WORDS(words), sizeof(u64)),
			 part(test, words, sizeof(u64)), nslots);
	th_heap_init(&engine->heap,
		     part(test, TH_HEAP_ENTRIES(nslots), sizeof(u64)),
		     part(test, TH_HEAP_ENTRIES(nslots), sizeof(u32)),
		     part(test, nslots, sizeof(u32)));
	entries = part(test, ring_size + 1, sizeof(*entries));
	memset(&entries[ring_size], GUARD, sizeof(*entries));
	th_ring_init(&engine->ring, &rig->header, entries, ring_size);
	th_engine_init(engine);
	return rig;
}

/* What must hold between two runs, whatever user space has written. */
void rig_verify(struct rig *rig)
{
	const struct th_heap *heap = &rig->engine.heap;
	const struct th_ring *ring = &rig->engine.ring;
	struct kunit *test = rig->test;
	u32 i;

	KUNIT_ASSERT_LE(test, heap->count + rig->engine.wheel.count,
			rig->engine.nslots);
	for (i = 1; i <= heap->count; i++) {
		KUNIT_ASSERT_LT(test, heap->slots[i], rig->engine.nslots);
		KUNIT_ASSERT_EQ(test, heap->pos[heap->slots[i]], i);
		KUNIT_ASSERT_LT(test, heap->keys[i], TH_NEVER);
		if (i > 1)
			KUNIT_ASSERT_LE(test, heap->keys[(i + 2) / 4],
					heap->keys[i]);
	}
	for (i = rig->engine.nslots - rig->engine.wheel.count + 1;
	     i <= rig->engine.nslots; i++) {
		KUNIT_ASSERT_LT(test, heap->slots[i], rig->engine.nslots);
		KUNIT_ASSERT_EQ(test, heap->pos[heap->slots[i]], i);
	}
	KUNIT_ASSERT_LE(test, ring->tail - ring->head, rig->ring_size);
	KUNIT_ASSERT_EQ(test, ring->published, ring->tail);
	KUNIT_ASSERT_NULL(test, memchr_inv(&ring->entries[rig->ring_size],
					   GUARD, sizeof(*ring->entries)));
	KUNIT_ASSERT_NULL(test,
			  memchr_inv(&rig->engine.slots[rig->engine.nslots],
				     GUARD, sizeof(*rig->engine.slots)));
}

/* Arms as a user does, but for the kick; returns whether that is due. */
bool rig_set(struct rig *rig, u32 slot, u64 deadline)
{
	struct timerheap_slot *s = &rig->engine.slots[slot];
	u64 latest = th_sat_add(deadline, s->slack_ns);

	xchg(&s->expires_ns, deadline);
	if (latest >= READ_ONCE(s->armed_ns))
		return false;
	th_doorbell_ring(&rig->engine.doorbells, slot);
	/* As the uapi header has it: rung, full barrier, read next event. */
	smp_mb__after_atomic();
	return latest < READ_ONCE(rig->header.next_event_ns);
}

void rig_arm(struct rig *rig, u32 slot, u64 deadline)
{
	if (rig_set(rig, slot, deadline))
		rig_kick(rig);
}

void rig_arm_periodic(struct rig *rig, u32 slot, u64 deadline, u64 period,
		      u32 flags)
{
	rig->engine.slots[slot].period_ns = period;
	rig->engine.slots[slot].flags = flags;
	rig_arm(rig, slot, deadline);
}

bool rig_cancel(struct rig *rig, u32 slot)
{
	return xchg(&rig->engine.slots[slot].expires_ns, 0) != 0;
}

unsigned int rig_kick(struct rig *rig)
{
	unsigned int used = th_engine_run(&rig->engine, rig->budget);

	KUNIT_ASSERT_LE(rig->test, used, rig->budget);
	return used;
}

/* Time goes by, and each interrupt comes when it is due. */
void rig_advance(struct rig *rig, u64 until)
{
	unsigned int runs = 0;

	while (rig->programmed <= until) {
		rig->now = max(rig->now, rig->programmed);
		rig->programmed = TH_NEVER;
		rig_kick(rig);
		/* An engine that wants to come back for ever. */
		KUNIT_ASSERT_LT(rig->test, ++runs, 100000U);
	}
	rig->now = until;
}

/* Time goes by with interrupts off; what was due comes at the end, at once. */
void rig_late(struct rig *rig, u64 now)
{
	rig->now = now;
	if (rig->programmed <= now) {
		rig->programmed = TH_NEVER;
		rig_kick(rig);
	}
}

static u32 take_all(struct rig *rig)
{
	u32 head = rig->header.cq_head;
	u32 n = rig->header.cq_tail - head;
	u32 i;

	KUNIT_ASSERT_LE(rig->test, n, rig->ring_size);
	KUNIT_ASSERT_LE(rig->test, rig->ntaken + n, rig->max_taken);
	for (i = 0; i < n; i++)
		rig->taken[rig->ntaken++] =
			rig->engine.ring.entries[(head + i) % rig->ring_size];
	/* As the uapi header has it: what was read is the kernel's again. */
	/* Pairs with th_ring_full(). */
	smp_store_release(&rig->header.cq_head, head + n);
	/* Likewise: head, full barrier, read flags. */
	smp_mb();
	if (READ_ONCE(rig->header.flags) & TIMERHEAP_HDR_STALLED)
		rig_kick(rig);
	return n;
}

/*
 * Takes what the ring holds, behind what was taken before, until there is
 * nothing left; returns how many.
 */
u32 rig_reap(struct rig *rig)
{
	u32 n, sum = 0;

	do {
		n = take_all(rig);
		sum += n;
	} while (n);
	return sum;
}

void rig_forget(struct rig *rig)
{
	rig->ntaken = 0;
}
