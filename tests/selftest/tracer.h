/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's irqsoff tracer: for how long interrupts were off at most, and
 * whose section that was.  On kernels that have it: "plain" and "debug".
 */
#ifndef SELFTEST_TRACER_H
#define SELFTEST_TRACER_H

#include <stdint.h>

struct irqsoff {
	uint64_t longest_us;
	unsigned int runs; /* of an engine, in that section */
	char from[64], to[64];
	char inside[64]; /* which of the kernel's ways in it took first */
};

/* Takes long; skips the case where there is no such tracer. */
void irqsoff_prepare(void);
void irqsoff_start(void);
struct irqsoff irqsoff_stop(void);
/* Whatever became of the case. */
void irqsoff_off(void);

#endif
