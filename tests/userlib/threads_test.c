// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many threads on one queue, and one that plays the kernel: what each did is
 * written down, and compared when all is over.  Also for the thread sanitizer.
 */
#include <pthread.h>
#include <sched.h>

#include "suite.h"

#define SLOTS 64
#define KEEPERS 2
#define MINE 12
#define ARMS 20000
#define TENANTS 2
#define LEASES 30000
#define LOG (1 << 20)

enum fate { REPLACED, CANCELLED, TOO_LATE, PENDING };

/* Written by the thread that owns the slot. */
struct arm {
	__u64 deadline_ns;
	enum fate fate;
};

struct keeper {
	struct timerheap *th;
	unsigned int seed;
	__u32 slots[MINE];
	struct arm arms[MINE][ARMS];
};

struct lease {
	__u64 deadline_ns;
};

struct tenant {
	struct timerheap *th;
	unsigned int seed;
	struct lease leases[LEASES];
};

static struct keeper keepers[KEEPERS];
static struct tenant tenants[TENANTS];
static struct timerheap_event events[LOG];
static unsigned int logged;
static bool stop_kernel, stop_consumer;

static bool stopped(bool *stop)
{
	return __atomic_load_n(stop, __ATOMIC_ACQUIRE);
}

static void stop(bool *which, pthread_t thread)
{
	__atomic_store_n(which, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

static __u64 now(void)
{
	return __atomic_load_n(&fake.now, __ATOMIC_RELAXED);
}

static void *kernel(void *arg)
{
	struct timerheap *th = arg;
	unsigned int turns = 0;

	while (!stopped(&stop_kernel)) {
		__u64 t = __atomic_add_fetch(&fake.now, 40, __ATOMIC_RELAXED);
		__u64 next = __atomic_load_n(&th->header->next_event_ns,
					     __ATOMIC_RELAXED);

		if (__atomic_exchange_n(&fake.kicked, false,
					__ATOMIC_SEQ_CST) ||
		    next <= t)
			fake_run(th);
		if (++turns % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void *consumer(void *arg)
{
	struct timerheap *th = arg;
	bool last;

	do {
		int n;

		last = stopped(&stop_consumer);
		n = timerheap_reap(th, &events[logged], LOG - logged);
		if (n > 0) {
			logged += (unsigned int)n;
			last = false;
		} else {
			sched_yield();
		}
	} while (!last);
	return NULL;
}

static unsigned int random_below(unsigned int *seed, unsigned int n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void let_pass(__u64 ns)
{
	__u64 end = now() + ns;

	while (now() < end)
		sched_yield();
}

/* Arms its slots over and over; deadlines of a slot are all different. */
static void *keeper(void *arg)
{
	struct keeper *k = arg;
	__u64 last[MINE] = { 0 };

	for (int round = 0; round < ARMS; round++) {
		/* Now and then they fire and are reaped, however slow all is. */
		if (!random_below(&k->seed, 64)) {
			let_pass(3500);
			while (timerheap_wait(k->th, 0, 0) > 0)
				sched_yield();
		}
		for (int i = 0; i < MINE; i++) {
			struct arm *a = &k->arms[i][round];
			__u64 d = now() + random_below(&k->seed, 3000);

			if (d <= last[i])
				d = last[i] + 1;
			last[i] = d;
			*a = (struct arm){ d, REPLACED };
			if (random_below(&k->seed, 4)) {
				timerheap_arm(k->th, k->slots[i], d);
			} else {
				timerheap_arm_deferred(k->th, k->slots[i], d);
				timerheap_flush(k->th);
			}
			if (!random_below(&k->seed, 3))
				a->fate = timerheap_cancel(k->th, k->slots[i])
					? CANCELLED
					: TOO_LATE;
			else if (round == ARMS - 1)
				a->fate = PENDING;
		}
	}
	return NULL;
}

/* Takes a slot, arms it and gives it back, again and again. */
static void *tenant(void *arg)
{
	struct tenant *t = arg;

	for (int i = 0; i < LEASES; i++) {
		int slot = timerheap_slot_alloc(t->th, &t->leases[i]);

		if (slot < 0)
			continue;
		t->leases[i].deadline_ns =
			now() + 1 + random_below(&t->seed, 200);
		timerheap_arm(t->th, (__u32)slot, t->leases[i].deadline_ns);
		if (!random_below(&t->seed, 32))
			let_pass(300);
		timerheap_slot_free(t->th, (__u32)slot);
	}
	return NULL;
}

/* How often the consumer saw that arm. */
static unsigned int seen(__u32 slot, __u64 deadline_ns)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < logged; i++)
		n += events[i].slot == slot &&
			events[i].deadline_ns == deadline_ns;
	return n;
}

/* Sorted by time, an arm is found by halving. */
static const struct arm *find(const struct arm *arms, __u64 deadline_ns)
{
	int low = 0, high = ARMS - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (arms[middle].deadline_ns < deadline_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return arms[low].deadline_ns == deadline_ns ? &arms[low] : NULL;
}

static void check_keeper(const struct keeper *k, int i)
{
	const struct arm *end = &k->arms[i][ARMS - 1];
	__u64 last = 0;

	for (unsigned int e = 0; e < logged; e++) {
		const struct arm *a;

		if (events[e].slot != k->slots[i])
			continue;
		a = find(k->arms[i], events[e].deadline_ns);
		assert_non_null(a);
		assert_int_not_equal(a->fate, CANCELLED);
		assert_ptr_equal(events[e].data, &k->arms[i]);
		/* Once each, and in order. */
		assert_true(events[e].deadline_ns > last);
		last = events[e].deadline_ns;
	}
	/* Others may have been replaced, also in the ring. */
	assert_int_equal(seen(k->slots[i], end->deadline_ns),
			 end->fate != CANCELLED);
}

static bool kept(__u32 slot)
{
	for (int k = 0; k < KEEPERS; k++)
		for (int i = 0; i < MINE; i++)
			if (keepers[k].slots[i] == slot)
				return true;
	return false;
}

static void check_tenants(void)
{
	for (unsigned int e = 0; e < logged; e++) {
		const struct lease *l = events[e].data;

		assert_true(events[e].fired_ns >= events[e].deadline_ns);
		if (!kept(events[e].slot))
			assert_int_equal(l->deadline_ns, events[e].deadline_ns);
	}
}

static void all_at_once(void **state)
{
	struct timerheap *th = fake_open(SLOTS, 8);
	pthread_t kernel_thread, consumer_thread, others[KEEPERS + TENANTS];

	(void)state;
	fake.remote = true;
	for (unsigned int k = 0; k < KEEPERS; k++) {
		keepers[k].th = th;
		keepers[k].seed = k + 1;
		for (int i = 0; i < MINE; i++)
			keepers[k].slots[i] =
				suite_alloc(th, &keepers[k].arms[i]);
	}
	pthread_create(&kernel_thread, NULL, kernel, th);
	pthread_create(&consumer_thread, NULL, consumer, th);
	for (unsigned int k = 0; k < KEEPERS; k++)
		pthread_create(&others[k], NULL, keeper, &keepers[k]);
	for (unsigned int t = 0; t < TENANTS; t++) {
		tenants[t].th = th;
		tenants[t].seed = t + 77;
		pthread_create(&others[KEEPERS + t], NULL, tenant, &tenants[t]);
	}
	for (int i = 0; i < KEEPERS + TENANTS; i++)
		pthread_join(others[i], NULL);

	/* What is pending becomes due, at the kernel's own pace. */
	let_pass(20000);
	stop(&stop_kernel, kernel_thread);
	fake.remote = false;
	/* The consumer may have kicked when nobody was there any more. */
	fake_run(th);
	stop(&stop_consumer, consumer_thread);

	assert_in_range(logged, 1000, LOG - 1);
	for (int k = 0; k < KEEPERS; k++)
		for (int i = 0; i < MINE; i++)
			check_keeper(&keepers[k], i);
	check_tenants();
	timerheap_close(th);
}

struct taker {
	struct timerheap *th;
	int owner;
};

static int owners[SLOTS];

/* No slot belongs to two at once; none is lost. */
static void *taker(void *arg)
{
	struct taker *t = arg;
	int mine[SLOTS / 4];
	long bad = 0;

	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < COUNT(mine); i++) {
			mine[i] = timerheap_slot_alloc(t->th, NULL);
			if (mine[i] < 0 ||
			    __atomic_exchange_n(&owners[mine[i]], t->owner,
						__ATOMIC_RELAXED))
				return (void *)1;
		}
		for (size_t i = 0; i < COUNT(mine); i++) {
			bad |= __atomic_exchange_n(&owners[mine[i]], 0,
						   __ATOMIC_RELAXED) !=
				t->owner;
			bad |= timerheap_slot_free(t->th, (__u32)mine[i]);
		}
	}
	return (void *)bad;
}

static void slots_have_one_owner(void **state)
{
	struct timerheap *th = fake_open(SLOTS, 8);
	struct taker takers[4];
	pthread_t threads[4];

	(void)state;
	/* Together they take all that there are: nobody may be refused. */
	for (int i = 0; i < 4; i++) {
		takers[i] = (struct taker){ th, i + 1 };
		pthread_create(&threads[i], NULL, taker, &takers[i]);
	}
	for (int i = 0; i < 4; i++) {
		void *bad;

		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	for (int i = 0; i < SLOTS; i++)
		(void)suite_alloc(th, NULL);
	assert_int_equal(timerheap_slot_alloc(th, NULL), -ENOSPC);
	timerheap_close(th);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_at_once),
		TEST(slots_have_one_owner),
	};

	return RUN(tests);
}
