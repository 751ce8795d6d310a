// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Each transition of a peer's state, one by one, by what happens to it in
 * life; and that the table has none besides.
 */
#include "hb_rig.h"
#include "hb_table.h"

/* What was seen to happen here. */
static uint8_t seen[THB_STATES][THB_STATES][THB_CAUSES];

static void verify(struct rig *r, struct thb__verdict v, enum thb_state from,
		   enum thb_state to, enum thb_cause cause)
{
	assert_int_equal(v.from, from);
	assert_int_equal(v.to, to);
	assert_int_equal(v.cause, cause);
	assert_true(v.counted);
	assert_int_equal(r->peer->state, to);
	seen[from][to][cause] = 1;
	rig_free(r);
}

#define TRANSITION(name, from, event, to, cause) \
	static void name(void **state)           \
	{                                        \
		struct rig r;                    \
		struct thb__verdict v;           \
                                                 \
		(void)state;                     \
		rig_go(&r, from);                \
		event;                           \
		verify(&r, v, from, to, cause);  \
	}

#define BEAT v = rig_beat(&r)
#define RESTART                   \
	do {                      \
		rig_restart(&r);  \
		v = rig_beat(&r); \
	} while (0)
#define ANSWER v = rig_answer(&r, MS)
#define PAUSE v = rig_flags(&r, THB__PAUSE)
#define BYE v = rig_flags(&r, THB__BYE)
#define EXPIRE v = rig_expire(&r)
#define FORGET v = rig_forget(&r)

/* Beats were lost before this deadline passed. */
#define GAP                         \
	do {                        \
		rig_lose(&r);       \
		rig_beat(&r);       \
		v = rig_expire(&r); \
	} while (0)
/* The last failure that it takes. */
#define LAST                              \
	do {                              \
		r.rules.set.failures = 1; \
		v = rig_expire(&r);       \
	} while (0)
#define AWAIT r.peer->deadline_ns = r.now + SEC

TRANSITION(idle_beat, THB_IDLE, BEAT, THB_ALIVE, THB_HEARD)
TRANSITION(idle_answer, THB_IDLE, ANSWER, THB_IDLE, THB_NO_CAUSE)
TRANSITION(idle_pause, THB_IDLE, PAUSE, THB_IDLE, THB_NO_CAUSE)
TRANSITION(idle_bye, THB_IDLE, BYE, THB_LEFT, THB_GOODBYE)
TRANSITION(idle_miss, THB_IDLE, AWAIT; EXPIRE, THB_IDLE, THB_NO_CAUSE)
TRANSITION(idle_gap, THB_IDLE, AWAIT; r.rules.set.window_seen = 5;
	   EXPIRE, THB_SUSPECT, THB_BEAT_MISSING)
TRANSITION(idle_last, THB_IDLE, AWAIT; LAST, THB_DEAD, THB_SILENT)
TRANSITION(idle_forget, THB_IDLE, FORGET, THB_IDLE, THB_FORGOTTEN)

/* A pause, in which it was started anew. */
TRANSITION(idle_restart, THB_IDLE, rig_beat(&r); rig_flags(&r, THB__PAUSE);
	   RESTART, THB_ALIVE, THB_RESTARTED)

TRANSITION(alive_beat, THB_ALIVE, BEAT, THB_ALIVE, THB_NO_CAUSE)
TRANSITION(alive_restart, THB_ALIVE, RESTART, THB_ALIVE, THB_RESTARTED)
TRANSITION(alive_answer, THB_ALIVE, ANSWER, THB_ALIVE, THB_NO_CAUSE)
TRANSITION(alive_pause, THB_ALIVE, PAUSE, THB_IDLE, THB_PAUSED)
TRANSITION(alive_bye, THB_ALIVE, BYE, THB_LEFT, THB_GOODBYE)
TRANSITION(alive_miss, THB_ALIVE, EXPIRE, THB_ALIVE, THB_NO_CAUSE)
TRANSITION(alive_gap, THB_ALIVE, GAP, THB_SUSPECT, THB_BEAT_MISSING)
TRANSITION(alive_last, THB_ALIVE, LAST, THB_DEAD, THB_SILENT)
TRANSITION(alive_forget, THB_ALIVE, FORGET, THB_IDLE, THB_FORGOTTEN)

TRANSITION(suspect_beat, THB_SUSPECT, BEAT, THB_ALIVE, THB_WITHDRAWN)
TRANSITION(suspect_restart, THB_SUSPECT, RESTART, THB_ALIVE, THB_RESTARTED)
TRANSITION(suspect_answer, THB_SUSPECT, ANSWER, THB_ALIVE, THB_ANSWERED)
TRANSITION(suspect_pause, THB_SUSPECT, PAUSE, THB_IDLE, THB_PAUSED)
TRANSITION(suspect_bye, THB_SUSPECT, BYE, THB_LEFT, THB_GOODBYE)
TRANSITION(suspect_gap, THB_SUSPECT, r.rules.set.failures = 9;
	   EXPIRE, THB_SUSPECT, THB_NO_CAUSE)
TRANSITION(suspect_last, THB_SUSPECT, EXPIRE, THB_DEAD, THB_SILENT)
TRANSITION(suspect_forget, THB_SUSPECT, FORGET, THB_IDLE, THB_FORGOTTEN)

TRANSITION(dead_beat, THB_DEAD, BEAT, THB_RECOVERING, THB_HEARD_AGAIN)
TRANSITION(dead_restart, THB_DEAD, RESTART, THB_RECOVERING, THB_RESTARTED)
TRANSITION(dead_answer, THB_DEAD, ANSWER, THB_RECOVERING, THB_ANSWERED)
TRANSITION(dead_pause, THB_DEAD, PAUSE, THB_IDLE, THB_PAUSED)
TRANSITION(dead_bye, THB_DEAD, BYE, THB_LEFT, THB_GOODBYE)
TRANSITION(dead_expire, THB_DEAD, EXPIRE, THB_DEAD, THB_NO_CAUSE)
TRANSITION(dead_forget, THB_DEAD, FORGET, THB_IDLE, THB_FORGOTTEN)

TRANSITION(recovering_beat, THB_RECOVERING, BEAT, THB_RECOVERING, THB_NO_CAUSE)
TRANSITION(recovering_stable, THB_RECOVERING, rig_beats(&r, 2);
	   BEAT, THB_ALIVE, THB_RECOVERED)
TRANSITION(recovering_restart, THB_RECOVERING, RESTART, THB_RECOVERING,
	   THB_RESTARTED)
TRANSITION(recovering_answer, THB_RECOVERING, ANSWER, THB_RECOVERING,
	   THB_NO_CAUSE)
TRANSITION(recovering_pause, THB_RECOVERING, PAUSE, THB_IDLE, THB_PAUSED)
TRANSITION(recovering_bye, THB_RECOVERING, BYE, THB_LEFT, THB_GOODBYE)
TRANSITION(recovering_miss, THB_RECOVERING, EXPIRE, THB_RECOVERING,
	   THB_NO_CAUSE)
TRANSITION(recovering_gap, THB_RECOVERING, GAP, THB_RECOVERING, THB_NO_CAUSE)
TRANSITION(recovering_last, THB_RECOVERING, LAST, THB_DEAD, THB_RELAPSED)
TRANSITION(recovering_forget, THB_RECOVERING, FORGET, THB_IDLE, THB_FORGOTTEN)

TRANSITION(left_restart, THB_LEFT, RESTART, THB_ALIVE, THB_RETURNED)
TRANSITION(left_forget, THB_LEFT, FORGET, THB_IDLE, THB_FORGOTTEN)

/* Of one that has left nothing counts until it is started anew. */
static void left_stays(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_LEFT);
	assert_false(rig_beat(&r).counted);
	assert_false(rig_flags(&r, THB__PAUSE).counted);
	assert_false(rig_flags(&r, THB__BYE).counted);
	assert_int_equal(r.peer->state, THB_LEFT);
	assert_int_equal(r.peer->stats.stale, 3);
	assert_int_equal(r.peer->deadline_ns, 0);
	rig_free(&r);
}

/* The table's transitions that have a cause are those that were seen. */
static void no_others(void **state)
{
	(void)state;
	for (int from = 0; from < THB_STATES; from++)
		for (int input = 0; input < THB__INPUTS; input++) {
			const struct thb__step *s = &thb__table[from][input];

			if (!s->cause)
				assert_int_equal(s->to, from);
			else if (!seen[from][s->to][s->cause])
				fail_msg("%s to %s: %s was not tested",
					 thb_state_name(from),
					 thb_state_name(s->to),
					 thb_cause_name(s->cause));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(idle_beat),	  TEST(idle_answer),
		TEST(idle_pause),	  TEST(idle_bye),
		TEST(idle_miss),	  TEST(idle_gap),
		TEST(idle_last),	  TEST(idle_forget),
		TEST(alive_beat),	  TEST(alive_restart),
		TEST(alive_answer),	  TEST(alive_pause),
		TEST(alive_bye),	  TEST(alive_miss),
		TEST(alive_gap),	  TEST(alive_last),
		TEST(alive_forget),	  TEST(suspect_beat),
		TEST(suspect_restart),	  TEST(suspect_answer),
		TEST(suspect_pause),	  TEST(suspect_bye),
		TEST(suspect_gap),	  TEST(suspect_last),
		TEST(suspect_forget),	  TEST(dead_beat),
		TEST(dead_restart),	  TEST(dead_answer),
		TEST(dead_pause),	  TEST(dead_bye),
		TEST(dead_expire),	  TEST(dead_forget),
		TEST(recovering_beat),	  TEST(recovering_stable),
		TEST(recovering_restart), TEST(recovering_answer),
		TEST(recovering_pause),	  TEST(recovering_bye),
		TEST(recovering_miss),	  TEST(recovering_gap),
		TEST(recovering_last),	  TEST(recovering_forget),
		TEST(left_restart),	  TEST(left_forget),
		TEST(left_stays),	  TEST(idle_restart),
		TEST(no_others),
	};

	return RUN(tests);
}
