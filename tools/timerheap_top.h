/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of timerheap top share. */
#ifndef TIMERHEAP_TOP_H
#define TIMERHEAP_TOP_H

#include "timerheap_tool.h"

#define TOP_LEVELS 8
#define TOP_HISTORY 30
/* No timer expired. */
#define TOP_NONE TOP_LEVELS

/**
 * struct top_cpu - a CPU, over the last interval and those before
 * @st: what it did in the last one,
 * @p99_ns: and how late it was.
 * @history: levels, oldest first.
 */
struct top_cpu {
	struct timerheap_stats st;
	uint64_t p99_ns;
	unsigned char history[TOP_HISTORY];
};

/* timerheap_spark.c */
unsigned int top_level(uint64_t ns);
/* A level as a character; TOP_NONE: a blank. */
const char *top_spark(unsigned int level, bool utf8);

/* timerheap_row.c */
void top_cpu_init(struct top_cpu *cpu);
void top_cpu_update(struct top_cpu *cpu, const struct timerheap_stats *since);
/* The latest first. */
void top_sort(struct top_cpu *cpus, unsigned int count);
void top_heading(char *text, size_t size);
void top_row(char *text, size_t size, const struct top_cpu *cpu, double seconds,
	     bool utf8);

#endif
