/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A deadline moved later by a system call, which rings all the same, and back
 * in between by another user, while the kernel answers.
 */
#define USERS	2
#define SLOTS	1
#define START	1
#define END	3
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	th_engine_arm(0, 3, 0);
	done++
}

proctype user2()
{
	byte seen, old;

	timerheap_arm(0, 2, 0);
	done++
}

#include "start.pml"
