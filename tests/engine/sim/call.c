// SPDX-License-Identifier: GPL-2.0-only
/* The library's system calls. */
#include "internal.h"
#include "sim/clock.h"
#include "sim/kernel.h"
#include "sim/world.h"

int timerheap__kick(struct timerheap *th)
{
	(void)th;
	return kernel_kick();
}

/* Nobody traces here. */
int timerheap__reaped(struct timerheap *th, bool kick)
{
	return kick ? timerheap__kick(th) : 0;
}

int timerheap__wait(struct timerheap *th, __u32 min, __u64 deadline_ns)
{
	(void)th;
	return kernel_wait(min, deadline_ns);
}

uint64_t timerheap_now(const struct timerheap *th)
{
	(void)th;
	agent_step();
	/* Somebody may spin on it while an access takes no time. */
	clock_jump(sim_clock.true_ns + 1 + world.plan.range_ns / 50);
	return clock_now();
}

int timerheap__sys_sleep(int clockid, __u64 until_ns)
{
	(void)clockid;
	while (clock_now() < until_ns)
		agent_wait(clock_true_at(until_ns), NULL, NULL);
	return 0;
}
