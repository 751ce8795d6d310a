// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of expiries from the deadline to the consumer.  Each queue has its
 * groups of expiries that are alike, in the order of its ring: timerheap_fire
 * adds them, and whoever reaps takes them.
 *
 * All are raw: others would not run for an interrupt that comes in the middle
 * of one of them.
 */
#include "timerheap_bpf_queue.h"
#include "timerheap_bpf_report.h"
#include "timerheap_bpf_sum.h"
#include "timerheap_bpf_task.h"

const volatile __u64 over_ns;
__u64 unseen; /* by threads that reap for the first time */

struct reap {
	struct queue *q;
	__u32 to;
	__u32 tid;
	__u64 now;
};

/* So many of a group, from there on, are in a thread's hands. */
struct taken {
	__u32 position;
	__u32 count;
	__u32 pid;
	__u32 tid;
	__u64 now;
};

/* What is known of the consumer. */
static __always_inline void end_way(struct group *g, const struct taken *taken,
				    const struct task *task)
{
	struct trace_expiry *way = &g->way;

	way->tid = taken->tid;
	way->pid = taken->pid;
	way->asleep_in = task->asleep_in;
	way->busy_in = g->busy_tid == taken->tid ? g->busy_in : -1;
	way->waiting.kind = TRACE_NOTHING;
	if (way->parts_ns[TRACE_ON_CPU] >= part_ns)
		way->waiting = task->waiting;
	way->reap_cpu = bpf_get_smp_processor_id();
	way->run_speed = percent_of_speed(way->cpu);
	way->reap_speed = percent_of_speed(way->reap_cpu);
}

static __always_inline void tell(const struct group *g,
				 const struct taken *taken,
				 const struct trace_verdict *verdict)
{
	struct trace_report *report =
		bpf_ringbuf_reserve(&reports, sizeof(*report), 0);

	if (!report) {
		__sync_fetch_and_add(&dropped, taken->count);
		return;
	}
	report->way = g->way;
	report->way.position = taken->position;
	report->way.count = taken->count;
	report->verdict = *verdict;
	bpf_get_current_comm(report->way.comm, sizeof(report->way.comm));
	bpf_ringbuf_submit(report, wakeup());
}

static __noinline void be_late(struct group *g, const struct taken *taken,
			       const struct task *task, __u64 total)
{
	struct trace_verdict verdict = {};
	bool told = is_told(total, taken->now);
	bool clear = trace_judge_handled(&verdict, &g->way, total);

	if (told || !clear)
		end_way(g, taken, task);
	if (!clear)
		trace_judge_rest(&verdict, &g->way);
	blame(&verdict, taken->count);
	if (told)
		tell(g, taken, &verdict);
	else
		__sync_fetch_and_add(&unreported, taken->count);
}

static __always_inline void add_up(struct group *g, const struct taken *taken,
				   const struct task *task)
{
	__u64 now = taken->now, total = since(now, g->deadline_ns);
	__u64 posted = min(g->posted_ns, now);
	__u64 handled = min(g->handled_ns, posted);
	__u64 woken = min(max(task->woken_ns, posted), now);
	__u64 on_cpu = min(max(task->on_cpu_ns, woken), now);
	__u64 *parts = g->way.parts_ns;
	__u32 cpu = g->way.cpu;
	struct trace_sums *s = bpf_map_lookup_elem(&sums, &cpu);

	if (!s)
		return;
	parts[TRACE_HANDLED] = since(handled, g->deadline_ns);
	parts[TRACE_POSTED] = posted - handled;
	parts[TRACE_WOKEN] = woken - posted;
	parts[TRACE_ON_CPU] = on_cpu - woken;
	parts[TRACE_REAPED] = now - on_cpu;
	__sync_fetch_and_add(&s->count, taken->count);
#pragma unroll
	for (int i = 0; i < TRACE_PARTS; i++)
		add(&s->parts[i], parts[i], taken->count);
	add(&s->parts[TRACE_TOTAL], total, taken->count);
	if (total >= over_ns)
		be_late(g, taken, task, total);
}

/*
 * Global, and so verified by itself: newer verifiers go through a loop's body
 * once more for each way that there is through it.
 */
__noinline int finish(struct group *g, const struct taken *taken)
{
	const struct task *task;

	if (!g || !taken)
		return 0;
	task = find_task(taken->tid);
	if (task)
		add_up(g, taken, task);
	else
		__sync_fetch_and_add(&unseen, taken->count);
	return 0;
}

/* The next group, as far as it was reaped; 1: there is no more. */
static long take_group(__u32 index, struct reap *reap)
{
	struct taken taken = { .tid = reap->tid, .now = reap->now };
	struct queue *q = reap->q;
	struct group *g;

	if (!q)
		return 1;
	g = find_group(q->number, q->head);
	if (!g)
		return 1;
	if (g->way.queue != q->number || g->number != q->head) {
		q->head++;
		return 0;
	}
	taken.position = g->way.position + g->taken;
	if ((__s32)(reap->to - taken.position) <= 0)
		return 1;
	taken.count = min(g->way.count - g->taken, reap->to - taken.position);
	taken.pid = q->pid;
	finish(g, &taken);
	g->taken += taken.count;
	if (g->taken != g->way.count)
		return 1;
	q->head++;
	return 0;
}

static __always_inline void new_task(__u32 tid)
{
	struct task *task = place_of_task(tid);

	if (task)
		*task = (struct task){ .tid = tid, .asleep_in = -1 };
}

/* All before @to is in the current thread's hands. */
static __always_inline int on_taken(__u32 queue, __u32 to)
{
	struct reap reap = {
		.q = find_queue(queue),
		.to = to,
		.tid = bpf_get_current_pid_tgid(),
	};

	if (!reap.q)
		return 0;
	reap.now = bpf_ktime_get_ns();
	bpf_loop(min(reap.q->tail - reap.q->head, 1 << GROUPS_BITS), take_group,
		 &reap, 0);
	if (!find_task(reap.tid))
		new_task(reap.tid);
	return 0;
}

/* position: the consumer's head, queue */
SEC("raw_tp/timerheap_reap")
int on_reap(struct bpf_raw_tracepoint_args *ctx)
{
	return on_taken(ctx->args[2], ctx->args[1]);
}

/* position, count, queue */
SEC("raw_tp/timerheap_read")
int on_read(struct bpf_raw_tracepoint_args *ctx)
{
	return on_taken(ctx->args[3], ctx->args[1] + ctx->args[2]);
}

char LICENSE[] SEC("license") = "GPL";
