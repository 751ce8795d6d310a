/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's probe, wherever it is. */
#ifndef TIMERHEAP_FOLLOW_H
#define TIMERHEAP_FOLLOW_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * struct trace_follow - the files that were looked at
 * @program: what is to run at the probe.
 * @files: each with its link, or NULL where there is no probe,
 * @count: and how many.
 * @probes: how many of them have one.
 */
struct trace_follow {
	struct bpf_program *program;
	struct trace_file {
		dev_t device;
		ino_t inode;
		struct bpf_link *link;
	} * files;
	unsigned int count;
	unsigned int probes;
};

/* Once for each process; in files that several have the probe is set once. */
int trace_follow_process(struct trace_follow *follow, unsigned int pid);
void trace_follow_end(struct trace_follow *follow);

#endif
