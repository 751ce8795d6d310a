// SPDX-License-Identifier: GPL-2.0-only
/* The caller's memory, and the rest of the module, as far as it shows. */
#include "calls_world.h"

#include "clock.h"
#include "cpu.h"
#include "env.h"
#include "kick.h"
#include "params.h"
#include "timerfd.h"

struct sandbox box;

struct task_struct *current = &box.task;
u64 online_cpus;
int nr_cpu_ids = CPUS;
unsigned int th_max_slots = 3000;
unsigned int th_budget = 64;
unsigned int th_min_period_ns = 10;
bool th_inject;

bool capable(int capability)
{
	return box.powers & capability;
}

bool fatal_signal_pending(const struct task_struct *task)
{
	return box.dying;
}

int raw_smp_processor_id(void)
{
	return 1;
}

bool no_memory(void)
{
	bool fails = box.allocations & 1;

	box.allocations >>= 1;
	return fails;
}

/* How much of what is at @address is there. */
size_t readable(uintptr_t address, size_t size)
{
	if (address < USER || address - USER > USER_SIZE)
		return 0;
	return min(size, USER_SIZE - (address - USER));
}

size_t copy_from_user(void *to, const void *from, size_t size)
{
	size_t there = readable((uintptr_t)from, size);

	if (there)
		memcpy(to, box.memory + ((uintptr_t)from - USER), there);
	memset((char *)to + there, 0, size - there);
	return size - there;
}

size_t copy_to_user(void *to, const void *from, size_t size)
{
	size_t there = readable((uintptr_t)to, size);

	if (there)
		memcpy(box.memory + ((uintptr_t)to - USER), from, there);
	return size - there;
}

bool th_clock_known(clockid_t clockid)
{
	return clockid == CLOCK_MONOTONIC || clockid == CLOCK_REALTIME;
}

u64 ktime_get_ns(void)
{
	return box.now;
}

u64 th_clock_other_now(clockid_t clockid)
{
	return box.now;
}

void th_clock_inject_step(s64 step_ns)
{
	box.step_ns = step_ns;
}

void th_clock_info(struct timerheap_info *info)
{
	info->clock_checks = 77;
}

void th_env_inject_delay(u64 min_ns, u64 max_ns)
{
	box.delay_min = min_ns;
	box.delay_max = max_ns;
}

void th_env_inject_info(struct timerheap_info *info)
{
	info->inject_max_ns = 88;
}

u64 th_env_now(struct th_engine *engine)
{
	return box.now;
}

void th_env_program(struct th_engine *engine, u64 when)
{
}

void th_env_wake(struct th_engine *engine)
{
}

u32 th_env_cpu(struct th_engine *engine)
{
	return 1;
}

void th_kick(struct th_queue *queue)
{
	box.kicks++;
	th_engine_run(&queue->engine, th_budget);
}

int th_cpu_attach(struct th_queue *queue)
{
	return no_memory() ? -ENOMEM : 0;
}

void th_cpu_detach(struct th_queue *queue)
{
}

void th_cpu_run_all(void)
{
}

void th_cpu_queue_stats(struct th_queue *queue, struct timerheap_stats *stats)
{
	memset(stats, 0x11, sizeof(*stats));
}

int th_cpu_stats(int cpu, struct timerheap_stats *stats)
{
	if (cpu < 0 || cpu >= CPUS)
		return -EINVAL;
	memset(stats, 0x22, sizeof(*stats));
	return 0;
}

void th_cpu_reset_stats(struct th_queue *queue)
{
}

int th_timerfd_create(void *arg)
{
	return arg ? -EMFILE : -EFAULT;
}

void th_timerfd_add_stats(struct timerheap_stats *stats)
{
}

void th_timerfd_injected(const struct timerheap_inject *inject)
{
}

/* The queue, from the file; the first member before it is a lock. */
struct th_queue *queue(void)
{
	struct {
		struct mutex lock;
		struct th_queue *queue;
	} *own = box.file.private_data;

	return own->queue;
}
