// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ten thousand peers, ten beats a second each, of which a hundred die, in
 * counted time: there a CPU takes as long for it on any machine.
 */
#include "harness.h"
#include "herd.h"

#define PEERS 10000
#define VICTIMS 100

static void a_hundred_of_ten_thousand(void)
{
	static const struct herd_plan plan = {
		.peers = PEERS,
		.interval_ns = 100 * NSEC_PER_MSEC,
		.allowance_ns = 100 * NSEC_PER_MSEC,
		.late_ns = 50 * NSEC_PER_MSEC,
	};
	struct herd *w;

	need_icount();
	w = herd_start(&plan);
	w->silent = VICTIMS;
	CHECK(WAIT_UNTIL(w->dead >= VICTIMS));
	sleep_ms(1000);
	CHECK_EQ(w->alive, PEERS - VICTIMS);
	herd_finish(w, VICTIMS);
}

static const struct test_case cases[] = {
	SLOW_CASE(a_hundred_of_ten_thousand, 300),
};

TEST_MAIN(cases)
