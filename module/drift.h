/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and the lateness histogram of one queue, or of many added up.
 * Written on the home CPU with interrupts off; read from anywhere.
 */
#ifndef TH_DRIFT_H
#define TH_DRIFT_H

#include <linux/types.h>
#include <linux/timerheap.h>

void th_drift_reset(struct timerheap_stats *stats);
void th_drift_record(struct timerheap_stats *stats, u64 lateness_ns, u32 count);
void th_drift_add(struct timerheap_stats *sum,
		  const struct timerheap_stats *stats);

#endif
