/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two CPUs that may be a queue's home, and two users on others: module/kick.c,
 * and the steps of cpu.c and engine.c that it relies on.  A bell is one bit
 * here, and a run answers it; when a run finds the ring full, it stalls; it
 * may say once that it comes back shortly.
 */
#include "seen.pml"

#define NONE	2		/* queue->cpu while it moves */
#define NEVER	255
#define AGENTS	4
#define me	(_pid - 1)

#define level1		0
#define home_cpu	1
#define kicked		2
#define csd		3
#define next_event_ns	4
#define own_flags	5	/* the kernel's, */
#define flags		6	/* and the header's */
#define cq_head		7
#define WORDS		8

byte mem[WORDS];
bool running[AGENTS];
byte soon[AGENTS];		/* not used here */

#ifdef HANDOVER
#define by_cpu(w)	((w) == level1 || (w) == home_cpu || \
			 (w) == next_event_ns || (w) == own_flags)
#define by_user(w)	((w) == home_cpu || (w) == next_event_ns || \
			 (w) == own_flags)
#else
#define by_cpu(w)	((w) == level1 || (w) == cq_head)
#define by_user(w)	((w) == next_event_ns || (w) == own_flags || \
			 (w) == flags)
#endif
#define loaded_by(a, w)	((a) < 2 && by_cpu(w) || (a) >= 2 && by_user(w))
#define noted(a, w, v)		skip
#define answered(w, v, old)	skip
#define posted(w, v)		skip

bool doorbell_answered, stall_ends, kick_is_sent;
#define must(condition, property)	assert((condition) || property)

#include "memory.pml"

byte done;
bool ipi[2];
bool gap;			/* promised, */
bool was_gap;			/* and there is one only */
bool stalled, flag_is_up;
bool moving, has_moved;

#define quiet	(done == 2 && !running[0] && !running[1] && !running[2] && \
		 !running[3] && !ipi[0] && !ipi[1] && !gap && !moving && \
		 pending[0] + pending[1] + pending[2] + pending[3] == 0)

inline leave()
{
	d_step { running[me] = false; forget() }
}

/* is_coming() and kick_remote() */
inline kick_remote(cpu)
{
	load(next_event_ns, seen);
	if
	:: seen == 0 ->
#if defined(COMING_NO_RMB)
		load(own_flags, seen);
#elif defined(COMING_NO_FLAG)
		skip;
#else
		d_step { forget() };
		load(own_flags, seen);
#endif
		coming = !seen
	:: else
	fi;
	if
	:: atomic { coming -> seen_to(coming) }; coming = false
	:: else ->
#ifdef KICKED_SPLIT
		load(kicked, seen);
		store(kicked, 1);
#else
		xchg(kicked, 1, seen);
#endif
		if
		:: atomic { seen -> seen_to(coalesced) }
		:: else ->
			atomic {
				pending[me] == 0;
				must(!mem[csd], kick_is_sent);
				mem[csd] = 1;
				ipi[cpu] = true;
				printf("%d: interrupt to CPU %d\n", me, cpu)
			}
		fi
	fi;
	seen = 0
}

/* th_kick(), on neither of the two CPUs */
inline th_kick()
{
#ifndef NO_KICK_MB
	mb();
#endif
	load(home_cpu, home);
	if
	:: home != NONE -> kick_remote(home)
	:: atomic { else -> seen_to(no_home) }
	fi;
	home = 0
}

/* th_engine_set_flags() */
inline set_flags(up)
{
	if
	:: flag_is_up != up ->
		flag_is_up = up;
		store(own_flags, up);
#ifdef FLAGS_RELAXED
		store(flags, up)
#else
		store_release(flags, up)
#endif
	:: else
	fi
}

/* th_engine_run(), on the home CPU */
inline th_engine_run()
{
	do
	:: true ->
		load(level1, seen);
		if
		:: seen -> xchg(level1, 0, seen)
		:: else
		fi;
		seen = 0;
		stalled = false;
		load(cq_head, seen);
		if
		:: !seen ->
			set_flags(1);
#ifndef NO_STALL_MB
			mb();
#endif
			load(cq_head, seen);
			stalled = !seen
		:: else
		fi;
		seen = 0;
		atomic {
			if
#ifdef GAP
			:: !was_gap -> was_gap = true; gap = true
#endif
			:: true
			fi
		};
		store(next_event_ns, (gap || stalled -> 0 : NEVER));
#ifndef NO_ANY_MB
		mb();
#endif
		load(level1, seen);
		if
		:: gap || !seen -> break
		:: else -> seen = 0
		fi
	od;
	seen = 0;
	if
	:: !stalled -> set_flags(0)
	:: else
	fi;
	mb()			/* the end of the interrupt, at the latest */
}

/* kicked(); the descriptor was unlocked by those who call it. */
inline kick_came()
{
	store_release(csd, 0);
#ifdef KICKED_NO_RELEASE
	store(kicked, 0);
#else
	store_release(kicked, 0);
#endif
#ifndef NO_KICKED_MB
	mb();
#endif
	load(home_cpu, home);
	if
	:: home == me -> th_engine_run()
#ifndef KICKED_NOT_PASSED_ON
	:: atomic { home != me && home != NONE -> seen_to(passed_on) }; kick_remote(home)
	:: home == NONE
#else
	:: home != me
#endif
	fi;
	home = 0
}

proctype cpu()
{
	byte seen, home;
	bool coming;

end:
	do
	:: atomic { ipi[me] -> ipi[me] = false; running[me] = true };
		kick_came();
		leave()
	:: atomic { gap && mem[home_cpu] == me -> gap = false; running[me] = true; seen_to(gap) };
		th_engine_run();
		leave()
#ifdef HANDOVER
	/* stop_here(): the gap is the next home's run; then start_here() there. */
	:: atomic { me == 0 && !has_moved -> has_moved = true; running[me] = true };
		store(home_cpu, NONE);
		mb();
		atomic { gap = false; moving = true };
		leave()
	:: atomic { me == 1 && moving -> running[me] = true; seen_to(handover) };
		store(home_cpu, me);
#ifndef NO_START_MB
		mb();
#endif
		th_engine_run();
		moving = false;
		leave()
#endif
	:: atomic { me == 0 && quiet ->
		must(!mem[level1], doorbell_answered);
		must(!stalled || !mem[cq_head], stall_ends);
		seen_to(end);
		break
	   }
	od
}

inline ring_and_kick()
{
	running[me] = true;
	or_relaxed(level1, 1);
	th_kick();
	leave();
	done++
}

proctype user1()
{
	byte seen, home;
	bool coming;

	ring_and_kick()
}
