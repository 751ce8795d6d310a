// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers by the thousand, in counted time: there a CPU takes as long for them on
 * any machine.
 */
#include <signal.h>

#include "harness.h"
#include "herd.h"

#define VICTIMS 100

static struct herd_plan plan;

static struct herd *start(unsigned int peers, uint64_t interval_ns)
{
	need_icount();
	plan = (struct herd_plan){
		.peers = peers,
		.interval_ns = interval_ns,
		.allowance_ns = 100 * NSEC_PER_MSEC,
		.late_ns = 50 * NSEC_PER_MSEC,
	};
	return herd_start(&plan);
}

/* Exactly those are found. */
static void a_hundred_of_ten_thousand(void)
{
	struct herd *w = start(10000, 100 * NSEC_PER_MSEC);

	w->silent = VICTIMS;
	CHECK(WAIT_UNTIL(w->dead >= VICTIMS));
	sleep_ms(1000);
	CHECK_EQ(w->alive, plan.peers - VICTIMS);
	herd_finish(w, VICTIMS);
}

/*
 * The most that one thread is to watch.  One CPU beats for all of them, too,
 * and sends 20,000 packets a second.
 */
static void a_hundred_of_a_hundred_thousand(void)
{
	struct herd *w = start((unsigned int)scaled(100000), 5 * NSEC_PER_SEC);

	w->silent = VICTIMS;
	CHECK(WAIT_UNTIL(w->dead >= VICTIMS));
	sleep_ms(6000);
	CHECK_EQ(w->alive, plan.peers - VICTIMS);
	CHECK_EQ(w->away, 0);
	herd_finish(w, VICTIMS);
}

/* Nobody is dead for it, and it is known how long that was. */
static void stopped_beside_a_thousand(void)
{
	struct herd *w = start(1000, 100 * NSEC_PER_MSEC);

	CHECK_EQ(w->away, 0);
	REQUIRE(!kill(w->monitor_pid, SIGSTOP));
	sleep_ms(5000);
	REQUIRE(!kill(w->monitor_pid, SIGCONT));
	sleep_ms(3000);
	CHECK_EQ(w->alive, plan.peers);
	CHECK_EQ(w->away, 1);
	CHECK_ORDER(w->away_ns, >=, 4800 * NSEC_PER_MSEC);
	CHECK_ORDER(w->away_ns, <=, 5200 * NSEC_PER_MSEC);
	herd_finish(w, 0);
}

static const struct test_case cases[] = {
	SLOW_CASE(a_hundred_of_ten_thousand, 300),
	SLOW_CASE(a_hundred_of_a_hundred_thousand, 300),
	SLOW_CASE(stopped_beside_a_thousand, 300),
};

TEST_MAIN(cases)
