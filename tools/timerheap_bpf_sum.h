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

/* timerheap_hist_bucket() of small values. */
const volatile __u8 buckets[1 << 12];

/* .. and of any: eight buckets further for each power of two. */
static __always_inline __u32 bucket_of(__u64 value)
{
	if (!(value >> 12))
		return buckets[value];
	if (!(value >> 21))
		return 9 * 8 + buckets[value >> 9];
	if (!(value >> 30))
		return 18 * 8 + buckets[value >> 18];
	if (!(value >> 39))
		return 27 * 8 + buckets[value >> 27];
	if (!(value >> 40))
		return 36 * 8 + buckets[value >> 36];
	return TIMERHEAP_HIST_BUCKETS - 1;
}

/* Those of no length are what is missing to the count. */
static __always_inline void add(struct trace_sum *sum, __u64 value, __u32 count)
{
	__u32 bucket;

	if (!value)
		return;
	bucket = bucket_of(value);
	/* The verifier is to see that it is this one that is checked. */
	barrier_var(bucket);
	if (bucket >= TIMERHEAP_HIST_BUCKETS)
		return;
	__sync_fetch_and_add(&sum->hist[bucket], count);
	__sync_fetch_and_add(&sum->sum_ns, value * count);
	if (value > sum->max_ns)
		sum->max_ns = value;
}

#endif
