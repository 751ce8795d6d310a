// SPDX-License-Identifier: GPL-2.0-only
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "sat.h"
#include "sim/agent.h"
#include "sim/clock.h"
#include "sim/fault.h"
#include "sim/oracle.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define fiber_start(save, stack, size) \
	__sanitizer_start_switch_fiber(save, stack, size)
#define fiber_finish(saved) __sanitizer_finish_switch_fiber(saved, NULL, NULL)
#define stack_forget(stack) __asan_unpoison_memory_region(stack, STACK_SIZE)
#else
#define stack_forget(stack) ((void)(stack))
#define fiber_start(save, stack, size) \
	((void)(save), (void)(stack), (void)(size))
#define fiber_finish(saved) ((void)(saved))
#endif

#define STACK_SIZE (128 * 1024)
/* Priorities change so often in a seed. */
#define PRIORITY_CHANGES 12

const char *const schedule_names[SCHEDULES] = { "uniform", "sticky", "priority",
						"freeze" };

struct agent *agent_self;
u64 agent_steps;

static struct agent agents[AGENTS_MAX];
static unsigned int count;

static struct {
	enum schedule kind;
	struct prng *prng;
	u64 limit;
	unsigned int stickiness;
	u64 changes[PRIORITY_CHANGES];
	unsigned int lowest;
} sched;

/* The stack that agents_run() is on. */
static ucontext_t home;
static void *home_stack, *home_fake_stack;
static size_t home_size;

struct agent *agent_number(unsigned int i)
{
	return i < count ? &agents[i] : NULL;
}

void agents_reset(enum schedule schedule, struct prng *prng, u64 steps)
{
	unsigned int i;

	count = 0;
	agent_self = NULL;
	agent_steps = 0;
	sched.kind = schedule;
	sched.prng = prng;
	sched.limit = steps * 50 + 1000000;
	sched.stickiness = prng_range(prng, 5, 200);
	sched.lowest = 1000;
	for (i = 0; i < PRIORITY_CHANGES; i++)
		sched.changes[i] = prng_below(prng, steps);
}

/*
 * The C library's own: AddressSanitizer's wrapper warns that it does not know
 * what the calls around it here tell it.
 */
static int (*swap)(ucontext_t *from, const ucontext_t *to);

static void find_swap(void)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY);

	if (libc)
		*(void **)&swap = dlsym(libc, "swapcontext");
	if (!swap)
		swap = swapcontext;
}

static void switch_to(struct agent *next)
{
	struct agent *self = agent_self;

	if (next == self)
		return;
	agent_self = next;
	fiber_start(&self->fake_stack, next->stack, STACK_SIZE);
	swap(&self->context, &next->context);
	fiber_finish(self->fake_stack);
}

static bool is_ready(struct agent *agent)
{
	if (agent->done)
		return false;
	return !agent->asleep || agent->wake_ns <= sim_clock.true_ns ||
		(agent->ready && agent->ready(agent->ready_arg));
}

static struct agent *pick_any(struct agent **ready, unsigned int n)
{
	return ready[prng_below(sched.prng, n)];
}

static struct agent *pick_sticky(struct agent **ready, unsigned int n)
{
	unsigned int i;

	if (!prng_once_in(sched.prng, sched.stickiness))
		for (i = 0; i < n; i++)
			if (ready[i] == agent_self)
				return agent_self;
	return pick_any(ready, n);
}

static struct agent *pick_priority(struct agent **ready, unsigned int n)
{
	struct agent *best = ready[0];
	unsigned int i;

	for (i = 0; i < PRIORITY_CHANGES; i++)
		if (sched.changes[i] == agent_steps && agent_self)
			agent_self->priority = --sched.lowest;
	/* Nobody waits for ever. */
	if (prng_once_in(sched.prng, 300))
		return pick_any(ready, n);
	for (i = 1; i < n; i++)
		if (ready[i]->priority > best->priority)
			best = ready[i];
	return best;
}

static struct agent *pick_freeze(struct agent **ready, unsigned int n)
{
	unsigned int i, thawed = 0;

	if (agent_self && prng_once_in(sched.prng, 40)) {
		fault(FAULT_FREEZE);
		agent_self->frozen_until =
			agent_steps + prng_range(sched.prng, 1, 300);
	}
	for (i = 0; i < n; i++)
		if (ready[i]->frozen_until <= agent_steps)
			ready[thawed++] = ready[i];
	return pick_any(ready, thawed ? thawed : n);
}

static struct agent *pick(void)
{
	struct agent *ready[AGENTS_MAX];
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		if (is_ready(&agents[i]))
			ready[n++] = &agents[i];
	if (!n)
		return NULL;
	switch (sched.kind) {
	case SCHEDULE_STICKY:
		return pick_sticky(ready, n);
	case SCHEDULE_PRIORITY:
		return pick_priority(ready, n);
	case SCHEDULE_FREEZE:
		return pick_freeze(ready, n);
	default:
		return pick_any(ready, n);
	}
}

static u64 next_wake(void)
{
	u64 next = TH_NEVER;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!agents[i].done && agents[i].wake_ns < next)
			next = agents[i].wake_ns;
	return next;
}

/* Who runs next; time passes until there is one.  NULL: nobody ever will. */
static struct agent *pick_in_time(void)
{
	struct agent *next;
	u64 before;

	while (!(next = pick())) {
		u64 wake = next_wake();

		before = sim_clock.true_ns;
		if (wake != TH_NEVER)
			clock_jump(wake);
		if (sim_clock.true_ns == before)
			return NULL;
	}
	return next;
}

static void go_home(void)
{
	struct agent *self = agent_self;

	agent_self = NULL;
	fiber_start(self->done ? NULL : &self->fake_stack, home_stack,
		    home_size);
	swap(&self->context, &home);
	fiber_finish(self->fake_stack);
}

static void body(void)
{
	fiber_finish(NULL);
	agent_self->body(agent_self->arg);
	buffer_commit_all(&agent_self->buffer);
	agent_self->done = true;
	go_home();
}

static void give_stack(struct agent *agent, void *stack)
{
	agent->stack = stack ? stack : malloc(STACK_SIZE);
	/* Frames that were left there, never to return to. */
	stack_forget(agent->stack);
	getcontext(&agent->context);
	agent->context.uc_stack.ss_sp = agent->stack;
	agent->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&agent->context, body, 0);
}

struct agent *agent_start(const char *name, void (*run)(void *), void *arg)
{
	struct agent *agent = &agents[count];
	void *stack = agent->stack;

	if (count == AGENTS_MAX)
		abort();
	count++;
	*agent = (struct agent){
		.name = name,
		.body = run,
		.arg = arg,
		.priority = prng_range(sched.prng, 1000, 1000000),
	};
	give_stack(agent, stack);
	return agent;
}

static void find_home(void)
{
	pthread_attr_t attr;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &home_stack, &home_size);
	pthread_attr_destroy(&attr);
}

/* Until all are done: true; or until nobody can go on. */
bool agents_run(void)
{
	struct agent *next;
	unsigned int i;

	if (!home_stack) {
		find_home();
		find_swap();
	}
	while ((next = pick_in_time())) {
		next->asleep = false;
		agent_self = next;
		fiber_start(&home_fake_stack, next->stack, STACK_SIZE);
		swap(&home, &next->context);
		fiber_finish(home_fake_stack);
	}
	for (i = 0; i < count; i++)
		if (!agents[i].done)
			return false;
	return true;
}

void agent_step(void)
{
	struct agent *next;

	if (!agent_self)
		return;
	if (++agent_steps > sched.limit)
		oracle_fail("ends", "the seed does not come to an end");
	clock_pass(sched.prng);
	next = pick();
	next->asleep = false;
	switch_to(next);
}

void agent_wait(u64 until_ns, bool (*ready)(void *), void *arg)
{
	struct agent *self = agent_self;
	struct agent *next;

	/* Going to sleep is a system call, and so a barrier. */
	buffer_barrier(&self->buffer);
	self->asleep = true;
	self->wake_ns = until_ns;
	self->ready = ready;
	self->ready_arg = arg;
	next = pick_in_time();
	if (next) {
		next->asleep = false;
		switch_to(next);
	} else {
		go_home();
	}
	buffer_barrier(&self->buffer);
	self->asleep = false;
	self->wake_ns = TH_NEVER;
	self->ready = NULL;
}

void agent_sleep(u64 ns)
{
	agent_wait(th_sat_add(sim_clock.true_ns, ns), NULL, NULL);
}
