/* SPDX-License-Identifier: GPL-2.0-only */
/* When threads that reap were woken, and had a CPU. */
#ifndef TIMERHEAP_BPF_TASK_H
#define TIMERHEAP_BPF_TASK_H

#include "timerheap_bpf.h"
#include "timerheap_bpf_cpu.h"

#define TASKS 8192

/* A thread that has reaped. */
struct task {
	__u32 tid;
	__u64 woken_ns;
	__u64 ready_ns; /* woken, or preempted */
	__u64 on_cpu_ns;
	__s32 asleep_in;
	struct trace_span waiting;
};

/* By the last bits of their numbers; who reaps takes the place of another. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TASKS);
	__type(key, __u32);
	__type(value, struct task);
} tasks SEC(".maps");

static __always_inline struct task *place_of_task(__u32 tid)
{
	__u32 place = tid % TASKS;

	return bpf_map_lookup_elem(&tasks, &place);
}

static __always_inline struct task *find_task(__u32 tid)
{
	struct task *task = place_of_task(tid);

	return task && task->tid == tid ? task : NULL;
}

#ifdef __TARGET_ARCH_arm64
#define IOCTL 29
#define CALL_OF(regs) ((regs)->syscallno)
#define REQUEST_OF(regs) ((regs)->regs[1])
#else
#define IOCTL 16
#define CALL_OF(regs) ((__s32)(regs)->orig_ax)
#define REQUEST_OF(regs) ((regs)->si)
#endif

/* What a thread was doing when it was interrupted; -1: no call. */
static __always_inline __s32 syscall_of(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__s32 call = CALL_OF(regs);

	if (call == IOCTL && _IOC_TYPE(REQUEST_OF(regs)) == TIMERHEAP_IOC_MAGIC)
		return TRACE_OWN_CALL;
	return call;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *woken)
{
	struct task *task = find_task(woken->pid);

	if (task)
		task->woken_ns = task->ready_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void leaves(struct task *task, struct task_struct *prev,
				   __u64 now, bool sleeps)
{
	if (sleeps)
		task->asleep_in = syscall_of(prev);
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
	task = from ? find_task(from) : NULL;
	if (task)
		leaves(task, prev, now, !preempt && state);
	task = to ? find_task(to) : NULL;
	if (task)
		comes(task, cpu, now);
	return 0;
}

#endif
