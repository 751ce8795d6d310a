// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_backoff.h"

void thb__backoff_init(struct thb__backoff *b, uint64_t base_ns,
		       uint64_t most_ns, uint64_t seed)
{
	*b = (struct thb__backoff){ base_ns, most_ns, base_ns, seed };
}

uint64_t thb__backoff_next(struct thb__backoff *b)
{
	uint64_t span = b->last_ns * 3 - b->base_ns + 1;
	uint64_t pause = b->base_ns + thb__random(&b->random) % span;

	b->last_ns = pause < b->most_ns ? pause : b->most_ns;
	return b->last_ns;
}
