/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What timerheap record writes: a head, then entries.  Numbers are as the
 * machine has them that wrote them.  Later writers may make heads and entries
 * longer, at the end; readers skip what they do not know.
 */
#ifndef TIMERHEAP_RECORDING_H
#define TIMERHEAP_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* "timerhea", if the first byte is the lowest. */
#define RECORDING_MAGIC 0x61656872656D6974ULL
#define RECORDING_VERSION 1

/**
 * struct recording_head - the file's first bytes
 * @magic: RECORDING_MAGIC.
 * @version: RECORDING_VERSION; another one is another format.
 * @head_size: of this, on the disk: where the first entry is.
 * @entry_size: of each entry, on the disk.
 * @zero: 0.
 * @begin_ns: when it began, by CLOCK_MONOTONIC,
 * @wall_offset_ns: and CLOCK_REALTIME minus that, then.
 * @host: its name; texts end with a zero.
 * @kernel: its release.
 * @module: its version.
 */
struct recording_head {
	uint64_t magic;
	uint32_t version;
	uint32_t head_size;
	uint32_t entry_size;
	uint32_t zero;
	uint64_t begin_ns;
	int64_t wall_offset_ns;
	char host[64];
	char kernel[64];
	char module[32];
};

/* An expiry; or, unknown which, some were lost. */
enum recording_kind { RECORDING_EXPIRY, RECORDING_LOST, RECORDING_KINDS };

/**
 * struct recording_entry - one of them, in no particular order
 * @at_ns: when it was posted to its ring, by CLOCK_MONOTONIC.
 * @late_ns: after its deadline; RECORDING_LOST: how many were lost.
 * @queue: which, by a number since the module was loaded.
 * @pid: the process that made it.
 * @slot: its timer.
 * @overruns: periods that were missed before it.
 * @flags: TIMERHEAP_EXPIRY_*.
 * @cpu: where it expired, or entries were lost.
 * @kind: enum recording_kind; RECORDING_LOST has @at_ns, @late_ns and @cpu.
 * @clock: CLOCK_* of its queue.
 */
struct recording_entry {
	uint64_t at_ns;
	uint64_t late_ns;
	uint32_t queue;
	uint32_t pid;
	uint32_t slot;
	uint32_t overruns;
	uint32_t flags;
	uint16_t cpu;
	uint8_t kind;
	uint8_t clock;
};

/* Sets all that there is before the first entry, but for @head->module. */
void recording_head_init(struct recording_head *head);
/* 0, or -errno. */
int recording_put_head(FILE *out, const struct recording_head *head);
int recording_put(FILE *out, const struct recording_entry *entry);

/**
 * struct recording - one that is read
 * @head: its texts are printable ASCII.
 * @cut_short: the last entry was not all there.
 */
struct recording {
	struct recording_head head;
	bool cut_short;
	FILE *in;
};

/*
 * Trusts nothing that @in has.  0; or -errno, and @why says what is wrong in a
 * few words.
 */
int recording_begin(struct recording *r, FILE *in, const char **why);
/* 1 and sets @entry; 0 there are no more; or as above. */
int recording_next(struct recording *r, struct recording_entry *entry,
		   const char **why);

/*
 * Calls @each with all entries of the file at @path.  What is wrong with that
 * is said, and ends the program.  Returns the head.
 */
struct recording_head recording_read(
	const char *path,
	void (*each)(void *arg, const struct recording_entry *entry),
	void *arg);

#endif
