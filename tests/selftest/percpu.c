// SPDX-License-Identifier: GPL-2.0-only
/* The library's object with a queue on each CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <timerheap/timerheap.h>

#include "harness.h"

static struct timerheap_percpu *open_all(uint32_t nslots)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap_percpu *p;

	opts.nslots = nslots;
	REQUIRE_EQ(timerheap_percpu_open(&p, &opts), 0);
	return p;
}

static struct timerheap_event next_event(struct timerheap_percpu *p)
{
	uint64_t give_up = mono_ns() + PATIENCE_NS;
	struct timerheap_event ev;

	POISON(ev);
	while (timerheap_percpu_reap(p, &ev, 1) != 1) {
		REQUIRE(mono_ns() < give_up);
		REQUIRE(timerheap_percpu_wait(p, give_up) >= 0);
	}
	return ev;
}

static bool is_quiet(struct timerheap_percpu *p, unsigned int ms)
{
	struct timerheap_event ev;

	timerheap_percpu_wait(p, mono_ns() + ms * NSEC_PER_MSEC);
	return timerheap_percpu_reap(p, &ev, 1) == 0;
}

static void a_queue_on_each(void)
{
	struct timerheap_percpu *p = open_all(100);

	CHECK_EQ(timerheap_percpu_count(p), cpus_online());
	for (int i = 0; i < cpus_online(); i++) {
		struct timerheap *th = timerheap_percpu_queue(p, i);

		REQUIRE(th);
		CHECK_EQ(timerheap_cpu(th), i);
		pin_to(i);
		CHECK(timerheap_percpu_here(p) == th);
	}
	CHECK(!timerheap_percpu_queue(p, cpus_online()));
	timerheap_percpu_close(p);
	timerheap_percpu_close(NULL);
}

/* Those that the caller may run on. */
static void allowed_only(void)
{
	int cpu = other_cpu(0);
	struct timerheap_percpu *p;

	pin_to(cpu);
	p = open_all(10);
	CHECK_EQ(timerheap_percpu_count(p), 1);
	CHECK_EQ(timerheap_cpu(timerheap_percpu_queue(p, 0)), cpu);
	timerheap_percpu_close(p);
}

static void arm_where_one_is(void)
{
	struct timerheap_percpu *p = open_all(100);

	for (int i = 0; i < 50; i++) {
		int cpu = i % cpus_online();
		uint64_t timer = 0, deadline;
		struct timerheap_event ev;

		pin_to(cpu);
		deadline = mono_ns() + NSEC_PER_MSEC;
		REQUIRE_EQ(timerheap_percpu_arm(p, &p, deadline, &timer), 0);
		CHECK(timer);
		pin_to(-1);
		ev = next_event(p);
		CHECK_EQ(ev.cpu, cpu);
		CHECK_EQ(ev.timer, timer);
		CHECK(ev.data == &p);
		CHECK_EQ(ev.deadline_ns, deadline);
		CHECK_ORDER(ev.fired_ns, >=, deadline);
		CHECK_EQ(timerheap_percpu_free(p, timer), 0);
		CHECK_EQ(timerheap_percpu_free(p, timer), -EINVAL);
	}
	CHECK(is_quiet(p, 10));
	timerheap_percpu_close(p);
}

static void by_handle(void)
{
	struct timerheap_percpu *p = open_all(100);
	uint64_t timer, deadline = mono_ns() + 100 * NSEC_PER_SEC;

	REQUIRE_EQ(timerheap_percpu_arm(p, NULL, deadline, &timer), 0);
	CHECK_EQ(timerheap_percpu_cancel(p, timer), 1);
	CHECK_EQ(timerheap_percpu_cancel(p, timer), 0);
	deadline = mono_ns() + NSEC_PER_MSEC;
	/* From any CPU. */
	pin_to(cpus_online() - 1);
	CHECK_EQ(timerheap_percpu_rearm(p, timer, deadline), 0);
	CHECK_EQ(next_event(p).deadline_ns, deadline);
	CHECK_EQ(timerheap_percpu_cancel(p, timer), 0);
	CHECK_EQ(timerheap_percpu_free(p, timer), 0);
	CHECK_EQ(timerheap_percpu_rearm(p, 0, deadline), -EINVAL);
	CHECK_EQ(timerheap_percpu_cancel(p, UINT64_MAX), -EINVAL);
	timerheap_percpu_close(p);
}

static void when_one_is_full(void)
{
	struct timerheap_percpu *p = open_all(4);
	unsigned int total = 4 * cpus_online();
	uint64_t timer;

	pin_to(0);
	for (unsigned int i = 0; i < total; i++)
		REQUIRE_EQ(timerheap_percpu_arm(p, NULL, i + 1, &timer), 0);
	CHECK_EQ(timerheap_percpu_arm(p, NULL, 1, &timer), -ENOSPC);
	CHECK_EQ(timer, 0);
	for (unsigned int i = 0; i < total; i++)
		next_event(p);
	CHECK(is_quiet(p, 10));
	timerheap_percpu_close(p);
}

static void one_descriptor(void)
{
	struct timerheap_percpu *p = open_all(10);
	struct pollfd pollfd = { .fd = timerheap_percpu_fd(p),
				 .events = POLLIN };

	CHECK_EQ(poll(&pollfd, 1, 0), 0);
	for (int cpu = 0; cpu < cpus_online(); cpu++) {
		uint64_t timer;

		pin_to(cpu);
		REQUIRE_EQ(timerheap_percpu_arm(p, NULL,
						mono_ns() + 5 * NSEC_PER_MSEC,
						&timer),
			   0);
		pin_to(-1);
		CHECK_EQ(poll(&pollfd, 1, 20000), 1);
		CHECK_EQ(pollfd.revents, POLLIN);
		CHECK_EQ(next_event(p).cpu, cpu);
		CHECK_EQ(poll(&pollfd, 1, 0), 0);
	}
	timerheap_percpu_close(p);
}

static void wait(void)
{
	struct timerheap_percpu *p = open_all(10);
	uint64_t limit = mono_ns() + 50 * NSEC_PER_MSEC, timer;

	CHECK_EQ(timerheap_percpu_wait(p, 0), 0);
	CHECK_EQ(timerheap_percpu_wait(p, limit), 0);
	CHECK_ORDER(mono_ns(), >=, limit);
	limit = mono_ns() + 5 * NSEC_PER_MSEC;
	REQUIRE_EQ(timerheap_percpu_arm(p, NULL, limit, &timer), 0);
	CHECK_EQ(timerheap_percpu_wait(p, TIMERHEAP_NEVER), 1);
	CHECK_ORDER(mono_ns(), >=, limit);
	timerheap_percpu_close(p);
}

/* A thread on each CPU arms; one consumes all. */
struct load {
	struct timerheap_percpu *p;
	int cpu;
};

#define EACH 2000

static void *arm_many(void *arg)
{
	struct load *load = arg;

	pin_to(load->cpu);
	for (unsigned long i = 0; i < scaled(EACH); i++) {
		uint64_t timer;

		REQUIRE_EQ(timerheap_percpu_arm(load->p, load, mono_ns() + i,
						&timer),
			   0);
	}
	return NULL;
}

static void a_thread_on_each(void)
{
	struct timerheap_percpu *p = open_all(EACH);
	unsigned int n = cpus_online();
	struct load loads[64];
	pthread_t threads[64];
	unsigned long got[64] = { 0 };

	REQUIRE(n <= ARRAY_SIZE(loads));
	for (unsigned int i = 0; i < n; i++) {
		loads[i] = (struct load){ p, i };
		threads[i] = start_thread(arm_many, &loads[i]);
	}
	for (unsigned long i = 0; i < n * scaled(EACH); i++) {
		struct timerheap_event ev = next_event(p);
		struct load *load = ev.data;

		REQUIRE(load >= loads && load < loads + n);
		CHECK_EQ(ev.cpu, load->cpu);
		got[load->cpu]++;
	}
	for (unsigned int i = 0; i < n; i++) {
		join_thread(threads[i]);
		CHECK_EQ(got[i], scaled(EACH));
	}
	CHECK(is_quiet(p, 10));
	timerheap_percpu_close(p);
}

static const struct test_case cases[] = {
	CASE(a_queue_on_each),
	CASE(allowed_only),
	CASE(arm_where_one_is),
	CASE(by_handle),
	CASE(when_one_is_full),
	CASE(one_descriptor),
	CASE(wait),
	CASE(a_thread_on_each),
};

TEST_MAIN(cases)
