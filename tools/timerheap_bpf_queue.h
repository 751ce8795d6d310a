/* SPDX-License-Identifier: GPL-2.0-only */
/* Queues, and the expiries that are in their rings: what the kernel does. */
#ifndef TIMERHEAP_BPF_QUEUE_H
#define TIMERHEAP_BPF_QUEUE_H

#include "timerheap_bpf.h"
#include "timerheap_bpf_cpu.h"
#include "timerheap_bpf_task.h"

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_BOOTTIME 7
#define CLOCK_TAI 11

#define QUEUES 4096
/* In all, and of one queue. */
#define GROUPS 32768
#define GROUPS_BITS 12

/* CLOCK_TAI minus CLOCK_REALTIME. */
const volatile __s64 tai_ns;

__u64 lost; /* expiries for which there was no room here */

/* struct th_name of the module, as documented. */
struct name {
	__u32 queue;
	__u32 pid;
	__s32 clock;
};

/* Expiries of one deadline, fired by one run. */
struct group {
	struct trace_expiry way; /* past the posting: of those taken last */
	__u32 taken; /* of its count, by the consumer */
	__u32 number;
	__u32 busy_tid;
	__s32 busy_in;
	/* CLOCK_MONOTONIC */
	__u64 deadline_ns;
	__u64 handled_ns;
	__u64 posted_ns;
};

struct queue {
	__u32 number;
	__u32 pid;
	__s32 clock;
	__u32 tail; /* groups: the home CPU counts these, */
	__u32 head; /* and the consumer those */
	/* in the queue's clock */
	__u64 run_ns; /* the last run; 0: none seen */
	__u64 next_ns; /* when it is to be looked at */
	/* while runs leave work behind: the first of these, */
	__u64 behind_ns;
	__u64 left_ns; /* and the last; 0: nothing is left */
	__u64 held_ns; /* what kept it from being done, up to then, */
	__u64 stalled_ns;
	bool stalled; /* and since then */
};

/* By the last bits of their numbers; newer ones take the place of older ones. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, QUEUES);
	__type(key, __u32);
	__type(value, struct queue);
} queues SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GROUPS);
	__type(key, __u32);
	__type(value, struct group);
} groups SEC(".maps");

static __always_inline struct group *find_group(__u32 queue, __u32 number)
{
	__u32 index =
		((queue << GROUPS_BITS) + (number & ((1 << GROUPS_BITS) - 1))) &
		(GROUPS - 1);

	return bpf_map_lookup_elem(&groups, &index);
}

static __always_inline __u64 now_by(__s32 clock)
{
	if (clock == CLOCK_BOOTTIME)
		return bpf_ktime_get_boot_ns();
	if (clock == CLOCK_REALTIME)
		return bpf_ktime_get_tai_ns() - tai_ns;
	if (clock == CLOCK_TAI)
		return bpf_ktime_get_tai_ns();
	return bpf_ktime_get_ns();
}

/* CLOCK_MONOTONIC at a time of another clock. */
static __always_inline __u64 monotonic(__s32 clock, __u64 time, __u64 now)
{
	return clock == CLOCK_MONOTONIC ? time : time - (now_by(clock) - now);
}

/* Runs since the deadline had no budget left for it, or no room. */
static __always_inline void explain_behind(struct trace_expiry *way,
					   const struct queue *q, __u64 start)
{
	__u64 window = since(start, max(way->deadline_ns, q->behind_ns));
	__u64 waited = since(start, q->left_ns);

	way->held_ns = min(q->held_ns + (q->stalled ? 0 : waited), window);
	way->stalled_ns = min(q->stalled_ns + (q->stalled ? waited : 0),
			      window - way->held_ns);
}

/* Why the interrupt came late, or was of no use. */
static __always_inline void explain_handled(struct group *g,
					    const struct queue *q, __u64 start,
					    __u64 now)
{
	__u64 from = g->deadline_ns, to = g->handled_ns;
	struct trace_expiry *way = &g->way;
	struct cpu *cpu;

	way->armed_late = 0;
	way->planned_ns = way->held_ns = way->stalled_ns = 0;
	way->before.kind = TRACE_NOTHING;
	if (to - from < part_ns)
		return;
	if (q->left_ns)
		explain_behind(way, q, start);
	else if (q->run_ns > way->deadline_ns)
		way->armed_late = 1;
	else if (q->run_ns && q->next_ns == TIMERHEAP_NEVER)
		way->planned_ns = to - from;
	else if (q->run_ns)
		way->planned_ns = since(
			min(monotonic(q->clock, q->next_ns, now), to), from);
	/* Nobody need have had the CPU for so long. */
	from += way->planned_ns;
	if (since(to, from) < way->held_ns + way->stalled_ns + part_ns)
		return;
	cpu = this_cpu();
	if (!cpu)
		return;
	keep_current(cpu, now);
	explain(cpu, from, to, &way->before);
}

static __always_inline struct queue *place_of(__u32 number)
{
	__u32 place = number % QUEUES;

	return bpf_map_lookup_elem(&queues, &place);
}

static __always_inline struct queue *find_queue(__u32 number)
{
	struct queue *q = place_of(number);

	return q && q->number == number ? q : NULL;
}

static __always_inline void new_queue(struct queue *q,
				      const struct bpf_raw_tracepoint_args *ctx)
{
	struct name name = {};

	bpf_probe_read_kernel(&name, sizeof(name), (const void *)ctx->args[0]);
	*q = (struct queue){
		.number = name.queue,
		.pid = name.pid,
		.clock = name.clock,
	};
}

/* deadline, fired, start, delay, position, count, queue */
SEC("raw_tp/timerheap_fire")
int on_fire(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 deadline = ctx->args[1], start = ctx->args[3];
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 now = bpf_ktime_get_ns();
	__u32 number = ctx->args[7];
	struct queue *q = place_of(number);
	struct group *g;

	if (!q)
		return 0;
	if (q->number != number)
		new_queue(q, ctx);
	g = find_group(number, q->tail);
	if (!g)
		return 0;
	/* Another queue's, or one that nobody came for. */
	if (g->way.count != g->taken)
		__sync_fetch_and_add(&lost, g->way.count - g->taken);
	g->way.queue = number;
	g->way.cpu = bpf_get_smp_processor_id();
	g->way.deadline_ns = deadline;
	g->way.delay_ns = ctx->args[4];
	g->way.position = ctx->args[5];
	g->way.count = ctx->args[6];
	g->busy_tid = task->pid;
	g->busy_in = syscall_of(task);
	g->taken = 0;
	g->number = q->tail;
	g->handled_ns = min(monotonic(q->clock, start, now), now);
	/* With a lead it is before the deadline, and that is the aim. */
	g->deadline_ns = min(monotonic(q->clock, deadline, now), g->handled_ns);
	g->posted_ns = now;
	explain_handled(g, q, start, now);
	/* Whole before the consumer's CPU counts it. */
	__sync_fetch_and_add(&q->tail, 1);
	return 0;
}

/* The first run that leaves work is a part of what holds it back. */
static __always_inline void note_left(struct queue *q, bool stalled,
				      __u64 start)
{
	if (!q->behind_ns)
		q->behind_ns = start;
	else if (q->stalled)
		q->stalled_ns += since(start, q->left_ns);
	else
		q->held_ns += since(start, q->left_ns);
	q->left_ns = start;
	q->stalled = stalled;
}

/* start, budget, used, next, stalled, queue */
SEC("raw_tp/timerheap_run")
int on_run(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 start = ctx->args[1], budget = ctx->args[2], next = ctx->args[4];
	bool stalled = ctx->args[5];
	struct queue *q = find_queue(ctx->args[6]);

	if (!q)
		return 0;
	/* Without a budget it has not looked at the time, either. */
	if (stalled || !next)
		note_left(q, stalled, budget ? start : now_by(q->clock));
	else if (q->behind_ns)
		q->behind_ns = q->left_ns = q->held_ns = q->stalled_ns = 0;
	if (budget) {
		q->run_ns = start;
		q->next_ns = next;
	}
	return 0;
}

#endif
