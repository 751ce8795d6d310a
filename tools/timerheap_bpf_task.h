/* SPDX-License-Identifier: GPL-2.0-only */
/* When threads that reap were woken, and had a CPU. */
#ifndef TIMERHEAP_BPF_TASK_H
#define TIMERHEAP_BPF_TASK_H

#include "timerheap_bpf.h"
#include "timerheap_bpf_cpu.h"

#define TASKS 4096

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
	__uint(max_entries, TASKS);
	__type(key, __u32);
	__type(value, struct task);
} tasks SEC(".maps");

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

#endif
