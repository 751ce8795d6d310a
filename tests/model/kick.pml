/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two users ring and kick while the queue moves to another CPU.  Runs that
 * come back shortly are in here as x86 orders memory; with weaker orders as
 * well there are too many states, and stall.pml has them.
 */
#ifndef WEAK
#define GAP
#endif
#define HANDOVER
#define ROOM	1
#include "cpus.pml"

proctype user2()
{
	byte seen, home;
	bool coming;

	ring_and_kick()
}

#include "boot.pml"
