// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <linux/atomic.h>
#include <asm/barrier.h>

#include "bench.h"
#include "check.h"
#include "area.h"

static struct bench *bench_of(struct th_engine *engine)
{
	return (struct bench *)((char *)engine -
				offsetof(struct bench, engine));
}

u64 th_env_now(struct th_engine *engine)
{
	struct bench *bench = bench_of(engine);

	return bench->now_ns += bench->tick_ns;
}

void th_env_program(struct th_engine *engine, u64 when)
{
	bench_of(engine)->programmed_ns = when;
}

void th_env_wake(struct th_engine *engine)
{
	bench_of(engine)->wakes++;
}

u32 th_env_cpu(struct th_engine *engine)
{
	return bench_of(engine)->cpu;
}

/* The clock starts at 1000. */
struct bench *bench_make(u32 nslots, u32 ring_size)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	area_make(&bench->engine, nslots, ring_size);
	bench->now_ns = 1000;
	bench->programmed_ns = TH_NEVER;
	bench->cpu = 3;
	return bench;
}

void bench_free(struct bench *bench)
{
	area_free(&bench->engine);
	free(bench);
}

void bench_config(struct bench *bench, u32 slot, u64 period, u32 slack,
		  u32 flags)
{
	struct timerheap_slot *s = &bench->engine.slots[slot];

	WRITE_ONCE(s->period_ns, period);
	WRITE_ONCE(s->slack_ns, slack);
	WRITE_ONCE(s->flags, flags);
}

void bench_ring(struct bench *bench, u32 slot)
{
	__atomic_fetch_or(&bench->engine.doorbells.level0[slot / 64],
			  1ULL << slot % 64, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&bench->engine.doorbells.level1[slot / 64 / 64],
			  1ULL << slot / 64 % 64, __ATOMIC_SEQ_CST);
}

/* As the uapi header says; returns whether a kick is due. */
bool bench_arm(struct bench *bench, u32 slot, u64 deadline)
{
	struct timerheap_slot *s = &bench->engine.slots[slot];
	u64 latest = th_sat_add(deadline, s->slack_ns);

	(void)xchg(&s->expires_ns, deadline);
	if (latest >= READ_ONCE(s->armed_ns))
		return false;
	bench_ring(bench, slot);
	return latest < READ_ONCE(bench->engine.header->next_event_ns);
}

bool bench_cancel(struct bench *bench, u32 slot)
{
	return xchg(&bench->engine.slots[slot].expires_ns, 0) != 0;
}

bool bench_take(struct bench *bench, struct timerheap_expiry *expiry)
{
	struct timerheap_header *header = bench->engine.header;
	u32 head = header->cq_head;

	if (head == smp_load_acquire(&header->cq_tail))
		return false;
	*expiry = bench->engine.ring.entries[head & bench->engine.ring.mask];
	smp_store_release(&header->cq_head, head + 1);
	return true;
}

/* One run, and what holds after each. */
unsigned int bench_run(struct bench *bench, unsigned int budget)
{
	struct th_engine *engine = &bench->engine;
	unsigned int used;

	bench->programmed_ns = 0xdeadbeef;
	used = th_engine_run(engine, budget);
	assert_in_range(used, 0, budget);
	assert_true(bench->programmed_ns != 0xdeadbeef);
	if (area_flaw(engine))
		fail_msg("%s", area_flaw(engine));
	assert_int_equal(engine->header->cq_tail, engine->ring.tail);
	assert_in_range(engine->ring.tail - engine->header->cq_head, 0,
			engine->ring.mask + 1);
	return used;
}

/* As often as it asks to come back soon; returns the number of runs. */
unsigned int bench_run_all(struct bench *bench, unsigned int budget)
{
	unsigned int runs = 0;

	do {
		bench_run(bench, budget);
		assert_true(++runs < 1000000);
	} while (bench->programmed_ns == TH_SOON);
	return runs;
}

/* Let time pass, with an exact timer. */
void bench_pass_to(struct bench *bench, u64 now)
{
	while (bench->programmed_ns <= now) {
		if (bench->programmed_ns > bench->now_ns)
			bench->now_ns = bench->programmed_ns;
		bench_run_all(bench, BENCH_BUDGET);
	}
	bench->now_ns = now;
}

void bench_expect(struct bench *bench, u32 slot, u64 deadline, u64 fired,
		  u32 overruns, u32 flags)
{
	struct timerheap_expiry expiry;

	memset(&expiry, 0xa5, sizeof(expiry));
	if (!bench_take(bench, &expiry))
		fail_msg("no record of slot %u", slot);
	assert_int_equal(expiry.slot, slot);
	assert_int_equal(expiry.expires_ns, deadline);
	assert_int_equal(expiry.fired_ns, fired);
	assert_int_equal(expiry.overruns, overruns);
	assert_int_equal(expiry.cpu, bench->cpu);
	assert_int_equal(expiry.flags, flags);
}

void bench_expect_none(struct bench *bench)
{
	struct timerheap_expiry expiry;

	if (bench_take(bench, &expiry))
		fail_msg("a record of slot %u", expiry.slot);
}
