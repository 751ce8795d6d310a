/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands of timerheap share. */
#ifndef TIMERHEAP_TOOL_H
#define TIMERHEAP_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>
#include <timerheap/timerheap.h>

#define TOOL_FAILED 1
#define TOOL_USAGE 2

/**
 * struct tool_command - what the first word chooses
 * @name: that word.
 * @usage: what --help prints.
 * @run: with the words from @name on; returns the exit status.
 */
struct tool_command {
	const char *name;
	const char *usage;
	int (*run)(int argc, char **argv);
};

extern const struct tool_command tool_info, tool_inject, tool_stat, tool_hist,
	tool_doctor, tool_top, tool_record, tool_heatmap, tool_trace,
	tool_export, tool_run;

/**
 * struct tool_options - those that several commands have
 * @json: for programs.
 * @interval_s: -i; 0: not given.
 * @cpu: --cpu; -1: not given.
 * @measure_s: --measure; -1: not given.
 * @duration_ns: --duration; 0: not given.
 * @root: --root; NULL: not given.
 * @file: --file; NULL: not given.
 * @output: -o; NULL: not given.
 * @log: rows of the heat map.
 * @listen: --listen; NULL: not given.
 * @pages: --pages; NULL: not given.
 * @over: --over; NULL: not given.
 * @rate: --rate; -1: not given.
 * @on_threshold: --on-threshold; NULL: not given.
 * @verbose: say more.
 */
struct tool_options {
	bool json;
	bool log;
	unsigned int interval_s;
	int cpu;
	int measure_s;
	uint64_t duration_ns;
	const char *root;
	const char *file;
	const char *output;
	const char *listen;
	const char *pages;
	const char *over;
	long rate;
	const char *on_threshold;
	bool verbose;
};

/*
 * timerheap_options.c.  Takes those of @allowed, by their letters, and moves
 * other words behind them, the first of which has the index that it returns;
 * prints help, or what is wrong, and exits where that is asked for.
 */
int tool_options(const struct tool_command *command, const char *allowed,
		 int argc, char **argv, struct tool_options *opts);
/* The same, where there are no other words. */
void tool_options_only(const struct tool_command *command, const char *allowed,
		       int argc, char **argv, struct tool_options *opts);
/* The same, where there is one other word, which it returns: a file. */
const char *tool_options_file(const struct tool_command *command,
			      const char *allowed, int argc, char **argv,
			      struct tool_options *opts);
/* After a message of what is wrong. */
void tool_bad_usage(const struct tool_command *command)
	__attribute__((noreturn));
/* @text as a whole number from @least to @most, else -1. */
long tool_number(const char *text, long least, long most);

/* timerheap_device.c; they say what is wrong, and end the program. */
struct timerheap *tool_open(void);
void tool_check(int rc, const char *what);
/*
 * All queues of a CPU, but for @th, which is only there to ask.  False: no such
 * CPU.
 */
bool tool_cpu_stats(struct timerheap *th, int cpu, struct timerheap_stats *st);

/* timerheap_stop.c; the second signal ends the program at once. */
void tool_stop_on_signals(void);
bool tool_stopped(void);

/* timerheap_output.c */
/* Prints @json in a line and releases it. */
void tool_put_json(json_t *json);
/* The exit status, by whether all of the output was written. */
int tool_end_output(void);

/*
 * timerheap_quantity.c.  A number and ns, us, ms or s; 0 needs no unit.  0, or
 * -EINVAL and @why says what is wrong in a few words.
 */
int tool_time_parse(const char *text, uint64_t *ns, const char **why);
/* "50us", or "0..2ms". */
int tool_range_parse(const char *text, uint64_t *least_ns, uint64_t *most_ns,
		     const char **why);
/* "+50ms", or "-50ms". */
int tool_step_parse(const char *text, int64_t *step_ns, const char **why);

/* timerheap_info.c */
/* As the module has it; empty: it is not loaded. */
void tool_module_version(char *version, int size);
void tool_info_print(FILE *out, const struct timerheap_info *info,
		     const char *version);
json_t *tool_info_json(const struct timerheap_info *info, const char *version);
/* What INJECT has in force, in words. */
void tool_injection_print(FILE *out, const struct timerheap_info *info);
json_t *tool_injection_json(const struct timerheap_info *info);

/* timerheap_figures.c */
void tool_figures_init(struct timerheap_stats *st);
void tool_figures_add(struct timerheap_stats *sum,
		      const struct timerheap_stats *st);
/*
 * What happened between two readings.  Extremes are those of the histogram.  A
 * figure that became less, as when a queue moved to another CPU, counts as 0.
 */
void tool_figures_since(struct timerheap_stats *now,
			const struct timerheap_stats *before);
/* Count, min, mean, p50, p99, p99.9 and max; null where there are none. */
json_t *tool_lateness_json(const struct timerheap_stats *st);
/* Pairs of a bucket's least value and its count. */
json_t *tool_buckets_json(const struct timerheap_stats *st);
uint64_t tool_lateness_count(const struct timerheap_stats *st);
uint64_t tool_lateness_mean(const struct timerheap_stats *st);

/**
 * struct tool_snapshot - the figures of all CPUs
 * @taken_ns: when, of CLOCK_MONOTONIC; or over how long.
 * @count: possible CPUs,
 * @cpus: with each one's figures,
 * @all: and their sum.
 */
struct tool_snapshot {
	uint64_t taken_ns;
	unsigned int count;
	struct timerheap_stats *cpus;
	struct timerheap_stats all;
};

/* timerheap_snapshot.c */
void tool_snapshot_take(struct tool_snapshot *s, struct timerheap *th);
struct tool_snapshot tool_snapshot_since(const struct tool_snapshot *now,
					 const struct tool_snapshot *before);
void tool_snapshot_free(struct tool_snapshot *s);

/* timerheap_stat.c */
void tool_stat_heading(FILE *out);
void tool_stat_row(FILE *out, const struct timerheap_stats *st);
json_t *tool_stat_json(const struct timerheap_stats *st);

/* timerheap_hist.c */
void tool_hist_print(FILE *out, const struct timerheap_stats *st);

#endif
