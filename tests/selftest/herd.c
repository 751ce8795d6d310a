// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "herd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <timerheap/timerheap.h>
#include <unistd.h>

#include "harness.h"
#include "hb_packet.h"

#define BATCH 50

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	REQUIRE(fd >= 0);
	ifr.ifr_flags = IFF_UP;
	REQUIRE(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static struct herd *make_world(void)
{
	void *map = mmap(NULL, sizeof(struct herd), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static const struct sockaddr_in address = {
	.sin_family = AF_INET,
	.sin_port = 0x6712,
	.sin_addr.s_addr = 0x0100007f, /* 127.0.0.1 in network order */
};

static struct thb_monitor *open_monitor(const struct herd *w)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;

	thb_monitor_opts_init(&opts);
	opts.max_peers = w->plan.peers;
	opts.flags = THB_ACCEPT;
	opts.address = &address;
	opts.address_length = sizeof(address);
	opts.settings.allowance_ns = w->plan.allowance_ns;
	opts.settings.late_ns = w->plan.late_ns;
	REQUIRE_EQ(thb_monitor_open(&m, &opts), 0);
	return m;
}

/* Packets to be sent at once; they are the library's. */
struct batch {
	int socket;
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t data[BATCH][THB__PACKET];
	unsigned int count;
};

static void flush(struct batch *b)
{
	if (b->count)
		sendmmsg(b->socket, b->msg, b->count, 0);
	b->count = 0;
}

static void beat(struct batch *b, const struct herd *w, uint64_t node,
		 uint64_t sequence, uint64_t due)
{
	struct thb__packet p = {
		.type = THB__BEAT,
		.node = node,
		.incarnation = 1,
		.sequence = sequence,
		.scheduled_ns = due,
		.sent_ns = mono_ns(),
		.interval_us = w->plan.interval_ns / NSEC_PER_USEC,
	};
	unsigned int i = b->count++;

	b->iov[i].iov_base = b->data[i];
	b->iov[i].iov_len = thb__packet_encode(&p, b->data[i]);
	b->msg[i].msg_hdr.msg_iov = &b->iov[i];
	b->msg[i].msg_hdr.msg_iovlen = 1;
	if (b->count == BATCH)
		flush(b);
}

/* Evenly spread over an interval. */
static void herd_child(void *arg)
{
	const struct herd *w = arg;
	unsigned int peers = w->plan.peers;
	struct batch *b = calloc(1, sizeof(*b));
	uint64_t start = mono_ns();

	REQUIRE(b);
	b->socket = socket(AF_INET, SOCK_DGRAM, 0);
	REQUIRE(!connect(b->socket, (const void *)&address, sizeof(address)));
	for (uint64_t n = 0; !w->over; n++) {
		uint64_t node = n % peers + 1;
		uint64_t due = start + n * (w->plan.interval_ns / peers);

		if (n % 10 == 0) {
			flush(b);
			sleep_until(CLOCK_MONOTONIC, due);
		}
		if (node > w->silent)
			beat(b, w, node, n / peers + 1, due);
	}
	free(b);
}

static void note_event(struct herd *w, struct thb_monitor *m,
		       const struct thb_event *ev)
{
	struct thb_peer_info info;
	uint64_t took = ev->at_ns - ev->heard_ns;

	if (ev->type == THB_EVENT_AWAY) {
		w->away++;
		w->away_ns += ev->lost_ns;
		return;
	}
	if (ev->to != THB_DEAD)
		return;
	w->dead++;
	w->wrong += ev->node > w->silent;
	REQUIRE_EQ(thb_monitor_peer(m, ev->node, &info), 0);
	if (took > w->worst_ns)
		w->worst_ns = took;
	/*
	 * Each look may be late by so much before it counts as absence, and
	 * each absence gives another beat its time.
	 */
	w->bound_broken += took > info.bound_ns + 3 * w->plan.late_ns +
			w->away_ns +
			w->away * (w->plan.interval_ns + w->plan.allowance_ns);
}

static void monitor_child(void *arg)
{
	struct herd *w = arg;
	struct thb_monitor *m = open_monitor(w);
	struct thb_event ev[64];
	uint64_t next = 0;
	int n;

	while (!w->over) {
		n = thb_monitor_wait(m, 100 * NSEC_PER_MSEC);
		/* Who was stopped is woken up. */
		REQUIRE(n >= 0 || n == -EINTR);
		REQUIRE(thb_monitor_run(m) >= 0);
		while ((n = thb_monitor_events(m, ev, 64)) > 0)
			for (int i = 0; i < n; i++)
				note_event(w, m, &ev[i]);
		/* It looks at each peer. */
		if (mono_ns() < next)
			continue;
		next = mono_ns() + 20 * NSEC_PER_MSEC;
		thb_monitor_stats(m, &w->stats);
		w->alive = (unsigned int)w->stats.states[THB_ALIVE];
	}
	thb_monitor_close(m);
}

struct herd *herd_start(const struct herd_plan *plan)
{
	struct herd *w = make_world();
	uint64_t give_up = mono_ns() + 60 * NSEC_PER_SEC;

	loopback_up();
	w->plan = *plan;
	w->monitor_pid = start_child(monitor_child, w);
	w->herd_pid = start_child(herd_child, w);
	while (w->alive < plan->peers) {
		REQUIRE(mono_ns() < give_up);
		sleep_ms(50);
	}
	return w;
}

void herd_finish(struct herd *w, unsigned int dead)
{
	const struct thb_monitor_stats *st = &w->stats;

	w->over = true;
	CHECK_EQ(wait_child(w->herd_pid), 0);
	CHECK_EQ(wait_child(w->monitor_pid), 0);
	CHECK_EQ(w->dead, dead);
	CHECK_EQ(w->wrong, 0);
	CHECK_EQ(w->bound_broken, 0);
	note("%llu beats, away %u times for %llu ms, %llu unread, %llu rescued",
	     (unsigned long long)st->beats, w->away,
	     (unsigned long long)(w->away_ns / NSEC_PER_MSEC),
	     (unsigned long long)st->unread, (unsigned long long)st->rescued);
	note("socket p50 %llu us, p99 %llu us; slowest death after %llu ms",
	     (unsigned long long)(st->socket.p50_ns / NSEC_PER_USEC),
	     (unsigned long long)(st->socket.p99_ns / NSEC_PER_USEC),
	     (unsigned long long)(w->worst_ns / NSEC_PER_MSEC));
}
