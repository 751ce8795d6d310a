/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that are what timerfd_create(2) makes, to the letter, but for
 * being counted, and delayed where that is injected.
 */
#ifndef TH_TIMERFD_H
#define TH_TIMERFD_H

#include <linux/timerheap.h>

int th_timerfd_init(void);
void th_timerfd_exit(void);

int th_timerfd_create(void __user *arg);
void th_timerfd_add_stats(struct timerheap_stats *stats);
void th_timerfd_injected(const struct timerheap_inject *inject);

#endif
