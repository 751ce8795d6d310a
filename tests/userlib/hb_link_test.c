// SPDX-License-Identifier: LGPL-2.1-or-later
/* A transport of the caller's: its addresses, times, lengths and failures. */
#include "suite.h"

#include <arpa/inet.h>

#include "fake_net.h"
#include "hb_sender.h"

#define MS 1000000ULL
#define SEC 1000000000ULL
#define INTERVAL (100 * MS)
#define NODE 7
#define OWN_FD 77
#define MOST 200

static struct {
	struct thb_message in[MOST];
	unsigned int waiting;
	struct thb_message out[MOST];
	unsigned int sent;
	int fail_receive;
	int fail_send;
} mail;

static int send_message(void *arg, const struct thb_message *message)
{
	assert_ptr_equal(arg, &mail);
	if (mail.fail_send)
		return mail.fail_send;
	assert_in_range(mail.sent, 0, MOST - 1);
	mail.out[mail.sent++] = *message;
	return 0;
}

static int receive_message(void *arg, struct thb_message *message)
{
	assert_ptr_equal(arg, &mail);
	if (!mail.waiting)
		return mail.fail_receive;
	*message = mail.in[0];
	memmove(mail.in, mail.in + 1, --mail.waiting * sizeof(mail.in[0]));
	return 1;
}

static const struct thb_transport transport = {
	.arg = &mail,
	.fd = OWN_FD,
	.send = send_message,
	.receive = receive_message,
};

static struct thb_monitor *open_monitor(void)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;

	memset(&mail, 0, sizeof(mail));
	fake_net_reset();
	net.fail_open = -EUCLEAN;
	fake.own_fd = OWN_FD;
	thb_monitor_opts_init(&opts);
	opts.transport = &transport;
	opts.flags = THB_ACCEPT;
	assert_int_equal(thb_monitor_open(&m, &opts), 0);
	return m;
}

static struct thb_message *put(const struct thb__packet *p, const char *from)
{
	struct thb_message *message = &mail.in[mail.waiting++];

	assert_in_range(mail.waiting, 1, MOST);
	memset(message, 0x5A, sizeof(*message));
	message->length = thb__packet_encode(p, message->data);
	message->address_length = (uint32_t)strlen(from);
	memcpy(message->address, from, strlen(from));
	message->arrived_ns = 0;
	return message;
}

static struct thb__packet beat_of(uint64_t node, uint64_t sequence)
{
	return (struct thb__packet){
		.type = THB__BEAT,
		.node = node,
		.incarnation = 3,
		.sequence = sequence,
		.interval_us = INTERVAL / 1000,
	};
}

static struct thb_peer_info info_of(struct thb_monitor *m, uint64_t node)
{
	struct thb_peer_info info;

	assert_int_equal(thb_monitor_peer(m, node, &info), 0);
	return info;
}

static void options(void **state)
{
	struct thb_transport half = transport;
	struct thb_monitor_opts watch;
	struct thb_sender_opts beat;
	struct thb_monitor *m;
	struct thb_sender *s;

	(void)state;
	thb_monitor_opts_init(&watch);
	watch.transport = &half;
	half.send = NULL;
	assert_int_equal(thb_monitor_open(&m, &watch), -EINVAL);
	thb_sender_opts_init(&beat);
	beat.node = NODE;
	beat.transport = &half;
	half = transport;
	half.receive = NULL;
	assert_int_equal(thb_sender_open(&s, &beat), -EINVAL);
	half = transport;
	watch.address = "an address";
	watch.address_length = 10;
	assert_int_equal(thb_monitor_open(&m, &watch), -EINVAL);
	assert_int_equal(fake.opened, fake.closed);
}

static void addresses(void **state)
{
	const char *longest = "123456789012345678901234";
	struct thb_monitor *m = open_monitor();
	struct sockaddr_in6 room;

	(void)state;
	assert_int_equal(thb_monitor_add(m, 1, longest, 24, NULL), 0);
	assert_int_equal(thb_monitor_add(m, 2, longest, 25, NULL), -EINVAL);
	assert_int_equal(thb_monitor_add(m, 2, longest, 0, NULL), -EINVAL);
	assert_int_equal(thb_monitor_add(m, 2, "x", 1, NULL), 0);
	assert_int_equal(thb_monitor_address(m, &room, sizeof(room)),
			 -EOPNOTSUPP);
	thb_monitor_close(m);
	assert_int_equal(fake.opened, fake.closed);
}

/* More than fit into a batch; each is answered at its own address. */
static void to_and_fro(void **state)
{
	struct thb_monitor *m = open_monitor();
	char name[MOST];

	(void)state;
	for (uint64_t node = 1; node <= 150; node++) {
		struct thb__packet p = beat_of(node, 1);

		p.flags = THB__ASK;
		sprintf(name, "node %d", (int)node);
		put(&p, name);
	}
	assert_int_equal(thb_monitor_run(m), 150);
	assert_int_equal(mail.sent, 150);
	for (unsigned int i = 0; i < 150; i++) {
		sprintf(name, "node %u", i + 1);
		assert_int_equal(mail.out[i].address_length, strlen(name));
		assert_memory_equal(mail.out[i].address, name, strlen(name));
		assert_int_equal(mail.out[i].length, THB__BODY);
	}
	thb_monitor_close(m);
}

/* When it came counts, if it is known, and not when it was looked at. */
static void arrival(void **state)
{
	struct thb_monitor *m = open_monitor();
	struct thb__packet p = beat_of(NODE, 1);
	uint64_t start = fake.now;

	(void)state;
	put(&p, "x");
	thb_monitor_run(m);
	assert_int_equal(info_of(m, NODE).heard_ns, start);
	p.sequence = 2;
	put(&p, "x")->arrived_ns = start + 60 * MS;
	fake.now = start + 90 * MS;
	thb_monitor_run(m);
	assert_int_equal(info_of(m, NODE).heard_ns, start + 60 * MS);
	p.sequence = 3;
	put(&p, "x");
	fake.now = start + 99 * MS;
	thb_monitor_run(m);
	assert_int_equal(info_of(m, NODE).heard_ns, start + 99 * MS);
	thb_monitor_close(m);
}

static void bad_messages(void **state)
{
	struct thb_monitor *m = open_monitor();
	struct thb__packet p = beat_of(NODE, 1);
	struct thb_monitor_stats st;

	(void)state;
	put(&p, "x")->length = 1000;
	put(&p, "x")->length = THB__BODY - 1;
	put(&p, "x")->length = 0;
	assert_int_equal(thb_monitor_run(m), 0);
	thb_monitor_stats(m, &st);
	assert_int_equal(st.overlong, 1);
	assert_int_equal(st.truncated, 2);
	assert_int_equal(st.peers, 0);
	/* Addresses that are none */
	put(&p, "x")->address_length = THB_ADDRESS + 1;
	assert_int_equal(thb_monitor_run(m), -EINVAL);
	put(&p, "x")->address_length = 0;
	assert_int_equal(thb_monitor_run(m), -EINVAL);
	mail.fail_receive = -ENOTCONN;
	assert_int_equal(thb_monitor_run(m), -ENOTCONN);
	thb_monitor_close(m);
}

static struct thb_sender *open_sender(void)
{
	struct thb_sender_opts opts;
	struct thb_sender *s;

	memset(&mail, 0, sizeof(mail));
	fake_net_reset();
	net.fail_open = -EUCLEAN;
	fake.own_fd = OWN_FD;
	thb_sender_opts_init(&opts);
	opts.transport = &transport;
	opts.node = NODE;
	opts.pace.fixed = 1;
	opts.ask_every = 1;
	assert_int_equal(thb_sender_open(&s, &opts), 0);
	return s;
}

static int run_sender(struct thb_sender *s)
{
	fake_run(s->th);
	return thb_sender_run(s);
}

/* Two monitors with addresses that begin alike: each answer is of one. */
static void two_monitors(void **state)
{
	struct thb_sender *s = open_sender();
	struct thb__packet a = { .type = THB__ANSWER, .node = NODE };

	(void)state;
	assert_int_equal(thb_sender_add(s, "monitor", 7), 0);
	assert_int_equal(thb_sender_add(s, "monitor 2", 9), 0);
	thb_sender_start(s);
	assert_int_equal(run_sender(s), 1);
	assert_int_equal(mail.sent, 2);
	assert_int_equal(mail.out[1].address_length, 9);
	a.incarnation = s->incarnation;
	a.echo_ns = s->targets[0].asked_ns;
	put(&a, "monitor 2");
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(s->targets[0].asked_ns, a.echo_ns);
	assert_int_equal(s->targets[1].asked_ns, 0);
	put(&a, "monitor");
	assert_int_equal(thb_sender_run(s), 0);
	assert_int_equal(s->targets[0].asked_ns, 0);
	thb_sender_close(s);
}

/* The sender goes on, and tries again after a pause. */
static void mute(void **state)
{
	struct thb_sender *s = open_sender();
	struct thb_sender_stats st;

	(void)state;
	assert_int_equal(thb_sender_add(s, "monitor", 7), 0);
	thb_sender_start(s);
	mail.fail_send = -EAGAIN;
	assert_int_equal(run_sender(s), 1);
	mail.fail_send = 0;
	for (int i = 0; i < 5; i++) {
		fake_advance(fake.now + 500 * MS);
		assert_int_equal(run_sender(s), 1);
	}
	thb_sender_stats(s, &st);
	assert_int_equal(st.failed, 1);
	assert_in_range(mail.sent, 4, 5);
	thb_sender_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options), TEST(addresses),	   TEST(to_and_fro),
		TEST(arrival), TEST(bad_messages), TEST(two_monitors),
		TEST(mute),
	};

	return RUN(tests);
}
