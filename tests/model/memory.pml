/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory as its users see it, and the operations on it.
 *
 * Each agent has a store buffer, which a process of its own empties into
 * memory at any time, and a load sees the agent's own buffer first.
 *
 * TSO   x86: a buffer is emptied in order.  Atomic operations and barriers
 *       wait until it is empty.
 * WEAK  stores overtake each other, unless they are to the same word or the
 *       later one is a release.  A load may return what the word held at any
 *       time since the agent's last barrier or acquire, as if it had been
 *       carried out that early: when a word changes, each who may read it in
 *       what it is doing keeps the old value, or does not.  Atomic operations
 *       without an answer (atomic64_or()) are ordered like plain stores.
 *       As on arm64 and RISC-V, a store reaches all others at once.  A store
 *       that overtakes an earlier load is not in here; ring.pml, the one
 *       place where that matters, has it written out.
 */
#define NOTHING	254

#define DEPTH	3
#define PLAIN	0
#define RELEASE	1
#define OR	2

#define entry(a, i)	((a) * DEPTH + (i))
byte pending[AGENTS];			/* entries of each agent's buffer */
byte word[AGENTS * DEPTH];
byte value[AGENTS * DEPTH];
byte how[AGENTS * DEPTH];

/* What agent a may still read for w instead of what memory holds. */
byte kept[AGENTS * WORDS] = NOTHING;
#define kept_by(a, w)	kept[(a) * WORDS + (w)]

byte it;			/* counts in loops, else 0 */

/* Word w becomes v, by agent a; noted() is what the scenario notes of it. */
inline put(a, w, v)
{
#ifdef WEAK
	for (it : 0 .. AGENTS - 1) {
		if
		:: it != a && running[it] && mem[w] != (v) &&
		   loaded_by(it, w) && kept_by(it, w) == NOTHING ->
			kept_by(it, w) = mem[w]
		:: true
		fi
	}
	it = 0;
	kept_by(a, w) = NOTHING;
#endif
	noted(a, w, v);
	mem[w] = v
}

/* No load after here is older than here. */
inline forget()
{
#ifdef WEAK
	for (it : 0 .. WORDS - 1) {
		kept_by(me, it) = NOTHING
	}
	it = 0
#else
	skip
#endif
}

inline buffer(w, v, h)
{
	d_step {
		pending[me] < DEPTH;
		printf("%d: w%d := %d (%d), buffered\n", me, w, v, h);
		word[entry(me, pending[me])] = w;
		value[entry(me, pending[me])] = v;
		how[entry(me, pending[me])] = h;
		pending[me]++;
#ifdef WEAK
		kept_by(me, w) = NOTHING
#endif
	}
}

/* From the next barrier on, w is what me loads next; see loaded_by(). */
inline will_load(w)
{
#ifdef WEAK
	soon[me] = w
#else
	skip
#endif
}

/* WRITE_ONCE() */
inline store(w, v)
{
	buffer(w, v, PLAIN)
}

/* smp_store_release() */
inline store_release(w, v)
{
	buffer(w, v, RELEASE)
}

#define own(i, w)	(pending[me] > i && word[entry(me, i)] == (w))
#define own_or(i, w)	(own(i, w) && how[entry(me, i)] == OR)

inline look(w, x)
{
	!own_or(0, w) && !own_or(1, w) && !own_or(2, w);
	if
	:: own(2, w) -> x = value[entry(me, 2)]
	:: !own(2, w) && own(1, w) -> x = value[entry(me, 1)]
	:: !own(2, w) && !own(1, w) && own(0, w) -> x = value[entry(me, 0)]
	:: !own(2, w) && !own(1, w) && !own(0, w) ->
		x = mem[w];
#ifdef WEAK
		if
		:: kept_by(me, w) != NOTHING -> x = kept_by(me, w)
		:: else
		fi
#endif
	fi;
#ifdef WEAK
	kept_by(me, w) = NOTHING;
#endif
	printf("%d: w%d is %d\n", me, w, x)
}

/* READ_ONCE() */
inline load(w, x)
{
	d_step { look(w, x) }
}

/* smp_load_acquire() */
inline load_acquire(w, x)
{
	d_step { look(w, x); forget() }
}

/* smp_mb() */
inline mb()
{
	d_step { pending[me] == 0; printf("%d: mb\n", me); forget() }
}

/* xchg(): a full barrier. */
inline xchg(w, v, old)
{
	atomic {
		pending[me] == 0;
		forget();
		old = mem[w];
		printf("%d: xchg w%d := %d, was %d\n", me, w, v, old);
		answered(w, v, old);
		put(me, w, v)
	}
}

/* cmpxchg(): a full barrier where it succeeds. */
inline cmpxchg(w, expected, v, ok)
{
	atomic {
		pending[me] == 0;
		ok = mem[w] == expected;
		printf("%d: cmpxchg w%d from %d to %d: %d\n", me, w, expected,
		       v, ok);
		if
		:: ok ->
			forget();
			posted(w, expected);
			put(me, w, v)
		:: else
		fi
	}
}

/* cmpxchg_relaxed() orders nothing, on x86 as much as cmpxchg(). */
inline cmpxchg_relaxed(w, expected, v, ok)
{
#ifdef WEAK
	atomic {
		ok = mem[w] == expected;
		if
		:: ok -> posted(w, expected); put(me, w, v)
		:: else
		fi
	}
#else
	cmpxchg(w, expected, v, ok)
#endif
}

/* C11's atomic or, sequentially consistent. */
inline or_sc(w, bits)
{
	atomic {
		pending[me] == 0;
		forget();
		printf("%d: or w%d |= %d\n", me, w, bits);
		put(me, w, mem[w] | bits)
	}
}

/* atomic64_or(): on x86 as the former, elsewhere without any order. */
inline or_relaxed(w, bits)
{
#ifdef WEAK
	buffer(w, bits, OR)
#else
	or_sc(w, bits)
#endif
}

/* A load and a store, ordered like the or that they are in place of. */
inline or_split(w, bits)
{
	load(w, old);
	store(w, old | bits);
	old = 0;
	mb()
}

/* xchg_relaxed(); on x86 there is no such thing. */
inline xchg_no_order(w, v, old)
{
#ifdef WEAK
	atomic {
		old = mem[w];
		put(me, w, v)
	}
#else
	xchg(w, v, old)
#endif
}

/* xchg_relaxed() by one who does not look at the answer; likewise. */
inline xchg_relaxed(w, v)
{
#ifdef WEAK
	store(w, v)
#else
	atomic { pending[me] == 0; put(me, w, v) }
#endif
}

/* Whether an entry may be the next to reach memory. */
#define second(a)	(pending[a] > 1 && how[entry(a, 1)] != RELEASE && \
			 word[entry(a, 1)] != word[entry(a, 0)])
#define third(a)	(pending[a] > 2 && how[entry(a, 2)] != RELEASE && \
			 word[entry(a, 2)] != word[entry(a, 0)] && \
			 word[entry(a, 2)] != word[entry(a, 1)])

inline commit(a, i)
{
	w = word[entry(a, i)];
	v = value[entry(a, i)];
	if
	:: how[entry(a, i)] == OR -> v = v | mem[w]
	:: else
	fi;
	printf("%d: w%d := %d, seen by all\n", a, w, v);
	put(a, w, v);
	d_step {
		pending[a]--;
		for (it : i .. DEPTH - 2) {
			word[entry(a, it)] = word[entry(a, it + 1)];
			value[entry(a, it)] = value[entry(a, it + 1)];
			how[entry(a, it)] = how[entry(a, it + 1)]
		}
		word[entry(a, DEPTH - 1)] = 0;
		value[entry(a, DEPTH - 1)] = 0;
		how[entry(a, DEPTH - 1)] = 0;
		it = 0; a = 0; i = 0; w = 0; v = 0
	}
}

proctype memory()
{
	byte a, i, w, v;

end:
	do
	:: atomic {
		if
		:: pending[0] > 0
		:: pending[1] > 0 -> a = 1
		:: pending[2] > 0 -> a = 2
#if AGENTS > 3
		:: pending[3] > 0 -> a = 3
#endif
		fi;
		if
		:: true
#ifdef WEAK
		:: second(a) -> i = 1
		:: third(a) -> i = 2
#endif
		fi;
		commit(a, i)
	   }
	od
}
