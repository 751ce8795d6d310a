// SPDX-License-Identifier: LGPL-2.1-or-later
/* What may be to blame, by name. */
#include <seccomp.h>
#include <stdlib.h>

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
	[CAUSE_WAIT] = { "wait", "consumer's wait for more" },
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

static void name_call(int nr, char *who, size_t size)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

	snprintf(who, size, "%s", name ? name : "?");
	free(name);
}

void trace_who(const struct trace_blame *blame, char *who, size_t size)
{
	const char *comm = blame->comm;
	int id = blame->id;

	who[0] = 0;
	switch (blame->cause) {
	case CAUSE_SOFTIRQ:
		snprintf(who, size, "%s",
			 (unsigned int)id < SOFTIRQS ? softirqs[id] : "?");
		break;
	case CAUSE_IDLE:
		snprintf(who, size, "state %d", id);
		break;
	case CAUSE_HARDIRQ:
		snprintf(who, size, "%.*s (%d)", TRACE_COMM, comm, id);
		break;
	case CAUSE_INTERRUPTS_OFF:
	case CAUSE_TASK:
		snprintf(who, size, "%.*s (pid %d)", TRACE_COMM, comm, id);
		break;
	case CAUSE_SYSCALL:
		name_call(id, who, size);
		break;
	case CAUSE_FREQUENCY:
		snprintf(who, size, "at %d %%", id);
		break;
	default:
		if (id == BLAME_VARIOUS)
			snprintf(who, size, "various");
	}
}
