// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The monitor, on a kernel and a network that are none: who is watched, which
 * was first of packet and deadline, its own absence, what is dropped.
 */
#include "suite.h"

#include <arpa/inet.h>

#include "fake_net.h"
#include "hb_monitor.h"

#define US 1000ULL
#define MS 1000000ULL
#define SEC 1000000000ULL
#define INTERVAL (100 * MS)
#define ALLOWANCE (50 * MS)
#define NODE 7
#define PORT 5000

static struct thb_monitor *open_with(struct thb_monitor_opts *opts)
{
	struct thb_monitor *m = tag(1);

	opts->settings.allowance_ns = ALLOWANCE;
	fake_net_reset();
	assert_int_equal(thb_monitor_open(&m, opts), 0);
	return m;
}

static struct thb_monitor *open_one(void)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;

	thb_monitor_opts_init(&opts);
	opts.max_peers = 8;
	m = open_with(&opts);
	assert_int_equal(thb_monitor_add(m, NODE, NULL, 0, tag(99)), 0);
	return m;
}

/* A beat of a node, as it arrives now. */
static struct thb__packet beat_of(uint64_t node, uint64_t sequence)
{
	return (struct thb__packet){
		.type = THB__BEAT,
		.health = THB_LIVE,
		.node = node,
		.incarnation = 3,
		.sequence = sequence,
		.scheduled_ns = sequence * INTERVAL + SEC,
		.sent_ns = sequence * INTERVAL + SEC + MS,
		.late_us = 400,
		.interval_us = INTERVAL / US,
	};
}

static void put_beat(uint64_t node, uint64_t sequence)
{
	struct thb__packet p = beat_of(node, sequence);

	fake_net_put(&p, PORT);
}

/* Totals are kept as things happen; added up they are the same. */
static void add_up(struct thb_monitor *m, struct thb_monitor_stats *sum)
{
	struct thb_peer_info info;
	uint64_t node = 0;

	memset(sum, 0, sizeof(*sum));
	while ((node = thb_monitor_next(m, node))) {
		assert_int_equal(thb_monitor_peer(m, node, &info), 0);
		sum->states[info.state]++;
		sum->missed += info.stats.missed;
		sum->suspicions += info.stats.suspicions;
		sum->deaths += info.stats.deaths;
		sum->restarts += info.stats.restarts;
	}
}

/* Beside those of peers that were removed. */
static void check_totals(struct thb_monitor *m, uint64_t missed,
			 uint64_t deaths)
{
	struct thb_monitor_stats st, sum;

	add_up(m, &sum);
	thb_monitor_stats(m, &st);
	assert_memory_equal(st.states, sum.states, sizeof(st.states));
	assert_int_equal(st.missed, sum.missed + missed);
	assert_int_equal(st.deaths, sum.deaths + deaths);
	assert_int_equal(st.suspicions, sum.suspicions + deaths);
	assert_int_equal(st.restarts, sum.restarts);
}

static void run(struct thb_monitor *m)
{
	assert_true(thb_monitor_run(m) >= 0);
	check_totals(m, 0, 0);
}

/* Beats each interval, and the monitor is there. */
static uint64_t go_on(struct thb_monitor *m, uint64_t sequence, int n)
{
	while (n--) {
		fake_advance(fake.now + INTERVAL);
		put_beat(NODE, ++sequence);
		run(m);
	}
	return sequence;
}

static struct thb_peer_info info_of(struct thb_monitor *m, uint64_t node)
{
	struct thb_peer_info info;

	memset(&info, 0x5A, sizeof(info));
	assert_int_equal(thb_monitor_peer(m, node, &info), 0);
	return info;
}

/* The peers by state are as many as are in each. */
static struct thb_monitor_stats stats_of(struct thb_monitor *m)
{
	struct thb_monitor_stats st;
	uint64_t states[THB_STATES] = { 0 }, node = 0;
	struct thb_peer_info info;

	memset(&st, 0x5A, sizeof(st));
	thb_monitor_stats(m, &st);
	while ((node = thb_monitor_next(m, node))) {
		assert_int_equal(thb_monitor_peer(m, node, &info), 0);
		states[info.state]++;
	}
	assert_memory_equal(st.states, states, sizeof(states));
	return st;
}

static void expect_event(struct thb_monitor *m, enum thb_state from,
			 enum thb_state to, enum thb_cause cause)
{
	struct thb_event ev;

	memset(&ev, 0x5A, sizeof(ev));
	assert_int_equal(thb_monitor_events(m, &ev, 1), 1);
	assert_int_equal(ev.type, THB_EVENT_STATE);
	assert_int_equal(ev.from, from);
	assert_int_equal(ev.to, to);
	assert_int_equal(ev.cause, cause);
}

static void expect_no_event(struct thb_monitor *m)
{
	struct thb_event ev;

	assert_int_equal(thb_monitor_events(m, &ev, 1), 0);
}

static void all_is_closed(void)
{
	assert_int_equal(fake.opened, fake.closed);
	assert_int_equal(fake.mapped, fake.unmapped);
	assert_int_equal(fake.pollfds, 0);
	assert_int_equal(fake.sockets, 0);
}

static void opens_and_closes(void **state)
{
	struct thb_monitor *m = open_one();

	(void)state;
	assert_int_equal(thb_monitor_fd(m), FAKE_POLLFD);
	assert_int_equal(fake.sockets, 1);
	assert_int_equal(net.buffer, 4 << 20);
	thb_monitor_close(m);
	thb_monitor_close(NULL);
	all_is_closed();
}

static void fails_to_open(void **state)
{
	int *const knobs[] = { &fake.fail_open, &fake.fail_map,
			       &fake.fail_poll_create, &fake.fail_poll_add,
			       &net.fail_open };

	(void)state;
	for (size_t i = 0; i < COUNT(knobs); i++) {
		struct thb_monitor *m = tag(1);

		fake_net_reset();
		*knobs[i] = -EUCLEAN;
		assert_int_equal(thb_monitor_open(&m, NULL), -EUCLEAN);
		assert_null(m);
		*knobs[i] = 0;
		all_is_closed();
	}
}

#define BAD(member, value)                                                \
	do {                                                              \
		struct thb_monitor_opts opts_;                            \
		struct thb_monitor *m_ = tag(1);                          \
		thb_monitor_opts_init(&opts_);                            \
		opts_.member = value;                                     \
		assert_int_equal(thb_monitor_open(&m_, &opts_), -EINVAL); \
		assert_null(m_);                                          \
	} while (0)

static void options_out_of_range(void **state)
{
	static const struct thb_auth half = { 0 };
	static const char address[sizeof(struct sockaddr_in)];

	(void)state;
	BAD(size, 1);
	BAD(max_peers, 0);
	BAD(max_peers, 1000001);
	BAD(flags, 2);
	BAD(settings.failures, 0);
	BAD(receive_bytes, 1U << 31);
	BAD(auth, &half);
	BAD(address, address);
	assert_int_equal(thb_monitor_open(NULL, NULL), -EINVAL);
	all_is_closed();
}

static void who_is_watched(void **state)
{
	struct thb_monitor *m = open_one();

	(void)state;
	assert_int_equal(thb_monitor_add(m, NODE, NULL, 0, NULL), -EEXIST);
	assert_int_equal(thb_monitor_add(m, 0, NULL, 0, NULL), -EINVAL);
	assert_int_equal(thb_monitor_add(m, 99, "x", 1, NULL), -EINVAL);
	for (uint64_t node = 100; node < 107; node++)
		assert_int_equal(thb_monitor_add(m, node, NULL, 0, NULL), 0);
	assert_int_equal(thb_monitor_add(m, 107, NULL, 0, NULL), -ENOSPC);
	assert_int_equal(thb_monitor_remove(m, 107), -ENOENT);
	assert_int_equal(thb_monitor_forget(m, 107), -ENOENT);
	assert_int_equal(thb_monitor_peer(m, 107, NULL), -ENOENT);
	assert_int_equal(thb_monitor_remove(m, 103), 0);
	assert_int_equal(thb_monitor_remove(m, 103), -ENOENT);
	assert_int_equal(thb_monitor_add(m, 107, NULL, 0, NULL), 0);
	assert_int_equal(info_of(m, 107).state, THB_IDLE);
	assert_int_equal(stats_of(m).peers, 8);
	assert_int_equal(stats_of(m).states[THB_IDLE], 8);
	thb_monitor_close(m);
}

/* What became of it counts when it is gone; figures never become less. */
static void totals(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p;

	(void)state;
	go_on(m, 0, 5);
	for (int i = 0; i < 4; i++) {
		fake_advance(fake.now + INTERVAL + ALLOWANCE);
		run(m);
	}
	assert_int_equal(info_of(m, NODE).state, THB_DEAD);
	assert_int_equal(stats_of(m).missed, 3);
	assert_int_equal(thb_monitor_remove(m, NODE), 0);
	check_totals(m, 3, 1);
	assert_int_equal(thb_monitor_add(m, NODE, NULL, 0, NULL), 0);
	check_totals(m, 3, 1);
	put_beat(NODE, 1);
	p = beat_of(NODE, 1);
	p.incarnation++;
	fake_net_put(&p, PORT);
	assert_true(thb_monitor_run(m) >= 0);
	assert_int_equal(thb_monitor_forget(m, NODE), 0);
	check_totals(m, 3, 1);
	assert_int_equal(stats_of(m).restarts, 1);
	thb_monitor_close(m);
}

static void one_after_the_other(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t sum = 0, node;

	(void)state;
	thb_monitor_add(m, 20, NULL, 0, NULL);
	thb_monitor_add(m, 300, NULL, 0, NULL);
	thb_monitor_remove(m, 20);
	for (node = thb_monitor_next(m, 0); node;
	     node = thb_monitor_next(m, node))
		sum += node;
	assert_int_equal(sum, NODE + 300);
	assert_int_equal(thb_monitor_next(m, 12345), 0);
	thb_monitor_close(m);
}

static void strangers(void **state)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m = open_one();

	(void)state;
	put_beat(8, 1);
	run(m);
	assert_int_equal(stats_of(m).unknown, 1);
	assert_int_equal(stats_of(m).peers, 1);
	thb_monitor_close(m);

	thb_monitor_opts_init(&opts);
	opts.max_peers = 2;
	opts.flags = THB_ACCEPT;
	m = open_with(&opts);
	put_beat(8, 1);
	put_beat(9, 1);
	put_beat(10, 1);
	run(m);
	assert_int_equal(info_of(m, 8).state, THB_ALIVE);
	assert_int_equal(info_of(m, 9).state, THB_ALIVE);
	assert_int_equal(stats_of(m).unknown, 1);
	thb_monitor_close(m);
}

static void lives_and_dies(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t last, sequence;
	struct thb__packet p;
	uint16_t port;

	(void)state;
	sequence = go_on(m, 0, 10);
	last = fake.now;
	expect_event(m, THB_IDLE, THB_ALIVE, THB_HEARD);
	expect_no_event(m);
	assert_int_equal(sequence, 10);
	fake_advance(last + INTERVAL + ALLOWANCE - 1);
	run(m);
	assert_false(fake_net_take(&p, &port));
	/* A beat is missing: it is asked, and nobody is told. */
	fake_advance(last + INTERVAL + ALLOWANCE);
	run(m);
	expect_no_event(m);
	assert_true(fake_net_take(&p, &port));
	assert_int_equal(p.type, THB__PROBE);
	assert_int_equal(p.node, NODE);
	assert_int_equal(p.incarnation, 3);
	assert_int_equal(p.sent_ns, fake.now);
	assert_int_equal(port, PORT);
	fake_advance(last + 2 * INTERVAL + ALLOWANCE);
	run(m);
	expect_event(m, THB_ALIVE, THB_SUSPECT, THB_BEAT_MISSING);
	fake_advance(last + 3 * INTERVAL + ALLOWANCE - 1);
	run(m);
	expect_no_event(m);
	fake_advance(last + 3 * INTERVAL + ALLOWANCE);
	run(m);
	expect_event(m, THB_SUSPECT, THB_DEAD, THB_SILENT);
	assert_int_equal(stats_of(m).states[THB_DEAD], 1);
	assert_int_equal(stats_of(m).sent, 3);
	thb_monitor_close(m);
}

static void an_answer_saves(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p,
		a = { .type = THB__ANSWER, .node = NODE, .incarnation = 3 };
	uint16_t port;

	(void)state;
	go_on(m, 0, 10);
	for (int i = 0; i < 2; i++) {
		fake_advance(info_of(m, NODE).deadline_ns);
		run(m);
	}
	assert_int_equal(info_of(m, NODE).state, THB_SUSPECT);
	assert_true(fake_net_take(&p, &port));
	a.echo_ns = p.sent_ns;
	a.sequence = p.sequence;
	fake_advance(fake.now + 3 * MS);
	fake_net_put(&a, PORT);
	run(m);
	assert_int_equal(info_of(m, NODE).state, THB_ALIVE);
	assert_int_equal(info_of(m, NODE).stats.srtt_ns, INTERVAL + 3 * MS);
	thb_monitor_close(m);
}

static void watched_since(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t first = fake.now;

	(void)state;
	assert_int_equal(info_of(m, NODE).watched_ns, first);
	fake_advance(first + 5 * SEC);
	assert_int_equal(thb_monitor_add(m, 8, NULL, 0, NULL), 0);
	assert_int_equal(info_of(m, 8).watched_ns, fake.now);
	assert_int_equal(info_of(m, NODE).watched_ns, first);
	thb_monitor_close(m);
}

/*
 * Answers with right tags that are played back: our own to a beat whose sender's
 * clock is ahead, and one of the peer's to a monitor whose clock is.
 */
static void played_back(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p, beat = beat_of(NODE, 1), own, other;
	uint16_t port;

	(void)state;
	beat.flags = THB__ASK;
	beat.sent_ns = fake.now + 5 * SEC;
	fake_net_put(&beat, PORT);
	run(m);
	assert_true(fake_net_take(&own, &port));
	while (fake.now < beat.sent_ns + 10 * SEC) {
		fake_advance(fake.now + INTERVAL);
		run(m);
	}
	assert_int_equal(info_of(m, NODE).state, THB_DEAD);
	assert_true(fake_net_take(&p, &port));
	other = own;
	other.sequence = p.sequence ^ 2;
	fake_net_put(&own, PORT);
	fake_net_put(&other, PORT);
	run(m);
	assert_int_equal(info_of(m, NODE).state, THB_DEAD);
	assert_int_equal(info_of(m, NODE).stats.answers, 0);
	assert_int_equal(info_of(m, NODE).stats.stale, 2);
	/* Two peers of a monitor have nothing in common either. */
	assert_int_equal(thb_monitor_add(m, 8, NULL, 0, NULL), 0);
	assert_int_not_equal(thb__monitor_find(m, 8)->cookie, p.sequence);
	other.sequence = p.sequence;
	fake_net_put(&other, PORT);
	run(m);
	assert_int_equal(info_of(m, NODE).state, THB_RECOVERING);
	thb_monitor_close(m);
}

static void beats_that_ask(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p = beat_of(NODE, 1);
	uint16_t port;

	(void)state;
	p.flags = THB__ASK;
	fake_net_put(&p, 777);
	fake_advance(fake.now + 5 * MS);
	run(m);
	assert_true(fake_net_take(&p, &port));
	assert_int_equal(port, 777);
	assert_int_equal(p.type, THB__ANSWER);
	assert_int_equal(p.incarnation, 3);
	assert_int_equal(p.echo_ns, beat_of(NODE, 1).sent_ns);
	assert_int_equal(p.hold_us, 5000);
	thb_monitor_close(m);
}

/*
 * Until the last instant: the beat came a nanosecond before the deadline; the
 * expiry lies in the ring, and both are looked at later.
 */
static void beat_before_expiry(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t deadline;

	(void)state;
	go_on(m, 0, 10);
	deadline = info_of(m, NODE).deadline_ns;
	fake_advance(deadline - 1);
	put_beat(NODE, 11);
	fake_advance(deadline + MS);
	run(m);
	assert_int_equal(info_of(m, NODE).stats.rescued, 1);
	assert_int_equal(info_of(m, NODE).stats.missed, 0);
	assert_int_equal(stats_of(m).rescued, 1);
	assert_int_equal(info_of(m, NODE).deadline_ns,
			 deadline - 1 + INTERVAL + ALLOWANCE);
	/* .. and the timer is that: the next expiry comes. */
	fake_advance(deadline - 1 + INTERVAL + ALLOWANCE);
	run(m);
	assert_int_equal(info_of(m, NODE).stats.missed, 1);
	thb_monitor_close(m);
}

/* The same, but the kernel was late, and the cancel comes in time. */
static void beat_before_late_timer(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t deadline;

	(void)state;
	go_on(m, 0, 10);
	deadline = info_of(m, NODE).deadline_ns;
	fake_advance(deadline - 1);
	put_beat(NODE, 11);
	/* The clock goes on, and no timer fires. */
	fake.now = deadline + MS;
	run(m);
	assert_int_equal(info_of(m, NODE).stats.rescued, 0);
	assert_int_equal(info_of(m, NODE).stats.missed, 0);
	fake_advance(deadline - 1 + INTERVAL + ALLOWANCE);
	run(m);
	assert_int_equal(info_of(m, NODE).stats.missed, 1);
	thb_monitor_close(m);
}

/* At the very instant it is late: a miss, and then a beat. */
static void expiry_before_beat(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t deadline;

	(void)state;
	go_on(m, 0, 10);
	deadline = info_of(m, NODE).deadline_ns;
	fake_advance(deadline);
	put_beat(NODE, 11);
	fake_advance(deadline + MS);
	run(m);
	assert_int_equal(info_of(m, NODE).stats.rescued, 0);
	assert_int_equal(info_of(m, NODE).stats.missed, 1);
	assert_int_equal(info_of(m, NODE).failures, 0);
	assert_int_equal(info_of(m, NODE).deadline_ns,
			 deadline + INTERVAL + ALLOWANCE);
	thb_monitor_close(m);
}

/* The beat arrived before the deadline, after the expiry was reaped. */
static void deliver_late(void)
{
	net.on_receive = NULL;
	fake.now -= 2 * MS;
	put_beat(NODE, 11);
	fake.now += 2 * MS;
}

static void beat_after_reap(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t deadline;

	(void)state;
	go_on(m, 0, 10);
	deadline = info_of(m, NODE).deadline_ns;
	fake_advance(deadline + MS);
	net.on_receive = deliver_late;
	run(m);
	assert_int_equal(info_of(m, NODE).stats.rescued, 1);
	assert_int_equal(info_of(m, NODE).stats.missed, 0);
	thb_monitor_close(m);
}

/* A replayed packet comes in time for the deadline, and is no sign of life. */
static void a_duplicate_rescues_nobody(void **state)
{
	struct thb_monitor *m = open_one();
	uint64_t deadline;

	(void)state;
	go_on(m, 0, 10);
	deadline = info_of(m, NODE).deadline_ns;
	fake_advance(deadline - 1);
	put_beat(NODE, 10);
	fake_advance(deadline + MS);
	run(m);
	run(m);
	assert_int_equal(info_of(m, NODE).stats.duplicate, 1);
	assert_int_equal(info_of(m, NODE).stats.rescued, 0);
	assert_int_equal(info_of(m, NODE).stats.missed, 1);
	thb_monitor_close(m);
}

static uint64_t told_at;

static void dawdle(void *arg, const struct thb_event *ev)
{
	(void)arg;
	told_at = ev->at_ns;
	fake_advance(fake.now + 5 * MS);
}

/* Two beats are read at once, and much time passes between them. */
static void while_a_batch_is_judged(void **state)
{
	struct thb__packet p = beat_of(NODE, 11);
	struct thb_monitor_opts opts;
	struct thb_monitor *m;
	uint64_t deadline;
	uint16_t port;

	(void)state;
	thb_monitor_opts_init(&opts);
	opts.flags = THB_ACCEPT;
	opts.on_event = dawdle;
	m = open_with(&opts);
	go_on(m, 0, 10);
	deadline = info_of(m, NODE).deadline_ns;
	fake_advance(deadline - 1);
	put_beat(8, 1);
	p.flags = THB__ASK;
	fake_net_put(&p, PORT);
	run(m);
	assert_int_equal(told_at, deadline - 1);
	assert_int_equal(fake.now, deadline - 1 + 5 * MS);
	/* The expiry came meanwhile, and the answer tells how long it took. */
	assert_int_equal(info_of(m, NODE).stats.rescued, 1);
	assert_int_equal(info_of(m, NODE).stats.missed, 0);
	assert_true(fake_net_take(&p, &port));
	assert_int_equal(p.type, THB__ANSWER);
	assert_int_equal(p.sent_ns, fake.now);
	assert_int_equal(p.hold_us, 5000);
	thb_monitor_close(m);
}

/* Stopped for 5 s, with 100 peers that go on beating. */
static void absence(uint64_t kept)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;
	struct thb_event ev;
	uint64_t gone;

	thb_monitor_opts_init(&opts);
	opts.max_peers = 100;
	opts.flags = THB_ACCEPT;
	m = open_with(&opts);
	for (uint64_t sequence = 1; sequence <= 10; sequence++) {
		fake_advance(fake.now + INTERVAL);
		for (uint64_t node = 1; node <= 100; node++)
			put_beat(node, sequence);
		run(m);
	}
	while (thb_monitor_events(m, &ev, 1))
		;
	gone = fake.now;
	for (uint64_t sequence = 11; sequence <= 60; sequence++) {
		fake_advance(fake.now + INTERVAL);
		for (uint64_t node = 1; node <= 100 && sequence <= 10 + kept;
		     node++)
			put_beat(node, sequence);
	}
	net.dropped = kept ? (uint32_t)(50 - kept) * 100 : 0;
	fake_advance(gone + 5 * SEC);
	run(m);
	for (uint64_t sequence = 61; sequence <= 70; sequence++) {
		fake_advance(fake.now + INTERVAL);
		for (uint64_t node = 1; node <= 100; node++)
			put_beat(node, sequence);
		run(m);
	}
	/* Said once, about how long. */
	assert_int_equal(thb_monitor_events(m, &ev, 1), 1);
	assert_int_equal(ev.type, THB_EVENT_AWAY);
	assert_in_range(ev.lost_ns, 5 * SEC - 2 * INTERVAL, 5 * SEC);
	expect_no_event(m);
	assert_int_equal(stats_of(m).away, 1);
	assert_int_equal(stats_of(m).away_ns, ev.lost_ns);
	assert_int_equal(stats_of(m).states[THB_ALIVE], 100);
	/* And those that die now are found. */
	for (int i = 0; i < 4; i++) {
		fake_advance(fake.now + INTERVAL + ALLOWANCE);
		run(m);
	}
	assert_int_equal(stats_of(m).states[THB_DEAD], 100);
	thb_monitor_close(m);
}

static void away_and_all_is_kept(void **state)
{
	(void)state;
	absence(40);
}

/* .. and the socket had room for 300 ms. */
static void away_and_much_is_lost(void **state)
{
	(void)state;
	absence(3);
}

/* .. and for nothing. */
static void away_and_all_is_lost(void **state)
{
	(void)state;
	absence(0);
}

/* The wall clock is stepped: back and forth, before and after a beat came. */
static void wall_clock_steps(void **state)
{
	static const int64_t steps[] = { 50 * (int64_t)MS, -50 * (int64_t)MS,
					 3600 * (int64_t)SEC,
					 -3600 * (int64_t)SEC };
	struct thb_monitor *m = open_one();
	uint64_t sequence = go_on(m, 0, 10);

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		fake_advance(fake.now + INTERVAL);
		put_beat(NODE, ++sequence);
		net.wall_ns += steps[i];
		/* After the deadline: it may have come in time, so it has. */
		fake_advance(fake.now + ALLOWANCE + 10 * MS);
		run(m);
		assert_int_equal(info_of(m, NODE).heard_ns, fake.now);
		fake_advance(fake.now + INTERVAL - ALLOWANCE - 10 * MS);
		net.wall_ns += steps[i];
		put_beat(NODE, ++sequence);
		run(m);
		assert_int_equal(info_of(m, NODE).heard_ns, fake.now);
	}
	assert_int_equal(stats_of(m).steps, 8);
	assert_int_equal(info_of(m, NODE).stats.missed, 0);
	assert_int_equal(stats_of(m).away, 0);
	thb_monitor_close(m);
}

/* Without stamps a beat came when it was read. */
static void no_stamps(void **state)
{
	struct thb_monitor *m = open_one();

	(void)state;
	net.no_stamps = true;
	go_on(m, 0, 10);
	assert_int_equal(info_of(m, NODE).heard_ns, fake.now);
	thb_monitor_close(m);
}

static void refusals(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p = beat_of(NODE, 1);
	uint8_t buffer[200] = { 0 };

	(void)state;
	thb__packet_encode(&p, buffer);
	fake_net_put_raw(buffer, 20, PORT);
	fake_net_put_raw(buffer, 81, PORT);
	fake_net_put_raw(buffer, 200, PORT);
	buffer[2]++;
	fake_net_put_raw(buffer, THB__BODY, PORT);
	buffer[2]--;
	buffer[0]++;
	fake_net_put_raw(buffer, THB__BODY, PORT);
	buffer[0]--;
	buffer[73] = 255;
	buffer[72] = 255;
	fake_net_put_raw(buffer, THB__BODY, PORT);
	/* A tag where none is used */
	p.key = 1;
	fake_net_put(&p, PORT);
	p = (struct thb__packet){ .type = THB__PROBE, .node = NODE };
	fake_net_put(&p, PORT);
	run(m);
	assert_int_equal(stats_of(m).packets, 8);
	assert_int_equal(stats_of(m).truncated, 1);
	assert_int_equal(stats_of(m).overlong, 2);
	assert_int_equal(stats_of(m).version, 1);
	assert_int_equal(stats_of(m).foreign, 2);
	assert_int_equal(stats_of(m).range, 1);
	assert_int_equal(stats_of(m).forged, 1);
	assert_int_equal(stats_of(m).beats, 0);
	assert_int_equal(info_of(m, NODE).state, THB_IDLE);
	thb_monitor_close(m);
}

/* A tag that is no more than a sum; cryptography is not what is tested. */
static int sum_of(const uint8_t *data, size_t length)
{
	int sum = 0;

	while (length--)
		sum = (sum * 31 + *data++) & 0xFFFF;
	return sum;
}

static int sign(void *arg, const uint8_t *data, size_t length, uint8_t *to)
{
	uint8_t key = *(uint8_t *)arg;

	if (data) {
		int sum = sum_of(data, length) ^ key;

		memset(to, 0, THB_TAG);
		memcpy(to, &sum, sizeof(sum));
	}
	return key;
}

static int verify(void *arg, unsigned int key, const uint8_t *data,
		  size_t length, const uint8_t *got)
{
	int sum = sum_of(data, length) ^ (int)key;

	assert_int_equal(length, THB__BODY);
	if (key != *(uint8_t *)arg)
		return -ENOKEY;
	return memcmp(got, &sum, sizeof(sum)) ? -EBADMSG : 0;
}

static void tags(void **state)
{
	uint8_t key = 9;
	struct thb_auth auth = { &key, sign, verify };
	struct thb__packet p = beat_of(NODE, 1);
	struct thb_monitor_opts opts;
	struct thb__datagram d;
	struct thb_monitor *m;

	(void)state;
	thb_monitor_opts_init(&opts);
	opts.flags = THB_ACCEPT;
	opts.auth = &auth;
	m = open_with(&opts);
	p.flags = THB__ASK;
	/* Without, with another key's, with a wrong one, with a right one. */
	fake_net_put(&p, PORT);
	thb__mail_seal(&d, &auth, &p);
	assert_int_equal(p.key, 9);
	d.data[7] = 8;
	fake_net_put_raw(d.data, d.length, PORT);
	d.data[7] = 9;
	d.data[40] ^= 1;
	fake_net_put_raw(d.data, d.length, PORT);
	run(m);
	assert_int_equal(stats_of(m).forged, 3);
	assert_int_equal(stats_of(m).peers, 0);
	assert_int_equal(net.sent, 0);
	d.data[40] ^= 1;
	fake_net_put_raw(d.data, d.length, PORT);
	run(m);
	assert_int_equal(info_of(m, NODE).state, THB_ALIVE);
	/* What it sends bears one, too. */
	assert_int_equal(net.sent, 1);
	assert_int_equal(thb__mail_open(&net.out[0], &auth, &p), 0);
	assert_int_equal(p.key, 9);
	thb_monitor_close(m);
}

static unsigned int called;

static void on_event(void *arg, const struct thb_event *ev)
{
	assert_ptr_equal(arg, tag(5));
	assert_int_equal(ev->node, NODE);
	assert_int_equal(ev->incarnation, 3);
	called++;
}

static void by_callback(void **state)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;

	(void)state;
	called = 0;
	thb_monitor_opts_init(&opts);
	opts.flags = THB_ACCEPT;
	opts.on_event = on_event;
	opts.arg = tag(5);
	m = open_with(&opts);
	put_beat(NODE, 1);
	assert_int_equal(thb_monitor_run(m), 1);
	assert_int_equal(called, 1);
	expect_no_event(m);
	thb_monitor_close(m);
}

/* Events for which there is no room are counted. */
static void nobody_takes_events(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb_event ev[200];

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(thb_monitor_forget(m, NODE), 0);
	assert_int_equal(stats_of(m).events, 2 * 8 + 64);
	assert_int_equal(stats_of(m).lost_events, 100 - 2 * 8 - 64);
	assert_int_equal(thb_monitor_events(m, NULL, 1), -EINVAL);
	assert_int_equal(thb_monitor_events(m, ev, 70), 70);
	assert_int_equal(ev[69].cause, THB_FORGOTTEN);
	assert_ptr_equal(ev[69].data, tag(99));
	thb_monitor_forget(m, NODE);
	assert_int_equal(thb_monitor_events(m, ev, 200), 11);
	thb_monitor_close(m);
}

/* When the socket cannot be read, nobody is judged; later, they are. */
static void deaf(void **state)
{
	struct thb_monitor *m = open_one();

	(void)state;
	go_on(m, 0, 10);
	fake_advance(info_of(m, NODE).deadline_ns);
	net.fail_receive = -ENOMEM;
	assert_int_equal(thb_monitor_run(m), -ENOMEM);
	assert_int_equal(info_of(m, NODE).stats.missed, 0);
	net.fail_receive = 0;
	fake_advance(fake.now + 1);
	run(m);
	assert_int_equal(info_of(m, NODE).stats.missed, 1);
	thb_monitor_close(m);
}

/* A probe that the system does not take is a packet lost. */
static void mute(void **state)
{
	struct thb_monitor *m = open_one();

	(void)state;
	go_on(m, 0, 10);
	net.fail_send = -ENETUNREACH;
	fake_advance(info_of(m, NODE).deadline_ns);
	run(m);
	assert_int_equal(stats_of(m).unsent, 1);
	assert_int_equal(stats_of(m).sent, 0);
	thb_monitor_close(m);
}

/* The six parts of a beat's way; the network's is known with the next one. */
static void the_parts(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p = beat_of(NODE, 2);
	struct thb_monitor_stats st;

	(void)state;
	put_beat(NODE, 1);
	fake_advance(fake.now + 7 * MS);
	run(m);
	st = stats_of(m);
	assert_int_equal(st.timer.max_ns, 400 * US);
	assert_int_equal(st.sender.max_ns, 600 * US);
	assert_int_equal(st.transmit.max_ns, 0);
	assert_int_equal(st.network.max_ns, 0);
	assert_int_equal(st.receive.max_ns, 0);
	assert_int_equal(st.socket.max_ns, 7 * MS);
	assert_int_equal(st.socket.p50_ns, 7 * MS);
	/* 9 ms more than the fastest, 2 of them in the card that received it */
	fake_advance(fake.now + INTERVAL + 2 * MS);
	net.card_before_ns = 2 * MS;
	fake_net_put(&p, PORT);
	run(m);
	st = stats_of(m);
	assert_int_equal(st.receive.max_ns, 2 * MS);
	assert_int_equal(st.card_stamps, 1);
	assert_int_equal(st.network.max_ns, 0);
	/* .. and 3 before it was on the wire */
	net.card_before_ns = 0;
	fake_advance(fake.now + INTERVAL - 9 * MS);
	p = beat_of(NODE, 3);
	p.wire_ns = 3 * MS;
	fake_net_put(&p, PORT);
	run(m);
	st = stats_of(m);
	assert_int_equal(st.transmit.max_ns, 3 * MS);
	assert_int_equal(st.network.max_ns, 4 * MS);
	thb_monitor_close(m);
}

/* What was lost is what the next one tells of: it says nothing then. */
static void parts_of_a_lost_beat(void **state)
{
	struct thb_monitor *m = open_one();
	struct thb__packet p = beat_of(NODE, 3);

	(void)state;
	put_beat(NODE, 1);
	run(m);
	p.wire_ns = 3 * MS;
	fake_advance(fake.now + 2 * INTERVAL + 2 * MS);
	fake_net_put(&p, PORT);
	run(m);
	assert_int_equal(stats_of(m).transmit.max_ns, 0);
	/* An overtaken one has no time of its own. */
	put_beat(NODE, 2);
	run(m);
	p = beat_of(NODE, 4);
	p.wire_ns = 1 * MS;
	fake_advance(fake.now + INTERVAL - 2 * MS);
	fake_net_put(&p, PORT);
	run(m);
	assert_int_equal(stats_of(m).transmit.max_ns, 1 * MS);
	assert_int_equal(stats_of(m).network.max_ns, 1 * MS);
	thb_monitor_close(m);
}

/* Beats cost no call of the kernel's, but for the first. */
static void no_system_call(void **state)
{
	struct thb_monitor *m = open_one();
	int kicks;

	(void)state;
	put_beat(NODE, 1);
	run(m);
	kicks = fake_kicks();
	for (uint64_t sequence = 2; sequence < 100; sequence++) {
		fake.now += INTERVAL / 10;
		put_beat(NODE, sequence);
		run(m);
	}
	assert_int_equal(fake_kicks(), kicks);
	thb_monitor_close(m);
}

static void addresses(void **state)
{
	struct thb_monitor *m = open_one();
	struct sockaddr_in6 own;

	(void)state;
	net.own = fake_net_address(1234);
	assert_int_equal(thb_monitor_address(m, &own, 3), -EINVAL);
	assert_int_equal(thb_monitor_address(m, &own, sizeof(own)),
			 sizeof(struct sockaddr_in));
	assert_int_equal(((struct sockaddr_in *)(void *)&own)->sin_port,
			 htons(1234));
	thb_monitor_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_and_closes),
		TEST(fails_to_open),
		TEST(options_out_of_range),
		TEST(who_is_watched),
		TEST(totals),
		TEST(one_after_the_other),
		TEST(strangers),
		TEST(lives_and_dies),
		TEST(an_answer_saves),
		TEST(watched_since),
		TEST(played_back),
		TEST(beats_that_ask),
		TEST(beat_before_expiry),
		TEST(beat_before_late_timer),
		TEST(expiry_before_beat),
		TEST(beat_after_reap),
		TEST(a_duplicate_rescues_nobody),
		TEST(while_a_batch_is_judged),
		TEST(away_and_all_is_kept),
		TEST(away_and_much_is_lost),
		TEST(away_and_all_is_lost),
		TEST(wall_clock_steps),
		TEST(no_stamps),
		TEST(refusals),
		TEST(tags),
		TEST(by_callback),
		TEST(nobody_takes_events),
		TEST(deaf),
		TEST(mute),
		TEST(the_parts),
		TEST(parts_of_a_lost_beat),
		TEST(no_system_call),
		TEST(addresses),
	};

	return RUN(tests);
}
