// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads arm, re-arm and cancel while the kernel fires: the answer of each
 * exchange is exact.  A deadline that was handed back has no record, ever; one
 * that was not has exactly one.  Rounds end without a kick, so that a doorbell
 * that nobody answers shows.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define MAX_OWNERS 4
#define LOG_SIZE 512 /* arms of a slot in one round */
/* What it usually is under emulation. */
#define LATENESS_NS (40 * NSEC_PER_USEC)

struct setting {
	unsigned int owners;
	uint32_t slots; /* of each owner */
	uint32_t ring;
	uint64_t period_ns; /* 0: one-shot */
	uint32_t slack_ns; /* at most */
	uint64_t reach_ns; /* deadlines lie at most this far ahead */
	bool by_ioctl;
	bool by_read;
	bool aim; /* often wait until about the deadline */
	unsigned long tries; /* of each owner, in all */
	unsigned int tries_a_round;
};

/* One arm as its owner knows it to have ended: at @end, which did not fire. */
struct arming {
	uint64_t deadline;
	uint64_t end; /* one-shot: 0 if it fired */
};

/* One that fired; or several of a period, each where the one before led to. */
struct record {
	uint64_t expires;
	uint64_t next;
	unsigned int count;
};

struct slot_log {
	/* owner */
	struct arming armings[LOG_SIZE];
	uint32_t n_armings;
	uint64_t last; /* the newest deadline there was */
	bool pending;
	/* consumer */
	struct record records[LOG_SIZE];
	atomic_uint n_records;
};

struct race {
	const struct setting *set;
	struct queue q;
	struct slot_log *logs;
	pthread_barrier_t start, stop;
	atomic_bool over;
	atomic_ulong got;
	unsigned long fired, kept; /* for the summary */
};

struct owner {
	struct race *race;
	unsigned int number;
	unsigned long handed_back;
};

static uint64_t exchange(struct race *race, uint32_t slot, uint64_t deadline,
			 struct prng *prng)
{
	const struct setting *set = race->set;
	uint32_t slack = set->slack_ns ? prng_below(prng, set->slack_ns) : 0;
	uint64_t old;

	if (!deadline)
		return slot_cancel(&race->q, slot);
	slot_config(&race->q, slot, set->period_ns, slack, 0);
	slot_arm(&race->q, slot, deadline, &old);
	return old;
}

/* What the exchange gave back says how the arm before it ended. */
static void note_end(struct slot_log *log, uint64_t old,
		     const struct setting *set)
{
	struct arming *arming = &log->armings[log->n_armings - 1];

	if (!log->pending) {
		CHECK_EQ(old, 0);
		return;
	}
	log->pending = false;
	arming->end = old;
	if (set->period_ns) {
		CHECK_ORDER(old, >=, arming->deadline);
		CHECK_EQ((old - arming->deadline) % set->period_ns, 0);
		log->last = old;
	} else {
		CHECK(!old || old == arming->deadline);
	}
}

static uint64_t draw_deadline(struct race *race, struct slot_log *log,
			      struct prng *prng)
{
	/* Close ahead more often than far, and sometimes past. */
	uint64_t reach = race->set->reach_ns >> prng_below(prng, 8);
	uint64_t deadline =
		queue_now(&race->q) + prng_below(prng, reach) - reach / 16;

	return deadline > log->last ? deadline : log->last + 1;
}

/* So that the next exchange meets the interrupt. */
static void spin_until_about(struct race *race, uint64_t deadline,
			     struct prng *prng)
{
	uint64_t until = deadline + prng_below(prng, LATENESS_NS);

	while (queue_now(&race->q) < until)
		;
}

static void try_once(struct owner *owner, struct prng *prng)
{
	struct race *race = owner->race;
	const struct setting *set = race->set;
	uint32_t slot =
		owner->number * set->slots + prng_below(prng, set->slots);
	struct slot_log *log = &race->logs[slot];
	bool cancel = prng_below(prng, 4) == 0;
	uint64_t deadline = 0, old;

	if (log->n_armings == LOG_SIZE)
		cancel = true;
	if (!cancel)
		deadline = draw_deadline(race, log, prng);
	if (set->by_ioctl && cancel) {
		/* It tells whether, not what; the deadline is the last one. */
		old = queue_cancel(&race->q, slot) ? log->last : 0;
	} else {
		old = exchange(race, slot, deadline, prng);
	}
	owner->handed_back += old != 0;
	note_end(log, old, set);
	if (!deadline)
		return;
	log->last = deadline;
	log->armings[log->n_armings++].deadline = deadline;
	log->pending = true;
	if (set->aim && prng_below(prng, 2))
		spin_until_about(race, deadline, prng);
}

/* One-shot timers run out by themselves; periodic ones are cancelled. */
static void finish_round(struct owner *owner)
{
	struct race *race = owner->race;
	const struct setting *set = race->set;

	for (uint32_t i = 0; i < set->slots; i++) {
		uint32_t slot = owner->number * set->slots + i;
		struct slot_log *log = &race->logs[slot];

		if (!set->period_ns) {
			CHECK(WAIT_UNTIL(!slot_deadline(&race->q, slot)));
			if (log->pending)
				note_end(log, 0, set);
		} else {
			note_end(log, slot_cancel(&race->q, slot), set);
		}
	}
}

static void *own(void *arg)
{
	struct owner *owner = arg;
	struct race *race = owner->race;
	struct prng prng = { 1000 + owner->number };

	pin_to(owner->number % cpus_online());
	for (;;) {
		pthread_barrier_wait(&race->start);
		if (race->over)
			return NULL;
		for (unsigned int i = 0; i < race->set->tries_a_round; i++)
			try_once(owner, &prng);
		finish_round(owner);
		pthread_barrier_wait(&race->stop);
	}
}

static void log_expiry(struct slot_log *log, const struct timerheap_expiry *e,
		       uint64_t period_ns)
{
	uint64_t next = e->expires_ns + (e->overruns + 1ULL) * period_ns;
	unsigned int n = log->n_records;

	if (period_ns && n && log->records[n - 1].next == e->expires_ns) {
		log->records[n - 1].next = next;
		log->records[n - 1].count++;
		return;
	}
	REQUIRE(n < ARRAY_SIZE(log->records));
	log->records[n] = (struct record){ e->expires_ns, next, 1 };
	log->n_records = n + 1;
}

static void take(struct race *race, const struct timerheap_expiry *e)
{
	struct slot_log *log;

	REQUIRE(e->slot < race->q.setup.nslots);
	log = &race->logs[e->slot];
	CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
	CHECK_EQ(e->cpu, race->q.setup.cpu);
	CHECK_EQ(e->flags, 0);
	if (!race->set->period_ns)
		CHECK_EQ(e->overruns, 0);
	log_expiry(log, e, race->set->period_ns);
}

static void *consume(void *arg)
{
	struct race *race = arg;
	struct pollfd pollfd = { .fd = race->q.fd, .events = POLLIN };
	struct timerheap_expiry batch[64];

	while (!race->over) {
		ssize_t n = 0;

		if (poll(&pollfd, 1, 100) != 1)
			continue;
		if (race->set->by_read) {
			n = read(race->q.fd, batch, sizeof(batch));
			REQUIRE(n > 0 && n % sizeof(batch[0]) == 0);
			n /= sizeof(batch[0]);
		} else {
			n = queue_reap(&race->q, batch, ARRAY_SIZE(batch));
			REQUIRE(n > 0);
		}
		for (ssize_t i = 0; i < n; i++)
			take(race, &batch[i]);
		race->got += n;
	}
	return NULL;
}

static void check_slot(struct race *race, struct slot_log *log)
{
	uint32_t r = 0;

	for (uint32_t i = 0; i < log->n_armings; i++) {
		const struct arming *arming = &log->armings[i];
		uint64_t at = arming->deadline;
		uint64_t end = arming->end;

		if (!race->set->period_ns && !end)
			end = at + 1;
		while (at != end) {
			if (!CHECK_ORDER(r, <, log->n_records) ||
			    !CHECK_EQ(log->records[r].expires, at) ||
			    !CHECK_ORDER(at, <, end))
				return;
			at = race->set->period_ns ? log->records[r].next : end;
			race->fired += log->records[r++].count;
		}
		race->kept += arming->end != 0;
	}
	CHECK_EQ(log->n_records, r);
	log->n_armings = 0;
	log->n_records = 0;
}

static void check_round(struct race *race)
{
	uint32_t slots = race->set->owners * race->set->slots;
	unsigned long expected = race->fired;

	for (uint32_t i = 0; !race->set->period_ns && i < slots; i++)
		for (uint32_t n = 0; n < race->logs[i].n_armings; n++)
			expected += !race->logs[i].armings[n].end;
	if (!race->set->period_ns)
		CHECK(WAIT_UNTIL(race->got >= expected));
	else
		CHECK(WAIT_UNTIL(!queue_ready(&race->q)));
	/* The consumer may still be at work on what it took. */
	CHECK(WAIT_UNTIL(race->got == race->q.header->cq_tail));
	for (uint32_t i = 0; i < slots; i++)
		check_slot(race, &race->logs[i]);
}

static void run_race(const struct setting *set, int cpu)
{
	struct race race = { .set = set };
	struct owner owners[MAX_OWNERS];
	pthread_t threads[MAX_OWNERS], consumer;
	unsigned long rounds = scaled(set->tries) / set->tries_a_round + 1;

	queue_open(&race.q, set->owners * set->slots, set->ring, cpu,
		   CLOCK_MONOTONIC);
	race.logs = calloc(race.q.setup.nslots, sizeof(*race.logs));
	pthread_barrier_init(&race.start, NULL, set->owners + 1);
	pthread_barrier_init(&race.stop, NULL, set->owners + 1);
	for (unsigned int i = 0; i < set->owners; i++) {
		owners[i] = (struct owner){ .race = &race, .number = i };
		threads[i] = start_thread(own, &owners[i]);
	}
	consumer = start_thread(consume, &race);
	for (unsigned long r = 0; r < rounds && !failures(); r++) {
		pthread_barrier_wait(&race.start);
		pthread_barrier_wait(&race.stop);
		check_round(&race);
	}
	race.over = true;
	pthread_barrier_wait(&race.start);
	for (unsigned int i = 0; i < set->owners; i++)
		join_thread(threads[i]);
	join_thread(consumer);
	note("%lu tries, %lu fired, %lu handed back, %llu stalls",
	     rounds * set->tries_a_round * set->owners, race.fired, race.kept,
	     (unsigned long long)queue_stats(&race.q).stalls);
	/* Without both the race was none. */
	CHECK(race.fired && race.kept);
}

static void one_slot(void)
{
	static const struct setting set = {
		.owners = 1,
		.slots = 1,
		.reach_ns = 100 * NSEC_PER_USEC,
		.aim = true,
		.tries = 50000,
		.tries_a_round = 500,
	};

	run_race(&set, other_cpu(0));
}

static void one_slot_on_home_cpu(void)
{
	static const struct setting set = {
		.owners = 1,
		.slots = 1,
		.reach_ns = 100 * NSEC_PER_USEC,
		.aim = true,
		.tries = 50000,
		.tries_a_round = 500,
	};

	run_race(&set, 0);
}

static void many_slots(void)
{
	static const struct setting set = {
		.owners = 4,
		.slots = 256,
		.reach_ns = 4 * NSEC_PER_MSEC,
		.tries = 400000,
		.tries_a_round = 20000,
	};

	run_race(&set, 0);
}

static void many_slots_with_slack(void)
{
	static const struct setting set = {
		.owners = 4,
		.slots = 64,
		.reach_ns = NSEC_PER_MSEC,
		.slack_ns = NSEC_PER_MSEC,
		.tries = 200000,
		.tries_a_round = 5000,
	};

	run_race(&set, 0);
}

/* The consumer cannot keep up; the queue stalls again and again. */
static void small_ring(void)
{
	static const struct setting set = {
		.owners = 4,
		.slots = 64,
		.ring = 4,
		.reach_ns = NSEC_PER_MSEC,
		.tries = 100000,
		.tries_a_round = 5000,
	};

	run_race(&set, 0);
}

static void small_ring_by_read(void)
{
	static const struct setting set = {
		.owners = 4,
		.slots = 64,
		.ring = 2,
		.by_read = true,
		.reach_ns = NSEC_PER_MSEC,
		.tries = 100000,
		.tries_a_round = 5000,
	};

	run_race(&set, 0);
}

static void by_ioctl(void)
{
	static const struct setting set = {
		.owners = 2,
		.slots = 2,
		.by_ioctl = true,
		.by_read = true,
		.aim = true,
		.reach_ns = 100 * NSEC_PER_USEC,
		.tries = 30000,
		.tries_a_round = 500,
	};

	run_race(&set, 0);
}

static void periodic(void)
{
	static const struct setting set = {
		.owners = 2,
		.slots = 8,
		.ring = 4096,
		.period_ns = 20 * NSEC_PER_USEC,
		.reach_ns = 200 * NSEC_PER_USEC,
		.tries = 200000,
		.tries_a_round = 500,
	};

	run_race(&set, 0);
}

static void run_beside(void *arg)
{
	const struct test_case *test = arg;

	test->run();
}

static _Noreturn void disturb(void *arg)
{
	struct prng prng = { 99 };
	int fd = open_device();

	(void)arg;
	for (;;) {
		write_text(PARAMS "budget", "%u", 1U << prng_below(&prng, 11));
		cpu_stats(fd, prng_below(&prng, cpus_online()));
		sleep_ms(prng_below(&prng, 20));
	}
}

/* Queues share their CPUs and the CPUs' budgets. */
static void all_at_once(void)
{
	static struct test_case races[] = {
		CASE(one_slot),	  CASE(one_slot_on_home_cpu),
		CASE(many_slots), CASE(many_slots_with_slack),
		CASE(small_ring), CASE(small_ring_by_read),
		CASE(by_ioctl),	  CASE(periodic),
	};
	pid_t children[ARRAY_SIZE(races)];

	for (size_t i = 0; i < ARRAY_SIZE(races); i++)
		children[i] = start_child(run_beside, &races[i]);
	start_child(disturb, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(races); i++)
		if (!CHECK_EQ(wait_child(children[i]), 0))
			note("it was %s", races[i].name);
}

static void restore(void)
{
	write_text(PARAMS "budget", "256");
}

static const struct test_case cases[] = {
	CASE(one_slot),
	CASE(one_slot_on_home_cpu),
	CASE(many_slots),
	CASE(many_slots_with_slack),
	CASE(small_ring),
	CASE(small_ring_by_read),
	CASE(by_ioctl),
	CASE(periodic),
	SLOW_CASE(all_at_once, 200),
};

TEST_MAIN_RESTORE(cases, restore)
