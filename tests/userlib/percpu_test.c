// SPDX-License-Identifier: LGPL-2.1-or-later
/* A queue on each CPU behind one descriptor. */
#include "suite.h"

static struct timerheap_percpu *open_on(__u32 nslots, int ncpus,
					const int *cpus)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap_percpu *p;

	opts.nslots = nslots;
	opts.ring_entries = 4;
	fake.ncpus = ncpus;
	memcpy(fake.cpus, cpus, (size_t)ncpus * sizeof(*cpus));
	fake.cpu = cpus[0];
	assert_int_equal(timerheap_percpu_open(&p, &opts), 0);
	return p;
}

static void assert_nothing_left(void)
{
	assert_int_equal(fake.opened, fake.closed);
	assert_int_equal(fake.mapped, fake.unmapped);
	assert_int_equal(fake.pollfds, 0);
}

static void one_each(void **state)
{
	static const int cpus[] = { 1, 4, 9 };
	struct timerheap_percpu *p = open_on(8, 3, cpus);

	(void)state;
	assert_int_equal(timerheap_percpu_count(p), 3);
	assert_int_equal(timerheap_percpu_fd(p), FAKE_POLLFD);
	for (unsigned int i = 0; i < 3; i++) {
		struct timerheap *th = timerheap_percpu_queue(p, i);

		assert_int_equal(timerheap_cpu(th), cpus[i]);
		fake.cpu = cpus[i];
		assert_ptr_equal(timerheap_percpu_here(p), th);
	}
	assert_null(timerheap_percpu_queue(p, 3));
	assert_null(timerheap_percpu_queue(p, UINT_MAX));
	timerheap_percpu_close(p);
	assert_nothing_left();
	timerheap_percpu_close(NULL);
}

/* A CPU without a queue, beyond all, or unknown: any queue will do. */
static void here_without_queue(void **state)
{
	static const int cpus[] = { 1, 4 }, others[] = { 0, 2, 5, 1000, -38 };
	struct timerheap_percpu *p = open_on(8, 2, cpus);

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		fake.cpu = others[i];
		assert_non_null(timerheap_percpu_here(p));
	}
	timerheap_percpu_close(p);
}

static void each_step_fails(void **state)
{
	struct timerheap_percpu *p = (void *)&fake;
	int *knobs[] = { &fake.fail_cpus,     &fake.fail_poll_create,
			 &fake.fail_poll_add, &fake.fail_open,
			 &fake.fail_map,      &fake.fail[0],
			 &fake.fail[1] };

	(void)state;
	assert_int_equal(timerheap_percpu_open(NULL, NULL), -EINVAL);
	fake.ncpus = 3;
	fake.cpus[1] = 1;
	fake.cpus[2] = 2;
	for (fake.fail_queue = 0; fake.fail_queue < 3; fake.fail_queue++) {
		for (size_t i = 0; i < COUNT(knobs); i++) {
			*knobs[i] = -EMFILE;
			p = (void *)&fake;
			assert_int_equal(timerheap_percpu_open(&p, NULL),
					 -EMFILE);
			assert_null(p);
			assert_nothing_left();
			*knobs[i] = 0;
		}
	}
	assert_int_equal(timerheap_percpu_open(&p, NULL), 0);
	timerheap_percpu_close(p);
	assert_nothing_left();
}

static void timers(void **state)
{
	static const int cpus[] = { 0, 1 };
	struct timerheap_percpu *p = open_on(8, 2, cpus);
	__u64 base = fake.now + 1000;
	struct timerheap_event ev[8];
	uint64_t a, b;

	(void)state;
	assert_int_equal(timerheap_percpu_arm(p, tag(1), base, &a), 0);
	fake.cpu = 1;
	assert_int_equal(timerheap_percpu_arm(p, tag(2), base + 5, &b), 0);
	assert_int_not_equal(a, 0);
	assert_int_not_equal(b, 0);
	assert_int_not_equal(a, b);
	fake_advance(base + 5);
	assert_int_equal(timerheap_percpu_reap(p, ev, 8), 2);
	for (int i = 0; i < 2; i++) {
		bool first = ev[i].data == tag(1);

		assert_ptr_equal(ev[i].data, first ? tag(1) : tag(2));
		assert_int_equal(ev[i].timer, first ? a : b);
		assert_int_equal(ev[i].cpu, first ? 0 : 1);
	}
	assert_ptr_not_equal(ev[0].data, ev[1].data);
	/* It stays where it was made. */
	assert_int_equal(timerheap_percpu_rearm(p, a, base + 500), 0);
	assert_int_equal(timerheap_percpu_cancel(p, a), 1);
	assert_int_equal(timerheap_percpu_cancel(p, a), 0);
	assert_int_equal(timerheap_percpu_rearm(p, a, base + 600), 0);
	assert_int_equal(timerheap_percpu_rearm(p, b, base + 600), 0);
	assert_int_equal(timerheap_percpu_free(p, b), 0);
	fake_advance(base + 700);
	assert_int_equal(timerheap_percpu_reap(p, ev, 8), 1);
	assert_int_equal(ev[0].timer, a);
	assert_int_equal(ev[0].cpu, 0);
	assert_int_equal(timerheap_percpu_free(p, b), -EINVAL);
	timerheap_percpu_close(p);
}

static void no_such_timer(void **state)
{
	static const int cpus[] = { 0, 1 };
	struct timerheap_percpu *p = open_on(8, 2, cpus);
	static const uint64_t odd[] = { 0,
					1,
					7,
					1ULL << 32 | 8,
					2ULL << 32 | 8,
					3ULL << 32,
					UINT64_MAX,
					~0ULL << 32 };
	struct timerheap_event ev;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		assert_int_equal(timerheap_percpu_rearm(p, odd[i], 5), -EINVAL);
		assert_int_equal(timerheap_percpu_cancel(p, odd[i]), -EINVAL);
		assert_int_equal(timerheap_percpu_free(p, odd[i]), -EINVAL);
	}
	assert_int_equal(timerheap_percpu_reap(p, NULL, 1), -EINVAL);
	assert_int_equal(timerheap_percpu_reap(p, &ev, 0), 0);
	assert_int_equal(timerheap_percpu_reap(p, &ev, UINT_MAX), 0);
	timerheap_percpu_close(p);
}

static void arm_fails(void **state)
{
	static const int cpus[] = { 0, 1 };
	struct timerheap_percpu *p = open_on(2, 2, cpus);
	uint64_t timer = 5, made[4];

	(void)state;
	assert_int_equal(timerheap_percpu_arm(p, NULL, 0, &timer), -EINVAL);
	assert_int_equal(timer, 0);
	fake.fail[2] = -EIO;
	timer = 5;
	assert_int_equal(timerheap_percpu_arm(p, NULL, 9, &timer), -EIO);
	assert_int_equal(timer, 0);
	fake.fail[2] = 0;
	/* All slots of all queues are there still. */
	for (int i = 0; i < 4; i++) {
		assert_int_equal(timerheap_percpu_arm(p, NULL, 9, &made[i]), 0);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(made[i], made[k]);
	}
	timer = 5;
	assert_int_equal(timerheap_percpu_arm(p, NULL, 9, &timer), -ENOSPC);
	assert_int_equal(timer, 0);
	timerheap_percpu_close(p);
}

static void reap_is_fair(void **state)
{
	static const int cpus[] = { 0, 1, 2 };
	struct timerheap_percpu *p = open_on(8, 3, cpus);
	struct timerheap_event ev[12];
	int seen[3] = { 0 };

	(void)state;
	for (fake.cpu = 0; fake.cpu < 3; fake.cpu++) {
		for (int i = 0; i < 4; i++) {
			uint64_t timer;

			assert_int_equal(
				timerheap_percpu_arm(p, NULL, 9, &timer), 0);
		}
	}
	/* Less than one each: they take turns. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(timerheap_percpu_reap(p, ev, 1), 1);
		seen[ev[0].cpu]++;
	}
	assert_int_equal(timerheap_percpu_reap(p, ev, 3), 3);
	for (int i = 0; i < 3; i++)
		seen[ev[i].cpu]++;
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen[i], 2);
	/* What one does not use, others may. */
	assert_int_equal(timerheap_reap(timerheap_percpu_queue(p, 1), ev, 9),
			 2);
	memset(ev, 0x5A, sizeof(ev));
	assert_int_equal(timerheap_percpu_reap(p, ev, 3), 3);
	assert_int_equal(ev[3].deadline_ns, 0x5A5A5A5A5A5A5A5A);
	assert_int_equal(timerheap_percpu_reap(p, ev, 12), 1);
	assert_int_equal(timerheap_percpu_reap(p, ev, 12), 0);
	timerheap_percpu_close(p);
}

static void wait_for_any(void **state)
{
	static const int cpus[] = { 0, 1 };
	struct timerheap_percpu *p = open_on(8, 2, cpus);
	__u64 base = fake.now + 1000;
	uint64_t timer;

	(void)state;
	assert_int_equal(timerheap_percpu_wait(p, 0), 0);
	assert_int_equal(fake.poll_waits, 0);
	assert_int_equal(timerheap_percpu_wait(p, fake.now), 0);
	assert_int_equal(timerheap_percpu_wait(p, fake.now - 1), 0);
	assert_int_equal(fake.poll_waits, 0);
	assert_int_equal(timerheap_percpu_wait(p, base - 500), 0);
	assert_int_equal(fake.now, base - 500);
	fake.cpu = 1;
	assert_int_equal(timerheap_percpu_arm(p, NULL, base, &timer), 0);
	assert_int_equal(timerheap_percpu_wait(p, TIMERHEAP_NEVER), 1);
	assert_int_equal(fake.now, base);
	assert_int_equal(fake.poll_waits, 2);
	/* Still there: no system call. */
	assert_int_equal(timerheap_percpu_wait(p, TIMERHEAP_NEVER), 1);
	assert_int_equal(fake.poll_waits, 2);
	timerheap_percpu_close(p);
}

static void wait_fails(void **state)
{
	static const int cpus[] = { 0 };
	struct timerheap_percpu *p = open_on(8, 1, cpus);

	(void)state;
	fake.fail_poll_wait = -EINTR;
	assert_int_equal(timerheap_percpu_wait(p, TIMERHEAP_NEVER), -EINTR);
	timerheap_percpu_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_each),	       TEST(here_without_queue),
		TEST(each_step_fails), TEST(timers),
		TEST(no_such_timer),   TEST(arm_fails),
		TEST(reap_is_fair),    TEST(wait_for_any),
		TEST(wait_fails),
	};

	return RUN(tests);
}
