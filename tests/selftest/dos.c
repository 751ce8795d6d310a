// SPDX-License-Identifier: GPL-2.0-only
/*
 * For how long a hostile user holds a CPU with interrupts off, how often it
 * interrupts it, and what it leaves to others; and that it pays for all of its
 * memory.  In guest time, where an instruction takes a nanosecond.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"
#include "tracer.h"

#define MANY 100000
#define MILLION (1 << 20)
#define LIMIT_US 200
/* A period each 10 us and a gap each 20 us, and the system's own. */
#define MAX_INTERRUPTS 200000
/* What one of many queues that are due at once costs. */
#define QUEUE_US 2

#define ROOT "/sys/fs/cgroup"
#define GROUP ROOT "/timerheap-dos"
#define GROUP_MAX (64 << 20)

static void restore(void)
{
	irqsoff_off();
	rmdir(GROUP);
}

/* Before a case's deadlines: setting up the tracer takes its time. */
static void prepare(void)
{
	struct rlimit files = { 2 * MANY, 2 * MANY };

	need_icount();
	irqsoff_prepare();
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &files));
}

struct watch {
	uint64_t started_ns;
	unsigned long interrupts;
};

/* Those of the local timer. */
static unsigned long count_interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "re");
	unsigned long count = 0;
	char line[400];

	REQUIRE(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " LOC: %lu", &count) == 1)
			break;
	fclose(f);
	REQUIRE(count);
	return count;
}

static struct watch watch_start(void)
{
	struct watch watch = { .interrupts = count_interrupts() };

	watch.started_ns = mono_ns();
	irqsoff_start();
	return watch;
}

/* What it found, as a line of the table. */
static struct irqsoff show(const struct watch *watch, const char *what)
{
	uint64_t took_us = (mono_ns() - watch->started_ns) / 1000 + 1;
	struct irqsoff found = irqsoff_stop();
	unsigned long n = count_interrupts() - watch->interrupts;

	note("%-26s %6llu us off, %6llu interrupts/s; %u runs in %s .. %s%s%s",
	     what, (unsigned long long)found.longest_us,
	     (unsigned long long)(n * 1000000 / took_us), found.runs,
	     found.from, found.to, found.inside[0] ? " by " : "", found.inside);
	CHECK_ORDER(found.longest_us, >, 0);
	return found;
}

static void watch_stop(const struct watch *watch, const char *what)
{
	uint64_t took_us = (mono_ns() - watch->started_ns) / 1000 + 1;
	unsigned long n = count_interrupts() - watch->interrupts;

	CHECK_ORDER(show(watch, what).longest_us, <, LIMIT_US);
	CHECK_ORDER(n, <, MAX_INTERRUPTS * took_us / 1000000 + 100);
}

/* At no cost to speak of. */
static void consume(struct queue *q)
{
	__atomic_store_n(&q->header->cq_head, q->header->cq_tail,
			 __ATOMIC_SEQ_CST);
	if (queue_flags(q) & TIMERHEAP_HDR_STALLED)
		queue_kick(q);
}

static unsigned long consume_until(struct queue *q, uint64_t when)
{
	unsigned long turns = 0;

	for (; mono_ns() < when; turns++)
		consume(q);
	return turns;
}

static void nothing(void)
{
	struct watch watch;

	prepare();
	watch = watch_start();
	sleep_ms(500);
	watch_stop(&watch, "nothing");
}

static uint64_t time_of_kicks(struct queue *q)
{
	uint64_t start = mono_ns();

	for (int i = 0; i < 1000; i++)
		REQUIRE_EQ(queue_kick(q), 0);
	return (mono_ns() - start) / 1000;
}

/* A kick turns interrupts off and on a few times. */
static void the_tracer_itself(void)
{
	struct queue q;
	uint64_t without, with;

	prepare();
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	irqsoff_off();
	time_of_kicks(&q);
	without = time_of_kicks(&q);
	irqsoff_prepare();
	irqsoff_start();
	time_of_kicks(&q);
	with = time_of_kicks(&q);
	note("a kick takes %llu ns, %llu ns while traced",
	     (unsigned long long)without, (unsigned long long)with);
	/* Far from what the limit is about. */
	CHECK_ORDER(with, <, without + 20 * NSEC_PER_USEC);
}

/* The peer: one file a timer, for comparison. */
static void timerfds_due_at_once(void)
{
	static int fds[MANY];
	struct itimerspec at = { 0 };
	struct watch watch;
	uint64_t deadline;

	prepare();
	for (int i = 0; i < MANY; i++) {
		fds[i] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		REQUIRE(fds[i] >= 0);
	}
	deadline = mono_ns() + NSEC_PER_SEC;
	at.it_value.tv_sec = deadline / NSEC_PER_SEC;
	at.it_value.tv_nsec = deadline % NSEC_PER_SEC;
	watch = watch_start();
	for (int i = 0; i < MANY; i++)
		REQUIRE(!timerfd_settime(fds[i], TFD_TIMER_ABSTIME, &at, NULL));
	REQUIRE(mono_ns() < deadline);
	sleep_until(CLOCK_MONOTONIC, deadline + 10 * NSEC_PER_MSEC);
	show(&watch, "100,000 timerfds");
}

/* All in the heap, and time enough to do something to them. */
static uint64_t open_full(struct queue *q, uint32_t n)
{
	uint64_t deadline = mono_ns() + n * 4000ULL;

	queue_open(q, n, 65536, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < n; i++)
		slot_arm_kickless(q, i, deadline, NULL);
	CHECK_EQ(queue_kick(q), 0);
	CHECK(WAIT_UNTIL(queue_next_event(q) == deadline));
	return deadline;
}

static void due_at_once(void)
{
	struct watch watch;
	uint64_t deadline;
	struct queue q;

	prepare();
	deadline = open_full(&q, MANY);
	watch = watch_start();
	REQUIRE(mono_ns() < deadline);
	sleep_until(CLOCK_MONOTONIC, deadline);
	while (q.header->cq_tail < MANY)
		consume(&q);
	watch_stop(&watch, "100,000 due at once");
}

/* Each is moved from the top of the heap to its bottom. */
static void pushed_back(uint32_t n, const char *what)
{
	struct watch watch;
	uint64_t deadline;
	struct queue q;

	prepare();
	deadline = open_full(&q, n);
	for (uint32_t i = 0; i < n; i++)
		slot_arm(&q, i, deadline + 100 * NSEC_PER_SEC + i, NULL);
	watch = watch_start();
	REQUIRE(mono_ns() < deadline);
	CHECK(WAIT_UNTIL(queue_stats(&q).lazy_moves == n));
	watch_stop(&watch, what);
}

static void hundred_thousand_pushed_back(void)
{
	pushed_back(MANY, "100,000 pushed back");
}

static void million_pushed_back(void)
{
	pushed_back(MILLION, "a million pushed back");
}

static void cancelled(void)
{
	struct watch watch;
	uint64_t deadline;
	struct queue q;

	prepare();
	deadline = open_full(&q, MILLION);
	for (uint32_t i = 0; i < MILLION; i++)
		CHECK_EQ(slot_cancel(&q, i), deadline);
	watch = watch_start();
	REQUIRE(mono_ns() < deadline);
	CHECK(WAIT_UNTIL(queue_stats(&q).lazy_drops == MILLION));
	watch_stop(&watch, "a million cancelled");
}

/* Each earlier than all before it: it rises through the whole heap. */
static void earlier_and_earlier(void)
{
	struct watch watch;
	uint64_t deadline;
	struct queue q;

	prepare();
	deadline = open_full(&q, MILLION);
	for (uint32_t i = 1; i < MILLION; i++)
		slot_arm_kickless(&q, i, deadline - i, NULL);
	watch = watch_start();
	CHECK_EQ(queue_kick(&q), 0);
	CHECK(WAIT_UNTIL(queue_stats(&q).doorbells >= 2 * MILLION - 1));
	watch_stop(&watch, "a million made earlier");
}

/* The share of the CPU that is left, in percent. */
static unsigned int periods(uint32_t n, uint64_t apart, const char *what)
{
	unsigned long turns, most;
	struct watch watch;
	uint64_t start;
	struct queue q;

	prepare();
	queue_open(&q, n, 65536, 0, CLOCK_MONOTONIC);
	watch = watch_start();
	most = consume_until(&q, mono_ns() + 50 * NSEC_PER_MSEC);
	start = mono_ns();
	for (uint32_t i = 0; i < n; i++) {
		slot_config(&q, i, 1, 0, 0);
		slot_arm_kickless(&q, i, start + i * apart, NULL);
	}
	watch = watch_start();
	CHECK_EQ(queue_kick(&q), 0);
	turns = consume_until(&q, mono_ns() + 50 * NSEC_PER_MSEC);
	watch_stop(&watch, what);
	return turns * 100 / most;
}

static void check_share(unsigned int percent)
{
	note("%u %% of the CPU is left", percent);
	CHECK_ORDER(percent, >=, 25);
}

static void period_of_1ns(void)
{
	check_share(periods(1, 0, "a period of 1 ns"));
}

static void periods_of_1ns(void)
{
	check_share(periods(10000, 0, "10,000 periods of 1 ns"));
}

static void periods_apart(void)
{
	check_share(periods(20, 500, "20 of them, 500 ns apart"));
}

static void lead_and_slack(void)
{
	struct prng prng = { 3 };
	struct watch watch;
	uint64_t end;
	struct queue q;

	prepare();
	queue_open(&q, 1000, 65536, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < 1000; i++) {
		slot_config(&q, i, 1, prng_next(&prng) >> i % 64, i % 2);
		slot_arm_kickless(&q, i, mono_ns(), NULL);
	}
	watch = watch_start();
	end = mono_ns() + 100 * NSEC_PER_MSEC;
	while (mono_ns() < end) {
		q.header->lead_ns = prng_next(&prng);
		queue_kick(&q);
		consume(&q);
	}
	watch_stop(&watch, "hostile lead and slack");
}

static void attack_for(struct queue *q, unsigned int ms,
		       void (*attack)(struct queue *), const char *what)
{
	struct watch watch = watch_start();
	uint64_t end = mono_ns() + ms * NSEC_PER_MSEC;

	while (mono_ns() < end) {
		attack(q);
		REQUIRE_EQ(queue_kick(q), 0);
	}
	watch_stop(&watch, what);
}

static void ring_none(struct queue *q)
{
	(void)q;
}

static void kicks(void)
{
	struct queue q;

	prepare();
	queue_open(&q, MILLION, 256, 0, CLOCK_MONOTONIC);
	attack_for(&q, 100, ring_none, "kicks");
}

/* Of idle slots, and of some that the kernel has to put into the heap. */
static void doorbells(void)
{
	struct queue q;

	prepare();
	queue_open(&q, MILLION, 256, 0, CLOCK_MONOTONIC);
	attack_for(&q, 100, queue_ring_hollow, "words without doorbells");
	attack_for(&q, 200, queue_ring_all, "all doorbells");
	for (uint32_t i = 0; i < MILLION; i++)
		q.slots[i].expires_ns = (1ULL << 60) - i;
	attack_for(&q, 200, queue_ring_all, "all doorbells, armed");
}

static void read_one(struct queue *q)
{
	struct timerheap_expiry e;

	q->slots[0].expires_ns = 1;
	slot_ring(q, 0);
	REQUIRE_EQ(queue_kick(q), 0);
	REQUIRE_EQ(read(q->fd, &e, sizeof(e)), sizeof(e));
}

static void reads(void)
{
	struct queue q;

	prepare();
	queue_open(&q, 10, 1, 0, CLOCK_MONOTONIC);
	attack_for(&q, 100, read_one, "reads of one");
}

/* A ring of one record, always full but when it has just been emptied. */
static void stalls(void)
{
	struct queue q;

	prepare();
	queue_open(&q, MANY, 1, 0, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < MANY; i++)
		slot_arm_kickless(&q, i, i + 1, NULL);
	attack_for(&q, 100, consume, "stalls");
}

static void add_epolls(int fd, int n)
{
	struct epoll_event event = { .events = EPOLLIN };

	for (int i = 0; i < n; i++) {
		int epoll = epoll_create1(EPOLL_CLOEXEC);

		REQUIRE(epoll >= 0);
		REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	}
}

#define EPOLLS 1000

/*
 * Whoever waits is woken in the interrupt, however many they are: so it is for
 * every file that can be polled, and no worse here.
 */
static void epolls(void)
{
	struct itimerspec at = { .it_value.tv_nsec = 20 * NSEC_PER_MSEC };
	struct irqsoff ours, theirs;
	struct watch watch;
	struct queue q;
	int fd;

	prepare();
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	add_epolls(fd, EPOLLS);
	watch = watch_start();
	REQUIRE(!timerfd_settime(fd, 0, &at, NULL));
	sleep_ms(40);
	theirs = show(&watch, "1,000 epolls of a timerfd");
	queue_open(&q, 10, 0, 0, CLOCK_MONOTONIC);
	add_epolls(q.fd, EPOLLS);
	watch = watch_start();
	slot_arm(&q, 0, mono_ns() + 20 * NSEC_PER_MSEC, NULL);
	CHECK(WAIT_UNTIL(queue_ready(&q)));
	ours = show(&watch, "1,000 epolls of a queue");
	CHECK_ORDER(ours.longest_us, <, theirs.longest_us * 5 / 4);
	CHECK_ORDER(ours.longest_us, <, LIMIT_US);
}

static struct irqsoff queues(uint32_t n, const char *what)
{
	struct queue *all = calloc(n, sizeof(*all));
	struct watch watch;
	uint64_t deadline;

	prepare();
	for (uint32_t i = 0; i < n; i++)
		queue_open(&all[i], 1, 1, 0, CLOCK_MONOTONIC);
	watch = watch_start();
	deadline = mono_ns() + n * 10 * NSEC_PER_USEC;
	for (uint32_t i = 0; i < n; i++)
		slot_arm(&all[i], 0, deadline, NULL);
	REQUIRE(mono_ns() < deadline);
	for (uint32_t i = 0; i < n; i++)
		CHECK(WAIT_UNTIL(queue_ready(&all[i])));
	return show(&watch, what);
}

static void hundred_queues(void)
{
	CHECK_ORDER(queues(100, "100 queues due at once").longest_us, <,
		    LIMIT_US);
}

/* Nothing bounds their number but the limit on open files. */
static void thousand_queues(void)
{
	CHECK_ORDER(queues(1000, "1,000 queues due at once").longest_us, <,
		    QUEUE_US * 1000);
}

static long charged(const char *what)
{
	char path[100];

	snprintf(path, sizeof(path), GROUP "/memory.%s", what);
	return read_number(path);
}

#define FILES 5000

struct spree {
	int fds[FILES];
	int current;
	unsigned int queues;
	bool enomem;
};

/* Opening it would take memory of a group that has none left. */
static long charged_now(const struct spree *spree)
{
	char text[32] = "";

	REQUIRE(pread(spree->current, text, sizeof(text) - 1, 0) > 0);
	return atol(text);
}

static int set_up_next(struct spree *spree)
{
	struct timerheap_setup setup =
		setup_of(spree->queues % 50 ? 1 : 5000, 0);
	int err;

	setup.ring_entries = 1;
	err = call(spree->fds[spree->queues], TIMERHEAP_IOC_SETUP, &setup);
	spree->queues += !err;
	CHECK_ORDER(charged_now(spree), <=, GROUP_MAX);
	return err;
}

/* Small ones and large, until there is no more. */
static void set_up_all(void *arg)
{
	struct spree *spree = arg;
	int err = 0;

	REQUIRE_EQ(write_text(GROUP "/cgroup.procs", "%d", getpid()), 0);
	while (!err && spree->queues < FILES)
		err = set_up_next(spree);
	CHECK_EQ(err, -ENOMEM);
	spree->enomem = true;
}

/* All of it is paid for, and nobody is killed. */
static void memory_ends(void)
{
	struct spree *spree = mmap(NULL, sizeof(*spree), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long before, taken, most;
	struct watch watch;
	pid_t child;

	prepare();
	write_text(ROOT "/cgroup.subtree_control", "+memory");
	if ((mkdir(GROUP, 0755) && errno != EEXIST) ||
	    write_text(GROUP "/memory.max", "%d", GROUP_MAX))
		skip("no memory cgroups");
	for (int i = 0; i < FILES; i++)
		spree->fds[i] = open_device();
	spree->current = open(GROUP "/memory.current", O_RDONLY | O_CLOEXEC);
	charged_now(spree);
	before = read_meminfo("MemAvailable");
	watch = watch_start();
	child = start_child(set_up_all, spree);
	CHECK(WAIT_UNTIL(spree->enomem));
	taken = (before - read_meminfo("MemAvailable")) * 1024;
	most = charged("peak");
	note("%u queues: %ld kB of %d charged, %ld kB taken from the system",
	     spree->queues, most / 1024, GROUP_MAX / 1024, taken / 1024);
	CHECK_ORDER(spree->queues, >, FILES / 10);
	CHECK_ORDER(most, <=, GROUP_MAX);
	/* What is not charged is small change: descriptions of areas. */
	CHECK_ORDER(taken, <, GROUP_MAX / 8 * 9);
	CHECK_EQ(wait_child(child), 0);
	watch_stop(&watch, "SETUPs until memory ends");
	/* Pages go back to the allocator in bulk, whoever frees them. */
	watch = watch_start();
	for (int i = 0; i < FILES; i++)
		close(spree->fds[i]);
	CHECK_EQ(show(&watch, "closing all of them").runs, 0);
	CHECK(WAIT_UNTIL(charged("current") < GROUP_MAX / 16));
	CHECK(WAIT_UNTIL(before - read_meminfo("MemAvailable") <
			 GROUP_MAX / 16 / 1024));
}

static const struct test_case cases[] = {
	CASE(nothing),
	CASE(the_tracer_itself),
	CASE(timerfds_due_at_once),
	CASE(due_at_once),
	CASE(hundred_thousand_pushed_back),
	CASE(million_pushed_back),
	CASE(cancelled),
	CASE(earlier_and_earlier),
	CASE(period_of_1ns),
	CASE(periods_of_1ns),
	CASE(periods_apart),
	CASE(lead_and_slack),
	CASE(kicks),
	CASE(doorbells),
	CASE(reads),
	CASE(stalls),
	CASE(epolls),
	CASE(hundred_queues),
	CASE(thousand_queues),
	CASE(memory_ends),
};

TEST_MAIN_RESTORE(cases, restore)
