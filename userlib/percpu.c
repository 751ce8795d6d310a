// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "internal.h"

#define NO_QUEUE UINT_MAX

struct timerheap_percpu {
	/* set once */
	int pollfd;
	unsigned int count;
	struct timerheap **queue;
	unsigned int *of_cpu;
	/* entries of of_cpu */
	unsigned int cpus;
	/* consumer: which queue comes first */
	unsigned int turn;
};

/* Handles: the queue's number, from 1, above the slot. */
static uint64_t handle(unsigned int i, uint32_t slot)
{
	return ((uint64_t)i + 1) << 32 | slot;
}

static struct timerheap *queue_of(const struct timerheap_percpu *p,
				  uint64_t timer)
{
	/* 0 becomes UINT_MAX, which no queue has. */
	return timerheap_percpu_queue(p, (unsigned int)(timer >> 32) - 1);
}

static int open_queues(struct timerheap_percpu *p, struct timerheap_opts *opts,
		       const int *cpus, unsigned int count)
{
	int rc;

	for (; p->count < count; p->count++) {
		struct timerheap **queue = &p->queue[p->count];

		opts->cpu = cpus[p->count];
		rc = timerheap_open(queue, opts);
		if (rc)
			return rc;
		rc = timerheap__sys_poll_add(p->pollfd, (*queue)->fd);
		if (rc) {
			timerheap_close(*queue);
			return rc;
		}
		p->of_cpu[opts->cpu] = p->count;
	}
	return 0;
}

static int allocate(struct timerheap_percpu *p, const int *cpus,
		    unsigned int count)
{
	p->cpus = (unsigned int)cpus[count - 1] + 1;
	p->queue = calloc(count, sizeof(*p->queue));
	p->of_cpu = calloc(p->cpus, sizeof(*p->of_cpu));
	if (!p->queue || !p->of_cpu)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < p->cpus; cpu++)
		p->of_cpu[cpu] = NO_QUEUE;
	return 0;
}

int timerheap_percpu_open(struct timerheap_percpu **pp,
			  const struct timerheap_opts *opts)
{
	struct timerheap_percpu *p;
	struct timerheap_opts o;
	int *cpus = NULL;
	int rc, count;

	if (!pp)
		return -EINVAL;
	*pp = NULL;
	rc = timerheap__read_opts(&o, opts);
	if (rc)
		return rc;
	count = timerheap__sys_cpus(&cpus);
	if (count < 0)
		return count;
	p = calloc(1, sizeof(*p));
	if (!p) {
		rc = -ENOMEM;
		goto free_cpus;
	}
	p->pollfd = timerheap__sys_poll_create();
	rc = p->pollfd < 0 ? p->pollfd : allocate(p, cpus, (unsigned int)count);
	if (!rc)
		rc = open_queues(p, &o, cpus, (unsigned int)count);
	if (rc)
		timerheap_percpu_close(p);
	else
		*pp = p;
free_cpus:
	free(cpus);
	return rc;
}

void timerheap_percpu_close(struct timerheap_percpu *p)
{
	if (!p)
		return;
	while (p->count)
		timerheap_close(p->queue[--p->count]);
	if (p->pollfd >= 0)
		timerheap__sys_close(p->pollfd);
	free(p->of_cpu);
	free(p->queue);
	free(p);
}

int timerheap_percpu_fd(const struct timerheap_percpu *p)
{
	return p->pollfd;
}

unsigned int timerheap_percpu_count(const struct timerheap_percpu *p)
{
	return p->count;
}

struct timerheap *timerheap_percpu_queue(const struct timerheap_percpu *p,
					 unsigned int i)
{
	return i < p->count ? p->queue[i] : NULL;
}

static unsigned int here(const struct timerheap_percpu *p)
{
	int cpu = timerheap__sys_cpu();
	unsigned int i = cpu < 0 ? 0 : (unsigned int)cpu;

	if (i < p->cpus && p->of_cpu[i] != NO_QUEUE)
		return p->of_cpu[i];
	return i % p->count;
}

struct timerheap *timerheap_percpu_here(const struct timerheap_percpu *p)
{
	return p->queue[here(p)];
}

/* A slot in queue @first or the next that has one. */
static int alloc_slot(struct timerheap_percpu *p, unsigned int first,
		      void *data, unsigned int *queue)
{
	for (unsigned int n = 0; n < p->count; n++) {
		int slot;

		*queue = (first + n) % p->count;
		slot = timerheap_slot_alloc(p->queue[*queue], data);
		if (slot >= 0)
			return slot;
	}
	return -ENOSPC;
}

int timerheap_percpu_arm(struct timerheap_percpu *p, void *data,
			 uint64_t deadline_ns, uint64_t *timer)
{
	unsigned int i;
	int slot, rc;

	*timer = 0;
	slot = alloc_slot(p, here(p), data, &i);
	if (slot < 0)
		return slot;
	rc = timerheap_arm(p->queue[i], (uint32_t)slot, deadline_ns);
	if (rc)
		(void)timerheap_slot_free(p->queue[i], (uint32_t)slot);
	else
		*timer = handle(i, (uint32_t)slot);
	return rc;
}

int timerheap_percpu_rearm(struct timerheap_percpu *p, uint64_t timer,
			   uint64_t deadline_ns)
{
	struct timerheap *th = queue_of(p, timer);

	return th ? timerheap_arm(th, (uint32_t)timer, deadline_ns) : -EINVAL;
}

int timerheap_percpu_cancel(struct timerheap_percpu *p, uint64_t timer)
{
	struct timerheap *th = queue_of(p, timer);

	return th ? timerheap_cancel(th, (uint32_t)timer) : -EINVAL;
}

int timerheap_percpu_free(struct timerheap_percpu *p, uint64_t timer)
{
	struct timerheap *th = queue_of(p, timer);

	return th ? timerheap_slot_free(th, (uint32_t)timer) : -EINVAL;
}

static int reap_queue(struct timerheap_percpu *p, unsigned int i,
		      struct timerheap_event *ev, unsigned int n)
{
	int count = timerheap_reap(p->queue[i], ev, n);

	for (int k = 0; k < count; k++)
		ev[k].timer = handle(i, ev[k].slot);
	return count;
}

/* One round over the queues, each at most @share, all at most @n. */
static int reap_round(struct timerheap_percpu *p, struct timerheap_event *ev,
		      unsigned int n, unsigned int share)
{
	unsigned int got = 0;
	int error = 0;

	for (unsigned int k = 0; k < p->count && got < n; k++) {
		unsigned int room = n - got < share ? n - got : share;
		unsigned int i = (p->turn + k) % p->count;
		int rc = reap_queue(p, i, ev + got, room);

		if (rc < 0)
			error = rc;
		else
			got += (unsigned int)rc;
	}
	return got || !error ? (int)got : error;
}

int timerheap_percpu_reap(struct timerheap_percpu *p,
			  struct timerheap_event *ev, unsigned int n)
{
	int first, rest;

	if (!ev && n)
		return -EINVAL;
	if (n > INT_MAX)
		n = INT_MAX;
	p->turn = (p->turn + 1) % p->count;
	first = reap_round(p, ev, n, (n + p->count - 1) / p->count);
	if (first <= 0 || (unsigned int)first == n)
		return first;
	rest = reap_round(p, ev + first, n - (unsigned int)first, n);
	return rest < 0 ? first : first + rest;
}

static int ready(const struct timerheap_percpu *p)
{
	__u32 sum = 0;

	for (unsigned int i = 0; i < p->count; i++)
		sum += timerheap__ready(p->queue[i]);
	return (int)sum;
}

static __u64 left(const struct timerheap_percpu *p, __u64 deadline_ns)
{
	__u64 now;

	if (!deadline_ns || deadline_ns == TIMERHEAP_NEVER)
		return deadline_ns;
	now = timerheap_now(p->queue[0]);
	return now < deadline_ns ? deadline_ns - now : 0;
}

int timerheap_percpu_wait(struct timerheap_percpu *p, uint64_t deadline_ns)
{
	__u64 timeout;
	int count, rc;

	for (;;) {
		count = ready(p);
		if (count)
			return count;
		timeout = left(p, deadline_ns);
		if (!timeout)
			return 0;
		rc = timerheap__sys_poll_wait(p->pollfd, timeout);
		if (rc < 0)
			return rc;
	}
}
