// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake.h"

#define FIRST_FD 100
#define GAP 64
#define POISON 0xA5

struct queue {
	bool open;
	struct timerheap_setup setup;
	unsigned char *memory;
	struct timerheap_header *header;
	__u64 *level1;
	__u64 *level0;
	struct timerheap_expiry *ring;
	struct timerheap_slot *slots;
	__u64 *keys;
	__u32 words;
	__u32 tail;
};

struct fake fake;
static struct queue queues[FAKE_QUEUES];
static pthread_mutex_t kernel_lock = PTHREAD_MUTEX_INITIALIZER;

static void destroy(struct queue *q)
{
	free(q->memory);
	free(q->keys);
	memset(q, 0, sizeof(*q));
}

void fake_reset(void)
{
	for (int i = 0; i < FAKE_QUEUES; i++)
		destroy(&queues[i]);
	memset(&fake, 0, sizeof(fake));
	fake.now = 1000000;
	fake.abi_version = TIMERHEAP_ABI_VERSION;
	fake.max_slots = 1 << 16;
	fake.ncpus = 1;
	fake.own_fd = -1;
}

struct timerheap *fake_open(__u32 nslots, __u32 ring_entries)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th;

	opts.nslots = nslots;
	opts.ring_entries = ring_entries;
	assert_int_equal(timerheap_open(&th, &opts), 0);
	return th;
}

struct timerheap_header *fake_header(void)
{
	return queues[0].header;
}

int fake_kicks(void)
{
	return __atomic_load_n(&fake.calls[2], __ATOMIC_RELAXED);
}

static __u64 now(void)
{
	return __atomic_load_n(&fake.now, __ATOMIC_RELAXED);
}

/* The queue's own work: as the header says, in the simplest way. */

static __u64 key_of(const struct timerheap_slot *s, __u64 expires)
{
	__u64 slack = __atomic_load_n(&s->slack_ns, __ATOMIC_RELAXED);

	return expires + slack < expires ? TIMERHEAP_NEVER : expires + slack;
}

static void settle(struct queue *q, __u32 slot, __u64 expires)
{
	struct timerheap_slot *s = &q->slots[slot];
	__u64 key;

	do {
		key = expires ? key_of(s, expires) : TIMERHEAP_NEVER;
		q->keys[slot] = key;
		__atomic_store_n(&s->armed_ns, key, __ATOMIC_SEQ_CST);
		expires = __atomic_load_n(&s->expires_ns, __ATOMIC_SEQ_CST);
	} while (expires && key_of(s, expires) < key);
}

static void answer(struct queue *q, __u32 slot)
{
	struct timerheap_slot *s = &q->slots[slot];
	__u64 expires = __atomic_load_n(&s->expires_ns, __ATOMIC_SEQ_CST);

	if (expires && key_of(s, expires) < q->keys[slot])
		settle(q, slot, expires);
}

static bool drain(struct queue *q)
{
	bool any = false;

	for (__u32 group = 0; group < (q->words + 63) / 64; group++) {
		__u64 words = __atomic_exchange_n(&q->level1[group], 0,
						  __ATOMIC_SEQ_CST);

		for (; words; words &= words - 1) {
			__u32 word = group * 64 + (__u32)__builtin_ctzll(words);
			__u64 bits = __atomic_exchange_n(&q->level0[word], 0,
							 __ATOMIC_SEQ_CST);

			any = true;
			for (; bits; bits &= bits - 1)
				answer(q,
				       word * 64 +
					       (__u32)__builtin_ctzll(bits));
		}
	}
	return any;
}

static bool full(const struct queue *q)
{
	return q->tail -
		__atomic_load_n(&q->header->cq_head, __ATOMIC_SEQ_CST) >=
		q->setup.ring_entries;
}

static void expire(struct queue *q, __u32 slot, __u64 expires)
{
	struct timerheap_slot *s = &q->slots[slot];
	__u64 period = __atomic_load_n(&s->period_ns, __ATOMIC_RELAXED);
	__u32 flags = __atomic_load_n(&s->flags, __ATOMIC_RELAXED);
	__u64 fired = now() + fake.fired_late_ns, missed = 0, next = 0;
	unsigned __int128 exact;

	if (period) {
		if (period < FAKE_MIN_PERIOD)
			period = FAKE_MIN_PERIOD;
		if (fired > expires)
			missed = (fired - expires) / period;
		exact = flags & TIMERHEAP_SLOT_RESTART
			? (unsigned __int128)(fired > expires ? fired
							      : expires) +
				period
			: expires + (unsigned __int128)(missed + 1) * period;
		next = exact > TIMERHEAP_NEVER ? TIMERHEAP_NEVER : (__u64)exact;
	}
	if (!__atomic_compare_exchange_n(&s->expires_ns, &expires, next, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	q->ring[q->tail & (q->setup.ring_entries - 1)] =
		(struct timerheap_expiry){
			.expires_ns = expires,
			.fired_ns = fired,
			.slot = slot,
			.overruns = missed < UINT32_MAX ? (__u32)missed
							: UINT32_MAX,
			.cpu = (__u32)q->setup.cpu,
			.flags = fired < expires ? TIMERHEAP_EXPIRY_LEAD : 0,
		};
	q->tail++;
	__atomic_store_n(&q->header->cq_tail, q->tail, __ATOMIC_RELEASE);
	settle(q, slot, next);
}

/* Fire or move the slot with the least key; false when there is none due. */
static bool fire_one(struct queue *q)
{
	__u32 lead = __atomic_load_n(&q->header->lead_ns, __ATOMIC_RELAXED);
	__u64 horizon = now() + lead, expires;
	__u32 slot = 0;

	for (__u32 i = 1; i < q->setup.nslots; i++)
		if (q->keys[i] < q->keys[slot])
			slot = i;
	expires = __atomic_load_n(&q->slots[slot].expires_ns, __ATOMIC_SEQ_CST);
	if (q->keys[slot] == TIMERHEAP_NEVER ||
	    (q->keys[slot] > horizon && (!expires || expires > horizon)))
		return false;
	if (!expires || expires > horizon) {
		settle(q, slot, expires);
		return true;
	}
	if (full(q)) {
		__atomic_fetch_or(&q->header->flags, TIMERHEAP_HDR_STALLED,
				  __ATOMIC_SEQ_CST);
		if (full(q))
			return false;
	}
	expire(q, slot, expires);
	return true;
}

static __u64 least_key(const struct queue *q)
{
	__u64 least = TIMERHEAP_NEVER;

	for (__u32 i = 0; i < q->setup.nslots; i++)
		if (q->keys[i] < least)
			least = q->keys[i];
	return least;
}

static bool stalled(const struct queue *q)
{
	return __atomic_load_n(&q->header->flags, __ATOMIC_SEQ_CST) &
		TIMERHEAP_HDR_STALLED;
}

static void run(struct queue *q)
{
	pthread_mutex_lock(&kernel_lock);
	__atomic_fetch_and(&q->header->flags, ~TIMERHEAP_HDR_STALLED,
			   __ATOMIC_SEQ_CST);
	do {
		drain(q);
		while (fire_one(q))
			;
		__atomic_store_n(&q->header->next_event_ns, least_key(q),
				 __ATOMIC_SEQ_CST);
	} while (drain(q));
	pthread_mutex_unlock(&kernel_lock);
}

void fake_run(struct timerheap *th)
{
	run(&queues[th->fd - FIRST_FD]);
}

/* When the kernel looks at some queue next; NULL: never. */
static struct queue *next_queue(__u64 *when)
{
	struct queue *next = NULL;

	*when = TIMERHEAP_NEVER;
	for (int i = 0; i < FAKE_QUEUES; i++) {
		struct queue *q = &queues[i];
		__u64 at;

		if (!q->memory || stalled(q) ||
		    q->header->next_event_ns == TIMERHEAP_NEVER)
			continue;
		at = q->header->next_event_ns;
		at = at > q->header->lead_ns ? at - q->header->lead_ns : 0;
		if (at < *when) {
			*when = at;
			next = q;
		}
	}
	return next;
}

/* One event, but not after @until; false when there is none. */
static bool step(__u64 until)
{
	__u64 when;
	struct queue *q = next_queue(&when);

	if (!q || when > until)
		return false;
	if (when > fake.now)
		fake.now = when;
	run(q);
	return true;
}

void fake_advance(__u64 until)
{
	while (step(until))
		;
	if (fake.now < until)
		fake.now = until;
}

/* What the library calls. */

static struct queue *queue_of(int fd)
{
	assert_in_range(fd, FIRST_FD, FIRST_FD + FAKE_QUEUES - 1);
	assert_true(queues[fd - FIRST_FD].open);
	return &queues[fd - FIRST_FD];
}

int timerheap__sys_open(const char *path)
{
	int i = 0;

	snprintf(fake.path, sizeof(fake.path), "%s", path);
	if (fake.fail_open)
		return fake.fail_open;
	while (i < FAKE_QUEUES && queues[i].open)
		i++;
	assert_in_range(i, 0, FAKE_QUEUES - 1);
	destroy(&queues[i]);
	queues[i].open = true;
	fake.opened++;
	return FIRST_FD + i;
}

void timerheap__sys_close(int fd)
{
	if (fd == FAKE_POLLFD) {
		fake.pollfds--;
		return;
	}
	if (fd == FAKE_SOCKET) {
		fake.sockets--;
		return;
	}
	if (fake.real_net && fd < FIRST_FD) {
		close(fd);
		return;
	}
	queue_of(fd)->open = false;
	fake.closed++;
}

static __u32 place(__u32 *size, size_t part)
{
	__u32 at = *size;

	*size += (__u32)(part + GAP - 1) / GAP * GAP + GAP;
	return at;
}

static int set_up(struct queue *q, struct timerheap_setup *setup)
{
	__u32 size = 0;

	assert_int_equal(setup->size, sizeof(*setup));
	fake.setup = *setup;
	if (!setup->nslots || setup->nslots > fake.max_slots || setup->flags ||
	    setup->__resv || setup->ring_entries & 1)
		return -EINVAL;
	if (!setup->ring_entries)
		setup->ring_entries = TIMERHEAP_RING_MIN;
	if (setup->cpu == TIMERHEAP_CPU_CURRENT)
		setup->cpu = fake.cpu;
	q->words = (setup->nslots + 63) / 64;
	setup->header_off = place(&size, sizeof(*q->header));
	setup->level1_off = place(&size, (q->words + 63) / 64 * 8);
	setup->level0_off = place(&size, q->words * 8);
	setup->ring_off = place(&size, setup->ring_entries * sizeof(*q->ring));
	setup->slots_off = place(&size, setup->nslots * sizeof(*q->slots));
	setup->mmap_size = size;
	q->setup = *setup;
	return 0;
}

int timerheap__sys_map(int fd, size_t size, void **map)
{
	struct queue *q = queue_of(fd);
	unsigned char *m;

	assert_int_equal(size, q->setup.mmap_size);
	if (fake.fail_map)
		return fake.fail_map;
	m = aligned_alloc(GAP, size);
	assert_non_null(m);
	memset(m, POISON, size);
	q->memory = m;
	q->header = (void *)(m + q->setup.header_off);
	q->level1 = (void *)(m + q->setup.level1_off);
	q->level0 = (void *)(m + q->setup.level0_off);
	q->ring = (void *)(m + q->setup.ring_off);
	q->slots = (void *)(m + q->setup.slots_off);
	memset(q->header, 0, sizeof(*q->header));
	memset(q->level1, 0, (q->words + 63) / 64 * 8);
	memset(q->level0, 0, q->words * 8);
	memset(q->slots, 0, q->setup.nslots * sizeof(*q->slots));
	q->keys = malloc(q->setup.nslots * sizeof(*q->keys));
	assert_non_null(q->keys);
	for (__u32 i = 0; i < q->setup.nslots; i++) {
		q->keys[i] = TIMERHEAP_NEVER;
		q->slots[i].armed_ns = TIMERHEAP_NEVER;
	}
	q->header->next_event_ns = TIMERHEAP_NEVER;
	q->header->cpu = (__u32)q->setup.cpu;
	/* Positions are free-running: let them wrap early in each test. */
	q->tail = 0U - 5;
	q->header->cq_tail = q->tail;
	q->header->cq_head = q->tail;
	*map = m;
	fake.mapped++;
	return 0;
}

static void check_gap(const struct queue *q, __u32 end)
{
	for (__u32 at = end - GAP; at < end; at++)
		assert_int_equal(q->memory[at], POISON);
}

void timerheap__sys_unmap(void *map, size_t size)
{
	for (int i = 0; i < FAKE_QUEUES; i++) {
		struct queue *q = &queues[i];

		if (!q->open || q->memory != map)
			continue;
		assert_int_equal(size, q->setup.mmap_size);
		check_gap(q, q->setup.level1_off);
		check_gap(q, q->setup.level0_off);
		check_gap(q, q->setup.ring_off);
		check_gap(q, q->setup.slots_off);
		check_gap(q, (__u32)q->setup.mmap_size);
		free(q->memory);
		q->memory = NULL;
		fake.unmapped++;
		return;
	}
	fail_msg("unmap of what was not mapped");
}

static __u32 ready(const struct queue *q)
{
	return __atomic_load_n(&q->header->cq_tail, __ATOMIC_ACQUIRE) -
		__atomic_load_n(&q->header->cq_head, __ATOMIC_RELAXED);
}

static int wait_for(struct queue *q, struct timerheap_wait *wait)
{
	assert_int_equal(wait->size, sizeof(*wait));
	assert_in_range(wait->min_expiries, 0, q->setup.ring_entries);
	fake.wait_min = wait->min_expiries;
	fake.wait_deadline = wait->deadline_ns;
	if (fake.on_wait)
		fake.on_wait();
	run(q);
	while (ready(q) < wait->min_expiries && step(wait->deadline_ns))
		;
	if (ready(q) < wait->min_expiries && wait->deadline_ns > fake.now) {
		if (wait->deadline_ns == TIMERHEAP_NEVER)
			fail_msg("a wait that nothing ends");
		fake.now = wait->deadline_ns;
	}
	fake.now += fake.wake_ns;
	wait->ready = ready(q);
	return 0;
}

static int info(struct timerheap_info *info)
{
	assert_int_equal(info->size, sizeof(*info));
	assert_int_equal(info->flags, 0);
	info->abi_version = fake.abi_version;
	info->max_slots = fake.max_slots;
	info->max_ring = TIMERHEAP_RING_MAX;
	info->min_period_ns = FAKE_MIN_PERIOD;
	return 0;
}

static int stats(struct timerheap_stats *st, __u64 mark)
{
	assert_int_equal(st->size, sizeof(*st));
	assert_int_equal(st->flags, 0);
	st->expiries = mark;
	st->queues = 1;
	return 0;
}

int timerheap__sys_ioctl(int fd, unsigned long request, void *arg)
{
	struct queue *q = queue_of(fd);
	unsigned int nr = request & 0xff;

	assert_in_range(nr, 0, FAKE_CALLS - 1);
	__atomic_fetch_add(&fake.calls[nr], 1, __ATOMIC_RELAXED);
	if (fake.fail[nr] && fd >= FIRST_FD + fake.fail_queue)
		return fake.fail[nr];
	switch (request) {
	case TIMERHEAP_IOC_SETUP:
		return set_up(q, arg);
	case TIMERHEAP_IOC_INFO:
		return info(arg);
	case TIMERHEAP_IOC_KICK:
		if (fake.remote)
			__atomic_store_n(&fake.kicked, true, __ATOMIC_SEQ_CST);
		else
			run(q);
		return 0;
	case TIMERHEAP_IOC_WAIT:
		return wait_for(q, arg);
	case TIMERHEAP_IOC_STATS:
		return stats(arg, 7);
	case TIMERHEAP_IOC_CPU_STATS:
		return stats(arg, 8);
	case TIMERHEAP_IOC_RESET_STATS:
		assert_null(arg);
		return 0;
	case TIMERHEAP_IOC_REAPED:
		return arg ? timerheap__sys_kick(fd) : 0;
	default:
		return -ENOTTY;
	}
}

int timerheap__sys_kick(int fd)
{
	return timerheap__sys_ioctl(fd, TIMERHEAP_IOC_KICK, NULL);
}

__u64 timerheap__sys_now(int clockid)
{
	__u64 t;

	/* Monotonic, or with the time of suspension: there is none here. */
	assert_true(clockid == 1 || clockid == 7);
	t = __atomic_fetch_add(&fake.now, fake.tick_ns, __ATOMIC_RELAXED);
	/* What became due meanwhile. */
	if (fake.tick_ns)
		fake_advance(fake.now);
	return t;
}

int timerheap__sys_sleep(int clockid, __u64 until_ns)
{
	assert_int_equal(clockid, 1);
	fake.sleeps++;
	if (fake.fail_sleep)
		return fake.fail_sleep;
	fake_advance(until_ns);
	fake.now += fake.wake_ns;
	return 0;
}

int timerheap__sys_cpu(void)
{
	return fake.cpu;
}

int timerheap__sys_cpus(int **cpus)
{
	if (fake.fail_cpus)
		return fake.fail_cpus;
	*cpus = malloc(sizeof(fake.cpus));
	assert_non_null(*cpus);
	memcpy(*cpus, fake.cpus, sizeof(fake.cpus));
	return fake.ncpus;
}

int timerheap__sys_poll_create(void)
{
	if (fake.fail_poll_create)
		return fake.fail_poll_create;
	fake.pollfds++;
	return FAKE_POLLFD;
}

int timerheap__sys_poll_add(int pollfd, int fd)
{
	assert_int_equal(pollfd, FAKE_POLLFD);
	if (fd != FAKE_SOCKET && fd != fake.own_fd &&
	    !(fake.real_net && fd < FIRST_FD))
		(void)queue_of(fd);
	return fd >= FIRST_FD + fake.fail_queue ? fake.fail_poll_add : 0;
}

static __u32 all_ready(void)
{
	__u32 sum = 0;

	for (int i = 0; i < FAKE_QUEUES; i++)
		if (queues[i].memory)
			sum += ready(&queues[i]);
	return sum;
}

int timerheap__sys_poll_wait(int pollfd, __u64 timeout_ns)
{
	__u64 until = timeout_ns == TIMERHEAP_NEVER ? timeout_ns
						    : fake.now + timeout_ns;

	assert_int_equal(pollfd, FAKE_POLLFD);
	fake.poll_waits++;
	if (fake.fail_poll_wait)
		return fake.fail_poll_wait;
	while (!all_ready() && step(until))
		;
	if (all_ready())
		return 1;
	if (until == TIMERHEAP_NEVER)
		fail_msg("a wait that nothing ends");
	fake.now = until;
	return 0;
}
