/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A periodic slot whose deadline is moved by two users beyond its next tick,
 * while the kernel fires it.  Deadlines and period are such that no two ticks
 * coincide.
 */
#define USERS	2
#define SLOTS	1
#define START	1
#define PERIOD	3
#define END	6
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	timerheap_arm(0, 8, 0);
	done++
}

proctype user2()
{
	byte seen, old;

	timerheap_arm(0, 6, 0);
	done++
}

#include "start.pml"
