/* SPDX-License-Identifier: GPL-2.0-only */
/* What BPF programs stand on: structures of the kernel, and arithmetic. */
#ifndef TIMERHEAP_BPF_H
#define TIMERHEAP_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "timerheap_trace_bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)
/* Of the kernel's, what is looked at. */
struct task_struct {
	int pid;
	char comm[TRACE_COMM];
};

struct pt_regs {
#ifdef __TARGET_ARCH_arm64
	unsigned long regs[31];
	int syscallno;
#else
	unsigned long si;
	unsigned long orig_ax;
#endif
};

struct irqaction {
	const char *name;
};
#pragma clang attribute pop

static __always_inline __u64 max(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

static __always_inline __u64 min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static __always_inline __u64 since(__u64 now, __u64 before)
{
	return now > before ? now - before : 0;
}

#endif
