/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why an expiry was late: what the largest piece of its way was spent on. */
#ifndef TIMERHEAP_JUDGE_H
#define TIMERHEAP_JUDGE_H

#include <stdbool.h>

#include "timerheap_trace_bpf.h"

/* The verdict is this, if it weighs more than what stands there. */
static inline void trace_weigh(struct trace_verdict *verdict,
			       enum trace_cause cause, __s32 id,
			       const char *comm, __u64 ns)
{
	if (ns <= verdict->ns)
		return;
	verdict->ns = ns;
	verdict->blame.cause = cause;
	verdict->blame.id = id;
	if (comm)
		__builtin_memcpy(verdict->blame.comm, comm, TRACE_COMM);
	else
		__builtin_memset(verdict->blame.comm, 0, TRACE_COMM);
}

/* @task: what it means that a task had the CPU. */
static inline void trace_weigh_span(struct trace_verdict *verdict,
				    const struct trace_span *span, __u64 ns,
				    enum trace_cause task)
{
	if (span->kind == TRACE_TASK)
		trace_weigh(verdict, task, span->id, span->comm, ns);
	else if (span->kind == TRACE_HARDIRQ)
		trace_weigh(verdict, CAUSE_HARDIRQ, span->id, span->comm, ns);
	else if (span->kind == TRACE_SOFTIRQ)
		trace_weigh(verdict, CAUSE_SOFTIRQ, span->id, 0, ns);
	else if (span->kind == TRACE_IDLE)
		trace_weigh(verdict, CAUSE_IDLE, span->id, 0, ns);
	else
		trace_weigh(verdict, CAUSE_UNKNOWN, 0, 0, ns);
}

static inline __u64 trace_less(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* From the deadline until it was handled. */
static inline void trace_weigh_handled(struct trace_verdict *verdict,
				       const struct trace_expiry *way)
{
	__u64 left = way->parts_ns[TRACE_HANDLED];
	__u64 delay = trace_less(way->delay_ns, left);
	__u64 slack = trace_less(
		way->planned_ns > delay ? way->planned_ns - delay : 0,
		left - delay);
	__u64 held = trace_less(way->held_ns, left);
	__u64 stalled = trace_less(way->stalled_ns, left);

	trace_weigh(verdict, CAUSE_INJECTED, 0, 0, delay);
	trace_weigh(verdict, CAUSE_SLACK, 0, 0, slack);
	trace_weigh(verdict, CAUSE_BUDGET, 0, 0, held);
	trace_weigh(verdict, CAUSE_RING_FULL, 0, 0, stalled);
	left -= trace_less(left, delay + slack + held + stalled);
	if (way->armed_late)
		trace_weigh(verdict, CAUSE_ARMED_LATE, 0, 0, left);
	else
		trace_weigh_span(verdict, &way->before, left,
				 CAUSE_INTERRUPTS_OFF);
}

/* Code of which the CPU would have done a part meanwhile at its fastest. */
static inline void trace_weigh_code(struct trace_verdict *verdict,
				    enum trace_cause cause, __u64 ns,
				    __u32 speed)
{
	__u64 fast = speed && speed < 100 ? ns * speed / 100 : ns;

	trace_weigh(verdict, cause, 0, 0, fast);
	trace_weigh(verdict, CAUSE_FREQUENCY, (__s32)speed, 0, ns - fast);
}

/* True: what is left cannot be more. */
static inline bool trace_judge_handled(struct trace_verdict *verdict,
				       const struct trace_expiry *way,
				       __u64 total)
{
	trace_weigh_handled(verdict, way);
	return verdict->ns > total / 2;
}

static inline void trace_judge_rest(struct trace_verdict *verdict,
				    const struct trace_expiry *way)
{
	trace_weigh_code(verdict, CAUSE_RUN, way->parts_ns[TRACE_POSTED],
			 way->run_speed);
	if (way->asleep_in == TRACE_OWN_CALL)
		trace_weigh(verdict, CAUSE_WAIT, 0, 0,
			    way->parts_ns[TRACE_WOKEN]);
	else
		trace_weigh(verdict, CAUSE_SYSCALL, way->asleep_in, 0,
			    way->parts_ns[TRACE_WOKEN]);
	trace_weigh_span(verdict, &way->waiting, way->parts_ns[TRACE_ON_CPU],
			 CAUSE_TASK);
	if (way->busy_in >= 0)
		trace_weigh(verdict, CAUSE_SYSCALL, way->busy_in, 0,
			    way->parts_ns[TRACE_REAPED]);
	else
		trace_weigh_code(verdict, CAUSE_CONSUMER,
				 way->parts_ns[TRACE_REAPED], way->reap_speed);
}

#endif
