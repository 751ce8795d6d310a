/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time, what was promised, and the properties.  A deadline is known by its
 * slot and its value: no script arms a slot for the same time twice.
 */
#define bit(d)	(1 << (d))

byte now;
bool running[AGENTS];		/* in the middle of a run, or an operation */
byte done;			/* users that have come to their end */
/* What became of the deadlines that were in each slot's word: */
short fired[SLOTS];		/* posted, */
short moved[SLOTS];		/* replaced by another, */
short cancelled[SLOTS];		/* taken back by a cancel that said so */

/*
 * The properties.  All of these are false: each names what a failed
 * assertion is about.
 */
bool never_early, fires_once, moved_never_fires, cancelled_never_fires;
bool doorbell_answered, not_beyond_deadline, nothing_lost;
bool settings_of_the_deadline, stall_ends, record_complete;
#define must(condition, property)	assert((condition) || property)

inline noted(a, w, v)
{
	if
	:: is_expires(w) ->
		if
		:: a != KERNEL && (v) != 0 && mem[w] != 0 ->
			must(!(fired[w] & bit(mem[w])), moved_never_fires);
			seen_to(move);
			moved[w] = moved[w] | bit(mem[w])
		:: (v) == 0 && mem[w] != 0 ->
			must((fired[w] | cancelled[w]) & bit(mem[w]),
			     nothing_lost)
		:: else
		fi
	:: else
	fi
}

/* An exchange found old: with 0 a cancel promises nothing. */
inline answered(w, v, old)
{
	if
	:: is_expires(w) && v == 0 && old != 0 ->
		must(!(fired[w] & bit(old)), cancelled_never_fires);
		seen_to(cancel);
		cancelled[w] = cancelled[w] | bit(old)
	:: else
	fi
}

/* Slot s is posted; its word's number is its own. */
inline posted(s, deadline)
{
	d_step {
		printf("kernel posts %d of slot %d\n", deadline, s);
		must(deadline <= now, never_early);
		must(!(fired[s] & bit(deadline)), fires_once);
		must(!(moved[s] & bit(deadline)), moved_never_fires);
		must(!(cancelled[s] & bit(deadline)), cancelled_never_fires);
		seen_to(expiry);
		fired[s] = fired[s] | bit(deadline)
	}
}

/* The kernel's, but looked at here. */
byte programmed = NEVER;	/* the hrtimer */
bool ipi;
bool stalled;			/* how the last run ended */

#ifdef RING
/* The deadlines posted, in order. */
byte written[SLOTS + 1];
#define consumer_sleeps	(mem[cq_tail] == mem[cq_head])
#else
#define consumer_sleeps	true
#endif

#define buffers_empty	(pending[0] == 0 && pending[1] == 0 && pending[2] == 0)
/* Nothing happens now unless a user begins something, or time passes. */
#define quiet	(!running[0] && !running[1] && !running[2] && !ipi && \
		 buffers_empty && consumer_sleeps)

#ifdef SLACK
#define latest(s)	(mem[expires_ns(s)] + (s == 0 -> mem[slack_ns] : 0))
#else
#define latest(s)	mem[expires_ns(s)]
#endif

/* When all is quiet, the kernel comes by itself before it is too late. */
inline look_for_lost(s)
{
	if
	:: quiet && mem[expires_ns(s)] != 0 && programmed > latest(s) ->
		must(!(mem[level0(s)] & bell(s)), doorbell_answered);
		must(!stalled, stall_ends);
		must(false, not_beyond_deadline)
	:: else
	fi
}

inline look_for_lost_ones()
{
#if SLOTS > 1
	look_for_lost(1);
#endif
	look_for_lost(0)
}

inline begin()
{
	look_for_lost_ones();
	running[me] = true
}

inline leave()
{
	d_step { running[me] = false; will_load(NEVER); forget() }
}

/* A deadline fired, and next follows it; period.pml says what it must be. */
#ifndef own_settings
#define own_settings(deadline, next)	skip
#endif
