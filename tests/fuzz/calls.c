// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user boundary: what callers hand to ioctl(), read(), mmap(), from memory
 * that ends wherever it likes, with garbage in it, and without memory for the
 * kernel.  The errno is the one that Documentation/uapi.rst has; an error has
 * changed nothing; what comes back holds nothing else of the kernel's.
 */
#include "calls_world.h"

#include "params.h"

/* Somewhere in the caller's memory, or at its ends. */
static uintptr_t place(struct input *in)
{
	u8 where = (u8)input_take(in, 1);

	if (where < 16)
		return USER + USER_SIZE - where * 4;
	if (where < 20)
		return (uintptr_t)input_number(in, USER);
	return USER + where * 16;
}

/* Entries of a batch, with slots around the last. */
static u64 prepare_entries(struct input *in, u32 cmd, u32 count)
{
	u32 nslots = queue() ? queue()->setup.nslots : 1, i;
	uintptr_t at = USER + USER_SIZE / 2 + 32 * input_below(in, 128);
	struct timerheap_arm arm = { 0 };

	for (i = 0; i < count; i++) {
		arm.slot = (u32)input_number(in, nslots);
		if (cmd == TIMERHEAP_IOC_CANCEL) {
			copy_to_user((void *)(at + 8 * i), &arm.slot, 4);
			continue;
		}
		arm.expires_ns = input_number(in, box.now);
		arm.period_ns = input_below(in, 64);
		arm.flags = input_below(in, 64) % 3;
		copy_to_user((void *)(at + 32 * i), &arm, sizeof(arm));
	}
	return at;
}

/* A structure that may do. */
static void prepare(struct input *in, uintptr_t arg, u32 cmd, u32 size)
{
	union {
		struct timerheap_setup setup;
		struct timerheap_batch batch;
		struct timerheap_wait wait;
		struct timerheap_inject inject;
		struct timerheap_stats stats;
	} u;

	memset(&u, 0, sizeof(u));
	u.setup.size = size;
	switch (cmd) {
	case TIMERHEAP_IOC_SETUP:
		u.setup.clockid = input_below(in, 16) ? CLOCK_MONOTONIC : 5;
		u.setup.cpu = (s32)input_below(in, 6) - 2;
		u.setup.nslots = (u32)input_number(in, 64);
		u.setup.ring_entries = (u32)input_number(in, 65536);
		break;
	case TIMERHEAP_IOC_WAIT:
		u.wait.min_expiries = (u32)input_number(in, 256);
		u.wait.deadline_ns = input_number(in, box.now);
		break;
	case TIMERHEAP_IOC_INJECT:
		u.inject.delay_max_ns = input_number(in, 10000000000);
		u.inject.delay_min_ns = input_number(in, u.inject.delay_max_ns);
		u.inject.step_ns = (s64)input_number(in, 0);
		break;
	case TIMERHEAP_IOC_CPU_STATS:
		u.stats.cpu = (s32)input_number(in, CPUS);
		break;
	case TIMERHEAP_IOC_ARM:
	case TIMERHEAP_IOC_CANCEL:
		u.batch.count = input_below(in, 6);
		u.batch.entries = prepare_entries(in, cmd, u.batch.count);
		break;
	}
	copy_to_user((void *)arg, &u, size);
}

/* Words anywhere in it and behind. */
static void scribble(struct input *in, uintptr_t arg, u32 size)
{
	u8 n = (u8)input_take(in, 1);

	for (n = n < 128 ? 0 : n % 8; n; n--) {
		size_t at = arg - USER + 4 * input_take(in, 1);
		u64 value = input_number(in, size);

		if (at <= USER_SIZE - 8)
			memcpy(box.memory + at, &value, 8);
	}
}

/* The other parts of the call's settings, and what users do by themselves. */
static void change(struct input *in)
{
	u8 what = (u8)input_take(in, 1);

	switch (what % 8) {
	case 0:
		box.allocations = (u8)input_take(in, 1);
		break;
	case 1:
		box.powers = (u8)input_take(in, 1);
		break;
	case 2:
		box.allowed.bits = what >> 3 & 7;
		online_cpus = input_take(in, 1);
		break;
	case 3:
		box.dying = what & 8;
		break;
	case 4:
		th_inject = what & 8;
		break;
	case 5:
		box.now += input_number(in, 1000) % (1ULL << 50);
		break;
	default:
		if (queue())
			queue()->engine.header->cq_head = (u32)input_number(
				in, queue()->engine.ring.tail);
		break;
	}
}

static void remap(struct input *in)
{
	struct vm_area_struct vma = { .vm_start = 0x40000 };
	u64 size = queue() ? queue()->setup.mmap_size : PAGE_SIZE;

	vma.vm_end = vma.vm_start + (u32)input_number(in, size);
	vma.vm_pgoff = input_below(in, 8) == 1;
	vma.vm_flags = input_take(in, 1) % 8;
	if (input_below(in, 2))
		vma.vm_end = vma.vm_start + size;
	map(&vma);
}

static void step(struct input *in)
{
	static const struct {
		void (*call)(unsigned int cmd, uintptr_t arg);
		u32 cmd;
		u32 size;
	} calls[] = {
		{ setup, TIMERHEAP_IOC_SETUP, sizeof(struct timerheap_setup) },
		{ info, TIMERHEAP_IOC_INFO, sizeof(struct timerheap_info) },
		{ inject, TIMERHEAP_IOC_INJECT,
		  sizeof(struct timerheap_inject) },
		{ wait, TIMERHEAP_IOC_WAIT, sizeof(struct timerheap_wait) },
		{ stats, TIMERHEAP_IOC_STATS, sizeof(struct timerheap_stats) },
		{ stats, TIMERHEAP_IOC_CPU_STATS,
		  sizeof(struct timerheap_stats) },
		{ batch, TIMERHEAP_IOC_ARM, sizeof(struct timerheap_batch) },
		{ batch, TIMERHEAP_IOC_CANCEL, sizeof(struct timerheap_batch) },
	};
	u8 op = (u8)input_take(in, 1), i = op % 12;
	uintptr_t arg;

	if (i >= 11) {
		change(in);
	} else if (i == 10) {
		remap(in);
	} else if (i == 9) {
		arg = place(in);
		read_records(arg, (size_t)input_number(in, 64));
	} else if (i == 8) {
		bare((unsigned int)input_number(in, TIMERHEAP_IOC_RESET_STATS));
	} else {
		arg = place(in);
		prepare(in, arg, calls[i].cmd, calls[i].size);
		scribble(in, arg, calls[i].size);
		calls[i].call(calls[i].cmd, arg);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	memset(&box, 0, sizeof(box));
	box.task.cpus_ptr = &box.allowed;
	box.allowed.bits = 7;
	box.now = 1000;
	box.memory = calloc(1, USER_SIZE);
	online_cpus = 7;
	th_inject = false;
	CHECK(!th_file_operations.open(NULL, &box.file));
	while (in.left)
		step(&in);
	CHECK(!th_file_operations.release(NULL, &box.file));
	free(box.memory);
	return 0;
}
