/* SPDX-License-Identifier: GPL-2.0-only */
init {
	atomic {
		mem[cq_head] = ROOM;
#ifdef STARTS_IN_GAP
		gap = true;
		was_gap = true;
#else
		mem[next_event_ns] = NEVER;
#endif
		run cpu();
		run cpu();
		run user1();
		run user2();
		run memory()
	}
}
