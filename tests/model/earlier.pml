/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A deadline moved earlier by a system call, and later through shared memory:
 * bells for one slot, rung while they are answered.
 */
#define USERS	2
#define SLOTS	1
#define START	2
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

	th_engine_arm(0, 1, 0);
	done++
}

#include "start.pml"
