/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two slots in different words of level 0, and nothing in the heap: bells that
 * share a word of level 1.
 */
#define USERS	2
#define SLOTS	2
#define START	0
#define END	2
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	timerheap_arm(0, 1, 0);
	done++
}

proctype user2()
{
	byte seen, old;

	timerheap_arm(1, 2, 0);
	done++
}

#include "start.pml"
