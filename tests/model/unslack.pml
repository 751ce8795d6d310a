/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A periodic slot that has slack loses it, and gets another deadline, while
 * the kernel, there for another slot, fires it before its time is up.
 */
#define USERS	2
#define SLOTS	2
#define START	1
#define START_SLACK	4
#define SLACK	0
#define PERIOD	2
#define END	4
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	arm_with(slack_ns, SLACK, 0, 4, SLACK);
	done++
}

proctype user2()
{
	byte seen, old;

	timerheap_arm(1, 2, 0);
	done++
}

#include "start.pml"
