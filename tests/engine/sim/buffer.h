/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stores on their way: a processor's store buffer.  Each commits some time
 * later, until a barrier or an atomic operation of the same agent.
 */
#ifndef SIM_BUFFER_H
#define SIM_BUFFER_H

#include <linux/types.h>

#include "prng.h"
#include "sim/history.h"

#define BUFFER_SIZE 8

enum model {
	MODEL_SC, /* no buffer */
	MODEL_TSO, /* first in, first out, as on x86 */
	MODEL_WEAK, /* any order but after a release, and loads may be early */
	MODELS,
};

extern const char *const model_names[MODELS];

struct delayed {
	volatile void *p;
	u64 value;
	unsigned int size;
	bool release;
	bool add_bits; /* an atomic or, whose result nobody waits for */
};

struct buffer {
	struct delayed stores[BUFFER_SIZE];
	unsigned int count;
	struct view view; /* what its owner's loads may miss */
};

void buffer_put(struct buffer *buffer, enum model model,
		const struct delayed *store);
bool buffer_find(const struct buffer *buffer, const volatile void *p,
		 u64 *value);
/* An or that is under way cannot be seen until it is done. */
void buffer_finish_or(struct buffer *buffer, const volatile void *p);
void buffer_commit_some(struct buffer *buffer, enum model model,
			struct prng *prng);
void buffer_commit_to(struct buffer *buffer, const volatile void *p);
void buffer_commit_all(struct buffer *buffer);
void buffer_barrier(struct buffer *buffer);

#endif
