/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The home CPU: module/engine.c and module/doorbell.c, called as module/cpu.c
 * and module/kick.c do.  Each word of shared memory is one step.
 */

#if SLOTS == 1
#define root	0
#else
#define root	((heap[0] <= heap[1]) -> 0 : 1)
#endif

/* key_of() */
inline key_of(s, deadline, result)
{
#ifdef SLACK
	if
	:: s == 0 -> load(slack_ns, result)
	:: else -> result = 0
	fi;
	result = deadline + result
#else
	result = deadline
#endif
}

/*
 * place.c: th_place_settle(); barrier says whether the variant left it in at this
 * call.  A slot in the wheel would be one in the heap with an earlier key.
 */
inline settle(s, deadline, barrier)
{
	if
	:: deadline != 0 -> key_of(s, deadline, key)
	:: else -> key = NEVER
	fi;
	heap[s] = key;
	store(armed_ns(s), key);
	if
	:: barrier -> mb()
	:: else
	fi;
#ifndef NO_SECOND_LOOK
	load(expires_ns(s), e2);
#endif
	if
	:: e2 != 0 ->
		key_of(s, e2, key2);
		if
		:: atomic { key2 < key -> seen_to(second_look) }; ring_word(s)
		:: else
		fi
	:: else
	fi;
	key = 0; key2 = 0; e2 = 0
}

#ifdef NO_MOVE_MB
#define MOVE_MB		false
#else
#define MOVE_MB		true
#endif
#ifdef NO_DROP_MB
#define DROP_MB		false
#else
#define DROP_MB		true
#endif
#ifdef NO_LOST_MB
#define LOST_MB		false
#else
#define LOST_MB		true
#endif

/* answer() */
inline answer(s)
{
	load(expires_ns(s), e);
	if
	:: e != 0 ->
		key_of(s, e, key);
		if
#ifdef ANSWER_ANY
		:: atomic { true -> seen_to(answer) };
#else
		:: atomic { key < heap[s] -> seen_to(answer) };
#endif
			heap[s] = key;
			store(armed_ns(s), key)
		:: else
		fi
	:: else
	fi;
	e = 0; key = 0
}

/* doorbell.c: take_word(); then answer() */
inline take_word(s)
{
#if defined(TAKE_WORD_SPLIT)
	load(level0(s), bits);
	store(level0(s), 0);
#elif defined(TAKE_WORD_RELAXED)
	xchg_no_order(level0(s), 0, bits);
#elif defined(TAKE_SWAPPED)
	skip;
#else
	xchg(level0(s), 0, bits);
#endif
	do
	:: bits & bell(s) -> bits = bits & ~bell(s); answer(s)
#ifdef ONE_WORD
	:: !(bits & bell(s)) && bits -> bits = 0; answer(1)
#endif
	:: bits == 0 -> break
	od
}

/* drain(), and doorbell.c: take_group() */
inline drain()
{
	atomic { load(level1, words); will_load(NEVER) };
	if
	:: words ->
#if defined(TAKE_GROUP_SPLIT)
		load(level1, words);
		store(level1, 0);
#elif defined(TAKE_GROUP_RELAXED)
	xchg_no_order(level1, 0, words);
#elif defined(TAKE_SWAPPED)
		/* One word, which the variant takes first. */
		xchg(level0(0), 0, bits);
		xchg(level1, 0, words);
#else
		xchg(level1, 0, words);
#endif
		do
		:: words & 1 -> words = words & ~1; take_word(0)
		:: !(words & 1) && (words & 2) -> words = 0; take_word(1)
		:: words == 0 -> break
		od
	:: else
	fi
}

/* ring.c: th_ring_post(), th_ring_publish() */
#ifdef RING
inline post(deadline)
{
	store(record, deadline);
	atomic { written[tail] = deadline; tail++ }
}

inline th_ring_publish()
{
	if
	:: published != tail ->
		published = tail;
#ifdef TAIL_RELAXED
		store(cq_tail, tail)
#else
		store_release(cq_tail, tail)
#endif
	:: else
	fi
}
#else
#define post(deadline)		skip
#define th_ring_publish()	skip
#endif

/* expire(), of a one-shot timer or one with a period */
inline expire(s)
{
#ifdef PERIOD
	if
	:: s == 0 -> load(period_ns, next)
	:: else
	fi;
	if
	:: next ->
		next = e + next * ((horizon - e) / next + 1);
		key_of(s, next, next_key)
	:: else -> next_key = NEVER
	fi;
#else
	next = 0;
	next_key = NEVER;
#endif
#ifndef ARMED_LAST
	store(armed_ns(s), next_key);
#endif
#ifdef EXPIRE_SPLIT
	load(expires_ns(s), e2);
	won = e2 == e;
	e2 = 0;
	if
	:: won -> atomic { posted(s, e); store(expires_ns(s), next) }
	:: else
	fi;
#elif defined(EXPIRE_UNCOMPARED)
	atomic { pending[me] == 0; posted(s, e); put(me, expires_ns(s), next) };
	won = true;
#elif defined(EXPIRE_UNWRITTEN)
	load(expires_ns(s), e2);
	won = e2 == e;
	e2 = 0;
	if
	:: won -> posted(s, e)
	:: else
	fi;
#elif defined(EXPIRE_RELAXED)
	cmpxchg_relaxed(expires_ns(s), e, next, won);
#else
	cmpxchg(expires_ns(s), e, next, won);
#endif
	if
	:: won ->
		heap[s] = next_key;
		post(e);
		own_settings(e, next);
		if
		:: next -> seen_to(tick)
		:: else
		fi
#ifdef ARMED_LAST
		; store(armed_ns(s), next_key)
#endif
	:: atomic { else -> seen_to(lost_race) };
#if defined(LOST_LEFT)
		skip
#elif defined(LOST_PUT_BACK)
		store(armed_ns(s), heap[s])
#else
		load(expires_ns(s), e);
		settle(s, e, LOST_MB)
#endif
	fi;
	won = 0; next = 0; next_key = 0
}

/* read_clock(), once.  Time that has passed unnoticed is noticed here. */
inline read_clock()
{
	atomic {
		if
		:: horizon == NEVER ->
			do
			:: now < END -> now++
			:: break
			od;
			horizon = now;
			printf("the time is %d\n", now)
		:: else
		fi
	}
}

#ifdef RING
/* ring.c: th_ring_full(), of a ring of one record */
inline th_ring_full()
{
	if
	:: tail != head -> load_acquire(cq_head, head)
	:: else
	fi;
	stalled = tail != head
}

/* th_engine_set_flags(), with the only flag */
inline th_engine_set_flags(up)
{
	if
	:: stalled_flag != up ->
		stalled_flag = up;
		store_release(flags, up)
	:: else
	fi
}

/* has_room(): not stalled */
inline has_room()
{
	th_ring_full();
#ifndef NO_LAST_LOOK
	if
	:: stalled ->
		th_engine_set_flags(true);
#ifndef NO_ROOM_MB
		mb();
#endif
		th_ring_full()
	:: else
	fi
#else
	if
	:: stalled -> th_engine_set_flags(true)
	:: else
	fi
#endif
}
#else
#define has_room()	skip
#endif

/* fire() */
inline fire()
{
	horizon = NEVER;
	stalled = false;
	do
	:: heap[root] == NEVER -> break
	:: else ->
#ifdef NO_FIRE_ACQUIRE
		load(expires_ns(root), e);
#else
		load_acquire(expires_ns(root), e);
#endif
		read_clock();
#ifdef FIRE_BY_KEY
		due = e != 0 && heap[root] <= horizon;
#else
		due = e != 0 && e <= horizon;
#endif
		key_of(root, e, key);
		ahead = moved_one && heap[root] != NEVER && (e == 0 || key > heap[root]);
		key = 0;
		if
		:: heap[root] > horizon && !due && !ahead -> break
		:: due ->
			has_room();
			if
			:: atomic { stalled -> seen_to(stall) }; break
			:: else -> s = root; expire(s)
			fi
		:: else ->
			s = root;
			if
			:: heap[s] > horizon -> seen_to(ahead)
			:: else -> moved_one = true
			fi;
			if
			:: atomic { e != 0 -> seen_to(lazy_move) }; settle(s, e, MOVE_MB)
			:: atomic { else -> seen_to(lazy_drop) }; settle(s, 0, DROP_MB)
			fi
		fi;
		e = 0
	od;
	e = 0; s = 0; due = 0; ahead = 0; horizon = 0
}

/* publish() */
inline publish()
{
	th_ring_publish();
	atomic { store(next_event_ns, (stalled -> 0 : heap[root])) };
#ifdef NO_PUBLISH_MB
	will_load(level1)
#else
	atomic { mb(); will_load(level1) }
#endif
}

/*
 * The state to start from: th_engine_init(), and slots armed for START and
 * START_1, which is not earlier.
 */
inline th_engine_init()
{
#ifdef PERIOD
	mem[period_ns] = PERIOD;
#endif
	mem[slack_ns] = START_SLACK;
	mem[expires_ns(0)] = START;
	mem[expires_ns(1)] = START_1;
	mem[armed_ns(0)] = (START -> START + START_SLACK : NEVER);
	mem[armed_ns(1)] = (START_1 -> START_1 : NEVER);
	mem[next_event_ns] = mem[armed_ns(0)];
	programmed = mem[armed_ns(0)]
}

/* cpu.c: timer_fired().  Time passes until then, if it has not yet. */
inline timer_fired()
{
	look_for_lost_ones();
	if
	:: now < programmed -> now = programmed
	:: else
	fi;
	printf("timer set to %d fires\n", programmed);
	programmed = NEVER
}

proctype kernel()
{
	byte heap[SLOTS] = NEVER;	/* keys; NEVER: not in the heap */
	byte e, e2, key, key2, next, next_key, horizon, words, bits, s;
	bool due, won, ahead, moved_one;
#ifdef RING
	byte tail, head, published;
	bool stalled_flag;
#endif

	heap[0] = mem[armed_ns(0)];
#if SLOTS > 1
	heap[1] = mem[armed_ns(1)];
#endif
idle:
	if
	:: atomic { ipi -> ipi = false; running[KERNEL] = true; will_load(level1) }
	:: atomic { !ipi && programmed <= END -> timer_fired(); running[KERNEL] = true; will_load(level1) }
	:: atomic {
		done == USERS && quiet && programmed > END ->
		look_for_lost_ones();
		goto stop
	   }
	fi;

	/* th_engine_run() */
	moved_one = false;
pass:
	drain();
	fire();
	publish();
	load(level1, words);	/* th_doorbell_any() */
	if
	:: words -> words = 0; goto pass
	:: else
	fi;
#ifdef RING
	if
	:: !stalled -> th_engine_set_flags(false)
	:: else
	fi;
#endif
	atomic { programmed = (stalled -> NEVER : heap[root]); leave() };
	goto idle;
stop:
	skip
}
