/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of timerheap trace share. */
#ifndef TIMERHEAP_TRACE_H
#define TIMERHEAP_TRACE_H

#include "timerheap_tool.h"
#include "timerheap_trace_bpf.h"

enum trace_cause {
	CAUSE_INTERRUPTS_OFF,
	CAUSE_HARDIRQ,
	CAUSE_SOFTIRQ,
	CAUSE_TASK,
	CAUSE_SYSCALL,
	CAUSE_CONSUMER,
	CAUSE_FREQUENCY,
	CAUSE_BUDGET,
	CAUSE_RING_FULL,
	CAUSE_IDLE,
	CAUSE_INJECTED,
	CAUSE_SLACK,
	CAUSE_ARMED_LATE,
	CAUSE_RUN,
	CAUSE_UNKNOWN,
	CAUSES
};

/**
 * struct trace_verdict - why an expiry was late
 * @cause: what made most of it,
 * @ns: and how much.
 * @who: had the CPU, or which call; may be empty.
 */
struct trace_verdict {
	enum trace_cause cause;
	uint64_t ns;
	char who[64];
};

/**
 * struct trace_speed - how fast the CPUs were, in 0.1 % of the fastest they can
 * @run: the home CPU; 0: not known.
 * @reap: the consumer's; 0: not known.
 */
struct trace_speed {
	unsigned int run, reap;
};

/* timerheap_speed.c */
struct trace_speed trace_speed_of(const struct trace_expiry *way);

/* timerheap_cause.c */
extern const char *const trace_part_names[TRACE_SUMS];
/* As JSON has it, and in words. */
const char *trace_cause_name(enum trace_cause cause);
const char *trace_cause_words(enum trace_cause cause);
struct trace_verdict trace_judge(const struct trace_expiry *way,
				 const struct trace_speed *speed);
uint64_t trace_total(const struct trace_expiry *way);

/**
 * struct trace_ranks - causes, and how much each has to answer for
 * @late: expiries.
 * @count: of the @ranks that are in use.
 */
struct trace_ranks {
	uint64_t late;
	unsigned int count;
	struct trace_rank {
		enum trace_cause cause;
		char who[64];
		uint64_t count, sum_ns, max_ns;
	} ranks[64];
};

/* timerheap_rank.c */
void trace_rank_add(struct trace_ranks *ranks,
		    const struct trace_verdict *verdict, unsigned int count);
/* The one that cost most time first. */
void trace_rank_sort(struct trace_ranks *ranks);
void trace_rank_print(FILE *out, const struct trace_ranks *ranks);
json_t *trace_rank_json(const struct trace_ranks *ranks);

/* timerheap_parts.c */
void trace_parts_heading(FILE *out);
void trace_parts_print(FILE *out, int cpu, const struct trace_sums *sums);
json_t *trace_parts_json(int cpu, const struct trace_sums *sums);
json_t *trace_expiry_json(const struct trace_expiry *way,
			  const struct trace_verdict *verdict);
void trace_expiry_print(FILE *out, const struct trace_expiry *way,
			const struct trace_verdict *verdict);

#endif
