// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A beat's way in its parts over the loopback device, with the network as it is
 * and the clock with it; only timers are of a kernel that is none.
 */
#include "suite.h"

#include <arpa/inet.h>
#include <poll.h>
#include <time.h>

#include "hb_sender.h"

#define US 1000ULL
#define SEC 1000000000ULL
#define NODE 7

static uint64_t mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec;
}

static struct thb_monitor *open_monitor(const struct thb__address *own)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;

	thb_monitor_opts_init(&opts);
	opts.flags = THB_ACCEPT;
	opts.address = &own->any;
	opts.address_length = own->length;
	assert_int_equal(thb_monitor_open(&m, &opts), 0);
	return m;
}

static struct thb_sender *open_sender(const struct thb__address *own,
				      const struct thb__address *to)
{
	struct thb_sender_opts opts;
	struct thb_sender *s;

	thb_sender_opts_init(&opts);
	opts.node = NODE;
	opts.pace.fixed = 1;
	opts.pace.base_ns = 100 * US;
	opts.pace.least_ns = 100 * US;
	opts.address = &own->any;
	opts.address_length = own->length;
	assert_int_equal(thb_sender_open(&s, &opts), 0);
	assert_int_equal(thb_sender_add(s, &to->any, to->length), 0);
	assert_int_equal(thb_sender_start(s), 0);
	return s;
}

static void beat(struct thb_sender *s, struct thb_monitor *m)
{
	struct pollfd p = { .fd = m->link.fd, .events = POLLIN };

	do
		fake.now = mono_now();
	while (fake.now < s->due_ns);
	fake_run(s->th);
	assert_int_equal(thb_sender_run(s), 1);
	assert_int_equal(poll(&p, 1, 10000), 1);
	fake.now = mono_now();
	assert_true(thb_monitor_run(m) >= 0);
}

/* Until all that the kernel stamps has been seen. */
static void way(struct thb__address own)
{
	struct thb_monitor *m;
	struct thb_monitor_stats st;
	struct thb_sender_stats sent;
	struct thb_sender *s;
	struct thb__address to;
	uint64_t give_up = mono_now() + 10 * SEC;

	fake.real_net = true;
	m = open_monitor(&own);
	to.length = (socklen_t)thb_monitor_address(m, &to.v6, sizeof(to.v6));
	fake.now = mono_now();
	s = open_sender(&own, &to);
	do {
		assert_true(mono_now() < give_up);
		beat(s, m);
		thb_monitor_stats(m, &st);
		thb_sender_stats(s, &sent);
	} while (st.beats < 10 || !st.transmit.max_ns || !st.socket.max_ns);
	assert_int_equal(st.beats, sent.beats);
	assert_in_range(sent.transmit.max_ns, 1, 10 * SEC);
	assert_true(st.transmit.max_ns <= sent.transmit.max_ns);
	/* There is no card. */
	assert_int_equal(st.receive.max_ns, 0);
	assert_int_equal(st.card_stamps + sent.card_stamps, 0);
	thb_sender_close(s);
	thb_monitor_close(m);
	assert_int_equal(fake.opened, fake.closed);
}

static void over_ipv4(void **state)
{
	struct thb__address a = { .length = sizeof(a.v4) };

	(void)state;
	a.v4.sin_family = AF_INET;
	a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	way(a);
}

static void over_ipv6(void **state)
{
	struct thb__address a = { .length = sizeof(a.v6) };

	(void)state;
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_addr = in6addr_loopback;
	way(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(over_ipv4),
		TEST(over_ipv6),
	};

	return RUN(tests);
}
