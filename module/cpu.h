/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Home CPUs: each queue's engine runs on one CPU, with interrupts off, and
 * moves with its timer when that CPU goes away and when it comes back.
 */
#ifndef TH_CPU_H
#define TH_CPU_H

#include "queue.h"

int th_cpu_init(void);
void th_cpu_exit(void);

int th_cpu_attach(struct th_queue *queue);
void th_cpu_detach(struct th_queue *queue);
void th_cpu_run_all(void);

void th_cpu_queue_stats(struct th_queue *queue, struct timerheap_stats *stats);
void th_cpu_reset_stats(struct th_queue *queue);
int th_cpu_stats(int cpu, struct timerheap_stats *stats);

#endif
