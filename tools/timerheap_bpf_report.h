/* SPDX-License-Identifier: GPL-2.0-only */
/* Those that were late: what is to blame, and some of them as a whole. */
#ifndef TIMERHEAP_BPF_REPORT_H
#define TIMERHEAP_BPF_REPORT_H

#include "timerheap_bpf.h"
#include "timerheap_judge.h"

#define RING (4 << 20)
#define SECOND 1000000000ULL

/* So many a second; 0: all. */
const volatile __u32 rate;
__u64 unreported; /* the rest */
__u64 dropped; /* those that found no room in the ring */

/* Of the second that began then: how many were reported, and the latest. */
static __u64 second_ns;
static __u64 latest_ns;
static __u32 reported;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING);
} reports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TRACE_BLAMES);
	__type(key, struct trace_blame);
	__type(value, struct trace_answer);
} answers SEC(".maps");

/* Those of no one by name; the last is of all that found no room above. */
struct trace_answer nameless[CAUSES + 1];

static __noinline struct trace_answer *answer_of(const struct trace_blame *blame)
{
	const struct trace_answer none = {};
	struct trace_answer *answer = bpf_map_lookup_elem(&answers, blame);

	if (answer)
		return answer;
	bpf_map_update_elem(&answers, blame, &none, BPF_NOEXIST);
	answer = bpf_map_lookup_elem(&answers, blame);
	return answer ?: &nameless[CAUSES];
}

static __always_inline void blame(const struct trace_verdict *verdict,
				  __u32 count)
{
	struct trace_answer *answer = &nameless[CAUSES];
	__u32 cause = verdict->blame.cause;

	if (verdict->blame.id || verdict->blame.comm[0])
		answer = answer_of(&verdict->blame);
	else if (cause < CAUSES)
		answer = &nameless[cause];
	if (!answer)
		return;
	__sync_fetch_and_add(&answer->count, count);
	__sync_fetch_and_add(&answer->sum_ns, verdict->ns * count);
	if (verdict->ns > answer->max_ns)
		answer->max_ns = verdict->ns;
}

/*
 * The first ones of each second, and any that is twice as late as all of them.
 * CPUs that meet here may report some more.
 */
static __always_inline bool is_told(__u64 total_ns, __u64 now)
{
	if (!rate)
		return true;
	if (now - second_ns >= SECOND) {
		second_ns = now;
		latest_ns = 0;
		reported = 0;
	}
	if (reported >= rate && total_ns / 2 < latest_ns)
		return false;
	reported++;
	latest_ns = max(latest_ns, total_ns);
	return true;
}

/* The reader looks for them by itself, unless there are many. */
static __always_inline __u64 wakeup(void)
{
	return bpf_ringbuf_query(&reports, BPF_RB_AVAIL_DATA) > RING / 4
		? BPF_RB_FORCE_WAKEUP
		: BPF_RB_NO_WAKEUP;
}

#endif
