// SPDX-License-Identifier: GPL-2.0-only
/* The library's core on the real module; tests/userlib has its corners. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <timerheap/timerheap.h>
#include <unistd.h>

#include "harness.h"

#define NOBODY 65534

static struct timerheap *open_queue(uint32_t nslots, uint32_t ring)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th;

	opts.nslots = nslots;
	opts.ring_entries = ring;
	opts.cpu = 0;
	REQUIRE_EQ(timerheap_open(&th, &opts), 0);
	return th;
}

static struct timerheap_stats stats_of(struct timerheap *th)
{
	struct timerheap_stats stats;

	POISON(stats);
	REQUIRE_EQ(timerheap_stats(th, &stats), 0);
	return stats;
}

/* Waits until there is one event to reap. */
static struct timerheap_event next_event(struct timerheap *th)
{
	uint64_t give_up = timerheap_now(th) + PATIENCE_NS;
	struct timerheap_event ev;

	POISON(ev);
	while (timerheap_reap(th, &ev, 1) != 1) {
		REQUIRE(timerheap_now(th) < give_up);
		REQUIRE(timerheap_wait(th, 1, give_up) >= 0);
	}
	return ev;
}

static bool is_quiet(struct timerheap *th, unsigned int ms)
{
	struct timerheap_event ev;

	timerheap_wait(th, 1, timerheap_now(th) + ms * NSEC_PER_MSEC);
	return timerheap_reap(th, &ev, 1) == 0;
}

static void by_default(void)
{
	struct timerheap_info info;
	struct timerheap *th;

	pin_to(0);
	REQUIRE_EQ(timerheap_open(&th, NULL), 0);
	CHECK_EQ(timerheap_cpu(th), 0);
	CHECK(timerheap_fd(th) >= 0);
	REQUIRE_EQ(timerheap_info(th, &info), 0);
	CHECK_EQ(info.abi_version, TIMERHEAP_ABI_VERSION);
	CHECK_ORDER(timerheap_now(th), <=, mono_ns());
	CHECK_EQ(stats_of(th).expiries, 0);
	timerheap_close(th);
	timerheap_close(NULL);
}

static void cannot_open(void)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th = (void *)&opts;

	opts.path = "/dev/no-such-device";
	CHECK_EQ(timerheap_open(&th, &opts), -ENOENT);
	CHECK(!th);
	opts.path = "/dev/null";
	CHECK_EQ(timerheap_open(&th, &opts), -ENOTTY);
	opts.path = NULL;
	opts.nslots = 0;
	CHECK_EQ(timerheap_open(&th, &opts), -EINVAL);
	opts.nslots = 10;
	opts.cpu = 9999;
	CHECK_EQ(timerheap_open(&th, &opts), -EINVAL);
	opts.cpu = 0;
	opts.clockid = CLOCK_THREAD_CPUTIME_ID;
	CHECK_EQ(timerheap_open(&th, &opts), -EINVAL);
	CHECK(!th);
}

/* The group may open the device, but has no CAP_SYS_NICE. */
static void may_not_open(void)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th = (void *)&opts;

	pin_to(other_cpu(0));
	opts.cpu = 0;
	REQUIRE(!setresuid(NOBODY, NOBODY, NOBODY));
	CHECK_EQ(timerheap_open(&th, &opts), -EPERM);
	CHECK(!th);
}

static void may_not_open_at_all(void)
{
	struct timerheap *th = (void *)&th;

	REQUIRE(!setresgid(NOBODY, NOBODY, NOBODY));
	REQUIRE(!setresuid(NOBODY, NOBODY, NOBODY));
	CHECK_EQ(timerheap_open(&th, NULL), -EACCES);
	CHECK(!th);
}

static void arm_and_reap(void)
{
	struct timerheap *th = open_queue(100, 0);
	struct timerheap_event ev;
	int data, slot = timerheap_slot_alloc(th, &data);
	uint64_t deadline = timerheap_now(th) + 20 * NSEC_PER_MSEC;

	REQUIRE(slot >= 0);
	CHECK_EQ(timerheap_arm(th, slot, deadline), 0);
	ev = next_event(th);
	CHECK(ev.data == &data);
	CHECK_EQ(ev.slot, slot);
	CHECK_EQ(ev.timer, slot);
	CHECK_EQ(ev.deadline_ns, deadline);
	CHECK_ORDER(ev.fired_ns, >=, deadline);
	CHECK_EQ(ev.overruns, 0);
	CHECK_EQ(ev.cpu, 0);
	CHECK_EQ(ev.flags, 0);
	CHECK(is_quiet(th, 20));
	CHECK_EQ(timerheap_arm(th, slot, 1), 0);
	CHECK_EQ(next_event(th).deadline_ns, 1);
	CHECK_EQ(timerheap_arm(th, slot, 0), -EINVAL);
	CHECK_EQ(timerheap_arm(th, 100, 5), -EINVAL);
	timerheap_close(th);
}

/* No doorbell, no kick, no run; a watchdog's arm. */
static void push_back(void)
{
	struct timerheap *th = open_queue(100, 0);
	int slot = timerheap_slot_alloc(th, NULL);
	uint64_t deadline = timerheap_now(th) + NSEC_PER_SEC;
	struct timerheap_stats before, after;

	pin_to(0);
	CHECK_EQ(timerheap_arm(th, slot, deadline), 0);
	/* The kick may be remote, and not be carried out yet. */
	CHECK(WAIT_UNTIL(stats_of(th).doorbells == 1));
	before = stats_of(th);
	for (int i = 0; i < 10000; i++)
		CHECK_EQ(timerheap_arm(th, slot, ++deadline), 0);
	after = stats_of(th);
	REQUIRE(timerheap_now(th) < deadline - 10000);
	CHECK_EQ(after.doorbells, before.doorbells);
	CHECK_EQ(after.runs, before.runs);
	CHECK_EQ(after.kicks_local + after.kicks_remote,
		 before.kicks_local + before.kicks_remote);
	CHECK_EQ(next_event(th).deadline_ns, deadline);
	CHECK(is_quiet(th, 20));
	timerheap_close(th);
}

/* Armed anew before it was reaped: one event, for the new deadline. */
static void arm_again(void)
{
	struct timerheap *th = open_queue(100, 0);
	int slot = timerheap_slot_alloc(th, NULL);
	uint64_t deadline;

	for (int i = 0; i < 50; i++) {
		CHECK_EQ(timerheap_arm(th, slot, timerheap_now(th)), 0);
		CHECK(WAIT_UNTIL(stats_of(th).expiries == 2 * i + 1ULL));
		deadline = timerheap_now(th) + NSEC_PER_MSEC;
		CHECK_EQ(timerheap_arm(th, slot, deadline), 0);
		CHECK_EQ(next_event(th).deadline_ns, deadline);
	}
	CHECK(is_quiet(th, 20));
	timerheap_close(th);
}

static void deferred(void)
{
	struct timerheap *th = open_queue(100, 0);
	uint64_t start = timerheap_now(th);

	pin_to(0);
	CHECK_EQ(timerheap_flush(th), 0);
	for (int i = 0; i < 50; i++) {
		int slot = timerheap_slot_alloc(th, NULL);

		CHECK_EQ(timerheap_arm_deferred(th, slot, start + 50 - i), 0);
	}
	CHECK_EQ(stats_of(th).kicks_local, 0);
	CHECK_EQ(timerheap_flush(th), 1);
	CHECK_EQ(timerheap_flush(th), 0);
	CHECK_EQ(stats_of(th).kicks_local, 1);
	CHECK_EQ(stats_of(th).doorbells, 50);
	for (int i = 0; i < 50; i++)
		next_event(th);
	CHECK(is_quiet(th, 20));
	timerheap_close(th);
}

static void cancel(void)
{
	struct timerheap *th = open_queue(100, 0);
	int slot = timerheap_slot_alloc(th, NULL);

	CHECK_EQ(timerheap_cancel(th, slot), 0);
	CHECK_EQ(timerheap_arm(th, slot, timerheap_now(th) + NSEC_PER_SEC), 0);
	CHECK_EQ(timerheap_cancel(th, slot), 1);
	CHECK_EQ(timerheap_cancel(th, slot), 0);
	CHECK_EQ(timerheap_arm(th, slot, 1), 0);
	CHECK(WAIT_UNTIL(stats_of(th).expiries == 1));
	/* It fired: too late, and its event comes. */
	CHECK_EQ(timerheap_cancel(th, slot), 0);
	CHECK_EQ(next_event(th).deadline_ns, 1);
	CHECK_EQ(timerheap_cancel(th, 100), -EINVAL);
	/* Freed with its event on the way: that one is dropped. */
	CHECK_EQ(timerheap_arm(th, slot, 2), 0);
	CHECK(WAIT_UNTIL(stats_of(th).expiries == 2));
	CHECK_EQ(timerheap_slot_free(th, slot), 0);
	CHECK(is_quiet(th, 20));
	timerheap_close(th);
}

struct duel {
	struct timerheap *th;
	atomic_ulong reaped; /* deadlines that had an event, in all */
	atomic_ulong last; /* the newest of them */
	atomic_bool over;
};

static void *reap(void *arg)
{
	struct duel *duel = arg;
	struct timerheap_event ev;

	while (!duel->over) {
		if (timerheap_reap(duel->th, &ev, 1) != 1) {
			timerheap_wait(duel->th, 1,
				       timerheap_now(duel->th) + NSEC_PER_MSEC);
			continue;
		}
		CHECK_ORDER(ev.fired_ns, >=, ev.deadline_ns);
		CHECK_ORDER(ev.deadline_ns, >, duel->last);
		/* The other waits for the second of these. */
		duel->reaped++;
		duel->last = ev.deadline_ns;
	}
	return NULL;
}

/* 1: no event will be reaped, ever; 0: one is or will be. */
static void cancel_against_expiry(void)
{
	struct duel duel = { .th = open_queue(1, 0) };
	int slot = timerheap_slot_alloc(duel.th, NULL);
	unsigned long won = 0, lost = 0;
	struct prng prng = { 1 };
	uint64_t deadline = 0;
	pthread_t thread;

	thread = start_thread(reap, &duel);
	for (unsigned long i = 0; i < scaled(40000) && !failures(); i++) {
		uint64_t now = timerheap_now(duel.th), until;

		deadline = now > deadline ? now : deadline;
		deadline += 1 + prng_below(&prng, 30 * NSEC_PER_USEC);
		CHECK_EQ(timerheap_arm(duel.th, slot, deadline), 0);
		until = deadline + prng_below(&prng, 60 * NSEC_PER_USEC);
		while (timerheap_now(duel.th) < until)
			;
		if (timerheap_cancel(duel.th, slot)) {
			won++;
			CHECK(duel.last != deadline);
		} else {
			lost++;
			CHECK(WAIT_UNTIL(duel.last == deadline));
		}
		CHECK_EQ(duel.reaped, lost);
	}
	duel.over = true;
	join_thread(thread);
	CHECK_EQ(duel.reaped, lost);
	CHECK(won && lost);
	note("%lu cancelled, %lu fired", won, lost);
	timerheap_close(duel.th);
}

static void periodic(void)
{
	static const uint64_t period = 2 * NSEC_PER_MSEC;
	struct timerheap *th = open_queue(10, 0);
	int slot = timerheap_slot_alloc(th, NULL);
	uint64_t deadline = timerheap_now(th), overruns = 0;

	CHECK_EQ(timerheap_slot_config(th, slot, period, 0, 0), 0);
	CHECK_EQ(timerheap_arm(th, slot, deadline), 0);
	for (int i = 0; i < 100; i++) {
		struct timerheap_event ev = next_event(th);

		CHECK_EQ(ev.deadline_ns, deadline);
		CHECK_ORDER(ev.fired_ns, >=, deadline);
		deadline += (ev.overruns + 1ULL) * period;
		overruns += ev.overruns;
	}
	/* Ticks that wait in the ring go with the cancel. */
	sleep_ms(20);
	CHECK_EQ(timerheap_cancel(th, slot), 1);
	CHECK(is_quiet(th, 20));
	CHECK_ORDER(stats_of(th).overruns, >=, overruns);
	CHECK_EQ(timerheap_slot_config(th, slot, 0, 0, 2), -EINVAL);
	timerheap_close(th);
}

static void slack(void)
{
	struct timerheap *th = open_queue(10, 0);
	int a = timerheap_slot_alloc(th, "a");
	int b = timerheap_slot_alloc(th, "b");
	uint64_t start = timerheap_now(th) + NSEC_PER_SEC;
	struct timerheap_event first, second;

	CHECK_EQ(timerheap_slot_config(th, a, 0, NSEC_PER_SEC, 0), 0);
	CHECK_EQ(timerheap_arm(th, a, start), 0);
	CHECK_EQ(timerheap_arm(th, b, start + 10 * NSEC_PER_MSEC), 0);
	REQUIRE(timerheap_now(th) < start);
	first = next_event(th);
	second = next_event(th);
	CHECK_EQ(first.slot, b);
	CHECK_EQ(second.slot, a);
	CHECK_EQ(first.fired_ns, second.fired_ns);
	timerheap_close(th);
}

/* The library kicks when the ring was full; the caller need not know. */
static void full_ring(void)
{
	enum { SLOTS = 1000 };
	struct timerheap *th = open_queue(SLOTS, 4);
	static unsigned char seen[SLOTS];

	for (int i = 0; i < SLOTS; i++) {
		int slot = timerheap_slot_alloc(th, NULL);

		REQUIRE(slot >= 0);
		CHECK_EQ(timerheap_arm(th, slot, slot + 1), 0);
	}
	CHECK_EQ(timerheap_slot_alloc(th, NULL), -ENOSPC);
	for (int i = 0; i < SLOTS; i++) {
		struct timerheap_event ev = next_event(th);

		CHECK_EQ(ev.deadline_ns, ev.slot + 1);
		CHECK_EQ(++seen[ev.slot], 1);
	}
	CHECK(stats_of(th).stalls);
	CHECK(is_quiet(th, 20));
	timerheap_close(th);
}

static void on_signal(int signal)
{
	(void)signal;
}

static void *signal_soon(void *thread)
{
	sleep_ms(100);
	pthread_kill(*(pthread_t *)thread, SIGUSR1);
	return NULL;
}

static void wait(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct timerheap *th = open_queue(10, 4);
	int slot = timerheap_slot_alloc(th, NULL);
	pthread_t self = pthread_self(), thread;
	uint64_t limit = timerheap_now(th) + 50 * NSEC_PER_MSEC;

	CHECK_EQ(timerheap_wait(th, 1, limit), 0);
	CHECK_ORDER(timerheap_now(th), >=, limit);
	CHECK_EQ(timerheap_wait(th, 1, 0), 0);
	CHECK_EQ(timerheap_wait(th, 0, TIMERHEAP_NEVER), 0);
	CHECK_EQ(timerheap_wait(th, 5, 0), -EINVAL);
	REQUIRE(!sigaction(SIGUSR1, &action, NULL));
	thread = start_thread(signal_soon, &self);
	CHECK_EQ(timerheap_wait(th, 1, TIMERHEAP_NEVER), -EINTR);
	join_thread(thread);
	limit = timerheap_now(th) + 20 * NSEC_PER_MSEC;
	CHECK_EQ(timerheap_arm_deferred(th, slot, limit), 0);
	CHECK_EQ(timerheap_wait(th, 1, TIMERHEAP_NEVER), 1);
	CHECK_ORDER(timerheap_now(th), >=, limit);
	CHECK_EQ(timerheap_wait(th, 1, TIMERHEAP_NEVER), 1);
	timerheap_close(th);
}

static void wait_precisely(void)
{
	static const uint32_t leads[] = {
		0,
		100000,
		TIMERHEAP_LEAD_MAX_NS,
		TIMERHEAP_LEAD_AUTO,
	};
	struct timerheap *th = open_queue(10, 0);

	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		CHECK_EQ(timerheap_set_lead(th, leads[i]), 0);
		for (int n = 0; n < 30; n++) {
			uint64_t deadline =
				timerheap_now(th) + n * 300 * NSEC_PER_USEC;

			CHECK_EQ(timerheap_wait_precise(th, deadline), 0);
			CHECK_ORDER(timerheap_now(th), >=, deadline);
		}
	}
	CHECK_EQ(timerheap_set_lead(th, TIMERHEAP_LEAD_MAX_NS + 1), -EINVAL);
	CHECK_EQ(timerheap_wait_precise(th, 0), -EINVAL);
	CHECK(is_quiet(th, 5));
	timerheap_close(th);
}

static void figures(void)
{
	struct timerheap *th = open_queue(10, 0);
	int slot = timerheap_slot_alloc(th, NULL);
	struct timerheap_stats st, cpu;

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(timerheap_arm(th, slot, timerheap_now(th)), 0);
		next_event(th);
	}
	st = stats_of(th);
	CHECK_EQ(st.expiries, 20);
	CHECK_EQ(timerheap_cpu_stats(th, 0, &cpu), 0);
	CHECK_ORDER(cpu.expiries, >=, 20);
	CHECK_EQ(timerheap_cpu_stats(th, 9999, &cpu), -EINVAL);
	CHECK_ORDER(timerheap_hist_percentile(&st, 50), <=,
		    timerheap_hist_percentile(&st, 100));
	CHECK_EQ(timerheap_hist_percentile(&st, 100), st.lateness_max_ns);
	CHECK_EQ(timerheap_reset_stats(th), 0);
	CHECK_EQ(stats_of(th).expiries, 0);
	timerheap_close(th);
}

struct owner {
	struct timerheap *th;
	atomic_ulong *armed;
};

/* Slots come and go under the reaper's hands. */
static void *alloc_and_free(void *arg)
{
	struct owner *owner = arg;
	struct timerheap *th = owner->th;

	for (unsigned long i = 0; i < scaled(20000); i++) {
		int slot = timerheap_slot_alloc(th, th);

		if (slot == -ENOSPC)
			continue;
		REQUIRE(slot >= 0);
		CHECK_EQ(timerheap_arm(th, slot,
				       timerheap_now(th) +
					       i % 100 * NSEC_PER_USEC),
			 0);
		CHECK_EQ(timerheap_slot_free(th, slot), 0);
		owner->armed[0]++;
	}
	return NULL;
}

static void several_threads(void)
{
	struct timerheap *th = open_queue(64, 0);
	atomic_ulong armed = 0;
	struct owner owner = { th, &armed };
	pthread_t threads[4];
	struct timerheap_event ev;
	unsigned long got = 0;
	int slots[64];

	for (int i = 0; i < 4; i++)
		threads[i] = start_thread(alloc_and_free, &owner);
	while (armed < scaled(20000)) {
		int n = timerheap_reap(th, &ev, 1);

		REQUIRE(n >= 0);
		if (n)
			CHECK(ev.data == th);
		got += n;
	}
	for (int i = 0; i < 4; i++)
		join_thread(threads[i]);
	CHECK_ORDER(got, <=, armed);
	CHECK(is_quiet(th, 20));
	/* All are free again. */
	for (int i = 0; i < 64; i++)
		REQUIRE((slots[i] = timerheap_slot_alloc(th, NULL)) >= 0);
	CHECK_EQ(timerheap_slot_alloc(th, NULL), -ENOSPC);
	timerheap_close(th);
}

static const struct test_case cases[] = {
	CASE(by_default),      CASE(cannot_open),
	CASE(may_not_open),    CASE(may_not_open_at_all),
	CASE(arm_and_reap),    CASE(push_back),
	CASE(arm_again),       CASE(deferred),
	CASE(cancel),	       CASE(cancel_against_expiry),
	CASE(periodic),	       CASE(slack),
	CASE(full_ring),       CASE(wait),
	CASE(wait_precisely),  CASE(figures),
	CASE(several_threads),
};

TEST_MAIN(cases)
