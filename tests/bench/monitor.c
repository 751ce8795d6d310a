// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A failure detector's work for each beat: to receive it, to take it apart, to
 * judge it, and to move its peer's deadline.  With timerheap that is the
 * library's monitor; with other peers one that only moves the deadline, by the
 * peer's timers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <timerheap/heartbeat.h>
#include <unistd.h>

#include "bench.h"
#include "hb_net.h"
#include "meter.h"

#define INTERVAL (100 * BENCH_MS)
#define STEP (5 * BENCH_MS)
#define STEPS_A_BEAT (INTERVAL / STEP)
#define SILENCE (300 * BENCH_MS)
#define RECEIVE_BYTES (16U << 20)

extern const struct bench_peer bench_timerheap;

/* Who watches. */
struct watch {
	void (*open)(const struct bench_run *run, struct thb__address *own);
	/* All that has come. */
	void (*drain)(const struct bench_run *run);
	void (*rest)(const struct bench_run *run, uint64_t until_ns);
	/* How many beats counted. */
	uint64_t (*close)(const struct bench_run *run);
};

static struct thb_monitor *monitor;

static void library_open(const struct bench_run *run, struct thb__address *own)
{
	struct thb_monitor_opts opts;

	thb_monitor_opts_init(&opts);
	opts.max_peers = run->n;
	opts.receive_bytes = RECEIVE_BYTES;
	opts.address = &own->any;
	opts.address_length = own->length;
	opts.settings.allowance_ns = SILENCE - INTERVAL;
	bench_check(!thb_monitor_open(&monitor, &opts), "thb_monitor_open");
	for (uint64_t node = 1; node <= run->n; node++)
		bench_check(!thb_monitor_add(monitor, node, NULL, 0, NULL),
			    "thb_monitor_add");
	thb_monitor_address(monitor, &own->any, sizeof(own->v4));
}

static void library_drain(const struct bench_run *run)
{
	(void)run;
	bench_check(thb_monitor_run(monitor) >= 0, "thb_monitor_run");
}

static void library_rest(const struct bench_run *run, uint64_t until_ns)
{
	uint64_t now;

	while ((now = bench_now()) < until_ns)
		if (thb_monitor_wait(monitor, until_ns - now) == 1)
			library_drain(run);
}

static uint64_t library_close(const struct bench_run *run)
{
	struct thb_monitor_stats stats;

	thb_monitor_stats(monitor, &stats);
	bench_check(stats.states[THB_ALIVE] == run->n, "not all are alive");
	thb_monitor_close(monitor);
	return stats.beats;
}

static int plain_socket;
static uint64_t plain_beats;

static void plain_open(const struct bench_run *run, struct thb__address *own)
{
	plain_beats = 0;
	plain_socket = thb__net_open(own, RECEIVE_BYTES);
	bench_check(plain_socket >= 0, "socket");
	thb__net_own(plain_socket, own);
	if (run->peer != &bench_nothing)
		run->peer->open(run->n);
}

static void plain_drain(const struct bench_run *run)
{
	struct thb__datagram d[THB__BATCH];
	struct thb__packet p;
	uint32_t dropped;
	int count;

	while ((count = thb__net_receive(plain_socket, d, &dropped)) > 0) {
		uint64_t deadline = bench_now() + SILENCE;

		for (int i = 0; i < count; i++) {
			if (thb__packet_decode(&p, d[i].data, d[i].length))
				continue;
			plain_beats++;
			if (run->peer != &bench_nothing)
				run->peer->arm((uint32_t)p.node - 1, deadline);
		}
	}
	if (run->peer->commit)
		run->peer->commit();
}

static void plain_rest(const struct bench_run *run, uint64_t until_ns)
{
	struct bench_expiry expiries[BENCH_BATCH];
	uint64_t now;

	while ((now = bench_now()) < until_ns)
		if (run->peer == &bench_nothing)
			usleep((useconds_t)((until_ns - now) / BENCH_US + 1));
		else
			bench_check(!run->peer->collect(expiries, BENCH_BATCH,
							until_ns),
				    "monitor: a peer that beats expired");
}

static uint64_t plain_close(const struct bench_run *run)
{
	close(plain_socket);
	if (run->peer != &bench_nothing)
		run->peer->close();
	return plain_beats;
}

static const struct watch library = { library_open, library_drain, library_rest,
				      library_close };
static const struct watch plain = { plain_open, plain_drain, plain_rest,
				    plain_close };

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	bench_check(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &ifr), "lo");
	close(fd);
}

static void send_all(int fd, struct thb__datagram *d, unsigned int count)
{
	bench_check(thb__net_send(fd, d, count) == (int)count, "sendmmsg");
}

/* The beats of one step; how many. */
static uint32_t beat(const struct bench_run *run, int fd,
		     const struct thb__address *to, uint32_t step)
{
	static struct thb__datagram d[THB__BATCH];
	unsigned int count = 0;
	uint32_t sent = 0;

	for (uint32_t i = step % STEPS_A_BEAT; i < run->n; i += STEPS_A_BEAT) {
		struct thb__packet p = {
			.type = THB__BEAT,
			.node = i + 1,
			.incarnation = 1,
			.sequence = step / STEPS_A_BEAT + 1,
			.sent_ns = bench_now(),
			.interval_us = INTERVAL / BENCH_US,
		};

		p.scheduled_ns = p.sent_ns;
		d[count].address = *to;
		d[count].length = thb__packet_encode(&p, d[count].data);
		sent++;
		if (++count == THB__BATCH) {
			send_all(fd, d, count);
			count = 0;
		}
	}
	if (count)
		send_all(fd, d, count);
	return sent;
}

static void run_monitor(const struct bench_run *run)
{
	const struct watch *watch = run->peer == &bench_timerheap ? &library
								  : &plain;
	uint32_t first = 2 * STEPS_A_BEAT, step;
	uint32_t steps = first + (uint32_t)(run->seconds * 1e9 / STEP);
	struct thb__address own = { .v4.sin_family = AF_INET,
				    .length = sizeof(own.v4) };
	uint64_t sends = 0, beats = 0, all = 0, next, start;
	struct meter meter = { 0 };
	int fd;

	loopback_up();
	own.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bench_check(fd >= 0, "socket");
	watch->open(run, &own);
	next = bench_now();
	for (step = 0; step < steps; step++) {
		/* All have beaten, and been touched. */
		if (step == first) {
			meter = meter_read();
			next = bench_now();
			meter_start(&meter);
			sends = 0;
			beats = 0;
		}
		start = bench_busy_ns();
		all += beat(run, fd, &own, step);
		sends += bench_busy_ns() - start;
		beats = step < first ? 0 : beats + run->n / STEPS_A_BEAT;
		watch->drain(run);
		watch->rest(run, next += STEP);
	}
	meter_end(&meter);
	meter_stop(&meter);
	bench_cost(run, "monitor",
		   (double)(meter_used_ns(&meter) - sends) / (double)beats);
	bench_check(watch->close(run) == all, "monitor: beats are missing");
	close(fd);
}

const struct bench_workload bench_monitor = {
	.name = "monitor",
	.what = "a failure detector with ten beats a second each: a beat",
	.run = run_monitor,
	.only = 10000,
	.seconds = 0.5,
};
