// SPDX-License-Identifier: GPL-2.0-only
/* Mutexes, and waiting for an event. */
#include <asm/barrier.h>
#include <linux/mutex.h>

#include "host/host.h"
#include "sat.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/world.h"

void host_warn(const char *condition)
{
	oracle_fail("warn", "the kernel warns: %s", condition);
}

void host_log(const char *format, ...)
{
	(void)format;
}

u64 get_random_u64(void)
{
	return prng_next(&world.prng);
}

bool signal_pending(struct task_struct *task)
{
	(void)task;
	return percent(3);
}

static bool is_unlocked(void *mutex)
{
	return !((struct mutex *)mutex)->locked;
}

bool mutex_trylock(struct mutex *mutex)
{
	if (mutex->locked)
		return false;
	mutex->locked = true;
	if (agent_self)
		buffer_barrier(&agent_self->buffer);
	return true;
}

void mutex_lock(struct mutex *mutex)
{
	agent_step();
	while (!mutex_trylock(mutex))
		agent_wait(TH_NEVER, is_unlocked, mutex);
}

void mutex_unlock(struct mutex *mutex)
{
	if (agent_self)
		buffer_barrier(&agent_self->buffer);
	mutex->locked = false;
}

bool wq_has_sleeper(wait_queue_head_t *wait)
{
	smp_mb();
	return READ_ONCE(wait->count);
}

/* Who is woken is on the list no more; its lock is held for all of them. */
void wake_up(wait_queue_head_t *wait)
{
	struct host_sleeper *sleeper;
	u64 n = 0;

	buffer_barrier(&agent_self->buffer);
	for (sleeper = wait->list; sleeper; sleeper = sleeper->next) {
		sleeper->queued = false;
		sleeper->woken = true;
		n++;
		fault(FAULT_SLEEPER_WOKEN);
	}
	wait->list = NULL;
	sim_add(&wait->count, sizeof(wait->count), -n, SIM_ORDERED);
}

/* Queue, and be about to sleep: a full barrier. */
void prepare_to_wait(wait_queue_head_t *wait, struct host_sleeper *sleeper,
		     int state)
{
	(void)state;
	/* Others run before the list's lock is taken. */
	if (percent(30))
		agent_sleep(prng_below(&world.prng, world.plan.range_ns));
	sleeper->task = host_current();
	agent_self->sleeping = sleeper;
	sleeper->woken = false;
	if (!sleeper->queued) {
		sleeper->queued = true;
		sleeper->next = wait->list;
		wait->list = sleeper;
		sim_add(&wait->count, sizeof(wait->count), 1, SIM_ORDERED);
	}
	smp_mb();
}

static bool is_woken(void *sleeper)
{
	return ((struct host_sleeper *)sleeper)->woken;
}

void schedule(void)
{
	struct host_sleeper *sleeper = agent_self->sleeping;

	host.sleeper = sleeper;
	host_check_sleeper();
	while (!sleeper->woken)
		agent_wait(TH_NEVER, is_woken, sleeper);
	host.sleeper = NULL;
}

void finish_wait(wait_queue_head_t *wait, struct host_sleeper *sleeper)
{
	struct host_sleeper **p = &wait->list;

	agent_self->sleeping = NULL;
	if (!sleeper->queued)
		return;
	while (*p != sleeper)
		p = &(*p)->next;
	*p = sleeper->next;
	sim_add(&wait->count, sizeof(wait->count), -1ULL, SIM_ORDERED);
}
