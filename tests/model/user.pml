/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What users do: userlib/arm.c, or module/batch.c with the first functions of
 * module/engine.c on behalf of those who do not map the queue.
 *
 * A sequentially consistent operation is a full barrier only towards others of
 * its kind: on arm64 a relaxed load may come before the store of an exchange
 * that it follows.  Variants that weaken the load have that written out.
 */
#ifdef WEAK
#ifdef ARMED_RELAXED
#define ARMED_RELAXED_NOW
#endif
#ifdef NEXT_EVENT_RELAXED
#define NEXT_EVENT_RELAXED_NOW
#endif
#endif

/* module/kick.c: th_kick() for another CPU; cpus.pml has all of it. */
inline th_kick()
{
	atomic {
		pending[me] == 0;
		printf("%d: kick\n", me);
		seen_to(kick);
		ipi = true
	}
}

/* Both read next_event_ns after ringing. */
inline kick_if_later(l)
{
	atomic {
#ifndef NEXT_EVENT_RELAXED_NOW
		load(next_event_ns, seen);
#endif
		if
		:: l < seen -> th_kick()
		:: else
		fi;
		seen = 0;
		leave()
	}
}

/* userlib/arm.c: exchange(), up to the load of armed_ns */
inline exchange_deadline(s, d)
{
	will_load(armed_ns(s));
#if defined(ARM_XCHG_RELAXED)
	xchg_relaxed(expires_ns(s), d)
#elif defined(ARM_XCHG_NO_RELEASE)
	xchg_relaxed(expires_ns(s), d);
	mb()
#elif defined(ARM_STORE)
	store(expires_ns(s), d)
#elif defined(ARM_STORE_MB)
	store(expires_ns(s), d);
	mb()
#else
	xchg(expires_ns(s), d, old);
	old = 0
#endif
}

/* userlib/arm.c: the two bits in ring() */
inline ring_bits(s)
{
#if defined(RING_SWAPPED)
	or_sc(level1, bell1(s));
	or_sc(level0(s), bell(s))
#elif defined(RING_LEVELS_RELAXED)
	or_relaxed(level0(s), bell(s));
	or_relaxed(level1, bell1(s));
	mb()
#elif defined(RING_LEVEL1_RELAXED)
	or_sc(level0(s), bell(s));
	or_relaxed(level1, bell1(s))
#elif defined(RING_LEVEL0_SPLIT)
	or_split(level0(s), bell(s));
	or_sc(level1, bell1(s))
#elif defined(RING_LEVEL1_SPLIT)
	or_sc(level0(s), bell(s));
	or_split(level1, bell1(s))
#else
	or_sc(level0(s), bell(s));
#ifdef NEXT_EVENT_RELAXED_NOW
	load(next_event_ns, seen);
#endif
	or_sc(level1, bell1(s))
#endif
}

inline arm_rest(s, d, sl)
{
	atomic {
#ifndef ARMED_RELAXED_NOW
		load(armed_ns(s), seen);
#endif
		if
		:: d + sl >= seen -> seen = 0; leave()
		:: else -> will_load(next_event_ns)
		fi
	};
	if
	:: seen -> ring_bits(s); kick_if_later(d + sl)
	:: else
	fi
}

/* userlib/arm.c: timerheap_arm(), with slack sl */
inline timerheap_arm(s, d, sl)
{
#ifdef ARMED_RELAXED_NOW
	atomic { begin(); load(armed_ns(s), seen) };
	atomic { exchange_deadline(s, d) };
#else
	atomic { begin(); exchange_deadline(s, d) };
#endif
	arm_rest(s, d, sl)
}

/* The same, after slot 0's setting w was made x. */
inline arm_with(w, x, s, d, sl)
{
#ifdef SETTINGS_LAST
	atomic { begin(); exchange_deadline(s, d) };
	store(w, x);
	mb();
#else
	atomic { begin(); store(w, x) };
	atomic { exchange_deadline(s, d) };
#endif
	arm_rest(s, d, sl)
}
/* module/doorbell.c: ring_word(), also called by the kernel's own run */
inline ring_word(s)
{
	or_relaxed(level0(s), bell(s));
#ifndef NO_RING_WORD_MB
	mb();			/* smp_mb__after_atomic() */
#endif
	or_relaxed(level1, bell1(s))
}

/* module/engine.c: th_engine_arm(); then batch.c: arm_all() */
inline th_engine_arm(s, d, sl)
{
	atomic {
		begin();
		will_load(next_event_ns);
#ifdef ENGINE_ARM_XCHG_RELAXED
		xchg_relaxed(expires_ns(s), d)
#else
		xchg(expires_ns(s), d, old);
		old = 0
#endif
	};
	ring_word(s);
#ifndef NO_ENGINE_ARM_MB
	mb();			/* smp_mb__after_atomic() */
#endif
	kick_if_later(d + sl)
}

/* userlib/arm.c: timerheap_cancel(); module/engine.c: th_engine_cancel() */
inline cancel(s)
{
#ifdef CANCEL_SPLIT
	atomic { begin(); load(expires_ns(s), old) };
	atomic { answered(expires_ns(s), 0, old); store(expires_ns(s), 0) };
	old = 0;
	leave()
#else
	atomic {
		begin();
		xchg(expires_ns(s), 0, old);
		old = 0;
		leave()
	}
#endif
}
