/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual time: it passes with each access, or jumps when all are asleep. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "prng.h"

struct clock {
	u64 true_ns; /* only ever grows; sleepers wait by it */
	u64 offset_ns; /* the queue's clock minus that, modulo 2^64 */
	unsigned int speed; /* an access takes 0 to this much */
	unsigned int steps_in; /* set about once in so many; 0: never */
};

extern struct clock sim_clock;

void clock_reset(u64 now, unsigned int speed, unsigned int steps_in);
u64 clock_now(void);
bool clock_has_ended(void);
/* The queue's clock after it was not set again. */
u64 clock_true_at(u64 queue_ns);
void clock_pass(struct prng *prng);
void clock_jump(u64 true_ns);

#endif
