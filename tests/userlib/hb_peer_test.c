// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A peer beside its transitions: deadlines, the window that forgives, probes,
 * the monitor's own absence, restarts, duplicates, figures.
 */
#include "hb_rig.h"

static void deadline_follows_beat(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_int_equal(r.peer->deadline_ns, 0);
	for (int i = 0; i < 5; i++) {
		rig_beat(&r);
		assert_int_equal(r.peer->deadline_ns,
				 r.now + INTERVAL + ALLOWANCE);
	}
	rig_free(&r);
}

static void first_beat_in_time(void **state)
{
	struct thb__verdict v;
	struct rig r;

	(void)state;
	rig_settings(&r);
	r.set.first_ns = 5 * SEC;
	rig_start(&r);
	assert_int_equal(r.peer->deadline_ns, r.now + 5 * SEC);
	v = rig_expire(&r);
	assert_true(v.probe);
	rig_expire(&r);
	v = rig_expire(&r);
	assert_int_equal(v.to, THB_DEAD);
	rig_free(&r);
}

/* The instant of the deadline is late; a nanosecond before is not. */
static void until_the_last_instant(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_false(thb__peer_is_late(r.peer, UINT64_MAX));
	rig_beat(&r);
	assert_false(thb__peer_is_late(r.peer, r.peer->deadline_ns - 1));
	assert_true(thb__peer_is_late(r.peer, r.peer->deadline_ns));
	rig_free(&r);
}

/* One beat lost of any five is no event, and nobody is told. */
static void one_lost_is_no_event(void **state)
{
	struct thb__verdict v;
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	for (int i = 0; i < 20; i++) {
		rig_lose(&r);
		v = rig_expire(&r);
		assert_int_equal(v.cause, THB_NO_CAUSE);
		assert_true(v.probe);
		/* The beat after the lost one: 50 ms from now. */
		r.now -= ALLOWANCE;
		v = rig_beat(&r);
		assert_int_equal(v.cause, THB_NO_CAUSE);
		rig_beats(&r, 3);
	}
	assert_int_equal(r.peer->stats.missed, 20);
	assert_int_equal(r.peer->stats.suspicions, 0);
	rig_free(&r);
}

static void two_lost_of_five_are(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_lose(&r);
	rig_beats(&r, 3);
	assert_int_equal(rig_expire(&r).to, THB_SUSPECT);
	rig_free(&r);
	/* .. but not of six. */
	rig_go(&r, THB_ALIVE);
	rig_lose(&r);
	rig_beats(&r, 4);
	assert_int_equal(rig_expire(&r).to, THB_ALIVE);
	rig_free(&r);
}

/* A gap that an overtaken beat fills is none. */
static void overtaken_beats_fill(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_lose(&r);
	rig_beat(&r);
	assert_false(rig_beat_of(&r, r.sequence - 1, 0).counted);
	assert_int_equal(rig_expire(&r).to, THB_ALIVE);
	assert_int_equal(r.peer->stats.out_of_order, 1);
	rig_free(&r);
}

/* Dead after interval + allowance + 2 * interval, and not before. */
static void detection_time(void **state)
{
	struct rig r;
	uint64_t last;

	(void)state;
	rig_go(&r, THB_ALIVE);
	last = r.now;
	assert_int_equal(thb__peer_bound(r.peer), 3 * INTERVAL + ALLOWANCE);
	while (r.peer->state != THB_DEAD)
		rig_expire(&r);
	assert_int_equal(r.now, last + 3 * INTERVAL + ALLOWANCE);
	assert_int_equal(r.peer->stats.missed, 3);
	assert_int_equal(r.peer->stats.deaths, 1);
	rig_free(&r);
}

static void response_longer_than_interval(void **state)
{
	struct rig r;

	(void)state;
	rig_settings(&r);
	r.set.response_ns = 700 * MS;
	rig_start(&r);
	rig_beats(&r, 6);
	assert_int_equal(thb__peer_bound(r.peer),
			 INTERVAL + ALLOWANCE + 1400 * MS);
	rig_expire(&r);
	assert_int_equal(r.peer->deadline_ns, r.now + 700 * MS);
	rig_free(&r);
}

/* A sign of life, and the count of failures starts over. */
static void failures_in_a_row(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	for (int i = 0; i < 10; i++) {
		rig_expire(&r);
		rig_expire(&r);
		assert_int_equal(r.peer->failures, 2);
		rig_answer(&r, MS);
		assert_int_equal(r.peer->failures, 0);
		assert_int_equal(r.peer->state, THB_ALIVE);
	}
	assert_int_equal(r.peer->stats.deaths, 0);
	assert_int_equal(r.peer->stats.suspicions, 10);
	assert_int_equal(r.peer->stats.withdrawn, 10);
	rig_free(&r);
}

static void answers_measure(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_expire(&r);
	rig_answer(&r, 12 * MS);
	assert_int_equal(thb__rtt_smoothed(&r.peer->rtt), 12 * MS);
	assert_int_equal(r.peer->deadline_ns, r.now + INTERVAL + ALLOWANCE);
	assert_int_equal(r.peer->stats.probes, 1);
	assert_int_equal(r.peer->stats.answers, 1);
	rig_free(&r);
}

static void hold_is_not_travel(void **state)
{
	struct thb__packet p = { .type = THB__ANSWER, .hold_us = 9000 };
	struct rig r;

	(void)state;
	rig_go(&r, THB_SUSPECT);
	thb__peer_probed(r.peer, r.now);
	p.incarnation = r.incarnation;
	p.echo_ns = r.now;
	assert_true(
		thb__peer_answer(r.peer, &p, r.now + 12 * MS, &r.stall).counted);
	assert_int_equal(thb__rtt_smoothed(&r.peer->rtt), 3 * MS);
	rig_free(&r);
}

/* Not asked, asked before the last sign of life, or answered already. */
static void answers_nobody_awaits(void **state)
{
	struct thb__packet p = { .type = THB__ANSWER };
	struct rig r;

	(void)state;
	rig_go(&r, THB_SUSPECT);
	p.incarnation = r.incarnation;
	p.echo_ns = r.now;
	assert_false(thb__peer_answer(r.peer, &p, r.now, &r.stall).counted);
	thb__peer_probed(r.peer, r.now);
	p.echo_ns = r.now - 1;
	assert_false(thb__peer_answer(r.peer, &p, r.now, &r.stall).counted);
	p.echo_ns = r.now + 1;
	assert_false(thb__peer_answer(r.peer, &p, r.now, &r.stall).counted);
	p.echo_ns = r.now;
	p.incarnation--;
	assert_false(thb__peer_answer(r.peer, &p, r.now, &r.stall).counted);
	assert_int_equal(r.peer->state, THB_SUSPECT);
	p.incarnation++;
	assert_true(thb__peer_answer(r.peer, &p, r.now, &r.stall).counted);
	assert_false(thb__peer_answer(r.peer, &p, r.now, &r.stall).counted);
	assert_int_equal(r.peer->stats.stale, 5);
	assert_int_equal(r.peer->stats.answers, 1);
	rig_free(&r);
}

/* The first of two probes is answered after the second was sent. */
static void answer_to_either_probe(void **state)
{
	struct thb__packet p = { .type = THB__ANSWER };
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_expire(&r);
	p.incarnation = r.incarnation;
	p.echo_ns = r.now;
	thb__peer_probed(r.peer, r.now);
	rig_expire(&r);
	thb__peer_probed(r.peer, r.now);
	assert_int_equal(thb__peer_answer(r.peer, &p, r.now + MS, &r.stall).to,
			 THB_ALIVE);
	assert_int_equal(thb__rtt_smoothed(&r.peer->rtt), INTERVAL + MS);
	rig_free(&r);
}

/* Away for 5 s: the deadline moves by them, no failure, no event. */
static void time_is_given_back(void **state)
{
	struct thb__verdict v;
	uint64_t deadline;
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	deadline = r.peer->deadline_ns;
	r.now = deadline + 5 * SEC;
	assert_int_equal(thb__stall_look(&r.stall, deadline, r.now), 5 * SEC);
	v = rig_expire(&r);
	assert_int_equal(v.cause, THB_NO_CAUSE);
	assert_false(v.counted);
	assert_false(v.probe);
	assert_int_equal(r.peer->failures, 0);
	assert_int_equal(r.peer->stats.held, 1);
	/* It has as long as a beat may take, from now. */
	assert_int_equal(r.peer->deadline_ns, r.now + INTERVAL + ALLOWANCE);
	/* Once. */
	assert_true(rig_expire(&r).counted);
	assert_int_equal(r.peer->failures, 1);
	assert_int_equal(r.peer->stats.held, 1);
	rig_free(&r);
}

/* 900 ms were left when the monitor went away, and are left again. */
static void what_was_left_is_left(void **state)
{
	uint64_t gone;
	struct rig r;

	(void)state;
	rig_settings(&r);
	r.set.first_ns = SEC;
	rig_start(&r);
	gone = r.now + 100 * MS;
	r.now = gone + 5 * SEC;
	thb__stall_look(&r.stall, gone, r.now);
	rig_expire(&r);
	assert_int_equal(r.peer->deadline_ns, r.now + 900 * MS);
	assert_int_equal(r.peer->stats.held, 1);
	rig_free(&r);
}

/* A suspicion is held, too; and death. */
static void suspicion_is_held(void **state)
{
	uint64_t gone;
	struct rig r;

	(void)state;
	rig_go(&r, THB_SUSPECT);
	gone = r.now;
	r.now += 9 * SEC;
	thb__stall_look(&r.stall, gone, r.now);
	rig_expire(&r);
	assert_int_equal(r.peer->state, THB_SUSPECT);
	assert_true(r.peer->deadline_ns > r.now);
	assert_int_equal(rig_expire(&r).to, THB_DEAD);
	rig_free(&r);
}

/* A beat from the time away: what followed it may be lost. */
static void beats_while_away(void **state)
{
	uint64_t gone;
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	gone = r.now;
	r.now += 5 * SEC;
	thb__stall_look(&r.stall, gone + 100 * MS, r.now);
	r.now = gone + INTERVAL;
	rig_flags(&r, 0);
	assert_int_equal(r.peer->deadline_ns,
			 gone + 5 * SEC + INTERVAL + ALLOWANCE);
	/* The 48 that the socket had no room for make nobody suspicious. */
	r.now = gone + 5 * SEC;
	r.sequence += 48;
	rig_beat(&r);
	assert_int_equal(rig_expire(&r).to, THB_ALIVE);
	rig_free(&r);
}

static void restarts(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_restart(&r);
	rig_beat(&r);
	assert_int_equal(r.peer->stats.restarts, 1);
	/* The old one's last words */
	r.incarnation--;
	assert_false(rig_beat_of(&r, 11, 0).counted);
	assert_false(rig_beat_of(&r, 12, THB__BYE).counted);
	assert_int_equal(r.peer->state, THB_ALIVE);
	assert_int_equal(r.peer->stats.stale, 2);
	r.incarnation++;
	/* Its numbers begin anew: 2 is not a duplicate. */
	rig_beat(&r);
	assert_int_equal(r.peer->stats.duplicate, 0);
	assert_int_equal(r.peer->stats.too_old, 0);
	assert_int_equal(r.peer->stats.beats, 12);
	rig_free(&r);
}

/* A replayed beat does not push the deadline back. */
static void duplicates(void **state)
{
	uint64_t deadline;
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_beats(&r, 100);
	deadline = r.peer->deadline_ns;
	r.now += MS;
	assert_false(rig_beat_of(&r, r.sequence, 0).counted);
	assert_false(rig_beat_of(&r, r.sequence - 63, 0).counted);
	assert_false(rig_beat_of(&r, r.sequence - 64, 0).counted);
	assert_int_equal(r.peer->deadline_ns, deadline);
	assert_int_equal(r.peer->stats.duplicate, 2);
	assert_int_equal(r.peer->stats.too_old, 1);
	assert_int_equal(r.peer->stats.beats, 110);
	rig_free(&r);
}

static void the_dead_are_asked(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_DEAD);
	for (int i = 0; i < 50; i++) {
		uint64_t before = r.now = r.peer->deadline_ns;

		assert_true(rig_expire(&r).probe);
		assert_in_range(r.peer->deadline_ns - before, SEC, 60 * SEC);
	}
	assert_int_equal(r.peer->stats.missed, 3);
	assert_int_equal(r.peer->stats.deaths, 1);
	rig_free(&r);
}

static void or_left_alone(void **state)
{
	struct rig r;

	(void)state;
	rig_settings(&r);
	r.set.retry_ns = 0;
	rig_start(&r);
	rig_beats(&r, 6);
	rig_expire(&r);
	rig_expire(&r);
	assert_false(rig_expire(&r).probe);
	assert_int_equal(r.peer->state, THB_DEAD);
	assert_int_equal(r.peer->deadline_ns, 0);
	rig_free(&r);
}

/* A miss in between, and the beats in a row are counted from there. */
static void recovery_is_in_a_row(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_RECOVERING);
	rig_beats(&r, 2);
	r.rules.set.window_seen = 0;
	rig_expire(&r);
	rig_beats(&r, 2);
	assert_int_equal(r.peer->state, THB_RECOVERING);
	rig_beat(&r);
	assert_int_equal(r.peer->state, THB_ALIVE);
	rig_free(&r);
}

static void goodbye_ends_it(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_LEFT);
	assert_int_equal(r.peer->deadline_ns, 0);
	rig_free(&r);
	rig_go(&r, THB_ALIVE);
	rig_flags(&r, THB__PAUSE);
	assert_int_equal(r.peer->deadline_ns, 0);
	rig_beat(&r);
	assert_int_equal(r.peer->deadline_ns, r.now + INTERVAL + ALLOWANCE);
	rig_free(&r);
}

/* The interval that the peer says is the one that counts from then on. */
static void interval_changes(void **state)
{
	struct thb__packet p;
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	p = rig_packet(&r);
	p.sequence = ++r.sequence;
	p.interval_us = 1700000;
	thb__peer_beat(r.peer, &p, r.now, &r.stall);
	assert_int_equal(r.peer->deadline_ns, r.now + 1700 * MS + ALLOWANCE);
	rig_free(&r);
}

static void what_the_sender_measured(void **state)
{
	struct thb__packet p;
	struct rig r;

	(void)state;
	rig_settings(&r);
	r.set.policy = THB_RTT;
	rig_start(&r);
	rig_beat(&r);
	assert_int_equal(r.peer->deadline_ns, r.now + INTERVAL + ALLOWANCE);
	p = rig_packet(&r);
	p.sequence = ++r.sequence;
	p.rtt_us = 2000;
	thb__peer_beat(r.peer, &p, r.now, &r.stall);
	/* 7.5 * 2 ms */
	assert_int_equal(r.peer->deadline_ns, r.now + INTERVAL + 15 * MS);
	rig_free(&r);
}

/* phi learns from beats of peers that are alive, as they were due. */
static void phi_learns(void **state)
{
	struct rig r;
	uint64_t spread;

	(void)state;
	rig_settings(&r);
	r.set.policy = THB_PHI;
	rig_start(&r);
	rig_beat(&r);
	assert_int_equal(r.peer->phi.count, 2);
	rig_beats(&r, 98);
	assert_int_equal(r.peer->phi.count, 100);
	rig_beats(&r, 2);
	spread = r.peer->phi.squares;
	assert_int_equal(spread, 0);
	/* Lost beats are no irregularity. */
	rig_lose(&r);
	rig_beat(&r);
	assert_int_equal(r.peer->phi.squares, 0);
	/* Lateness is. */
	r.now += 7 * MS;
	r.ahead -= 7 * MS;
	rig_beat(&r);
	assert_int_equal(r.peer->phi.squares, 49000000);
	/* After a failure, or an absence of the monitor, it is not. */
	while (r.peer->state != THB_SUSPECT)
		rig_expire(&r);
	r.now += 9 * MS;
	r.ahead -= 9 * MS;
	rig_beat(&r);
	assert_int_equal(r.peer->phi.squares, 49000000);
	thb__stall_look(&r.stall, r.now, r.now + SEC);
	r.now += SEC;
	rig_beat(&r);
	assert_int_equal(r.peer->phi.squares, 49000000);
	r.now += 3 * MS;
	r.ahead -= 3 * MS;
	rig_beat(&r);
	assert_int_equal(r.peer->phi.squares, 49000000 + 9000000);
	rig_free(&r);
}

static void figures(void **state)
{
	struct thb_peer_stats st;
	struct thb__packet p;
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_expire(&r);
	rig_answer(&r, 4 * MS);
	for (int i = 0; i < 100; i++) {
		p = rig_packet(&r);
		p.sequence = ++r.sequence;
		r.now += i < 97 ? 0 : 30 * MS;
		thb__peer_beat(r.peer, &p, r.now, &r.stall);
		r.now += INTERVAL;
	}
	memset(&st, 0x5A, sizeof(st));
	thb__peer_stats(r.peer, &st);
	assert_int_equal(st.beats, 110);
	assert_int_equal(st.missed, 1);
	assert_int_equal(st.srtt_ns, 4 * MS);
	assert_int_equal(st.rttvar_ns, 2 * MS);
	assert_int_equal(st.one_way_ns, 32 * MS);
	assert_int_equal(st.latency_max_ns, 32 * MS);
	assert_in_range(st.latency_p50_ns, 2 * MS, 2500 * US);
	assert_in_range(st.latency_p99_ns, 32 * MS, 40 * MS);
	assert_int_equal(st.interval_ns, INTERVAL);
	assert_int_equal(st.allowance_ns, ALLOWANCE);
	rig_free(&r);
}

static void forgotten(void **state)
{
	struct rig r;

	(void)state;
	rig_go(&r, THB_ALIVE);
	rig_expire(&r);
	rig_answer(&r, MS);
	rig_forget(&r);
	assert_int_equal(r.peer->deadline_ns, 0);
	assert_int_equal(thb__rtt_smoothed(&r.peer->rtt), 0);
	/* Even an older incarnation is welcome then, and its numbers. */
	r.incarnation = 1;
	r.sequence = 0;
	assert_int_equal(rig_beat(&r).cause, THB_HEARD);
	assert_int_equal(r.peer->stats.beats, 11);
	assert_int_equal(r.peer->stats.restarts, 0);
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deadline_follows_beat),
		TEST(first_beat_in_time),
		TEST(until_the_last_instant),
		TEST(one_lost_is_no_event),
		TEST(two_lost_of_five_are),
		TEST(overtaken_beats_fill),
		TEST(detection_time),
		TEST(response_longer_than_interval),
		TEST(failures_in_a_row),
		TEST(answers_measure),
		TEST(hold_is_not_travel),
		TEST(answers_nobody_awaits),
		TEST(answer_to_either_probe),
		TEST(time_is_given_back),
		TEST(what_was_left_is_left),
		TEST(suspicion_is_held),
		TEST(beats_while_away),
		TEST(restarts),
		TEST(duplicates),
		TEST(the_dead_are_asked),
		TEST(or_left_alone),
		TEST(recovery_is_in_a_row),
		TEST(goodbye_ends_it),
		TEST(interval_changes),
		TEST(what_the_sender_measured),
		TEST(phi_learns),
		TEST(figures),
		TEST(forgotten),
	};

	return RUN(tests);
}
