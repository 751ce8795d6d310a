/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slack is given to a slot while the kernel answers the bell of an earlier
 * deadline without.
 */
#define USERS	2
#define SLOTS	1
#define START	3
#define SLACK	2
#define END	4
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	timerheap_arm(0, 2, 0);
	arm_with(slack_ns, SLACK, 0, 1, SLACK);
	done++
}

proctype user2()
{
	byte seen, old;

	skip;
	done++
}

#include "start.pml"
