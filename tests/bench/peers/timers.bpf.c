// SPDX-License-Identifier: GPL-2.0-only
/* Requests come by an array that user space has mapped, many a call. */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "timers.bpf.h"

#define CLOCK_MONOTONIC 1

struct element {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct element);
} elements SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} expiries SEC(".maps");

struct timers_request requests[REQUESTS];
__u32 count;
__u32 lost;

static int on_timer(void *map, __u32 *key, struct element *element)
{
	(void)map;
	(void)element;
	if (bpf_ringbuf_output(&expiries, key, sizeof(*key), 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

/* Only relative times: that came with absolute ones is newer than 6.1. */
static int arm(struct element *element, __u64 deadline_ns)
{
	__u64 now = bpf_ktime_get_ns();

	return bpf_timer_start(&element->timer,
			       deadline_ns > now ? deadline_ns - now : 0, 0);
}

static int init(struct element *element)
{
	int rc = bpf_timer_init(&element->timer, &elements, CLOCK_MONOTONIC);

	return rc ? rc : bpf_timer_set_callback(&element->timer, on_timer);
}

static int answer(const struct timers_request *request)
{
	__u32 key = request->timer;
	struct element *element = bpf_map_lookup_elem(&elements, &key);

	if (!element)
		return -1;
	switch (request->what) {
	case TIMERS_INIT:
		return init(element);
	case TIMERS_ARM:
		return arm(element, request->deadline_ns);
	}
	bpf_timer_cancel(&element->timer);
	return 0;
}

SEC("syscall")
int answer_all(void *context)
{
	int failed = 0;

	(void)context;
	for (__u32 i = 0; i < count && i < REQUESTS; i++)
		failed |= answer(&requests[i]);
	return failed;
}

char LICENSE[] SEC("license") = "GPL";
