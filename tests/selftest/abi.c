// SPDX-License-Identifier: GPL-2.0-only
/* The ABI in numbers: what a program was compiled with holds for ever. */
#include <linux/timerheap.h>

#include "harness.h"

#define AT(type, member, offset) \
	CHECK_EQ(offsetof(struct timerheap_##type, member), offset)
#define SIZE(type, size) CHECK_EQ(sizeof(struct timerheap_##type), size)

static void header(void)
{
	SIZE(header, 128);
	AT(header, next_event_ns, 0);
	AT(header, cq_tail, 8);
	AT(header, flags, 12);
	AT(header, wall_offset_ns, 16);
	AT(header, clock_steps, 24);
	AT(header, cpu, 28);
	AT(header, queue, 32);
	AT(header, cq_head, 64);
	AT(header, lead_ns, 68);
}

static void slot(void)
{
	SIZE(slot, 32);
	AT(slot, expires_ns, 0);
	AT(slot, period_ns, 8);
	AT(slot, armed_ns, 16);
	AT(slot, slack_ns, 24);
	AT(slot, flags, 28);
}

static void expiry(void)
{
	SIZE(expiry, 32);
	AT(expiry, expires_ns, 0);
	AT(expiry, fired_ns, 8);
	AT(expiry, slot, 16);
	AT(expiry, overruns, 20);
	AT(expiry, cpu, 24);
	AT(expiry, flags, 28);
}

static void setup(void)
{
	SIZE(setup, 56);
	AT(setup, size, 0);
	AT(setup, flags, 4);
	AT(setup, clockid, 8);
	AT(setup, cpu, 12);
	AT(setup, nslots, 16);
	AT(setup, ring_entries, 20);
	AT(setup, header_off, 24);
	AT(setup, level1_off, 28);
	AT(setup, level0_off, 32);
	AT(setup, ring_off, 36);
	AT(setup, slots_off, 40);
	AT(setup, __resv, 44);
	AT(setup, mmap_size, 48);
}

static void info(void)
{
	SIZE(info, 104);
	AT(info, size, 0);
	AT(info, flags, 4);
	AT(info, abi_version, 8);
	AT(info, max_slots, 12);
	AT(info, max_ring, 16);
	AT(info, budget, 20);
	AT(info, min_period_ns, 24);
	AT(info, features, 32);
	AT(info, clock_flags, 40);
	AT(info, clock_checks, 44);
	AT(info, counter_ppb, 48);
	AT(info, counter_ppb_max, 56);
	AT(info, counter_khz, 64);
	AT(info, clock_steps, 72);
	AT(info, inject_min_ns, 80);
	AT(info, inject_max_ns, 88);
	AT(info, inject_step_ns, 96);
}

static void batches(void)
{
	SIZE(batch, 24);
	AT(batch, size, 0);
	AT(batch, flags, 4);
	AT(batch, count, 8);
	AT(batch, done, 12);
	AT(batch, entries, 16);
	SIZE(arm, 32);
	AT(arm, expires_ns, 0);
	AT(arm, period_ns, 8);
	AT(arm, slot, 16);
	AT(arm, slack_ns, 20);
	AT(arm, flags, 24);
	AT(arm, __resv, 28);
	SIZE(cancel, 8);
	AT(cancel, slot, 0);
	AT(cancel, result, 4);
}

static void wait(void)
{
	SIZE(wait, 24);
	AT(wait, size, 0);
	AT(wait, flags, 4);
	AT(wait, min_expiries, 8);
	AT(wait, ready, 12);
	AT(wait, deadline_ns, 16);
}

static void stats(void)
{
	SIZE(stats, 2584);
	AT(stats, size, 0);
	AT(stats, flags, 4);
	AT(stats, cpu, 8);
	AT(stats, queues, 12);
	AT(stats, expiries, 16);
	AT(stats, overruns, 24);
	AT(stats, lazy_moves, 32);
	AT(stats, lazy_drops, 40);
	AT(stats, doorbells, 48);
	AT(stats, kicks_local, 56);
	AT(stats, kicks_remote, 64);
	AT(stats, runs, 72);
	AT(stats, runs_over_budget, 80);
	AT(stats, stalls, 88);
	AT(stats, handovers, 96);
	AT(stats, clock_steps, 104);
	AT(stats, lateness_min_ns, 112);
	AT(stats, lateness_max_ns, 120);
	AT(stats, lateness_sum_ns, 128);
	AT(stats, lateness_sumsq_us2, 136);
	AT(stats, hist, 144);
}

static void inject(void)
{
	SIZE(inject, 32);
	AT(inject, size, 0);
	AT(inject, flags, 4);
	AT(inject, delay_min_ns, 8);
	AT(inject, delay_max_ns, 16);
	AT(inject, step_ns, 24);
}

static void call_numbers(void)
{
	CHECK_EQ(TIMERHEAP_IOC_SETUP, 0xd700);
	CHECK_EQ(TIMERHEAP_IOC_INFO, 0xd701);
	CHECK_EQ(TIMERHEAP_IOC_KICK, 0xd702);
	CHECK_EQ(TIMERHEAP_IOC_WAIT, 0xd703);
	CHECK_EQ(TIMERHEAP_IOC_ARM, 0xd704);
	CHECK_EQ(TIMERHEAP_IOC_CANCEL, 0xd705);
	CHECK_EQ(TIMERHEAP_IOC_STATS, 0xd706);
	CHECK_EQ(TIMERHEAP_IOC_CPU_STATS, 0xd707);
	CHECK_EQ(TIMERHEAP_IOC_RESET_STATS, 0xd708);
	CHECK_EQ(TIMERHEAP_IOC_INJECT, 0xd709);
	CHECK_EQ(TIMERHEAP_IOC_REAPED, 0xd70a);
}

static void constants(void)
{
	CHECK_EQ(TIMERHEAP_ABI_VERSION, 1);
	CHECK_EQ(TIMERHEAP_NEVER, UINT64_MAX);
	CHECK_EQ(TIMERHEAP_CPU_CURRENT, -1);
	CHECK_EQ(TIMERHEAP_RING_MIN, 256);
	CHECK_EQ(TIMERHEAP_RING_MAX, 65536);
	CHECK_EQ(TIMERHEAP_LEAD_MAX_NS, 10000000);
	CHECK_EQ(TIMERHEAP_INJECT_MAX_NS, 10000000000);
	CHECK_EQ(TIMERHEAP_HDR_STALLED, 1);
	CHECK_EQ(TIMERHEAP_HDR_CLOCK_UNRELIABLE, 2);
	CHECK_EQ(TIMERHEAP_HDR_INJECTED, 4);
	CHECK_EQ(TIMERHEAP_HDR_TRACED, 8);
	CHECK_EQ(TIMERHEAP_SLOT_RESTART, 1);
	CHECK_EQ(TIMERHEAP_EXPIRY_LEAD, 1);
	CHECK_EQ(TIMERHEAP_FEATURE_INJECT, 1);
	CHECK_EQ(TIMERHEAP_CLOCK_RELIABLE, 1);
	CHECK_EQ(TIMERHEAP_CLOCK_COUNTER, 2);
	CHECK_EQ(TIMERHEAP_CLOCK_CONSTANT, 4);
	CHECK_EQ(TIMERHEAP_CLOCK_NONSTOP, 8);
	CHECK_EQ(TIMERHEAP_CLOCK_STABLE, 16);
	CHECK_EQ(TIMERHEAP_HIST_BUCKETS, 305);
}

/* Bucket 8 and on: 8 to a power of two, none wider than an eighth. */
static void histogram(void)
{
	static const struct {
		uint32_t bucket;
		uint64_t lower;
	} rows[] = {
		{ 0, 0 },
		{ 1, 1 },
		{ 7, 7 },
		{ 8, 8 },
		{ 15, 15 },
		{ 16, 16 },
		{ 17, 18 },
		{ 23, 30 },
		{ 24, 32 },
		{ 25, 36 },
		{ 64, 1024 },
		{ 65, 1152 },
		{ 303, 15ULL << 36 },
		{ 304, 1ULL << 40 },
		{ 305, UINT64_MAX },
		{ 1000, UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_EQ(timerheap_hist_lower(rows[i].bucket), rows[i].lower);
	for (uint32_t b = 0; b < TIMERHEAP_HIST_BUCKETS; b++) {
		uint64_t lower = timerheap_hist_lower(b);
		uint64_t next = timerheap_hist_lower(b + 1);

		CHECK_ORDER(next, >, lower);
		CHECK_EQ(timerheap_hist_bucket(lower), b);
		CHECK_EQ(timerheap_hist_bucket(next - 1), b);
		if (b >= 8 && b < TIMERHEAP_HIST_BUCKETS - 1)
			CHECK_ORDER((next - lower) * 8, <=, lower);
	}
	CHECK_EQ(timerheap_hist_bucket(UINT64_MAX), 304);
}

static const struct test_case cases[] = {
	CASE(header), CASE(slot),	  CASE(expiry),	   CASE(setup),
	CASE(info),   CASE(batches),	  CASE(wait),	   CASE(stats),
	CASE(inject), CASE(call_numbers), CASE(constants), CASE(histogram),
};

TEST_MAIN(cases)
