/* SPDX-License-Identifier: GPL-2.0-only */
#include "seen.pml"

#ifndef START_1
#define START_1	0
#endif
#ifndef START_SLACK
#define START_SLACK	0
#endif

/* The agents, and the words that they share. */
#define NEVER	255

#define AGENTS	3
#define KERNEL	0
/* init starts the kernel, then the users. */
#define me	(_pid - 1)

/* The words.  What the kernel writes with stores comes last. */
#define expires_ns(s)	(0 + (s))
#ifdef ONE_WORD
#define level0(s)	2		/* both slots in one word of level 0 */
#define bell(s)		(1 << (s))
#define bell1(s)	1
#else
#define level0(s)	(2 + (s))	/* each slot in a word of its own */
#define bell(s)		1
#define bell1(s)	(1 << (s))
#endif
#define level1		4		/* one word, in either case */
#define period_ns	5		/* slot 0's */
#define slack_ns	6		/* slot 0's */
#define cq_head		7
#define armed_ns(s)	(8 + (s))
#define next_event_ns	10
#define flags		11
#define cq_tail		12
#define record		13		/* a ring of one */
#define WORDS		14

#define is_expires(w)		((w) < 2)
/*
 * What a load of agent a may return an old value for.  The kernel looks at
 * deadlines and settings all the time.  Of the other words there is one at a
 * time that the agent loads before its next barrier.
 */
#define loaded_by(a, w)		((w) == soon[a] || \
				 (a) == KERNEL && ((w) < 2 || (w) == period_ns || \
						   (w) == slack_ns))

byte mem[WORDS];
byte soon[AGENTS] = NEVER;
