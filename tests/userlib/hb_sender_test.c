// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sender, on a kernel and a network that are none: its grid, what it says,
 * its start and end, round trips, and monitors that cannot be reached.
 */
#include "suite.h"

#include <arpa/inet.h>

#include "fake_net.h"
#include "hb_sender.h"

#define US 1000ULL
#define MS 1000000ULL
#define SEC 1000000000ULL
#define BASE (500 * MS)
#define NODE 7

static struct thb_sender_opts fixed(void)
{
	struct thb_sender_opts opts;

	memset(&opts, 0x5A, sizeof(opts));
	thb_sender_opts_init(&opts);
	opts.node = NODE;
	opts.pace.fixed = 1;
	return opts;
}

static void add(struct thb_sender *s, uint16_t port)
{
	struct thb__address a = fake_net_address(port);

	assert_int_equal(thb_sender_add(s, &a.any, a.length), 0);
}

static struct thb_sender *open_with(const struct thb_sender_opts *opts)
{
	struct thb_sender *s = tag(1);

	fake_net_reset();
	assert_int_equal(thb_sender_open(&s, opts), 0);
	add(s, 1000);
	return s;
}

static struct thb_sender *open_started(void)
{
	struct thb_sender_opts opts = fixed();
	struct thb_sender *s = open_with(&opts);

	assert_int_equal(thb_sender_start(s), 0);
	return s;
}

static struct thb_sender_stats stats_of(struct thb_sender *s)
{
	struct thb_sender_stats st;

	memset(&st, 0x5A, sizeof(st));
	thb_sender_stats(s, &st);
	return st;
}

/* The next packet that was sent, which there must be. */
static struct thb__packet taken(void)
{
	struct thb__packet p;
	uint16_t port;

	assert_true(fake_net_take(&p, &port));
	return p;
}

static struct thb__packet next_beat(struct thb_sender *s)
{
	fake_run(s->th);
	assert_int_equal(thb_sender_run(s), 1);
	return taken();
}

static void opens_and_closes(void **state)
{
	int *const knobs[] = { &fake.fail_open, &fake.fail_poll_create,
			       &fake.fail_poll_add, &net.fail_open,
			       &net.fail_stamp };
	struct thb_sender_opts opts = fixed();
	struct thb_sender *s = open_with(&opts);

	(void)state;
	assert_int_equal(thb_sender_fd(s), FAKE_POLLFD);
	thb_sender_close(s);
	thb_sender_close(NULL);
	for (size_t i = 0; i < COUNT(knobs); i++) {
		s = tag(1);
		*knobs[i] = -EUCLEAN;
		assert_int_equal(thb_sender_open(&s, &opts), -EUCLEAN);
		assert_null(s);
		*knobs[i] = 0;
	}
	assert_int_equal(fake.opened, fake.closed);
	assert_int_equal(fake.pollfds, 0);
	assert_int_equal(fake.sockets, 0);
}

#define BAD(member, value)                                               \
	do {                                                             \
		struct thb_sender_opts opts_ = fixed();                  \
		struct thb_sender *s_ = tag(1);                          \
		opts_.member = value;                                    \
		assert_int_equal(thb_sender_open(&s_, &opts_), -EINVAL); \
		assert_null(s_);                                         \
	} while (0)

static void options_out_of_range(void **state)
{
	static const struct thb_auth half = { 0 };
	struct thb_sender *s = tag(1);

	(void)state;
	BAD(size, 1);
	BAD(node, 0);
	BAD(incarnation, 1ULL << 63);
	BAD(pace.base_ns, 0);
	BAD(retry_ns, MS - 1);
	BAD(retry_ns, 31 * SEC);
	BAD(retry_most_ns, THB_LONGEST_NS + 1);
	BAD(auth, &half);
	assert_int_equal(thb_sender_open(&s, NULL), -EINVAL);
	assert_int_equal(thb_sender_open(NULL, NULL), -EINVAL);
}

static void what_a_beat_says(void **state)
{
	struct thb_sender *s = open_started();
	uint64_t start = fake.now;
	struct thb__packet p;

	(void)state;
	assert_int_equal(thb_sender_health(s, THB_LIVE | THB_ABLE), 0);
	assert_int_equal(thb_sender_health(s, 8), -EINVAL);
	assert_int_equal(thb_sender_load(s, 321), 0);
	assert_int_equal(thb_sender_load(s, 1001), -EINVAL);
	p = next_beat(s);
	assert_int_equal(p.type, THB__BEAT);
	assert_int_equal(p.flags, 0);
	assert_int_equal(p.node, NODE);
	assert_int_equal(p.incarnation, (uint64_t)net.wall_ns + start);
	assert_int_equal(p.sequence, 1);
	assert_int_equal(p.health, THB_LIVE | THB_ABLE);
	assert_int_equal(p.load_milli, 321);
	assert_int_equal(p.interval_us, BASE / US);
	assert_int_equal(p.scheduled_ns, start);
	assert_int_equal(p.sent_ns, fake.now);
	thb_sender_close(s);
}

static void bound_load(void **state)
{
	struct thb_sender_opts opts = fixed();
	uint32_t load = 55;
	struct thb_sender *s;

	(void)state;
	opts.load_milli = &load;
	s = open_with(&opts);
	thb_sender_start(s);
	assert_int_equal(next_beat(s).load_milli, 55);
	load = 5000;
	fake_advance(fake.now + BASE);
	assert_int_equal(next_beat(s).load_milli, 1000);
	thb_sender_close(s);
}

/* However late each is: the next is due on the grid. */
static void on_the_grid(void **state)
{
	struct thb_sender *s = open_started();
	uint64_t start = fake.now;

	(void)state;
	next_beat(s);
	for (uint64_t n = 1; n < 100; n++) {
		struct thb__packet p;

		fake.fired_late_ns = n % 7 * MS;
		fake_advance(start + n * BASE + n % 7 * MS);
		fake.now += n % 5 * MS;
		p = next_beat(s);
		assert_int_equal(p.sequence, n + 1);
		assert_int_equal(p.scheduled_ns, start + n * BASE);
		assert_int_equal(p.late_us, n % 7 * 1000);
		assert_int_equal(p.sent_ns, fake.now);
	}
	assert_int_equal(stats_of(s).beats, 100);
	assert_int_equal(stats_of(s).skipped, 0);
	assert_int_equal(stats_of(s).timer.max_ns, 6 * MS);
	assert_int_equal(stats_of(s).send.max_ns, 4 * MS);
	thb_sender_close(s);
}

/* Stopped for 3.2 intervals: one beat, three left out, and the same grid. */
static void points_that_passed(void **state)
{
	struct thb_sender *s = open_started();
	uint64_t start = fake.now;
	struct thb__packet p;

	(void)state;
	next_beat(s);
	fake_advance(start + BASE * 42 / 10);
	p = next_beat(s);
	assert_int_equal(p.scheduled_ns, start + BASE);
	assert_int_equal(stats_of(s).skipped, 3);
	fake_advance(start + BASE * 5 - 1);
	assert_int_equal(thb_sender_run(s), 0);
	fake_advance(start + BASE * 5);
	p = next_beat(s);
	assert_int_equal(p.scheduled_ns, start + BASE * 5);
	assert_int_equal(p.sequence, 3);
	thb_sender_close(s);
}

static void start_and_stop(void **state)
{
	struct thb_sender_opts opts = fixed();
	struct thb_sender *s = open_with(&opts);
	struct thb__packet p, q;

	(void)state;
	assert_int_equal(thb_sender_stop(s), 0);
	assert_int_equal(thb_sender_pause(s), 0);
	assert_int_equal(net.sent, 0);
	assert_int_equal(thb_sender_start(s), 0);
	p = next_beat(s);
	assert_int_equal(thb_sender_start(s), 0);
	assert_int_equal(thb_sender_run(s), 0);

	assert_int_equal(thb_sender_stop(s), 0);
	q = taken();
	assert_int_equal(q.flags, THB__BYE);
	assert_int_equal(q.sequence, 2);
	assert_int_equal(q.incarnation, p.incarnation);
	assert_int_equal(thb_sender_stop(s), 0);
	assert_int_equal(thb_sender_pause(s), 0);
	fake_advance(fake.now + 10 * BASE);
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(net.sent, 0);

	/* A new incarnation, though the wall clock was set back by a year. */
	net.wall_ns -= 365 * 86400 * (int64_t)SEC;
	assert_int_equal(thb_sender_start(s), 0);
	q = next_beat(s);
	assert_int_equal(q.incarnation, p.incarnation + 1);
	assert_int_equal(q.sequence, 1);
	thb_sender_close(s);
}

static void a_pause(void **state)
{
	struct thb_sender *s = open_started();
	struct thb__packet p = next_beat(s), q;

	(void)state;
	assert_int_equal(thb_sender_pause(s), 0);
	assert_int_equal(taken().flags, THB__PAUSE);
	assert_int_equal(thb_sender_pause(s), 0);
	assert_int_equal(net.sent, 0);
	fake_advance(fake.now + 10 * BASE);
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(thb_sender_start(s), 0);
	q = next_beat(s);
	assert_int_equal(q.incarnation, p.incarnation);
	assert_int_equal(q.sequence, 3);
	assert_int_equal(q.flags, 0);
	thb_sender_close(s);
}

/* The expiry waits while the sender is stopped: no beat after goodbye. */
static void stop_while_due(void **state)
{
	struct thb_sender *s = open_started();

	(void)state;
	next_beat(s);
	fake_advance(fake.now + BASE);
	thb_sender_stop(s);
	taken();
	(void)thb_sender_run(s);
	assert_int_equal(net.sent, 0);
	thb_sender_close(s);
}

static void own_incarnation(void **state)
{
	struct thb_sender_opts opts = fixed();
	struct thb_sender *s;

	(void)state;
	opts.incarnation = 1ULL << 62;
	s = open_with(&opts);
	thb_sender_start(s);
	assert_int_equal(next_beat(s).incarnation, 1ULL << 62);
	thb_sender_close(s);
}

static void put_answer(const struct thb__packet *beat, uint16_t port)
{
	struct thb__packet a = {
		.type = THB__ANSWER,
		.node = NODE,
		.incarnation = beat->incarnation,
		.echo_ns = beat->sent_ns,
		.hold_us = 1000,
	};

	fake_net_put(&a, port);
}

/* Each eighth beat asks; the round trip is in the next beat, and in no other. */
static void round_trips(void **state)
{
	struct thb_sender *s = open_started();

	(void)state;
	for (int n = 1; n <= 40; n++) {
		struct thb__packet p = next_beat(s);

		assert_int_equal(p.flags, n % 8 ? 0 : THB__ASK);
		assert_int_equal(p.rtt_us, n > 8 && n % 8 == 1 ? 4000 : 0);
		if (p.flags & THB__ASK) {
			fake_advance(fake.now + 5 * MS);
			put_answer(&p, 1000);
			put_answer(&p, 1000);
			assert_int_equal(thb_sender_run(s), 0);
			fake_advance(fake.now - 5 * MS + BASE);
		} else {
			fake_advance(fake.now + BASE);
		}
	}
	assert_int_equal(stats_of(s).asked, 5);
	assert_int_equal(stats_of(s).answered, 5);
	assert_int_equal(stats_of(s).dropped, 5);
	assert_int_equal(stats_of(s).srtt_ns, 4 * MS);
	thb_sender_close(s);
}

/* Two monitors were asked by the same beat; each answer is of one of them. */
static void two_monitors(void **state)
{
	struct thb_sender_opts opts = fixed();
	struct thb_sender *s;
	struct thb__packet p;

	(void)state;
	opts.ask_every = 1;
	s = open_with(&opts);
	add(s, 2000);
	thb_sender_start(s);
	p = next_beat(s);
	taken();
	fake_advance(fake.now + 3 * MS);
	put_answer(&p, 2000);
	thb_sender_run(s);
	fake_advance(fake.now + 6 * MS);
	put_answer(&p, 1000);
	thb_sender_run(s);
	fake_advance(fake.now - 9 * MS + BASE);
	assert_int_equal(next_beat(s).rtt_us, 8000);
	assert_int_equal(taken().rtt_us, 2000);
	thb_sender_close(s);
}

/* Losses and load make it slower, and it says so. */
static void adapts(void **state)
{
	struct thb_sender_opts opts = fixed();
	struct thb__packet p;
	struct thb_sender *s;

	(void)state;
	opts.pace.fixed = 0;
	opts.ask_every = 1;
	s = open_with(&opts);
	thb_sender_start(s);
	for (int i = 0; i < 100; i++) {
		p = next_beat(s);
		assert_int_equal(p.interval_us, stats_of(s).interval_ns / US);
		put_answer(&p, 1000);
		thb_sender_run(s);
		fake_advance(p.scheduled_ns + p.interval_us * US);
	}
	/* The floor: half of the base */
	assert_in_range(p.interval_us, 250000, 251000);
	thb_sender_load(s, 1000);
	for (int i = 0; i < 100; i++) {
		p = next_beat(s);
		fake_advance(p.scheduled_ns + p.interval_us * US);
	}
	assert_in_range(p.interval_us, 480000, 500000);
	thb_sender_close(s);
}

/* What a beat took to be on the wire is in the next one to that monitor. */
static void on_the_wire(void **state)
{
	struct thb_sender *s = open_started();

	(void)state;
	net.wire_after_ns = 30 * US;
	add(s, 2000);
	assert_int_equal(next_beat(s).wire_ns, 0);
	taken();
	assert_int_equal(net.stamped, 0);
	fake_advance(fake.now + BASE);
	net.wire_after_ns = 10 * US;
	assert_int_equal(next_beat(s).wire_ns, 30 * US);
	assert_int_equal(taken().wire_ns, 30 * US);
	fake_advance(fake.now + BASE);
	net.wire_after_ns = 0;
	assert_int_equal(next_beat(s).wire_ns, 10 * US);
	taken();
	fake_advance(fake.now + BASE);
	assert_int_equal(next_beat(s).wire_ns, 0);
	assert_int_equal(stats_of(s).transmit.max_ns, 30 * US);
	assert_int_equal(stats_of(s).card_stamps, 0);
	thb_sender_close(s);
}

/* The card's stamp counts, whichever comes first, if its clock can be right. */
static void by_the_card(void **state)
{
	struct thb_sender *s = open_started();

	(void)state;
	net.wire_after_ns = 10 * US;
	net.card_after_ns = 15 * US;
	next_beat(s);
	fake_advance(fake.now + BASE);
	net.card_after_ns = 37 * SEC;
	assert_int_equal(next_beat(s).wire_ns, 15 * US);
	fake_advance(fake.now + BASE);
	net.card_after_ns = (uint64_t)-US;
	assert_int_equal(next_beat(s).wire_ns, 10 * US);
	fake_advance(fake.now + BASE);
	net.card_after_ns = 0;
	assert_int_equal(next_beat(s).wire_ns, 10 * US);
	assert_int_equal(stats_of(s).card_stamps, 1);
	thb_sender_close(s);
}

/* Answers are numbered, too, and stamps that come too late are of no use. */
static void other_stamps(void **state)
{
	struct thb_sender *s = open_started();
	struct thb__packet p = { .type = THB__PROBE, .node = NODE };
	struct thb__stamp late;

	(void)state;
	net.wire_after_ns = 10 * US;
	next_beat(s);
	net.wire_after_ns = 90 * US;
	fake_net_put(&p, 3000);
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(taken().type, THB__ANSWER);
	fake_advance(fake.now + BASE);
	net.wire_after_ns = 0;
	assert_int_equal(next_beat(s).wire_ns, 10 * US);
	late = (struct thb__stamp){
		.number = 2,
		.stamp_ns = fake.now + (uint64_t)net.wall_ns + 5 * US,
	};
	fake_advance(fake.now + BASE);
	assert_int_equal(next_beat(s).wire_ns, 0);
	net.stamps[net.stamped++] = late;
	/* Nobody knows what that one was. */
	late.number += 1 + THB__BATCH;
	late.stamp_ns = fake.now + (uint64_t)net.wall_ns + 5 * US;
	net.stamps[net.stamped++] = late;
	assert_int_equal(thb_sender_run(s), 0);
	fake_advance(fake.now + BASE);
	assert_int_equal(next_beat(s).wire_ns, 0);
	assert_int_equal(stats_of(s).transmit.max_ns, 10 * US);
	thb_sender_close(s);
}

/* After one that failed nobody knows the numbers: they begin anew. */
static void numbers_go_astray(void **state)
{
	struct thb_sender *s = open_started();

	(void)state;
	add(s, 2000);
	net.fail_send = -ENETUNREACH;
	net.fail_port = htons(1000);
	net.wire_after_ns = 10 * US;
	next_beat(s);
	fake_advance(fake.now + BASE);
	net.fail_send = 0;
	net.wire_after_ns = 20 * US;
	assert_int_equal(next_beat(s).wire_ns, 0);
	while (net.sent)
		taken();
	fake_advance(fake.now + BASE);
	assert_int_equal(next_beat(s).wire_ns, 20 * US);
	thb_sender_close(s);
}

static void probes(void **state)
{
	struct thb_sender *s = open_started();
	struct thb__packet p = { .type = THB__PROBE,
				 .node = NODE,
				 .sequence = 99,
				 .sent_ns = 4242 };
	uint64_t incarnation = next_beat(s).incarnation;

	(void)state;
	fake_net_put(&p, 3000);
	fake_advance(fake.now + 2 * MS);
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(ntohs(net.out[0].address.v4.sin_port), 3000);
	p = taken();
	assert_int_equal(p.type, THB__ANSWER);
	assert_int_equal(p.node, NODE);
	assert_int_equal(p.incarnation, incarnation);
	assert_int_equal(p.echo_ns, 4242);
	assert_int_equal(p.sequence, 99);
	assert_int_equal(p.hold_us, 2000);
	assert_int_equal(stats_of(s).probes, 1);
	thb_sender_close(s);
}

/* For another, of the future, or not while it is stopped. */
static void probes_not_answered(void **state)
{
	struct thb_sender *s = open_started();
	struct thb__packet p = { .type = THB__PROBE, .node = NODE + 1 };

	(void)state;
	next_beat(s);
	fake_net_put(&p, 3000);
	p.node = NODE;
	p.incarnation = INT64_MAX;
	fake_net_put(&p, 3000);
	fake_net_put_raw("x", 1, 3000);
	thb_sender_run(s);
	thb_sender_stop(s);
	taken();
	p.incarnation = 0;
	fake_net_put(&p, 3000);
	thb_sender_run(s);
	assert_int_equal(net.sent, 0);
	assert_int_equal(stats_of(s).dropped, 4);
	thb_sender_close(s);
}

/*
 * One of two monitors cannot be reached: its own back-off, from 100 ms up to
 * 30 s; the other hears each beat as ever.
 */
static void out_of_reach(void **state)
{
	struct thb_sender *s = open_started();
	int to_first = 0, failed;

	(void)state;
	add(s, 2000);
	net.fail_send = -ENETUNREACH;
	net.fail_port = htons(1000);
	for (int i = 0; i < 1000; i++) {
		fake_run(s->th);
		assert_int_equal(thb_sender_run(s), 1);
		assert_int_equal(net.sent, 1);
		taken();
		fake_advance(fake.now + BASE);
	}
	failed = (int)stats_of(s).failed;
	/* 500 s at 10 to 30 s each, and the way up there */
	assert_in_range(failed, 15, 60);
	net.fail_send = 0;
	for (int i = 0; i < 100; i++) {
		fake_run(s->th);
		assert_int_equal(thb_sender_run(s), 1);
		to_first += net.sent == 2;
		while (net.sent)
			taken();
		fake_advance(fake.now + BASE);
	}
	/* At most 30 s later it is told again, and then always. */
	assert_in_range(to_first, 40, 100);
	assert_int_equal(stats_of(s).failed, failed);
	thb_sender_close(s);
}

static void targets(void **state)
{
	struct thb_sender_opts opts = fixed();
	struct thb_sender *s = open_with(&opts);
	struct thb__address a = fake_net_address(1);
	struct sockaddr_in6 other = { .sin6_family = AF_INET6 };

	(void)state;
	assert_int_equal(thb_sender_add(s, NULL, 0), -EINVAL);
	assert_int_equal(thb_sender_add(s, &other, sizeof(other)), -EINVAL);
	for (int i = 1; i < THB_TARGETS; i++)
		add(s, (uint16_t)(1000 + i));
	assert_int_equal(thb_sender_add(s, &a.any, a.length), -ENOSPC);
	thb_sender_start(s);
	fake_run(s->th);
	thb_sender_run(s);
	assert_int_equal(net.sent, THB_TARGETS);
	assert_int_equal(stats_of(s).packets, THB_TARGETS);
	assert_int_equal(stats_of(s).beats, 1);
	thb_sender_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_and_closes),
		TEST(options_out_of_range),
		TEST(what_a_beat_says),
		TEST(bound_load),
		TEST(on_the_grid),
		TEST(points_that_passed),
		TEST(start_and_stop),
		TEST(a_pause),
		TEST(stop_while_due),
		TEST(own_incarnation),
		TEST(round_trips),
		TEST(two_monitors),
		TEST(adapts),
		TEST(on_the_wire),
		TEST(by_the_card),
		TEST(other_stamps),
		TEST(numbers_go_astray),
		TEST(probes),
		TEST(probes_not_answered),
		TEST(out_of_reach),
		TEST(targets),
	};

	return RUN(tests);
}
