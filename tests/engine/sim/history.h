/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads that come early: without a barrier or an acquire before it, a load may
 * bring what the word held some time ago, as on arm64.  Each agent sees the
 * changes of one word in their order, and its own at once.
 */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include <linux/types.h>

#include "prng.h"

#define VIEW_WORDS 16

/* How old a value an agent may still see. */
struct view {
	u64 floor; /* change: none from before */
	struct {
		const volatile void *p;
		u64 at;
	} words[VIEW_WORDS]; /* those that it saw later ones of */
	unsigned int next;
};

void history_reset(void);
void history_change(struct view *view, const volatile void *p, u64 old);
u64 history_load(struct view *view, const volatile void *p, u64 value,
		 struct prng *prng);
void history_barrier(struct view *view);
/* Memory was freed, or is used for something else: its past is no more. */
void history_forget(void);
void history_forget_view(struct view *view);
/* Nothing that comes from before the change number @floor. */
void history_seen(struct view *view, u64 floor);

#endif
