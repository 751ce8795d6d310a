/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's parameters, as main.c declares and documents them. */
#ifndef TH_PARAMS_H
#define TH_PARAMS_H

#include <linux/types.h>

extern unsigned int th_max_slots;
extern unsigned int th_budget;
extern unsigned int th_min_period_ns;
extern bool th_require_reliable_tsc;
extern bool th_inject;

#endif
