/* SPDX-License-Identifier: GPL-2.0-only */
/* How long parts of the way took, for each home CPU. */
#ifndef TIMERHEAP_BPF_SUM_H
#define TIMERHEAP_BPF_SUM_H

#include "timerheap_bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_sums);
} sums SEC(".maps");

static __always_inline __u32 log2_of(__u64 value)
{
	__u32 top = 0;

	if (value >> 32) {
		top = 32;
		value >>= 32;
	}
	if (value >> 16) {
		top += 16;
		value >>= 16;
	}
	if (value >> 8) {
		top += 8;
		value >>= 8;
	}
	if (value >> 4) {
		top += 4;
		value >>= 4;
	}
	if (value >> 2) {
		top += 2;
		value >>= 2;
	}
	return top + (value >> 1);
}

/* timerheap_hist_bucket(), where there is no instruction for clz. */
static __noinline __u32 bucket_of(__u64 value)
{
	__u32 top;

	if (value < 8)
		return value;
	top = log2_of(value);
	if (top >= 40)
		return TIMERHEAP_HIST_BUCKETS - 1;
	return (top - 2) * 8 + ((value >> (top - 3)) & 7);
}

static __always_inline void add(struct trace_sum *sum, __u64 value, __u32 count)
{
	__u32 bucket = bucket_of(value);

	/* The verifier is to see that it is this one that is checked. */
	barrier_var(bucket);
	if (bucket >= TIMERHEAP_HIST_BUCKETS)
		return;
	__sync_fetch_and_add(&sum->hist[bucket], count);
	__sync_fetch_and_add(&sum->count, count);
	__sync_fetch_and_add(&sum->sum_ns, value * count);
	if (value > sum->max_ns)
		sum->max_ns = value;
}

#endif
