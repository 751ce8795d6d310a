// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure detector on the real module and a real network, the guest's
 * loopback: peers by the hundred that beat, of which some die; a monitor that
 * is stopped; a wall clock that is stepped; timers that are late.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <timerheap/heartbeat.h>
#include <timerheap/timerheap.h>
#include <unistd.h>

#include "harness.h"
#include "hb_packet.h"
#include "module.h"
#include "queue.h"

#define INTERVAL_NS (500 * NSEC_PER_MSEC)
/* In emulation, beside others, threads wait for their turn. */
#define ALLOWANCE_NS (400 * NSEC_PER_MSEC)
#define LATE_NS (100 * NSEC_PER_MSEC)
#define BATCH 50

/* Shared by the processes of a case. */
struct world {
	_Atomic unsigned int silent; /* nodes 1 to this do not beat */
	_Atomic bool over;
	/* the monitor's */
	_Atomic unsigned int alive;
	_Atomic unsigned int dead;
	_Atomic unsigned int away;
	_Atomic uint64_t away_ns;
	unsigned int wrong; /* dead, though it beats */
	unsigned int bound_broken;
	uint64_t worst_ns;
	struct thb_monitor_stats stats;
};

static struct world *w;
/* Each takes its share of the CPU, and a slow one has less. */
static unsigned int peers, victims;

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	REQUIRE(fd >= 0);
	ifr.ifr_flags = IFF_UP;
	REQUIRE(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

static struct world *make_world(void)
{
	void *map = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static const struct sockaddr_in address = {
	.sin_family = AF_INET,
	.sin_port = 0x6712,
	.sin_addr.s_addr = 0x0100007f, /* 127.0.0.1 in network order */
};

static struct thb_monitor *open_monitor(void)
{
	struct thb_monitor_opts opts;
	struct thb_monitor *m;

	thb_monitor_opts_init(&opts);
	opts.max_peers = peers;
	opts.flags = THB_ACCEPT;
	opts.address = &address;
	opts.address_length = sizeof(address);
	opts.settings.allowance_ns = ALLOWANCE_NS;
	opts.settings.late_ns = LATE_NS;
	REQUIRE_EQ(thb_monitor_open(&m, &opts), 0);
	return m;
}

/* All nodes in one process; the packets are the library's. */
struct herd {
	int socket;
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t data[BATCH][THB__PACKET];
	unsigned int count;
};

static void flush_herd(struct herd *h)
{
	if (h->count)
		sendmmsg(h->socket, h->msg, h->count, 0);
	h->count = 0;
}

static void beat(struct herd *h, uint64_t node, uint64_t sequence, uint64_t due)
{
	struct thb__packet p = {
		.type = THB__BEAT,
		.node = node,
		.incarnation = 1,
		.sequence = sequence,
		.scheduled_ns = due,
		.sent_ns = mono_ns(),
		.interval_us = INTERVAL_NS / NSEC_PER_USEC,
	};
	unsigned int i = h->count++;

	h->iov[i].iov_base = h->data[i];
	h->iov[i].iov_len = thb__packet_encode(&p, h->data[i]);
	h->msg[i].msg_hdr.msg_iov = &h->iov[i];
	h->msg[i].msg_hdr.msg_iovlen = 1;
	if (h->count == BATCH)
		flush_herd(h);
}

/* Evenly spread over an interval. */
static void herd_child(void *arg)
{
	struct herd *h = calloc(1, sizeof(*h));
	uint64_t start = mono_ns();

	(void)arg;
	REQUIRE(h);
	h->socket = socket(AF_INET, SOCK_DGRAM, 0);
	REQUIRE(!connect(h->socket, (const void *)&address, sizeof(address)));
	for (uint64_t n = 0; !w->over; n++) {
		uint64_t node = n % peers + 1;
		uint64_t due = start + n * (INTERVAL_NS / peers);

		if (n % 10 == 0) {
			flush_herd(h);
			sleep_until(CLOCK_MONOTONIC, due);
		}
		if (node > w->silent)
			beat(h, node, n / peers + 1, due);
	}
	free(h);
}

static void note_event(struct thb_monitor *m, const struct thb_event *ev)
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
	/* Each look may be late by so much before it counts as absence. */
	w->bound_broken += took > info.bound_ns + 3 * LATE_NS + w->away_ns;
}

static void monitor_child(void *arg)
{
	struct thb_monitor *m = open_monitor();
	struct thb_event ev[64];
	int n;

	(void)arg;
	while (!w->over) {
		n = thb_monitor_wait(m, 100 * NSEC_PER_MSEC);
		/* Who was stopped is woken up. */
		REQUIRE(n >= 0 || n == -EINTR);
		REQUIRE(thb_monitor_run(m) >= 0);
		while ((n = thb_monitor_events(m, ev, 64)) > 0)
			for (int i = 0; i < n; i++)
				note_event(m, &ev[i]);
		thb_monitor_stats(m, &w->stats);
		w->alive = (unsigned int)w->stats.states[THB_ALIVE];
	}
	thb_monitor_close(m);
}

static pid_t monitor_pid, herd_pid;

static void start(void)
{
	uint64_t give_up;

	loopback_up();
	w = make_world();
	peers = (unsigned int)scaled(500);
	victims = peers / 10;
	monitor_pid = start_child(monitor_child, NULL);
	herd_pid = start_child(herd_child, NULL);
	give_up = mono_ns() + 60 * NSEC_PER_SEC;
	while (w->alive < peers) {
		REQUIRE(mono_ns() < give_up);
		sleep_ms(50);
	}
}

static void finish(unsigned int dead)
{
	const struct thb_monitor_stats *st = &w->stats;

	w->over = true;
	CHECK_EQ(wait_child(herd_pid), 0);
	CHECK_EQ(wait_child(monitor_pid), 0);
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

/* Exactly those that fall silent are dead, each within its time. */
static void those_that_die(void)
{
	start();
	w->silent = victims;
	CHECK(WAIT_UNTIL(w->dead >= victims));
	sleep_ms(2000);
	CHECK_EQ(w->alive, peers - victims);
	finish(victims);
}

/* Stopped for 5 s, while its peers go on: it says so, and that is all. */
static void a_stopped_monitor(void)
{
	start();
	w->away = 0;
	w->away_ns = 0;
	REQUIRE(!kill(monitor_pid, SIGSTOP));
	sleep_ms(5000);
	REQUIRE(!kill(monitor_pid, SIGCONT));
	sleep_ms(5000);
	CHECK_EQ(w->alive, peers);
	CHECK_ORDER(w->away, >=, 1);
	CHECK_ORDER(w->away_ns, >=, 4 * NSEC_PER_SEC);
	/* .. and those that die then are found. */
	w->silent = victims;
	CHECK(WAIT_UNTIL(w->dead >= victims));
	sleep_ms(1000);
	finish(victims);
}

static void step_wall(int64_t ns)
{
	uint64_t now = (uint64_t)((int64_t)now_ns(CLOCK_REALTIME) + ns);
	struct timespec ts = {
		.tv_sec = (time_t)(now / NSEC_PER_SEC),
		.tv_nsec = (long)(now % NSEC_PER_SEC),
	};

	REQUIRE(!clock_settime(CLOCK_REALTIME, &ts));
}

/* 50 ms forth and back, and an hour: nobody dies of it, or is missed. */
static void a_stepped_clock(void)
{
	static const int64_t steps[] = { 50, -50, 3600000, -3600000 };

	start();
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(steps); i++) {
		step_wall(steps[i % ARRAY_SIZE(steps)] *
			  (int64_t)NSEC_PER_MSEC);
		sleep_ms(300);
	}
	sleep_ms(1000);
	CHECK_EQ(w->alive, peers);
	CHECK_ORDER(w->stats.steps, >=, 8);
	finish(0);
}

static uint64_t worst_lateness(int fd)
{
	struct timerheap_stats stats = { .size = sizeof(stats) };
	uint64_t worst = 0;

	for (stats.cpu = 0; stats.cpu < cpus_online(); stats.cpu++) {
		REQUIRE_EQ(call(fd, TIMERHEAP_IOC_CPU_STATS, &stats), 0);
		if (stats.lateness_max_ns > worst)
			worst = stats.lateness_max_ns;
	}
	return worst;
}

/* Timers that are late, and their clock stepped: it shows in their figures. */
static void injected_faults(void)
{
	static const struct {
		uint64_t delay_us;
		int64_t step_ms;
	} faults[] = { { 50, 0 }, { 5000, 0 }, { 5000, 50 }, { 5000, -50 } };
	int fd = module_open_with("inject=1");

	start();
	for (unsigned int i = 0; i < ARRAY_SIZE(faults); i++) {
		uint64_t delay_ns = faults[i].delay_us * NSEC_PER_USEC;
		int64_t step_ns = faults[i].step_ms * (int64_t)NSEC_PER_MSEC;

		REQUIRE_EQ(device_inject(fd, delay_ns, delay_ns, step_ns), 0);
		sleep_ms(1000);
		CHECK_EQ(w->alive, peers);
		CHECK_EQ(w->dead, 0);
	}
	/* Only deadlines that pass have expiries, and a lateness. */
	w->silent = victims;
	CHECK(WAIT_UNTIL(w->dead >= victims));
	sleep_ms(1000);
	CHECK_EQ(w->alive, peers - victims);
	CHECK_ORDER(worst_lateness(fd), >=, 5 * NSEC_PER_MSEC);
	finish(victims);
}

static const struct test_case cases[] = {
	SLOW_CASE(those_that_die, 120),
	SLOW_CASE(a_stopped_monitor, 120),
	SLOW_CASE(a_stepped_clock, 120),
	SLOW_CASE(injected_faults, 120),
};

TEST_MAIN_RESTORE(cases, module_restore)
