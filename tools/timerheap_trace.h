/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of timerheap trace share. */
#ifndef TIMERHEAP_TRACE_H
#define TIMERHEAP_TRACE_H

#include "timerheap_tool.h"
#include "timerheap_trace_bpf.h"

/* timerheap_speed.c */
struct trace_speed trace_read_speed(unsigned int cpu);

/* timerheap_cause.c */
#define TRACE_WHO 64
extern const char *const trace_part_names[TRACE_SUMS];
/* As JSON has it, and in words. */
const char *trace_cause_name(enum trace_cause cause);
const char *trace_cause_words(enum trace_cause cause);
/* Whose, or which one; may be empty. */
void trace_who(const struct trace_blame *blame, char *who, size_t size);

#define TRACE_RANKS (CAUSES + 1 + TRACE_BLAMES)

/**
 * struct trace_ranks - causes, and how much each has to answer for
 * @late: expiries.
 * @count: of the @ranks that are in use.
 */
struct trace_ranks {
	uint64_t late;
	unsigned int count;
	struct trace_rank {
		struct trace_blame blame;
		struct trace_answer answer;
	} ranks[TRACE_RANKS];
};

/* timerheap_rank.c */
/* The one that cost most time first; and adds them up. */
void trace_rank_sort(struct trace_ranks *ranks);
void trace_rank_print(FILE *out, const struct trace_ranks *ranks);
json_t *trace_rank_json(const struct trace_ranks *ranks);

/* timerheap_parts.c */
void trace_parts_heading(FILE *out);
void trace_parts_print(FILE *out, int cpu, const struct trace_sums *sums);
json_t *trace_parts_json(int cpu, const struct trace_sums *sums);
uint64_t trace_total(const struct trace_expiry *way);
json_t *trace_report_json(const struct trace_report *report);
void trace_report_print(FILE *out, const struct trace_report *report);

/**
 * struct tracer - the BPF programs, while they run
 * @over_ns: what is late,
 * @rate: of which so many are reported a second; 0: all.
 * @report: called for each of these.
 */
struct tracer {
	uint64_t over_ns;
	unsigned int rate;
	void (*report)(const struct trace_report *report, void *context);
	void *context;
	unsigned int cpus;
	bool *ask_speed; /* by CPU: it may have changed */
	struct timerheap_bpf *skel;
	struct ring_buffer *reports;
};

/* Expiries that are missing elsewhere. */
struct tracer_missing {
	uint64_t unseen; /* reaped by a thread that was not known yet */
	uint64_t lost; /* never seen to be reaped */
	uint64_t unreported; /* by the rate */
	uint64_t dropped; /* not reported: there were too many */
};

/* timerheap_tracer.c: each of these ends the program if it cannot. */
void tracer_start(struct tracer *tracer);
/* Reports what there is after so long, or when there is much. */
void tracer_follow(struct tracer *tracer, int ms);
bool tracer_sums(struct tracer *tracer, unsigned int cpu,
		 struct trace_sums *sums);
void tracer_ranks(struct tracer *tracer, struct trace_ranks *ranks);
struct tracer_missing tracer_missing(const struct tracer *tracer);
void tracer_end(struct tracer *tracer);

#endif
