/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A periodic slot gets another period and another deadline while a tick is
 * due, and is cancelled.  Periods and times are such that no two ticks of the
 * old and the new grid up to END coincide.
 */
#define USERS	2
#define SLOTS	1
#define START	1
#define PERIOD	5
#define NEW_PERIOD	2
#define NEW_START	2
#define END	4
/* The new grid is even; ticks of the old one take either period. */
#define own_settings(deadline, next) \
	must((deadline) % 2 || (next) % 2 == 0, settings_of_the_deadline)
#include "queue.pml"

proctype user1()
{
	byte seen, old;

	arm_with(period_ns, NEW_PERIOD, 0, NEW_START, 0);
	done++
}

proctype user2()
{
	byte seen, old;

	cancel(0);
	done++
}

#include "start.pml"
