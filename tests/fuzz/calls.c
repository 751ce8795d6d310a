// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user boundary: what callers hand to ioctl(), read(), mmap(), from memory
 * that ends wherever it likes, with garbage in it, and without memory for the
 * kernel.  The errno is the one that Documentation/uapi.rst has; an error has
 * changed nothing; what comes back holds nothing else of the kernel's.
 */
#include "fuzz.h"

#include <linux/fs.h>

#include "clock.h"
#include "cpu.h"
#include "env.h"
#include "file.h"
#include "kick.h"
#include "params.h"
#include "reader.h"

/* The caller's memory; what is outside of it faults. */
#define USER_SIZE 8192
#define USER ((uintptr_t)0x10000)
#define CPUS 3

struct sandbox {
	struct input *in;
	struct file file;
	struct cpumask allowed;
	struct task_struct task;
	u8 allocations; /* the bits say which fail */
	u8 powers; /* capabilities, by bit */
	bool dying;
	u8 *memory;
	u8 before[USER_SIZE];
	u64 now;
	u64 delay_min, delay_max;
	s64 step_ns;
	unsigned int kicks;
};

static struct sandbox box;

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
static size_t readable(uintptr_t address, size_t size)
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

/* The rest of the module, as far as it shows here. */

bool th_clock_known(clockid_t clockid)
{
	return clockid == CLOCK_MONOTONIC || clockid == CLOCK_REALTIME;
}

u64 th_clock_now(clockid_t clockid)
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

/* The queue, from the file; the first member before it is a lock. */
static struct th_queue *queue(void)
{
	struct {
		struct mutex lock;
		struct th_queue *queue;
	} *own = box.file.private_data;

	return own->queue;
}

static long call(unsigned int cmd, uintptr_t arg)
{
	long err;

	memcpy(box.before, box.memory, USER_SIZE);
	err = th_file_operations.unlocked_ioctl(&box.file, cmd, arg);
	box.allocations = 0;
	CHECK(err <= 0);
	return err;
}

static bool untouched(void)
{
	return !memcmp(box.before, box.memory, USER_SIZE);
}

/* The structure at @arg, from the caller's memory as it was. */
static void fetch(void *to, uintptr_t arg, size_t size)
{
	CHECK(readable(arg, size) == size);
	memcpy(to, box.before + (arg - USER), size);
}

/* What copying in a structure that starts with its size has to say. */
static long head_error(uintptr_t arg, size_t known)
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

static void setup(unsigned int cmd, uintptr_t arg)
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

static void info(unsigned int cmd, uintptr_t arg)
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

static void stats(unsigned int cmd, uintptr_t arg)
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

static void inject(unsigned int cmd, uintptr_t arg)
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

static void wait(unsigned int cmd, uintptr_t arg)
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

/* One entry of a batch, by the memory before the call. */
static long arm_error(uintptr_t at)
{
	struct timerheap_arm arm;

	if (readable(at, sizeof(arm)) < sizeof(arm))
		return -EFAULT;
	fetch(&arm, at, sizeof(arm));
	return arm.slot >= queue()->setup.nslots || !arm.expires_ns ||
			arm.flags > 1 || arm.__resv
		? -EINVAL
		: 0;
}

static long cancel_error(uintptr_t at)
{
	u32 slot;

	if (readable(at, 4) < 4)
		return -EFAULT;
	/* The array may overlap with the results of its own beginning. */
	memcpy(&slot, box.memory + (at - USER), 4);
	if (slot >= queue()->setup.nslots)
		return -EINVAL;
	return readable(at, 8) < 8 ? -EFAULT : 0;
}

static void batch(unsigned int cmd, uintptr_t arg)
{
	bool arms = cmd == TIMERHEAP_IOC_ARM;
	struct timerheap_batch asked;
	size_t size = arms ? sizeof(struct timerheap_arm)
			   : sizeof(struct timerheap_cancel);
	long err = call(cmd, arg);
	u32 done;

	if (!queue() || head_error(arg, sizeof(asked))) {
		CHECK(err ==
		      (queue() ? head_error(arg, sizeof(asked)) : -ENXIO));
		CHECK(untouched());
		return;
	}
	fetch(&asked, arg, sizeof(asked));
	memcpy(&done, box.memory + (arg - USER) + 12, 4);
	if (asked.entries + (u64)asked.count * size > arg &&
	    asked.entries < arg + sizeof(asked))
		return; /* overwritten by its own count */
	CHECK(done <= asked.count);
	CHECK(err || done == asked.count);
	if (err == -EINTR) {
		CHECK(box.dying && !done);
		return;
	}
	CHECK(!box.dying || !asked.count);
	if (err)
		CHECK(err ==
		      (arms ? arm_error
			    : cancel_error)(asked.entries + (u64)done * size));
	while (done--)
		CHECK(!(arms ? arm_error
			     : cancel_error)(asked.entries + (u64)done * size));
}

static void read_records(uintptr_t to, size_t count)
{
	struct iov_iter iter = { .to = (char *)to, .count = count };
	struct kiocb iocb = { .ki_filp = &box.file };
	u32 head = 0, ready = 0;
	ssize_t n;

	if (queue()) {
		head = queue()->engine.header->cq_head;
		ready = th_reader_ready(queue());
	}
	CHECK(th_file_operations.poll(&box.file, NULL) ==
	      (!queue()	       ? EPOLLERR
		       : ready ? EPOLLIN | EPOLLRDNORM
			       : 0));
	box.file.f_flags = box.powers & 0x80 ? O_NONBLOCK : 0;
	memcpy(box.before, box.memory, USER_SIZE);
	n = th_file_operations.read_iter(&iocb, &iter);
	if (!queue()) {
		CHECK(n == -ENXIO);
	} else if (count < sizeof(struct timerheap_expiry)) {
		CHECK(n == -EINVAL);
	} else if (!ready) {
		CHECK(n == (box.file.f_flags ? -EAGAIN : -ERESTARTSYS));
	} else if (n < 0) {
		CHECK(n == -EFAULT);
		CHECK(queue()->engine.header->cq_head == head);
	} else {
		size_t want = min((size_t)ready, count / 32) * 32;

		CHECK((size_t)n == want);
		CHECK(readable(to, want) == want);
		CHECK(queue()->engine.header->cq_head ==
		      head + (u32)(want / 32));
	}
	CHECK(!queue() || !queue()->read_lock.locked);
	if (n < 0 && n != -EFAULT)
		CHECK(untouched());
}

static void map(struct input *in)
{
	struct vm_area_struct vma = { .vm_start = 0x40000 };
	u64 size = queue() ? queue()->setup.mmap_size : PAGE_SIZE;
	int err;

	vma.vm_end = vma.vm_start + (u32)input_number(in, size);
	vma.vm_pgoff = input_below(in, 8) == 1;
	vma.vm_flags = input_take(in, 1) % 8;
	if (input_below(in, 2))
		vma.vm_end = vma.vm_start + size;
	err = th_file_operations.mmap(&box.file, &vma);
	if (!queue())
		CHECK(err == -ENXIO);
	else if (vma.vm_end - vma.vm_start != size || vma.vm_pgoff ||
		 !(vma.vm_flags & VM_MAYSHARE))
		CHECK(err == -EINVAL);
	else if (vma.vm_flags & VM_EXEC)
		CHECK(err == -EPERM);
	else if (err)
		CHECK(err == -ENOMEM);
	if (err)
		return;
	CHECK(vma.inserted * PAGE_SIZE == size);
	CHECK((vma.vm_flags & (VM_DONTCOPY | VM_DONTEXPAND)) ==
	      (VM_DONTCOPY | VM_DONTEXPAND));
	CHECK(!(vma.vm_flags & (VM_EXEC | VM_MAYEXEC)));
}

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
		map(in);
	} else if (i == 9) {
		read_records(place(in), (size_t)input_number(in, 64));
	} else if (i == 8) {
		unsigned int cmd = (unsigned int)input_number(
			in, TIMERHEAP_IOC_RESET_STATS);

		if (cmd == TIMERHEAP_IOC_KICK ||
		    cmd == TIMERHEAP_IOC_RESET_STATS)
			CHECK(call(cmd, 0) == (queue() ? 0 : -ENXIO));
		else if (cmd - TIMERHEAP_IOC_SETUP > 9)
			CHECK(call(cmd, USER) == -ENOTTY);
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
	box.in = &in;
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
