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

/* What an expiry may be late for. */
enum trace_cause {
	CAUSE_UNKNOWN,
	CAUSE_INTERRUPTS_OFF,
	CAUSE_HARDIRQ,
	CAUSE_SOFTIRQ,
	CAUSE_TASK,
	CAUSE_SYSCALL,
	CAUSE_WAIT,
	CAUSE_CONSUMER,
	CAUSE_FREQUENCY,
	CAUSE_BUDGET,
	CAUSE_RING_FULL,
	CAUSE_IDLE,
	CAUSE_INJECTED,
	CAUSE_SLACK,
	CAUSE_ARMED_LATE,
	CAUSE_RUN,
	CAUSES
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
 * @reap_cpu: the consumer's.
 * @run_speed: of the home CPU, in per cent of the fastest it can; 0: not known.
 * @reap_speed: likewise, of the consumer's.
 * @asleep_in: the system call that it was woken from; -1: not known.
 * @busy_in: the one that it was in when the interrupt came; -1: none, or not
 *	known.  Either may be TRACE_OWN_CALL.
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
	__u32 reap_cpu;
	__u32 run_speed;
	__u32 reap_speed;
	char comm[TRACE_COMM];
};

/* In place of a system call's number: one of timerheap's. */
#define TRACE_OWN_CALL (-2)

/**
 * struct trace_blame - what is to blame
 * @id: of the interrupt, softirq, thread, system call or idle state, or a speed
 *	in per cent; BLAME_VARIOUS: all for which there was no room.
 * @comm: of the thread or interrupt; the rest is 0.
 */
struct trace_blame {
	__u32 cause;
	__s32 id;
	char comm[TRACE_COMM];
};

#define BLAME_VARIOUS (-1)
/* With a name there may be so many of them. */
#define TRACE_BLAMES 256

struct trace_verdict {
	struct trace_blame blame;
	__u64 ns; /* so much of the lateness is its */
};

struct trace_report {
	struct trace_expiry way;
	struct trace_verdict verdict;
};

/* What one of these has to answer for. */
struct trace_answer {
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
};

/* How fast a CPU is, and can be; 0: not known. */
struct trace_speed {
	__u32 khz;
	__u32 most_khz;
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
