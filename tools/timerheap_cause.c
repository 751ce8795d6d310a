// SPDX-License-Identifier: LGPL-2.1-or-later
/* Why an expiry was late: what the largest piece of its way was spent on. */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_trace.h"

const char *const trace_part_names[TRACE_SUMS] = {
	"handled", "posted", "woken", "on_cpu", "reaped", "total",
};

static const struct {
	const char *name, *words;
} causes[CAUSES] = {
	[CAUSE_INTERRUPTS_OFF] = { "interrupts_off", "interrupts off" },
	[CAUSE_HARDIRQ] = { "hard_interrupt", "hard interrupt" },
	[CAUSE_SOFTIRQ] = { "softirq", "softirq" },
	[CAUSE_TASK] = { "task", "a task that did not yield" },
	[CAUSE_SYSCALL] = { "system_call", "consumer in a system call" },
	[CAUSE_CONSUMER] = { "consumer", "consumer's own code" },
	[CAUSE_FREQUENCY] = { "frequency", "CPU frequency" },
	[CAUSE_BUDGET] = { "budget", "the queue's budget" },
	[CAUSE_RING_FULL] = { "ring_full", "ring full" },
	[CAUSE_IDLE] = { "idle", "idle state" },
	[CAUSE_INJECTED] = { "injected_delay", "injected delay" },
	[CAUSE_SLACK] = { "slack", "slack" },
	[CAUSE_ARMED_LATE] = { "armed_late", "armed after its deadline" },
	[CAUSE_RUN] = { "run", "others in the same run" },
	[CAUSE_UNKNOWN] = { "unknown", "unknown" },
};

static const char *const softirqs[] = {
	"HI",	    "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
	"IRQ_POLL", "TASKLET", "SCHED",	 "HRTIMER", "RCU",
};

#define SOFTIRQS (sizeof(softirqs) / sizeof(softirqs[0]))

const char *trace_cause_name(enum trace_cause cause)
{
	return causes[cause].name;
}

const char *trace_cause_words(enum trace_cause cause)
{
	return causes[cause].words;
}

uint64_t trace_total(const struct trace_expiry *way)
{
	uint64_t total = 0;

	for (int part = 0; part < TRACE_PARTS; part++)
		total += way->parts_ns[part];
	return total;
}

/* So much of the verdict is this, if it is more than what stands there. */
static bool outweighs(struct trace_verdict *verdict, enum trace_cause cause,
		      uint64_t ns)
{
	if (ns <= verdict->ns)
		return false;
	*verdict = (struct trace_verdict){ .cause = cause, .ns = ns };
	return true;
}

static void name_span(struct trace_verdict *verdict,
		      const struct trace_span *span)
{
	char *who = verdict->who;
	size_t size = sizeof(verdict->who);

	if (span->kind == TRACE_SOFTIRQ)
		snprintf(who, size, "%s",
			 (unsigned int)span->id < SOFTIRQS ? softirqs[span->id]
							   : "?");
	else if (span->kind == TRACE_IDLE)
		snprintf(who, size, "state %d", span->id);
	else if (span->kind == TRACE_HARDIRQ)
		snprintf(who, size, "%.*s (%d)", TRACE_COMM, span->comm,
			 span->id);
	else if (span->kind == TRACE_TASK)
		snprintf(who, size, "%.*s (pid %d)", TRACE_COMM, span->comm,
			 span->id);
}

/* @task: what it means that a task had the CPU. */
static void weigh_span(struct trace_verdict *verdict,
		       const struct trace_span *span, uint64_t ns,
		       enum trace_cause task)
{
	static const enum trace_cause by_kind[TRACE_KINDS] = {
		[TRACE_NOTHING] = CAUSE_UNKNOWN,
		[TRACE_HARDIRQ] = CAUSE_HARDIRQ,
		[TRACE_SOFTIRQ] = CAUSE_SOFTIRQ,
		[TRACE_IDLE] = CAUSE_IDLE,
		[TRACE_TASK] = CAUSE_UNKNOWN,
	};
	enum trace_cause cause = task;

	if (span->kind != TRACE_TASK)
		cause = by_kind[span->kind < TRACE_KINDS ? span->kind : 0];
	if (outweighs(verdict, cause, ns))
		name_span(verdict, span);
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From the deadline until it was handled. */
static void weigh_handled(struct trace_verdict *verdict,
			  const struct trace_expiry *way)
{
	uint64_t left = way->parts_ns[TRACE_HANDLED];
	uint64_t delay = less(way->delay_ns, left);
	uint64_t slack =
		less(way->planned_ns > delay ? way->planned_ns - delay : 0,
		     left - delay);
	uint64_t held = less(way->held_ns, left);
	uint64_t stalled = less(way->stalled_ns, left);

	outweighs(verdict, CAUSE_INJECTED, delay);
	outweighs(verdict, CAUSE_SLACK, slack);
	outweighs(verdict, CAUSE_BUDGET, held);
	outweighs(verdict, CAUSE_RING_FULL, stalled);
	left -= less(left, delay + slack + held + stalled);
	if (way->armed_late)
		outweighs(verdict, CAUSE_ARMED_LATE, left);
	else
		weigh_span(verdict, &way->before, left, CAUSE_INTERRUPTS_OFF);
}

static void weigh_syscall(struct trace_verdict *verdict, int nr, uint64_t ns)
{
	char *name;

	if (!outweighs(verdict, CAUSE_SYSCALL, ns))
		return;
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
	snprintf(verdict->who, sizeof(verdict->who), "%s", name ? name : "?");
	free(name);
}

/* Code of which the CPU would have done a part meanwhile at its fastest. */
static void weigh_code(struct trace_verdict *verdict, enum trace_cause cause,
		       uint64_t ns, unsigned int speed)
{
	uint64_t fast = speed && speed < 1000 ? ns / 1000 * speed : ns;

	outweighs(verdict, cause, fast);
	if (outweighs(verdict, CAUSE_FREQUENCY, ns - fast))
		snprintf(verdict->who, sizeof(verdict->who), "at %u.%u %%",
			 speed / 10, speed % 10);
}

struct trace_verdict trace_judge(const struct trace_expiry *way,
				 const struct trace_speed *speed)
{
	struct trace_verdict verdict = { .cause = CAUSE_UNKNOWN };

	weigh_handled(&verdict, way);
	weigh_code(&verdict, CAUSE_RUN, way->parts_ns[TRACE_POSTED],
		   speed->run);
	weigh_syscall(&verdict, way->asleep_in, way->parts_ns[TRACE_WOKEN]);
	weigh_span(&verdict, &way->waiting, way->parts_ns[TRACE_ON_CPU],
		   CAUSE_TASK);
	if (way->busy_in >= 0)
		weigh_syscall(&verdict, way->busy_in,
			      way->parts_ns[TRACE_REAPED]);
	else
		weigh_code(&verdict, CAUSE_CONSUMER,
			   way->parts_ns[TRACE_REAPED], speed->reap);
	return verdict;
}
