/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What timerheap.bpf.c tells timerheap trace. */
#ifndef TIMERHEAP_TRACE_BPF_H
#define TIMERHEAP_TRACE_BPF_H

#include <linux/types.h>
#include <linux/timerheap.h>

#define TRACE_COMM 16

/* The parts of an expiry's way, each up to what it is named after. */
enum trace_part {
	TRACE_HANDLED, /* from the deadline on; by an interrupt, or a kick */
	TRACE_POSTED,
	TRACE_WOKEN, /* the consumer; 0 if it was awake */
	TRACE_ON_CPU,
	TRACE_REAPED,
	TRACE_PARTS,
	TRACE_TOTAL = TRACE_PARTS,
	TRACE_SUMS
};

/* What may hold a CPU. */
enum trace_kind {
	TRACE_NOTHING,
	TRACE_HARDIRQ, /* its id: of the interrupt */
	TRACE_SOFTIRQ, /* of its kind */
	TRACE_IDLE, /* of the idle state */
	TRACE_TASK, /* of the thread */
	TRACE_KINDS
};

struct trace_span {
	__u64 start_ns;
	__u64 end_ns;
	__u32 kind;
	__s32 id;
	char comm[TRACE_COMM];
};

/**
 * struct trace_expiry - the way of one that was late, or several alike
 * @deadline_ns: in the queue's clock; all others are lengths.
 * @parts_ns: by trace_part.
 * @delay_ns: injected.
 * @planned_ns: so long after the deadline the kernel was to look, delay
 *	included.
 * @held_ns: for so long the queue waited for its budget,
 * @stalled_ns: and for room in the ring.
 * @armed_late: the queue had been looked at since the deadline, and it was not
 *	there.
 * @before: held the home CPU from the deadline on.
 * @waiting: held the consumer's CPU while it was to run.
 * @queue: as tracepoints name it.
 * @pid: of the process that made it.
 * @cpu: the home CPU.
 * @position: in the ring.
 * @count: how many.
 * @tid: the consumer, a thread,
 * @comm: and its name.
 * @run_khz: the frequency of the home CPU, as it last changed; 0: not known.
 * @reap_khz: that of the consumer's,
 * @reap_cpu: which is this one.
 * @asleep_in: the system call that it was woken from; -1: not known.
 * @busy_in: the one that it was in when the interrupt came; -1: none, or not
 *	known.
 */
struct trace_expiry {
	__u64 deadline_ns;
	__u64 parts_ns[TRACE_PARTS];
	__u64 delay_ns;
	__u64 planned_ns;
	__u64 held_ns;
	__u64 stalled_ns;
	struct trace_span before;
	struct trace_span waiting;
	__u32 armed_late;
	__u32 queue;
	__u32 pid;
	__u32 cpu;
	__u32 position;
	__u32 count;
	__u32 tid;
	__s32 asleep_in;
	__s32 busy_in;
	__u32 run_khz;
	__u32 reap_khz;
	__u32 reap_cpu;
	char comm[TRACE_COMM];
};

/* hist[0] is not written: what the others leave of the count. */
struct trace_sum {
	__u64 sum_ns;
	__u64 max_ns;
	__u64 hist[TIMERHEAP_HIST_BUCKETS];
};

/* Of a home CPU, by trace_part; the last is of the whole way. */
struct trace_sums {
	__u64 count;
	struct trace_sum parts[TRACE_SUMS];
};

#endif
