// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A monitor and a sender over ZeroMQ, by the example in the documentation; the
 * kernel is none, ZeroMQ is as it is, within this process.
 */
#include "suite.h"

#include <poll.h>
#include <time.h>
#include <zmq.h>

#include "fake_net.h"
#include "hb_sender.h"
#include "zeromq.h"

#define MS 1000000ULL
#define SEC 1000000000ULL
#define BASE (500 * MS)
#define NODE 7
#define ENDPOINT "inproc://monitor"

static void *context;
static struct zeromq here, there;
static struct thb_monitor *m;
static struct thb_sender *s;

static bool is_readable(struct zeromq *z)
{
	struct pollfd p = { .fd = z->poll, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void open_both(void)
{
	struct thb_transport t;
	struct thb_monitor_opts watch;
	struct thb_sender_opts beat;

	fake_net_reset();
	net.fail_open = -EUCLEAN;
	context = zmq_ctx_new();
	assert_int_equal(zeromq_open(&here, context, "monitor"), 0);
	assert_int_equal(zmq_bind(here.socket, ENDPOINT), 0);
	assert_int_equal(zeromq_open(&there, context, "node 7"), 0);
	assert_int_equal(zeromq_connect(&there, "monitor", ENDPOINT), 0);
	thb_monitor_opts_init(&watch);
	watch.flags = THB_ACCEPT;
	t = zeromq_transport(&here);
	watch.transport = &t;
	fake.own_fd = t.fd;
	assert_int_equal(thb_monitor_open(&m, &watch), 0);
	thb_sender_opts_init(&beat);
	beat.node = NODE;
	beat.pace.fixed = 1;
	beat.ask_every = 1;
	t = zeromq_transport(&there);
	beat.transport = &t;
	fake.own_fd = t.fd;
	assert_int_equal(thb_sender_open(&s, &beat), 0);
	assert_int_equal(thb_sender_add(s, "monitor", 7), 0);
	assert_int_equal(thb_sender_start(s), 0);
}

static void close_both(void)
{
	thb_sender_close(s);
	thb_monitor_close(m);
	/* They were the caller's, and still are. */
	assert_int_equal(fake.sockets, 0);
	zeromq_close(&there);
	zeromq_close(&here);
	zmq_ctx_term(context);
}

static void beat(void)
{
	fake_run(s->th);
	assert_int_equal(thb_sender_run(s), 1);
	assert_true(is_readable(&here));
	assert_true(thb_monitor_run(m) >= 0);
	assert_false(is_readable(&here));
}

static struct thb_peer_info peer(void)
{
	struct thb_peer_info info;

	assert_int_equal(thb_monitor_peer(m, NODE, &info), 0);
	return info;
}

static struct thb_sender_stats sender_stats(void)
{
	struct thb_sender_stats st;

	thb_sender_stats(s, &st);
	return st;
}

/* Beats, their answers, and a goodbye. */
static void beats_and_answers(void **state)
{
	(void)state;
	open_both();
	for (unsigned int n = 1; n <= 10; n++) {
		beat();
		assert_int_equal(peer().state, THB_ALIVE);
		assert_int_equal(peer().stats.beats, n);
		assert_true(is_readable(&there));
		assert_int_equal(thb_sender_run(s), 0);
		assert_false(is_readable(&there));
		assert_int_equal(sender_stats().answered, n);
		fake_advance(fake.now + BASE);
	}
	assert_int_equal(sender_stats().failed, 0);
	assert_int_equal(thb_sender_stop(s), 0);
	assert_true(thb_monitor_run(m) >= 0);
	assert_int_equal(peer().state, THB_LEFT);
	close_both();
}

/* It does not beat, but answers: a probe goes the other way. */
static void a_probe(void **state)
{
	(void)state;
	open_both();
	beat();
	assert_int_equal(thb_sender_run(s), 0);
	fake.now = peer().deadline_ns;
	fake_run(m->th);
	assert_true(thb_monitor_run(m) >= 0);
	assert_int_equal(peer().stats.probes, 1);
	assert_true(is_readable(&there));
	fake.now += 3 * MS;
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(sender_stats().probes, 1);
	assert_true(thb_monitor_run(m) >= 0);
	assert_int_equal(peer().stats.answers, 1);
	close_both();
}

/*
 * Something has come when the monitor sends, which takes away what ZMQ_FD tells:
 * ZeroMQ looks for mail in a send, if it has not done so for a millisecond.
 */
static void mail_while_sending(void **state)
{
	const struct timespec ms10 = { .tv_nsec = 10 * (long)MS };
	struct thb_transport t;
	struct thb_message answer = { .address = "node 7",
				      .address_length = 6,
				      .length = 1 };

	(void)state;
	open_both();
	t = zeromq_transport(&here);
	beat();
	fake_advance(fake.now + BASE);
	fake_run(s->th);
	assert_int_equal(thb_sender_run(s), 1);
	nanosleep(&ms10, NULL);
	assert_int_equal(t.send(t.arg, &answer), 0);
	assert_true(is_readable(&here));
	assert_true(thb_monitor_run(m) >= 0);
	assert_int_equal(peer().stats.beats, 2);
	assert_false(is_readable(&here));
	close_both();
}

/* What is no packet, by strangers. */
static void strangers(void **state)
{
	struct thb_monitor_stats st;
	struct zeromq other;
	char text[1000] = { 0 };

	(void)state;
	open_both();
	assert_int_equal(zeromq_open(&other, context, "another"), 0);
	assert_int_equal(zeromq_connect(&other, "monitor", ENDPOINT), 0);
	zmq_send(other.socket, "monitor", 7, ZMQ_SNDMORE);
	zmq_send(other.socket, text, sizeof(text), 0);
	zmq_send(other.socket, "monitor", 7, ZMQ_SNDMORE);
	zmq_send(other.socket, "", 0, 0);
	/* Three frames, and one: passed over. */
	zmq_send(other.socket, "monitor", 7, ZMQ_SNDMORE);
	zmq_send(other.socket, text, 80, ZMQ_SNDMORE);
	zmq_send(other.socket, text, 80, 0);
	zmq_send(other.socket, "monitor", 7, 0);
	assert_true(thb_monitor_run(m) >= 0);
	thb_monitor_stats(m, &st);
	assert_int_equal(st.packets, 2);
	assert_int_equal(st.foreign + st.overlong + st.truncated, 2);
	assert_int_equal(st.peers, 0);
	beat();
	assert_int_equal(peer().state, THB_ALIVE);
	zeromq_close(&other);
	close_both();
}

/* Nobody is there by that name. */
static void out_of_reach(void **state)
{
	(void)state;
	open_both();
	assert_int_equal(thb_sender_add(s, "nobody", 6), 0);
	beat();
	assert_int_equal(sender_stats().failed, 1);
	assert_int_equal(sender_stats().packets, 1);
	close_both();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(beats_and_answers),  TEST(a_probe),
		TEST(mail_while_sending), TEST(strangers),
		TEST(out_of_reach),
	};

	return RUN(tests);
}
