/* SPDX-License-Identifier: GPL-2.0-only */
/* Who arms and cancels, and who consumes. */
#ifndef SIM_USER_H
#define SIM_USER_H

#include <linux/types.h>

void user_start(unsigned int number);
void raw_start(unsigned int number);
void consumer_start(void);

u64 pick_deadline(u32 slot);
u64 pick_period(void);
u32 pick_slack(void);
void user_thinks(void);
void user_leaves(void);

#endif
