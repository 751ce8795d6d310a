// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hb_stall.h"

void thb__stall_init(struct thb__stall *stall, uint64_t limit_ns)
{
	*stall = (struct thb__stall){ .limit_ns = limit_ns };
}

uint64_t thb__stall_lose(struct thb__stall *stall, uint64_t since_ns,
			 uint64_t now_ns)
{
	uint64_t lost;

	if (since_ns < stall->until_ns)
		since_ns = stall->until_ns;
	lost = now_ns > since_ns ? now_ns - since_ns : 0;
	stall->total_ns += lost;
	stall->away_ns += lost;
	stall->until_ns = now_ns;
	return lost;
}

uint64_t thb__stall_look(struct thb__stall *stall, uint64_t since_ns,
			 uint64_t now_ns)
{
	if (since_ns < now_ns && now_ns - since_ns > stall->limit_ns)
		return thb__stall_lose(stall, since_ns, now_ns);
	stall->away_ns = 0;
	return 0;
}
