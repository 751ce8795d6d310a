/* SPDX-License-Identifier: GPL-2.0-only */
/* What had each CPU of late: interrupts, softirqs, tasks, idle states. */
#ifndef TIMERHEAP_BPF_CPU_H
#define TIMERHEAP_BPF_CPU_H

#include "timerheap_bpf.h"

#define NOT_IDLE (~0U)
#define SPANS 16

/* From so long on the cause of a part, or what holds a CPU, is kept. */
const volatile __u64 part_ns = 10000;
const volatile __u64 span_ns = 5000;

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

/* By CPU; the program that loads this says how many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

static __always_inline struct cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

/* By CPU; read from the files of cpufreq before the first change. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_speed);
} speeds SEC(".maps");

static __always_inline __u32 percent_of_speed(__u32 cpu)
{
	const struct trace_speed *speed = bpf_map_lookup_elem(&speeds, &cpu);

	return speed && speed->most_khz ? speed->khz * 100ULL / speed->most_khz
					: 0;
}

static __always_inline void keep_span(struct cpu *cpu, __u32 kind, __s32 id,
				      __u64 start, __u64 end, const char *comm)
{
	struct trace_span *span = &cpu->spans[cpu->next_span++ % SPANS];

	span->start_ns = start;
	span->end_ns = end;
	span->kind = kind;
	span->id = id;
	/* To the last byte, since these are compared. */
	__builtin_memset(span->comm, 0, TRACE_COMM);
	if (comm)
		bpf_probe_read_kernel_str(span->comm, TRACE_COMM, comm);
}

static __always_inline __u64 overlap(const struct trace_span *span, __u64 from,
				     __u64 to)
{
	return since(min(span->end_ns, to), max(span->start_ns, from));
}

/* Of each kind the longest that was there between two times. */
struct longest {
	__u64 ns[TRACE_KINDS];
	__u32 at[TRACE_KINDS];
};

/* The last ones come first, since those before the time end the search. */
static __always_inline void find_longest(struct longest *most,
					 const struct cpu *cpu, __u64 from,
					 __u64 to)
{
	for (__u32 i = 1; i <= SPANS; i++) {
		__u32 at = (cpu->next_span - i) % SPANS;
		const struct trace_span *span = &cpu->spans[at];
		__u64 length = overlap(span, from, to);
		__u32 kind = span->kind;

		if (span->end_ns <= from || kind >= TRACE_KINDS)
			return;
		if (length <= most->ns[kind])
			continue;
		most->ns[kind] = length;
		most->at[kind] = at;
	}
}

/*
 * What held a CPU between two times: the innermost of what had it for half of
 * that, or else what had it longest.
 */
static __noinline int explain(struct cpu *cpu, __u64 from, __u64 to,
			      struct trace_span *found)
{
	struct longest most = {};
	__u32 best = TRACE_NOTHING;

	if (!cpu || !found)
		return 0;
	find_longest(&most, cpu, from, to);
	for (__u32 kind = TRACE_HARDIRQ; kind < TRACE_KINDS; kind++) {
		if (most.ns[kind] > most.ns[best])
			best = kind;
		if (2 * most.ns[best] >= to - from)
			break;
	}
	*found = cpu->spans[most.at[best] % SPANS];
	if (best == TRACE_NOTHING)
		found->kind = TRACE_NOTHING;
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

SEC("tp_btf/cpu_frequency")
int BPF_PROG(on_frequency, unsigned int khz, unsigned int number)
{
	struct trace_speed *speed = bpf_map_lookup_elem(&speeds, &number);

	if (speed)
		speed->khz = khz;
	return 0;
}

#endif
