/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of timerfds, and what sets the clock that cancels them. */
#ifndef GUESTFUZZ_CALLS_TIMERFD_H
#define GUESTFUZZ_CALLS_TIMERFD_H

#include <stdint.h>

#include "calls.h"

long make_timerfd(struct actor *actor, const uint64_t *arg);
long set_timerfd(struct actor *actor, const uint64_t *arg);
long ask_timerfd(struct actor *actor, const uint64_t *arg);
long set_ticks(struct actor *actor, const uint64_t *arg);
long read_ticks(struct actor *actor, const uint64_t *arg);
long read_fdinfo(struct actor *actor, const uint64_t *arg);
long stray(struct actor *actor, const uint64_t *arg);
long step_clock(struct actor *actor, const uint64_t *arg);

/* The wall clock, as it goes without step_clock(). */
void remember_clock(void);
void restore_clock(void);

#endif
