/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One user rings and kicks, and the consumer makes room in a ring that is
 * full: a kick is needed, or a run comes anyhow.
 */
#define GAP
#define STARTS_IN_GAP
#define ROOM	0
#include "cpus.pml"

/* userlib/reap.c: advance() */
proctype user2()
{
	byte seen, home;
	bool coming;

	running[me] = true;
	store_release(cq_head, 1);
#ifndef NO_CONSUMER_MB
	mb();
#endif
	load(flags, seen);
	if
	:: atomic { seen -> seen_to(stall) }; seen = 0; th_kick()
	:: else
	fi;
	leave();
	done++
}

#include "boot.pml"
