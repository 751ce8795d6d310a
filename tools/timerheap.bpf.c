// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of expiries from the deadline to the consumer.  Each queue has its
 * groups of expiries that are alike, in the order of its ring: timerheap_fire
 * adds them, and whoever reaps takes them.
 *
 * All but the probe are raw: others would not run for an interrupt that comes
 * in the middle of one of them.
 */
/* Registers by the kernel's names, not by those for user space. */
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "timerheap_trace_bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
/* Of the kernel's, what is looked at. */
struct task_struct {
	int pid;
	char comm[TRACE_COMM];
};

struct pt_regs {
#ifdef __TARGET_ARCH_arm64
	int syscallno;
#else
	unsigned long orig_ax;
	unsigned long ip;
#endif
};

#ifdef __TARGET_ARCH_arm64
struct user_pt_regs {
	unsigned long pc;
};
#endif

struct irqaction {
	const char *name;
};
#pragma clang attribute pop

#include <bpf/usdt.bpf.h>

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_BOOTTIME 7
#define CLOCK_TAI 11
#define NOT_IDLE (~0U)

#define QUEUES 4096
#define TASKS 4096
/* In all, and of one queue. */
#define GROUPS 32768
#define GROUPS_BITS 12
#define SPANS 16

const volatile __u64 over_ns;
/* From so long on the cause of a part, or what holds a CPU, is kept. */
const volatile __u64 part_ns = 10000;
const volatile __u64 span_ns = 5000;
/* CLOCK_TAI minus CLOCK_REALTIME. */
const volatile __s64 tai_ns;

__u64 lost; /* expiries for which there was no room here, */
__u64 unseen; /* or that were reaped where no probe is, or for the first time */
__u64 dropped; /* late ones that were counted, but not reported */

/* struct th_name of the module, as documented. */
struct name {
	__u32 queue;
	__u32 pid;
	__s32 clock;
};

/* Expiries of one deadline, fired by one run. */
struct group {
	struct trace_expiry way; /* up to the posting; count: by the kernel, */
	__u32 taken; /* and by the consumer */
	__u32 number;
	__u64 start_ns; /* in the queue's clock */
	/* CLOCK_MONOTONIC from here on */
	__u64 deadline_ns;
	__u64 handled_ns;
	__u64 posted_ns;
};

struct queue {
	__u32 tail; /* groups: the home CPU counts these, */
	__u32 head; /* and the consumer those */
	__u64 run_ns; /* the end of the last run; 0: none seen */
	__u64 next_ns; /* when it is to be looked at */
	/* While runs leave work behind: since when, */
	__u64 behind_ns;
	__u64 left_ns; /* the end of the last one of these; 0: nothing is left, */
	__u64 held_ns; /* and what kept it from being done, up to then */
	__u64 stalled_ns;
	bool stalled; /* since then */
	__s32 clock;
};

struct cpu {
	__u64 switched_ns;
	__u64 irq_ns;
	__u64 softirq_ns;
	__u64 idle_ns;
	__u32 softirq;
	__u32 idle_state;
	__u32 next_span;
	struct trace_span spans[SPANS];
};

/* A thread that has reaped. */
struct task {
	__u64 woken_ns;
	__u64 ready_ns; /* woken, or preempted */
	__u64 on_cpu_ns;
	__s32 asleep_in;
	struct trace_span waiting;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TASKS);
	__type(key, __u32);
	__type(value, struct task);
} tasks SEC(".maps");

/* By CPU; the program that loads this says how many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_sums);
} sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} reports SEC(".maps");

static __always_inline __u64 max(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

static __always_inline __u64 min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static __always_inline __u64 since(__u64 now, __u64 before)
{
	return now > before ? now - before : 0;
}

static __always_inline struct cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

static __always_inline struct group *find_group(__u32 queue, __u32 number)
{
	__u32 index =
		((queue << GROUPS_BITS) + (number & ((1 << GROUPS_BITS) - 1))) &
		(GROUPS - 1);

	return bpf_map_lookup_elem(&groups, &index);
}

/* CLOCK_MONOTONIC at a time of another clock. */
static __always_inline __u64 monotonic(__s32 clock, __u64 time, __u64 now)
{
	if (clock == CLOCK_BOOTTIME)
		return time - (bpf_ktime_get_boot_ns() - now);
	if (clock == CLOCK_REALTIME)
		time += tai_ns;
	else if (clock != CLOCK_TAI)
		return time;
	return time - (bpf_ktime_get_tai_ns() - now);
}

/* What the current thread was doing when it was interrupted; -1: no call. */
static __always_inline __s32 current_syscall(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

#ifdef __TARGET_ARCH_arm64
	return regs->syscallno;
#else
	return (__s32)regs->orig_ax;
#endif
}

static __always_inline void keep_span(struct cpu *cpu, __u32 kind, __s32 id,
				      __u64 start, __u64 end, const char *comm)
{
	struct trace_span *span = &cpu->spans[cpu->next_span++ % SPANS];

	span->start_ns = start;
	span->end_ns = end;
	span->kind = kind;
	span->id = id;
	if (!comm ||
	    bpf_probe_read_kernel_str(span->comm, TRACE_COMM, comm) < 0)
		span->comm[0] = 0;
}

static __always_inline __u64 overlap(const struct trace_span *span, __u64 from,
				     __u64 to)
{
	return since(min(span->end_ns, to), max(span->start_ns, from));
}

/* The longest of a kind between two times; how long it was there. */
static __noinline __u64 longest(struct cpu *cpu, __u32 kind, __u64 from,
				__u64 to, struct trace_span *found)
{
	__u64 most = 0;

	if (!cpu || !found)
		return 0;
	for (int i = 0; i < SPANS; i++) {
		const struct trace_span *span = &cpu->spans[i];
		__u64 length = overlap(span, from, to);

		if (span->kind != kind || length <= most)
			continue;
		most = length;
		*found = *span;
	}
	return most;
}

/*
 * What held a CPU between two times: the innermost of what had it for half of
 * that, or else what had it longest.
 */
static __noinline int explain(struct cpu *cpu, __u64 from, __u64 to,
			      struct trace_span *found)
{
	__u64 most = 0;

	if (!cpu || !found)
		return 0;
	found->kind = TRACE_NOTHING;
	for (__u32 kind = TRACE_HARDIRQ; kind < TRACE_KINDS; kind++) {
		struct trace_span span = {};
		__u64 length = longest(cpu, kind, from, to, &span);

		if (length <= most)
			continue;
		most = length;
		*found = span;
		if (2 * length >= to - from)
			break;
	}
	return 0;
}

/* What has the CPU now is not over, and not kept yet. */
static __always_inline void keep_current(struct cpu *cpu, __u64 now)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (cpu->softirq_ns)
		keep_span(cpu, TRACE_SOFTIRQ, cpu->softirq, cpu->softirq_ns,
			  now, NULL);
	if (cpu->idle_state != NOT_IDLE && cpu->idle_ns)
		keep_span(cpu, TRACE_IDLE, cpu->idle_state, cpu->idle_ns, now,
			  NULL);
	if (task->pid)
		keep_span(cpu, TRACE_TASK, task->pid, cpu->switched_ns, now,
			  task->comm);
}

/* Runs since the deadline had no budget left for it, or no room. */
static __always_inline void explain_behind(struct trace_expiry *way,
					   const struct queue *q, __u64 from,
					   __u64 to)
{
	__u64 window = since(to, max(from, q->behind_ns));
	__u64 waited = since(to, q->left_ns);

	way->held_ns = min(q->held_ns + (q->stalled ? 0 : waited), window);
	way->stalled_ns = min(q->stalled_ns + (q->stalled ? waited : 0),
			      window - way->held_ns);
}

/* Why the interrupt came late, or was of no use. */
static __always_inline void explain_handled(struct group *g,
					    const struct queue *q, __u64 now)
{
	__u64 from = g->deadline_ns, to = g->handled_ns;
	struct trace_expiry *way = &g->way;
	struct cpu *cpu = this_cpu();

	way->armed_late = 0;
	way->planned_ns = way->held_ns = way->stalled_ns = 0;
	way->before.kind = TRACE_NOTHING;
	if (to - from < part_ns)
		return;
	if (q->left_ns)
		explain_behind(way, q, from, to);
	else if (q->run_ns > from)
		way->armed_late = 1;
	else if (q->run_ns)
		way->planned_ns = since(min(q->next_ns, to), from);
	if (!cpu)
		return;
	keep_current(cpu, now);
	explain(cpu, from + way->planned_ns, to, &way->before);
}

static __always_inline void report_queue(const struct name *name)
{
	struct trace_expiry *news =
		bpf_ringbuf_reserve(&reports, sizeof(*news), 0);

	if (!news)
		return;
	news->queue = name->queue;
	news->pid = name->pid;
	news->count = 0;
	bpf_ringbuf_submit(news, 0);
}

static __always_inline struct queue *get_queue(const struct name *name)
{
	struct queue fresh = { .clock = name->clock }, *q;
	__u32 key = name->queue;

	q = bpf_map_lookup_elem(&queues, &key);
	if (q)
		return q;
	if (bpf_map_update_elem(&queues, &key, &fresh, BPF_NOEXIST))
		return NULL;
	report_queue(name);
	return bpf_map_lookup_elem(&queues, &key);
}

static __always_inline void name_of(struct name *name,
				    const struct bpf_raw_tracepoint_args *ctx)
{
	bpf_probe_read_kernel(name, sizeof(*name), (const void *)ctx->args[0]);
}

/* deadline, fired, start, delay, position, count */
SEC("raw_tp/timerheap_fire")
int on_fire(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 deadline = ctx->args[1], start = ctx->args[3];
	__u32 position = ctx->args[5], count = ctx->args[6];
	__u64 now = bpf_ktime_get_ns();
	struct name name;
	struct group *g;
	struct queue *q;

	name_of(&name, ctx);
	q = get_queue(&name);
	if (!q) {
		__sync_fetch_and_add(&lost, count);
		return 0;
	}
	g = find_group(name.queue, q->tail - 1);
	if (g && q->tail && g->way.queue == name.queue &&
	    g->start_ns == start && g->way.deadline_ns == deadline &&
	    g->way.position + g->way.count == position) {
		g->way.count += count;
		g->posted_ns = now;
		return 0;
	}
	g = find_group(name.queue, q->tail);
	if (!g)
		return 0;
	/* Another queue's, or one that nobody came for. */
	if (g->way.count != g->taken)
		__sync_fetch_and_add(&lost, g->way.count - g->taken);
	g->way.queue = name.queue;
	g->way.pid = name.pid;
	g->way.cpu = bpf_get_smp_processor_id();
	g->way.deadline_ns = deadline;
	g->way.delay_ns = ctx->args[4];
	g->way.position = position;
	g->way.count = count;
	g->way.tid = ((struct task_struct *)bpf_get_current_task_btf())->pid;
	g->way.busy_in = current_syscall();
	g->taken = 0;
	g->number = q->tail;
	g->start_ns = start;
	g->handled_ns = min(monotonic(name.clock, start, now), now);
	/* With a lead it is before the deadline, and that is the aim. */
	g->deadline_ns =
		min(monotonic(name.clock, deadline, now), g->handled_ns);
	g->posted_ns = now;
	explain_handled(g, q, now);
	/* Whole before the consumer's CPU counts it. */
	__sync_fetch_and_add(&q->tail, 1);
	return 0;
}

static __always_inline void note_left(struct queue *q, bool stalled, __u64 now)
{
	if (!q->behind_ns)
		q->behind_ns = now;
	else if (q->stalled)
		q->stalled_ns += since(now, q->left_ns);
	else
		q->held_ns += since(now, q->left_ns);
	q->left_ns = now;
	q->stalled = stalled;
}

/* start, budget, used, next, stalled */
SEC("raw_tp/timerheap_run")
int on_run(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 budget = ctx->args[2], next = ctx->args[4];
	bool stalled = ctx->args[5];
	__u64 now = bpf_ktime_get_ns();
	struct queue *q;
	struct name name;

	name_of(&name, ctx);
	q = bpf_map_lookup_elem(&queues, &name.queue);
	if (!q)
		return 0;
	if (stalled || !next)
		note_left(q, stalled, now);
	else
		q->behind_ns = q->left_ns = q->held_ns = q->stalled_ns = 0;
	if (!budget)
		return 0;
	q->run_ns = now;
	q->next_ns = next == TIMERHEAP_NEVER ? next
					     : monotonic(q->clock, next, now);
	return 0;
}

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

struct reap {
	struct queue *q;
	struct task *task;
	__u32 queue;
	__u32 from;
	__u32 to;
	__u32 tid;
	__u64 now;
};

static __always_inline void report(const struct group *g, const __u64 *parts,
				   const struct reap *reap, __u32 position,
				   __u32 count)
{
	struct trace_expiry *way =
		bpf_ringbuf_reserve(&reports, sizeof(*way), 0);
	__u32 tid = reap->tid;

	if (!way) {
		__sync_fetch_and_add(&dropped, count);
		return;
	}
	*way = g->way;
	for (int i = 0; i < TRACE_PARTS; i++)
		way->parts_ns[i] = parts[i];
	way->position = position;
	way->count = count;
	way->asleep_in = reap->task->asleep_in;
	if (g->way.tid != tid)
		way->busy_in = -1;
	way->tid = tid;
	way->waiting.kind = TRACE_NOTHING;
	if (parts[TRACE_ON_CPU] >= part_ns)
		way->waiting = reap->task->waiting;
	bpf_get_current_comm(way->comm, sizeof(way->comm));
	bpf_ringbuf_submit(way, 0);
}

/* @count of the group, from @position on, are in the consumer's hands. */
static __always_inline void finish(const struct group *g,
				   const struct reap *reap, __u32 position,
				   __u32 count)
{
	__u64 posted = min(g->posted_ns, reap->now);
	__u64 handled = min(g->handled_ns, posted);
	__u64 woken = min(max(reap->task->woken_ns, posted), reap->now);
	__u64 on_cpu = min(max(reap->task->on_cpu_ns, woken), reap->now);
	__u64 total = since(reap->now, g->deadline_ns);
	__u64 parts[TRACE_PARTS] = {
		since(handled, g->deadline_ns),
		posted - handled,
		woken - posted,
		on_cpu - woken,
		reap->now - on_cpu,
	};
	__u32 cpu = g->way.cpu;
	struct trace_sums *s = bpf_map_lookup_elem(&sums, &cpu);

	if (!s)
		return;
	for (int i = 0; i < TRACE_PARTS; i++)
		add(&s->parts[i], parts[i], count);
	add(&s->parts[TRACE_TOTAL], total, count);
	if (total >= over_ns)
		report(g, parts, reap, position, count);
}

/* The next group, as far as it was reaped; 1: there is no more. */
static long take_group(__u32 index, struct reap *reap)
{
	struct queue *q = reap->q;
	struct group *g;
	__u32 position, left;

	if (!q || q->head == q->tail)
		return 1;
	g = find_group(reap->queue, q->head);
	if (!g)
		return 1;
	if (g->way.queue != reap->queue || g->number != q->head) {
		q->head++;
		return 0;
	}
	position = g->way.position + g->taken;
	left = g->way.count - g->taken;
	if (left && (__s32)(position - reap->to) >= 0)
		return 1;
	/* What was reaped where nobody looked. */
	if (left && (__s32)(position - reap->from) < 0) {
		__u32 missed = min(left, reap->from - position);

		__sync_fetch_and_add(&unseen, missed);
		g->taken += missed;
		position += missed;
		left -= missed;
	}
	left = min(left, reap->to - position);
	if (left) {
		if (reap->task)
			finish(g, reap, position, left);
		else
			__sync_fetch_and_add(&unseen, left);
		g->taken += left;
	}
	if (g->taken != g->way.count)
		return 1;
	/* The last one may still become more. */
	if (q->head + 1 == q->tail)
		return 1;
	q->head++;
	return 0;
}

static __always_inline int on_taken(__u32 queue, __u32 from, __u32 count)
{
	struct reap reap = {
		.q = bpf_map_lookup_elem(&queues, &queue),
		.queue = queue,
		.from = from,
		.to = from + count,
		.tid = bpf_get_current_pid_tgid(),
		.now = bpf_ktime_get_ns(),
	};

	if (!reap.q)
		return 0;
	reap.task = bpf_map_lookup_elem(&tasks, &reap.tid);
	bpf_loop(1 << GROUPS_BITS, take_group, &reap, 0);
	if (!reap.task) {
		struct task fresh = { .asleep_in = -1 };

		bpf_map_update_elem(&tasks, &reap.tid, &fresh, BPF_NOEXIST);
	}
	return 0;
}

SEC("usdt")
int on_reap(struct pt_regs *ctx)
{
	long queue, from, count;

	if (bpf_usdt_arg(ctx, 0, &queue) || bpf_usdt_arg(ctx, 1, &from) ||
	    bpf_usdt_arg(ctx, 2, &count))
		return 0;
	return on_taken(queue, from, count);
}

/* position, count */
SEC("raw_tp/timerheap_read")
int on_read(struct bpf_raw_tracepoint_args *ctx)
{
	struct name name;

	name_of(&name, ctx);
	return on_taken(name.queue, ctx->args[1], ctx->args[2]);
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *woken)
{
	__u32 tid = woken->pid;
	struct task *task = bpf_map_lookup_elem(&tasks, &tid);

	if (task)
		task->woken_ns = task->ready_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void leaves(struct task *task, __u64 now, bool sleeps)
{
	if (sleeps)
		task->asleep_in = current_syscall();
	else
		task->ready_ns = now;
}

static __always_inline void comes(struct task *task, struct cpu *cpu, __u64 now)
{
	task->on_cpu_ns = now;
	task->waiting.kind = TRACE_NOTHING;
	if (since(now, task->ready_ns) >= part_ns)
		explain(cpu, task->ready_ns, now, &task->waiting);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev,
	     struct task_struct *next, unsigned int state)
{
	__u64 now = bpf_ktime_get_ns();
	struct cpu *cpu = this_cpu();
	__u32 from = prev->pid, to = next->pid;
	struct task *task;

	if (!cpu)
		return 0;
	if (from && now - cpu->switched_ns >= span_ns)
		keep_span(cpu, TRACE_TASK, from, cpu->switched_ns, now,
			  prev->comm);
	cpu->switched_ns = now;
	task = from ? bpf_map_lookup_elem(&tasks, &from) : NULL;
	if (task)
		leaves(task, now, !preempt && state);
	task = to ? bpf_map_lookup_elem(&tasks, &to) : NULL;
	if (task)
		comes(task, cpu, now);
	return 0;
}

SEC("tp_btf/irq_handler_entry")
int BPF_PROG(on_irq, int irq, struct irqaction *action)
{
	struct cpu *cpu = this_cpu();

	if (cpu)
		cpu->irq_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(on_irq_end, int irq, struct irqaction *action, int ret)
{
	__u64 now = bpf_ktime_get_ns();
	struct cpu *cpu = this_cpu();

	if (cpu && cpu->irq_ns && now - cpu->irq_ns >= span_ns)
		keep_span(cpu, TRACE_HARDIRQ, irq, cpu->irq_ns, now,
			  action->name);
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq, unsigned int kind)
{
	struct cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	cpu->softirq = kind;
	cpu->softirq_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_end, unsigned int kind)
{
	__u64 now = bpf_ktime_get_ns();
	struct cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	if (cpu->softirq_ns && now - cpu->softirq_ns >= span_ns)
		keep_span(cpu, TRACE_SOFTIRQ, kind, cpu->softirq_ns, now, NULL);
	cpu->softirq_ns = 0;
	return 0;
}

SEC("tp_btf/cpu_idle")
int BPF_PROG(on_idle, unsigned int state, unsigned int id)
{
	__u64 now = bpf_ktime_get_ns();
	struct cpu *cpu = this_cpu();

	if (!cpu)
		return 0;
	if (state == NOT_IDLE && cpu->idle_ns)
		keep_span(cpu, TRACE_IDLE, cpu->idle_state, cpu->idle_ns, now,
			  NULL);
	cpu->idle_state = state;
	cpu->idle_ns = now;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
