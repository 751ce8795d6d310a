/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What really happened to each slot's deadline, and so which records the ring
 * must bring.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include <linux/timerheap.h>
#include <linux/types.h>

struct truth_slot {
	u64 exchanges; /* so many of expires_ns */
	/* of the last one by a user */
	int arm; /* the ledger's number, or -1 */
	u64 period_ns;
	u32 flags;
	u32 slack_ns; /* the most since then */
	bool unchanged; /* no setting was written since */
	/* what the engine read last */
	u64 seen_exchanges;
	u64 seen_period_ns;
	u32 seen_flags;
	/* operations under way */
	unsigned int busy;
	int arming; /* the ledger's number of the arm in them */
	/* the settings that the user wants with its next deadline */
	u64 wanted_period_ns;
	u32 wanted_slack_ns;
	u32 wanted_flags;
	/* armed without a kick: when, in steps; 0: not so */
	u64 deferred;
	bool late; /* the kick for it failed */
	bool active; /* was ever used */
	bool owned; /* allocated by a user of the library */
};

/* A deadline that the engine took, and its record. */
struct truth_fire {
	struct timerheap_expiry record;
	int arm;
};

void truth_reset(u32 nslots);
struct truth_slot *truth_slot(u32 slot);

void truth_begin(u32 slot, int arm);
void truth_want(u32 slot, u64 period, u32 slack, u32 flags);
void truth_end(u32 slot);

void truth_exchanged(u32 slot, u64 old, u64 value);
void truth_settings_changed(u32 slot);
void truth_tail(u32 tail);
void truth_head(u32 head);
/* Returns how many slots were ever used. */
u32 truth_active(const u32 **list);

u32 truth_fired(void);
u32 truth_consumed(void);
const struct truth_fire *truth_fire(u32 number);

void truth_run_begins(void);
/* The engine is told the time. */
u64 truth_now(u64 now);
void truth_run_ends(unsigned int budget, unsigned int used);
void truth_quiet(void);
void truth_totals(void);
bool truth_all_passed(u64 limit);

u64 truth_flush_begins(void);
void truth_flush_ends(u64 stamp, bool done);

#endif
