/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds warnings, oopses and checker reports in the kernel's log. */
#ifndef KLOG_H
#define KLOG_H

#include <stdint.h>
#include <stdio.h>

struct klog_result {
	unsigned int bad; /* offending lines */
	unsigned int tolerated; /* lines that would offend, but are allowed */
	unsigned int foreign_races; /* data races without a module in them */
	uint64_t next_seq; /* where the next check goes on */
};

/*
 * Reads the log from record @from_seq on and writes to @out, each line after
 * @prefix, what offends and the lines that explain it. Lines matching one of
 * the extended regular expressions in @allow_path (one a line; the file may
 * be missing) are tolerated, with the trace that follows them.  So are data
 * races in which no module took part.
 * Returns 0 or -errno.
 */
int klog_check(uint64_t from_seq, const char *allow_path, const char *prefix,
	       FILE *out, struct klog_result *res);

/* The program `klog`: what offended since it last ran; exits 1 if anything. */
int klog_main(void);

#endif
