// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure detector on the real module and a real network, the guest's
 * loopback: peers by the hundred that beat, of which some die; a monitor that
 * is stopped; a wall clock that is stepped; timers that are late.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "harness.h"
#include "herd.h"
#include "module.h"
#include "queue.h"

/* Each takes its share of the CPU, and a slow one has less. */
static unsigned int peers, victims;

/* In emulation, beside others, threads wait for their turn. */
static struct herd *start(void)
{
	unsigned int times = kernel_is_slow() ? 3 : 1;
	struct herd_plan plan = {
		.peers = (unsigned int)scaled(500),
		.interval_ns = times * 500 * NSEC_PER_MSEC,
		.allowance_ns = times * 400 * NSEC_PER_MSEC,
		.late_ns = times * 100 * NSEC_PER_MSEC,
	};

	peers = plan.peers;
	victims = peers / 10;
	return herd_start(&plan);
}

/* Exactly those that fall silent are dead, each within its time. */
static void those_that_die(void)
{
	struct herd *w = start();

	w->silent = victims;
	CHECK(WAIT_UNTIL(w->dead >= victims));
	sleep_ms(2000);
	CHECK_EQ(w->alive, peers - victims);
	herd_finish(w, victims);
}

/* Stopped for 5 s, while its peers go on: it says so, and that is all. */
static void a_stopped_monitor(void)
{
	struct herd *w = start();

	w->away = 0;
	w->away_ns = 0;
	REQUIRE(!kill(w->monitor_pid, SIGSTOP));
	sleep_ms(5000);
	REQUIRE(!kill(w->monitor_pid, SIGCONT));
	sleep_ms(5000);
	CHECK_EQ(w->alive, peers);
	CHECK_ORDER(w->away, >=, 1);
	CHECK_ORDER(w->away_ns, >=, 4 * NSEC_PER_SEC);
	/* .. and those that die then are found. */
	w->silent = victims;
	CHECK(WAIT_UNTIL(w->dead >= victims));
	sleep_ms(1000);
	herd_finish(w, victims);
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
	struct herd *w = start();

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(steps); i++) {
		uint64_t seen = w->stats.steps;

		step_wall(steps[i % ARRAY_SIZE(steps)] *
			  (int64_t)NSEC_PER_MSEC);
		/* Two that come before one look may be none. */
		CHECK(WAIT_UNTIL(w->stats.steps > seen));
		sleep_ms(300);
	}
	sleep_ms(1000);
	CHECK_EQ(w->alive, peers);
	CHECK_ORDER(w->stats.steps, >=, 8);
	herd_finish(w, 0);
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
	struct herd *w = start();

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
	herd_finish(w, victims);
}

static const struct test_case cases[] = {
	SLOW_CASE(those_that_die, 120),
	SLOW_CASE(a_stopped_monitor, 120),
	SLOW_CASE(a_stepped_clock, 120),
	SLOW_CASE(injected_faults, 120),
};

TEST_MAIN_RESTORE(cases, module_restore)
