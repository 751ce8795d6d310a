// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call with what it must return, by Documentation/uapi.rst, from the
 * caller's memory before it; and with what it must have left alone.
 */
#include "calls_world.h"

#include "params.h"
#include "reader.h"

long call(unsigned int cmd, uintptr_t arg)
{
	long err;

	memcpy(box.before, box.memory, USER_SIZE);
	err = th_file_operations.unlocked_ioctl(&box.file, cmd, arg);
	box.allocations = 0;
	CHECK(err <= 0);
	return err;
}

bool untouched(void)
{
	return !memcmp(box.before, box.memory, USER_SIZE);
}

/* The structure at @arg, from the caller's memory as it was. */
void fetch(void *to, uintptr_t arg, size_t size)
{
	CHECK(readable(arg, size) == size);
	memcpy(to, box.before + (arg - USER), size);
}

/* What copying in a structure that starts with its size has to say. */
long head_error(uintptr_t arg, size_t known)
{
	size_t there = readable(arg, USER_SIZE), i;
	u32 head[2] = { 0 };

	if (there < 4)
		return -EFAULT;
	memcpy(head, box.before + (arg - USER), min(there, sizeof(head)));
	if (head[0] < known)
		return -EINVAL;
	if (head[0] > PAGE_SIZE)
		return -E2BIG;
	for (i = known; i < head[0] && i < there; i++)
		if (box.before[arg - USER + i])
			return -E2BIG;
	if (there < head[0])
		return -EFAULT;
	return head[1] ? -EINVAL : 0;
}

static void verify_layout(const struct timerheap_setup *asked,
			  const struct timerheap_setup *got)
{
	u32 words = DIV_ROUND_UP(got->nslots, 64);
	const u32 at[] = { got->header_off, got->level1_off, got->level0_off,
			   got->ring_off, got->slots_off };
	const u64 bytes[] = {
		sizeof(struct timerheap_header),
		8 * DIV_ROUND_UP(words, 64),
		8 * words,
		(u64)got->ring_entries * sizeof(struct timerheap_expiry),
		(u64)got->nslots * sizeof(struct timerheap_slot),
	};
	u64 end = 0;
	int i;

	CHECK(got->size == sizeof(*got) && !got->flags && !got->__resv);
	CHECK(got->nslots == asked->nslots);
	CHECK(got->clockid == asked->clockid);
	CHECK(got->cpu == (asked->cpu == -1 ? 1 : asked->cpu));
	CHECK(!(got->ring_entries & (got->ring_entries - 1)));
	CHECK(got->ring_entries >= asked->ring_entries);
	CHECK(got->ring_entries <= TIMERHEAP_RING_MAX);
	CHECK(asked->ring_entries ? got->ring_entries < 2 * asked->ring_entries
				  : got->ring_entries >= TIMERHEAP_RING_MIN);
	for (i = 0; i < 5; i++) {
		CHECK(at[i] % 64 == 0 && at[i] >= end);
		end = at[i] + bytes[i];
	}
	CHECK(end <= got->mmap_size && got->mmap_size % PAGE_SIZE == 0);
	CHECK(got->mmap_size < end + PAGE_SIZE);
}

static long setup_error(const struct timerheap_setup *s)
{
	int cpu = s->cpu == -1 ? 1 : s->cpu;

	if (s->__resv || (s->clockid != 0 && s->clockid != 1) || !s->nslots ||
	    s->nslots > th_max_slots || s->ring_entries > TIMERHEAP_RING_MAX)
		return -EINVAL;
	if (cpu < 0 || cpu >= CPUS || !(online_cpus >> cpu & 1))
		return -EINVAL;
	if (!(box.allowed.bits >> cpu & 1) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

void setup(unsigned int cmd, uintptr_t arg)
{
	struct timerheap_setup asked, got;
	bool was = queue(), starved = box.allocations;
	long err = call(cmd, arg), want;

	want = head_error(arg, sizeof(asked));
	if (!want) {
		fetch(&asked, arg, sizeof(asked));
		want = was ? -EBUSY : setup_error(&asked);
	}
	CHECK(err == want || (!want && starved && err == -ENOMEM));
	CHECK(!!queue() == (was || !err));
	if (err) {
		CHECK(untouched());
		return;
	}
	memcpy(&got, box.memory + (arg - USER), sizeof(got));
	asked.size = sizeof(asked);
	verify_layout(&asked, &got);
}

void info(unsigned int cmd, uintptr_t arg)
{
	struct timerheap_info got;
	long err = call(cmd, arg);

	CHECK(err == head_error(arg, sizeof(got)));
	if (err) {
		CHECK(untouched());
		return;
	}
	memcpy(&got, box.memory + (arg - USER), sizeof(got));
	CHECK(got.size == sizeof(got) && !got.flags);
	CHECK(got.abi_version == TIMERHEAP_ABI_VERSION);
	CHECK(got.max_slots == th_max_slots && got.clock_checks == 77);
	CHECK(got.features == (th_inject ? TIMERHEAP_FEATURE_INJECT : 0));
	CHECK(!got.counter_ppb && got.inject_max_ns == 88);
}

void stats(unsigned int cmd, uintptr_t arg)
{
	struct timerheap_stats got;
	bool starved = box.allocations & 1;
	long err = call(cmd, arg), want = 0;

	if (cmd == TIMERHEAP_IOC_STATS && !queue())
		want = -ENXIO;
	else if (starved)
		want = -ENOMEM;
	else
		want = head_error(arg, sizeof(got));
	if (!want && cmd == TIMERHEAP_IOC_CPU_STATS) {
		fetch(&got, arg, sizeof(got));
		want = got.cpu < 0 || got.cpu >= CPUS ? -EINVAL : 0;
	}
	CHECK(err == want);
	if (err) {
		CHECK(untouched());
		return;
	}
	memcpy(&got, box.memory + (arg - USER), sizeof(got));
	CHECK(got.size == sizeof(got));
	CHECK(got.expiries ==
	      (cmd == TIMERHEAP_IOC_STATS ? 0x1111111111111111
					  : 0x2222222222222222));
}

void inject(unsigned int cmd, uintptr_t arg)
{
	struct timerheap_inject asked;
	u64 before_min = box.delay_min, before_max = box.delay_max;
	long err, want = 0;

	box.step_ns = 0;
	err = call(cmd, arg);
	if (!capable(CAP_SYS_ADMIN))
		want = -EPERM;
	else if (!th_inject)
		want = -EOPNOTSUPP;
	else
		want = head_error(arg, sizeof(asked));
	if (!want) {
		fetch(&asked, arg, sizeof(asked));
		if (asked.delay_min_ns > asked.delay_max_ns ||
		    asked.delay_max_ns > 10000000000)
			want = -EINVAL;
	}
	CHECK(err == want);
	CHECK(untouched());
	CHECK(box.delay_min == (err ? before_min : asked.delay_min_ns));
	CHECK(box.delay_max == (err ? before_max : asked.delay_max_ns));
	CHECK(box.step_ns == (err ? 0 : asked.step_ns));
}

void wait(unsigned int cmd, uintptr_t arg)
{
	struct timerheap_wait asked, got;
	long err = call(cmd, arg);

	if (!queue() || head_error(arg, sizeof(asked))) {
		CHECK(err ==
		      (queue() ? head_error(arg, sizeof(asked)) : -ENXIO));
		CHECK(untouched());
		return;
	}
	fetch(&asked, arg, sizeof(asked));
	if (asked.min_expiries > queue()->setup.ring_entries) {
		CHECK(err == -EINVAL && untouched());
		return;
	}
	if (err) {
		CHECK(err == -ERESTARTSYS && untouched());
		CHECK(th_reader_ready(queue()) < asked.min_expiries);
		CHECK(asked.deadline_ns > box.now);
		return;
	}
	memcpy(&got, box.memory + (arg - USER), sizeof(got));
	CHECK(got.ready == th_reader_ready(queue()));
	CHECK(got.ready >= asked.min_expiries || asked.deadline_ns <= box.now);
}

/* The calls without a structure, and those that are none. */
void bare(unsigned int cmd)
{
	if (cmd == TIMERHEAP_IOC_KICK)
		CHECK(th_file_operations.fsync(&box.file, 0, 0, 1) ==
		      (queue() ? 0 : -ENXIO));
	if (cmd == TIMERHEAP_IOC_KICK || cmd == TIMERHEAP_IOC_RESET_STATS ||
	    cmd == TIMERHEAP_IOC_REAPED)
		CHECK(call(cmd, 0) == (queue() ? 0 : -ENXIO));
	else if (cmd - TIMERHEAP_IOC_SETUP > 10)
		CHECK(call(cmd, USER) == -ENOTTY);
}
