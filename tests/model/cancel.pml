/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A slot is armed again while another user cancels it, and while its old
 * deadline fires.
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

	cancel(0);
	done++
}

#include "start.pml"
