// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device without a kernel: what the library asks of the system is answered
 * by the module's own engine, in this process, and a sleep takes the place of
 * the hrtimer.  One queue a thread.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/math.h>

#include "engine.h"
#include "internal.h"

#define BUDGET 256
#define LINE 64
#define NSEC_PER_SEC 1000000000ULL

struct device {
	struct th_engine engine;
	u64 programmed_ns;
	char *memory;
	size_t size;
};

static _Thread_local struct device device;

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

u64 th_env_now(struct th_engine *engine)
{
	(void)engine;
	return now_ns();
}

void th_env_program(struct th_engine *engine, u64 when)
{
	(void)engine;
	device.programmed_ns = when;
}

/* Who sleeps looks by itself. */
void th_env_wake(struct th_engine *engine)
{
	(void)engine;
}

u32 th_env_cpu(struct th_engine *engine)
{
	(void)engine;
	return 0;
}

/* Room for @bytes, from *@size on, a line or more from what others write. */
static u64 part(size_t *size, size_t bytes)
{
	size_t offset = *size;

	*size = (offset + bytes + LINE - 1) / LINE * LINE;
	return offset;
}

static u32 ring_entries(const struct timerheap_setup *setup)
{
	u32 entries = TIMERHEAP_RING_MIN;

	while (entries < TIMERHEAP_RING_MAX &&
	       (entries < setup->ring_entries ||
		(!setup->ring_entries && entries * 2 <= setup->nslots / 4)))
		entries *= 2;
	return entries;
}

static void lay_out(struct timerheap_setup *setup, u64 *heap, size_t *size)
{
	u32 words = TH_BELL_WORDS(setup->nslots);

	setup->header_off = part(size, sizeof(struct timerheap_header));
	setup->level1_off = part(size, TH_BELL_WORDS(words) * sizeof(u64));
	setup->level0_off = part(size, words * sizeof(u64));
	setup->ring_off = part(size,
			       (size_t)setup->ring_entries *
				       sizeof(struct timerheap_expiry));
	setup->slots_off = part(
		size, (size_t)setup->nslots * sizeof(struct timerheap_slot));
	*heap = part(size,
		     TH_HEAP_ENTRIES((size_t)setup->nslots) *
			     (sizeof(u64) + 2 * sizeof(u32)));
	setup->mmap_size = *size;
}

static int set_up(struct timerheap_setup *setup)
{
	struct th_engine *engine = &device.engine;
	size_t size = 0, entries = TH_HEAP_ENTRIES((size_t)setup->nslots);
	u64 heap, *keys;
	char *memory;
	u32 *slots;

	setup->ring_entries = ring_entries(setup);
	lay_out(setup, &heap, &size);
	memory = aligned_alloc(LINE, size);
	if (!memory)
		return -ENOMEM;
	memset(memory, 0, size);
	device.memory = memory;
	device.programmed_ns = TH_NEVER;
	engine->header = (void *)(memory + setup->header_off);
	engine->slots = (void *)(memory + setup->slots_off);
	engine->nslots = setup->nslots;
	engine->min_period_ns = 10000;
	th_doorbell_init(&engine->doorbells,
			 (void *)(memory + setup->level1_off),
			 (void *)(memory + setup->level0_off), setup->nslots);
	keys = (void *)(memory + heap);
	slots = (void *)(keys + entries);
	th_heap_init(&engine->heap, keys, slots, slots + entries);
	th_ring_init(&engine->ring, engine->header,
		     (void *)(memory + setup->ring_off), setup->ring_entries);
	th_engine_init(engine);
	return 0;
}

static int kick(void)
{
	do
		th_engine_run(&device.engine, BUDGET);
	while (device.programmed_ns == TH_SOON);
	return 0;
}

static u32 ready(void)
{
	return device.engine.ring.tail - device.engine.header->cq_head;
}

static int wait_for(struct timerheap_wait *wait)
{
	kick();
	while (ready() < wait->min_expiries && now_ns() < wait->deadline_ns) {
		u64 until = wait->deadline_ns < device.programmed_ns
			? wait->deadline_ns
			: device.programmed_ns;

		timerheap__sys_sleep(CLOCK_MONOTONIC, until);
		kick();
	}
	wait->ready = ready();
	return 0;
}

static int inform(struct timerheap_info *info)
{
	info->abi_version = TIMERHEAP_ABI_VERSION;
	info->max_slots = 1 << 22;
	info->min_period_ns = 10000;
	return 0;
}

int timerheap__sys_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	switch (request) {
	case TIMERHEAP_IOC_INFO:
		return inform(arg);
	case TIMERHEAP_IOC_SETUP:
		return set_up(arg);
	case TIMERHEAP_IOC_WAIT:
		return wait_for(arg);
	}
	return -ENOTTY;
}

int timerheap__sys_kick(int fd)
{
	(void)fd;
	return kick();
}

int timerheap__sys_open(const char *path)
{
	(void)path;
	return 0;
}

int timerheap__sys_map(int fd, size_t size, void **map)
{
	(void)fd;
	(void)size;
	*map = device.memory;
	return 0;
}

void timerheap__sys_unmap(void *map, size_t size)
{
	(void)size;
	free(map);
	memset(&device, 0, sizeof(device));
}

void timerheap__sys_close(int fd)
{
	(void)fd;
}

__u64 timerheap__sys_now(int clockid)
{
	(void)clockid;
	return now_ns();
}

int timerheap__sys_sleep(int clockid, __u64 until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(until_ns % NSEC_PER_SEC),
	};

	return -clock_nanosleep(clockid, TIMER_ABSTIME, &until, NULL);
}
