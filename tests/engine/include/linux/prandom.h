/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_PRANDOM_H
#define STANDIN_LINUX_PRANDOM_H

#include "prng.h"

struct rnd_state {
	struct prng prng;
};

static inline void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	state->prng.state = seed;
}

static inline u32 prandom_u32_state(struct rnd_state *state)
{
	return (u32)prng_next(&state->prng);
}

#endif
