/* SPDX-License-Identifier: GPL-2.0-only */
/* What the library's users were promised: which event comes for which arm. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include <linux/types.h>

struct timerheap_event;

void ledger_reset(u32 nslots);

int ledger_arm(u32 slot, u64 deadline, u64 period, void *data);
void ledger_period(int arm, u64 period);
void ledger_armed(u32 slot, int arm);
void ledger_fired(int arm, bool own_settings);
void ledger_cancelled(u32 slot, int result);
void ledger_freeing(u32 slot);
void ledger_freed(u32 slot);
void ledger_unsettled(u32 slot);

void ledger_reap_begins(void);
void ledger_looked(u32 slot);
void ledger_taken(u32 slot, u64 expected);
void ledger_reap_ends(const struct timerheap_event *events, int count);
void ledger_totals(void);

#endif
