/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of one record, and two slots that are due: the second waits for the
 * consumer, while another user pushes it back.  The consumer is
 * userlib/reap.c; module/reader.c does the same with the kernel's own copies
 * of tail and flags.
 */
#define RING
#define USERS	2
#define SLOTS	2
#define START	1
#define START_1	1
#define END	2
#include "queue.pml"

/* advance(), after the record was taken */
inline advance()
{
#ifdef HEAD_RELAXED
	store(cq_head, head);
#else
	store_release(cq_head, head);
#endif
	will_load(flags);
#ifndef NO_CONSUMER_MB
	mb();
#endif
	load(flags, seen);
	atomic {
		if
		:: seen -> th_kick()
		:: else
		fi;
		seen = 0;
		leave()
	}
}

/* timerheap_reap(), when there is a tail to see, or might be */
inline timerheap_reap()
{
	atomic {
		mem[cq_tail] != head || running[KERNEL];
		running[me] = true;
		will_load(record)
	};
#ifdef TAIL_NO_ACQUIRE
	load(cq_tail, seen);
#else
	load_acquire(cq_tail, seen);
#endif
	if
	:: seen == head -> atomic { seen = 0; leave() }
	:: else ->
#if defined(HEAD_RELAXED) && defined(WEAK)
		/* A store may come before an earlier load: written out. */
		store(cq_head, head + 1);
#endif
		load(record, seen);
		must(seen == written[head], record_complete);
		atomic { seen = 0; head++ };
		advance()
	fi
}

proctype user1()
{
	byte seen, head;

	done++;
end:
	do
	:: timerheap_reap()
	od
}

proctype user2()
{
	byte seen, old;

	timerheap_arm(1, 2, 0);
	done++
}

#include "start.pml"
