/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A deadline moved later by one user, and back in between by another, while
 * the kernel comes to the slot at the old time and moves it.
 */
#define USERS	2
#define SLOTS	1
#define START	1
#define END	3
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	timerheap_arm(0, 3, 0);
	done++
}

proctype user2()
{
	byte seen, old;

	timerheap_arm(0, 2, 0);
	done++
}

#include "start.pml"
