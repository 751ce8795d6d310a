// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs go offline and come back in random order while ten thousand timers run:
 * every deadline is met once, or was taken back; nothing is early; each queue
 * is where it belongs, and each hand-over is counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

#define QUEUES 4
#define ARMERS 2
/* Of a queue; one more tells its consumer that nothing comes after. */
#define SLOTS 2500
#define LAST_SLOT SLOTS

static unsigned int online; /* a bit for each CPU */
static int removable[QUEUES];
static int nremovable;

static void restore(void)
{
	for (int cpu = 1; cpu < 64; cpu++)
		if (set_online(cpu, true) == -ENOENT)
			break;
}

static void use_cpus(unsigned int mask)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < 32; cpu++)
		if (mask & 1U << cpu)
			CPU_SET(cpu, &set);
	/* It may have gone offline just now. */
	if (sched_setaffinity(0, sizeof(set), &set))
		REQUIRE_EQ(errno, EINVAL);
}

static void need_storm(void)
{
	if (cpus_online() < QUEUES)
		skip("needs %d CPUs", QUEUES);
	online = (1U << QUEUES) - 1;
	for (int cpu = 0; cpu < QUEUES; cpu++)
		if (!set_online(cpu, false)) {
			REQUIRE_EQ(set_online(cpu, true), 0);
			removable[nremovable++] = cpu;
		}
	if (!nremovable)
		skip("no CPU can be taken offline");
}

/* Each CPU that allows it comes and goes about as often as the others. */
static void storm(unsigned long rounds, void (*look)(void *), void *arg)
{
	struct prng prng = { 5 };

	while (rounds--) {
		int cpu = removable[prng_below(&prng, nremovable)];

		/* Where all can leave, the last one stays. */
		if (online == 1U << cpu)
			continue;
		REQUIRE_EQ(set_online(cpu, !(online & 1U << cpu)), 0);
		online ^= 1U << cpu;
		look(arg);
	}
	for (int i = 0; i < nremovable; i++) {
		if (online & 1U << removable[i])
			continue;
		REQUIRE_EQ(set_online(removable[i], true), 0);
		online |= 1U << removable[i];
		look(arg);
	}
}

/* What became of the deadlines of one slot. */
struct account {
	/* its armer's */
	uint64_t last;
	uint64_t armed, taken_back;
	uint64_t owed_sum;
	/* the consumer's */
	uint64_t fired, fired_sum;
	uint64_t fired_last; /* periodic: the next one that must come */
};

struct home {
	struct queue q;
	int cpu;
	unsigned int allowed;
	/* Where the storm has seen it, and where it fired. */
	int now_on;
	uint64_t handovers;
	unsigned int seen_on, fired_on;
	uint64_t records, overruns;
	bool consumed;
	struct account accounts[SLOTS];
};

static struct home homes[QUEUES];
static atomic_bool over;

enum kind { AGAIN, PERIODIC, PUSHED_BACK, CANCELLED, KINDS };

static enum kind kind_of(uint32_t slot)
{
	return slot % KINDS;
}

static void arm_anew(struct home *home, uint32_t slot, uint64_t deadline)
{
	struct account *account = &home->accounts[slot];
	uint64_t old;

	/* Told apart by their deadlines, of which none comes twice. */
	if (deadline <= account->last)
		deadline = account->last + 1;
	slot_arm(&home->q, slot, deadline, &old);
	account->armed++;
	account->owed_sum += deadline;
	if (old) {
		CHECK_EQ(old, account->last);
		account->taken_back++;
		account->owed_sum -= old;
	}
	account->last = deadline;
}

static void cancel(struct home *home, uint32_t slot)
{
	struct account *account = &home->accounts[slot];
	uint64_t old = slot_cancel(&home->q, slot);

	if (!old)
		return;
	CHECK_EQ(old, account->last);
	account->taken_back++;
	account->owed_sum -= old;
}

static void treat(struct home *home, uint32_t slot, struct prng *prng)
{
	bool idle = !slot_deadline(&home->q, slot);
	uint64_t now = mono_ns();

	switch (kind_of(slot)) {
	case AGAIN:
		if (idle)
			arm_anew(home, slot,
				 now + prng_below(prng, NSEC_PER_SEC));
		break;
	case PUSHED_BACK:
		arm_anew(home, slot, now + 50 * NSEC_PER_MSEC);
		break;
	case CANCELLED:
		if (idle)
			arm_anew(home, slot,
				 now + prng_below(prng, 200 * NSEC_PER_MSEC));
		else if (prng_below(prng, 2))
			cancel(home, slot);
		break;
	default:
		break;
	}
}

/* Every other slot of all queues, from one CPU and another. */
static void *arm_all_the_time(void *arg)
{
	unsigned int number = (uintptr_t)arg;
	struct prng prng = { number };

	while (!over) {
		for (uint32_t i = number; i < QUEUES * SLOTS; i += ARMERS) {
			if (i % 256 == number)
				use_cpus(1U << prng_below(&prng, QUEUES));
			treat(&homes[i / SLOTS], i % SLOTS, &prng);
		}
		sleep_ms(2);
	}
	return NULL;
}

static void start_periodic(struct home *home, uint32_t slot)
{
	struct account *account = &home->accounts[slot];

	account->fired_last = mono_ns() + slot * 100 * NSEC_PER_USEC;
	slot_config(&home->q, slot, (100 + slot % 900) * NSEC_PER_MSEC, 0, 0);
	slot_arm_kickless(&home->q, slot, account->fired_last, NULL);
}

static void take(struct home *home, const struct timerheap_expiry *e)
{
	struct account *account;

	REQUIRE(e->slot <= LAST_SLOT);
	CHECK_ORDER(e->fired_ns, >=, e->expires_ns);
	home->records++;
	home->overruns += e->overruns;
	home->fired_on |= 1U << e->cpu;
	if (e->slot == LAST_SLOT) {
		home->consumed = true;
		return;
	}
	account = &home->accounts[e->slot];
	if (kind_of(e->slot) == PERIODIC) {
		CHECK_EQ(e->expires_ns, account->fired_last);
		account->fired_last +=
			(e->overruns + 1) * home->q.slots[e->slot].period_ns;
		return;
	}
	CHECK_ORDER(e->expires_ns, >, account->fired_last);
	account->fired_last = e->expires_ns;
	account->fired++;
	account->fired_sum += e->expires_ns;
}

/* Until each queue's last record. */
static void *consume(void *arg)
{
	struct pollfd fds[QUEUES];
	struct timerheap_expiry records[256];
	int left = QUEUES;

	(void)arg;
	for (int i = 0; i < QUEUES; i++)
		fds[i] = (struct pollfd){ homes[i].q.fd, POLLIN, 0 };
	while (left) {
		REQUIRE(poll(fds, QUEUES, PATIENCE_NS / NSEC_PER_MSEC) > 0);
		left = 0;
		for (int i = 0; i < QUEUES; i++) {
			uint32_t n = queue_reap(&homes[i].q, records,
						ARRAY_SIZE(records));

			for (uint32_t r = 0; r < n; r++)
				take(&homes[i], &records[r]);
			left += !homes[i].consumed;
		}
	}
	return NULL;
}

static void open_all(void)
{
	/* One at home anywhere, and three that may use some of the CPUs. */
	static const unsigned int allowed[QUEUES] = { 0xf, 0xa, 0xc, 0x8 };

	for (int i = 0; i < QUEUES; i++) {
		struct home *home = &homes[i];

		use_cpus(allowed[i]);
		queue_open(&home->q, SLOTS + 1, 0, i, CLOCK_MONOTONIC);
		home->cpu = home->now_on = i;
		home->allowed = allowed[i];
		home->seen_on = 1U << i;
		for (uint32_t slot = 0; slot < SLOTS; slot++)
			if (kind_of(slot) == PERIODIC)
				start_periodic(home, slot);
		CHECK_EQ(queue_kick(&home->q), 0);
	}
	pin_to(-1);
}

/* One CPU has come or gone. */
static void check_place(struct home *home)
{
	struct timerheap_stats stats = queue_stats(&home->q);
	int moved = stats.cpu != home->now_on;
	unsigned int best = home->allowed & online;

	CHECK_EQ(home->q.header->cpu, stats.cpu);
	CHECK_EQ(stats.handovers, home->handovers + moved);
	if (online & 1U << home->cpu)
		CHECK_EQ(stats.cpu, home->cpu);
	else
		CHECK((best ? best : online) & 1U << stats.cpu);
	home->handovers = stats.handovers;
	home->now_on = stats.cpu;
	home->seen_on |= 1U << stats.cpu;
}

static void check_places(void *arg)
{
	(void)arg;
	for (int i = 0; i < QUEUES; i++)
		check_place(&homes[i]);
}

/* Nothing is armed any more. */
static void settle(struct home *home)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (kind_of(slot) != PERIODIC)
			REQUIRE(WAIT_UNTIL(!slot_deadline(&home->q, slot)));
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (kind_of(slot) == PERIODIC)
			home->accounts[slot].last = slot_cancel(&home->q, slot);
	/* Posted after all others, as it is armed after they were. */
	slot_arm(&home->q, LAST_SLOT, mono_ns(), NULL);
}

static void check_accounts(struct home *home)
{
	struct timerheap_stats stats = queue_stats(&home->q);

	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		const struct account *account = &home->accounts[slot];

		if (kind_of(slot) == PERIODIC) {
			CHECK_EQ(account->last, account->fired_last);
			continue;
		}
		CHECK(account->armed);
		CHECK_EQ(account->fired, account->armed - account->taken_back);
		CHECK_EQ(account->fired_sum, account->owed_sum);
	}
	CHECK_EQ(stats.expiries, home->records);
	CHECK_EQ(stats.overruns, home->overruns);
	CHECK_EQ(home->fired_on & ~home->seen_on, 0);
	note("queue %d: %llu expiries, %llu hand-overs, at most %llu ms late",
	     home->cpu, (unsigned long long)home->records,
	     (unsigned long long)home->handovers,
	     (unsigned long long)(stats.lateness_max_ns / NSEC_PER_MSEC));
}

struct totals {
	uint64_t expiries, handovers;
};

static struct totals totals_of_cpus(int fd)
{
	struct totals totals = { 0 };

	for (int cpu = 0; cpu < QUEUES; cpu++) {
		struct timerheap_stats stats = cpu_stats(fd, cpu);

		totals.expiries += stats.expiries;
		totals.handovers += stats.handovers;
	}
	return totals;
}

static void ten_thousand_timers(void)
{
	struct totals before, after, owed = { 0 };
	pthread_t armers[ARMERS], consumer;

	need_storm();
	before = totals_of_cpus(open_device());
	open_all();
	consumer = start_thread(consume, NULL);
	for (uintptr_t i = 0; i < ARMERS; i++)
		armers[i] = start_thread(arm_all_the_time, (void *)i);
	storm(scaled(100), check_places, NULL);
	over = true;
	for (int i = 0; i < ARMERS; i++)
		join_thread(armers[i]);
	for (int i = 0; i < QUEUES; i++)
		settle(&homes[i]);
	join_thread(consumer);
	for (int i = 0; i < QUEUES; i++) {
		check_accounts(&homes[i]);
		CHECK_EQ(homes[i].now_on, homes[i].cpu);
		owed.expiries += homes[i].records;
		owed.handovers += homes[i].handovers;
	}
	CHECK_ORDER(owed.handovers, >, 0);
	/* The CPUs' figures are the same, seen from the other side. */
	after = totals_of_cpus(homes[0].q.fd);
	CHECK_EQ(after.expiries - before.expiries, owed.expiries);
	CHECK_EQ(after.handovers - before.handovers, owed.handovers);
}

static atomic_ulong made, refused;

/* A queue that is made while its home may be leaving is there, or is not. */
static void *make_all_the_time(void *arg)
{
	struct prng prng = { (uintptr_t)arg };

	while (!over) {
		struct queue q = { .fd = open_device() };
		int cpu = prng_below(&prng, QUEUES);
		struct timerheap_expiry e;
		uint64_t deadline;
		int err;

		q.setup = setup_of(10, cpu);
		err = call(q.fd, TIMERHEAP_IOC_SETUP, &q.setup);
		if (err) {
			CHECK_EQ(err, -EINVAL);
			refused++;
			close(q.fd);
			continue;
		}
		queue_map(&q);
		deadline = mono_ns() + prng_below(&prng, NSEC_PER_MSEC);
		slot_arm(&q, 1, deadline, NULL);
		REQUIRE_EQ(queue_collect(&q, &e, 1, 0), 1);
		CHECK_EQ(e.expires_ns, deadline);
		CHECK_ORDER(e.fired_ns, >=, deadline);
		CHECK_EQ(queue_stats(&q).expiries, 1);
		queue_close(&q);
		made++;
	}
	return NULL;
}

static void none_left_on(void *arg)
{
	for (int cpu = 0; cpu < QUEUES; cpu++)
		if (!(online & 1U << cpu))
			CHECK_EQ(cpu_stats(*(int *)arg, cpu).queues, 0);
}

static void queues_made_meanwhile(void)
{
	pthread_t makers[ARMERS];
	int fd = open_device();

	need_storm();
	for (uintptr_t i = 0; i < ARMERS; i++)
		makers[i] = start_thread(make_all_the_time, (void *)i);
	storm(scaled(50), none_left_on, &fd);
	over = true;
	for (int i = 0; i < ARMERS; i++)
		join_thread(makers[i]);
	for (int cpu = 0; cpu < QUEUES; cpu++)
		CHECK_EQ(cpu_stats(fd, cpu).queues, 0);
	CHECK(made);
	note("%lu queues made, %lu refused", made, refused);
}

static const struct test_case cases[] = {
	SLOW_CASE(ten_thousand_timers, 150),
	SLOW_CASE(queues_made_meanwhile, 100),
};

TEST_MAIN_RESTORE(cases, restore)
