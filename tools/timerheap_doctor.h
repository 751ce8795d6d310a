/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of timerheap doctor share. */
#ifndef TIMERHEAP_DOCTOR_H
#define TIMERHEAP_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that a kernel can be configured for. */
#define DOCTOR_CPUS 8192

struct doctor_cpus {
	uint64_t bits[DOCTOR_CPUS / 64];
};

/**
 * struct doctor_host - what is looked at
 * @root: where its /proc, /sys and /dev are.
 * @live: it is this one.
 * @x86: it has a TSC.
 * @cmdline: the kernel's command line.
 * @flags: those of its first CPU; x86 only.
 * @online: its CPUs,
 * @isolated: and those that the scheduler leaves alone.
 * @quiet: those that should be punctual: isolated ones, or all if there are
 *	none.
 */
struct doctor_host {
	const char *root;
	bool live;
	bool x86;
	char cmdline[4096];
	char flags[4096];
	struct doctor_cpus online;
	struct doctor_cpus isolated;
	struct doctor_cpus quiet;
};

enum doctor_verdict {
	DOCTOR_GOOD, /* as wanted */
	DOCTOR_FIX, /* not so, and it costs punctuality */
	DOCTOR_NOTE, /* not so; whether it should be depends on the programs */
	DOCTOR_SKIPPED, /* it does not apply here, or cannot be read */
	DOCTOR_VERDICTS
};

/**
 * struct doctor_finding - what came of a check
 * @verdict: in a word.
 * @found: in a few.
 * @command: what to do, if not what the check says.
 */
struct doctor_finding {
	enum doctor_verdict verdict;
	char found[256];
	char command[256];
};

/**
 * struct doctor_check - something to look at
 * @name: what; NULL ends a list.
 * @wanted: what it should be,
 * @why: and why,
 * @command: and what makes it so.
 * @run: looks at it.
 */
struct doctor_check {
	const char *name;
	const char *wanted;
	const char *why;
	const char *command;
	void (*run)(const struct doctor_host *host,
		    struct doctor_finding *finding);
};

extern const struct doctor_check doctor_clock[], doctor_isolation[],
	doctor_power[], doctor_kernel[];

/* timerheap_host.c */
void doctor_host_init(struct doctor_host *host, const char *root);
/* The first @size - 1 bytes of a file, without the last newline. */
bool doctor_read(const struct doctor_host *host, char *text, size_t size,
		 const char *path, ...) __attribute__((format(printf, 4, 5)));
/* Up to @size bytes, as they are. */
bool doctor_read_bytes(const struct doctor_host *host, void *bytes, size_t size,
		       size_t *length, const char *path);
/* A parameter of the kernel's command line, the last one of that name. */
bool doctor_boot(const struct doctor_host *host, const char *name, char *value,
		 size_t size);
/* @word stands in @text between blanks, or commas. */
bool doctor_word(const char *text, const char *word);
/* A process runs, by its name as the kernel has it. */
bool doctor_runs(const struct doctor_host *host, const char *comm);

/* timerheap_cpus.c: lists as the kernel has them, such as 0-3,8. */
bool doctor_cpus_parse(struct doctor_cpus *cpus, const char *list);
void doctor_cpus_print(const struct doctor_cpus *cpus, char *text, size_t size);
bool doctor_cpus_have(const struct doctor_cpus *cpus, unsigned int cpu);
bool doctor_cpus_overlap(const struct doctor_cpus *a,
			 const struct doctor_cpus *b);
/* All of @b are in @a. */
bool doctor_cpus_cover(const struct doctor_cpus *a,
		       const struct doctor_cpus *b);
unsigned int doctor_cpus_count(const struct doctor_cpus *cpus);
/* The upper half: which to isolate, where nobody has said. */
struct doctor_cpus doctor_cpus_upper(const struct doctor_cpus *cpus);
struct doctor_cpus doctor_cpus_without(const struct doctor_cpus *a,
				       const struct doctor_cpus *b);

/* timerheap_finding.c */
void doctor_found(struct doctor_finding *finding, enum doctor_verdict verdict,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void doctor_advise(struct doctor_finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* timerheap_measure.c: how late timers are on each CPU, over so long. */
void doctor_measure(unsigned int seconds, struct doctor_finding *finding);
extern const struct doctor_check doctor_lateness;

#endif
