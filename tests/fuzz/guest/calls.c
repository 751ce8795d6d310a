// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/timerheap.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "calls_timerfd.h"

#define DEVICE "/dev/timerheap"
#define BUDGET "/sys/module/timerheap/parameters/budget"
#define DEFAULT_BUDGET "256"
#define ONLINE "/sys/devices/system/cpu/cpu1/online"
#define NOBODY 65534
#define MAX_ENTRIES 200

/* Of the program; its threads race for them. */
static struct timerheap_setup setups[FILES];

static int budget_fd, online_fd;
static const struct actor *actors;
static unsigned int nactors;

void calls_init(void)
{
	budget_fd = open(BUDGET, O_WRONLY | O_CLOEXEC);
	online_fd = open(ONLINE, O_WRONLY | O_CLOEXEC);
	if (budget_fd < 0 || online_fd < 0)
		abort();
	remember_clock();
}

void calls_set_actors(const struct actor *all, unsigned int n)
{
	actors = all;
	nactors = n;
}

static void restore_system(const struct program *program)
{
	struct timerheap_inject none = { .size = sizeof(none) };
	int fd;

	if (program_has(program, "budget"))
		pwrite(budget_fd, DEFAULT_BUDGET, strlen(DEFAULT_BUDGET), 0);
	if (program_has(program, "clock"))
		restore_clock();
	if (program_has(program, "online"))
		pwrite(online_fd, "1", 1, 0);
	if (!program_has(program, "inject"))
		return;
	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	ioctl(fd, TIMERHEAP_IOC_INJECT, &none);
	close(fd);
}

static void close_all(void)
{
	for (int i = 0; i < 2 * FILES; i++)
		close(any_file(i));
	memset(setups, 0, sizeof(setups));
	munmap(MAP_AT(0), MAPS * MAP_SPAN);
}

void calls_restore(const struct program *program, bool ended)
{
	if (ended)
		close_all();
	restore_system(program);
}

static uint64_t when(uint64_t arg)
{
	uint64_t more = arg / 8;

	switch (arg % 8) {
	case 1:
		return call_now_ns(CLOCK_MONOTONIC) - more % MOMENT_NS;
	case 2:
		return TIMERHEAP_NEVER - more;
	case 3:
		return call_now_ns(CLOCK_REALTIME) + more % MOMENT_NS;
	case 4:
		return more;
	case 5:
		return INT64_MAX - 4 + more;
	case 6:
		return 0;
	case 7:
		return call_now_ns(CLOCK_MONOTONIC) + more % (100 * MOMENT_NS);
	default:
		return call_now_ns(CLOCK_MONOTONIC) + more % MOMENT_NS;
	}
}

static long open_device(struct actor *actor, const uint64_t *arg)
{
	static const int flags[] = { O_RDWR, O_RDONLY, O_WRONLY,
				     O_RDWR | O_NONBLOCK };
	int fd = TRY(actor, open(DEVICE, flags[arg[1] % 4] | O_CLOEXEC));

	return call_place_file(fd, file(arg[0]));
}

static bool sound(const struct timerheap_setup *setup)
{
	return setup->size == sizeof(*setup) && setup->nslots &&
		setup->nslots <= MAX_SLOTS && setup->ring_entries &&
		!(setup->ring_entries & (setup->ring_entries - 1)) &&
		setup->ring_entries <= TIMERHEAP_RING_MAX &&
		!(setup->mmap_size % PAGE_SIZE) &&
		setup->slots_off + setup->nslots * 32ULL <= setup->mmap_size &&
		setup->ring_off + setup->ring_entries * 32ULL <=
		setup->slots_off;
}

/* EPROTO, which is no answer of the device: what it returned is not sound. */
static long set_up(struct actor *actor, const uint64_t *arg)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME,
					    CLOCK_BOOTTIME, CLOCK_TAI };
	struct timerheap_setup setup = {
		.clockid = arg[1] < 8 ? clocks[arg[1] % 4] : (int)arg[1],
		.cpu = (int)call_field(arg[2], TIMERHEAP_CPU_CURRENT),
		.nslots = call_field(arg[3], 100),
		.ring_entries = call_field(arg[4], 0),
		.flags = arg[7] & 1 ? arg[7] >> 8 : 0,
		.__resv = arg[7] & 2 ? arg[7] >> 8 : 0,
	};
	struct timerheap_setup *place =
		call_place_sized(actor, arg[5], arg[6], &setup, sizeof(setup));
	long ret = TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_SETUP, place));

	if (ret || arg[5])
		return ret;
	setups[arg[0] % FILES] = *place;
	return sound(place) ? 0 : -EPROTO;
}

static long info(struct actor *actor, const uint64_t *arg)
{
	struct timerheap_info info = { .flags = call_field(arg[3], 0) };
	struct timerheap_info *place =
		call_place_sized(actor, arg[1], arg[2], &info, sizeof(info));
	long ret = TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_INFO, place));

	if (ret || arg[1])
		return ret;
	return place->abi_version == TIMERHEAP_ABI_VERSION ? 0 : -EPROTO;
}

static long kick(struct actor *actor, const uint64_t *arg)
{
	return TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_KICK, arg[1]));
}

static long sync_file(struct actor *actor, const uint64_t *arg)
{
	return TRY(actor, fsync(file(arg[0])));
}

static long wait_for(struct actor *actor, const uint64_t *arg)
{
	struct timerheap_wait wait = {
		.min_expiries = call_field(arg[1], 1),
		.deadline_ns = when(arg[2]),
		.flags = call_field(arg[5], 0),
	};
	void *place =
		call_place_sized(actor, arg[3], arg[4], &wait, sizeof(wait));

	return TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_WAIT, place));
}

static long batch(struct actor *actor, const uint64_t *arg, unsigned long cmd,
		  const void *entries, size_t size)
{
	struct timerheap_batch batch = {
		.count = call_field(arg[1], 3),
		.entries = (uintptr_t)scratch_place(&actor->scratch[1], arg[2],
						    entries, size),
	};
	struct timerheap_batch *place =
		call_place_sized(actor, arg[3], arg[4], &batch, sizeof(batch));
	long ret = TRY(actor, ioctl(file(arg[0]), cmd, place));

	if (arg[3])
		return ret;
	/* All on success, fewer beside an error; none where it was not begun */
	if (ret ? place->done > place->count : place->done != place->count)
		return -EPROTO;
	return ret;
}

static long arm(struct actor *actor, const uint64_t *arg)
{
	struct timerheap_arm entries[MAX_ENTRIES];

	for (unsigned int i = 0; i < MAX_ENTRIES; i++)
		entries[i] = (struct timerheap_arm){
			.expires_ns = when(arg[5]) + i,
			.period_ns = call_field(arg[6] & UINT32_MAX, 0),
			.slot = (arg[7] & 0xffff) + i,
			.slack_ns = arg[6] >> 32,
			.flags = arg[7] >> 16 & 3,
			.__resv = arg[7] >> 18 & 1,
		};
	return batch(actor, arg, TIMERHEAP_IOC_ARM, entries, sizeof(entries));
}

static long cancel(struct actor *actor, const uint64_t *arg)
{
	struct timerheap_cancel entries[MAX_ENTRIES];

	for (unsigned int i = 0; i < MAX_ENTRIES; i++)
		entries[i] = (struct timerheap_cancel){ .slot = arg[5] + i };
	return batch(actor, arg, TIMERHEAP_IOC_CANCEL, entries,
		     sizeof(entries));
}

static long stats_of(struct actor *actor, const uint64_t *arg,
		     unsigned long cmd)
{
	struct timerheap_stats stats = {
		.cpu = call_field(arg[3], 0),
		.flags = call_field(arg[4], 0),
	};
	void *place =
		call_place_sized(actor, arg[1], arg[2], &stats, sizeof(stats));

	return TRY(actor, ioctl(file(arg[0]), cmd, place));
}

static long stats(struct actor *actor, const uint64_t *arg)
{
	return stats_of(actor, arg, TIMERHEAP_IOC_STATS);
}

static long cpu_stats(struct actor *actor, const uint64_t *arg)
{
	return stats_of(actor, arg, TIMERHEAP_IOC_CPU_STATS);
}

static long reset_stats(struct actor *actor, const uint64_t *arg)
{
	return TRY(actor,
		   ioctl(file(arg[0]), TIMERHEAP_IOC_RESET_STATS, arg[1]));
}

static long reaped(struct actor *actor, const uint64_t *arg)
{
	return TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_REAPED, arg[1]));
}

static long inject(struct actor *actor, const uint64_t *arg)
{
	struct timerheap_inject inject = {
		.delay_min_ns = call_field(arg[3], 0),
		.delay_max_ns = call_field(arg[4], 100000),
		.step_ns = arg[5],
		.flags = call_field(arg[6], 0),
	};
	void *place = call_place_sized(actor, arg[1], arg[2], &inject,
				       sizeof(inject));

	return TRY(actor, ioctl(file(arg[0]), TIMERHEAP_IOC_INJECT, place));
}

/* Of our magic number, which others' tables do not have. */
static long unknown(struct actor *actor, const uint64_t *arg)
{
	unsigned long cmd = _IO(TIMERHEAP_IOC_MAGIC, 0x80 | (arg[1] & 0xff));

	cmd |= arg[2] << 16 & 0xffffffff;
	return TRY(actor,
		   ioctl(file(arg[0]), cmd,
			 actor->scratch[0].base + arg[3] % PAGE_SIZE));
}

static char *map_at(uint64_t arg)
{
	return MAP_AT(arg % MAPS);
}

static const struct timerheap_setup *setup_of(uint64_t map)
{
	return &setups[map % MAPS % FILES];
}

static long map_queue(struct actor *actor, const uint64_t *arg)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE,
				     MAP_SHARED | MAP_POPULATE,
				     MAP_SHARED_VALIDATE };
	uint64_t size = call_field(arg[2] % MAP_SPAN,
				   setups[(arg[0] + arg[1]) % FILES].mmap_size);
	char *at = map_at(arg[0]);
	int prot = arg[3] ? arg[3] % 8 : PROT_READ | PROT_WRITE;
	long ret;

	ret = TRY(actor,
		  syscall(SYS_mmap, at, size ? size : 1, prot,
			  flags[arg[4] % 4] | MAP_FIXED, file(arg[0] + arg[1]),
			  arg[5] % (1 << 20) * PAGE_SIZE));
	return ret < 0 ? ret : 0;
}

/* Whole, or the part that the arguments say. */
static void part_of(const uint64_t *arg, char **at, size_t *size)
{
	uint64_t offset = arg[1] % MAP_SPAN & ~(PAGE_SIZE - 1ULL);

	*at = map_at(arg[0]) + offset;
	*size = call_field(arg[2], MAP_SPAN) % MAP_SPAN;
	if (!*size || *size > MAP_SPAN - offset)
		*size = MAP_SPAN - offset;
}

static long unmap(struct actor *actor, const uint64_t *arg)
{
	size_t size;
	char *at;

	(void)actor;
	part_of(arg, &at, &size);
	return call_answer(munmap(at, size));
}

static long protect(struct actor *actor, const uint64_t *arg)
{
	size_t size;
	char *at;

	(void)actor;
	part_of(arg, &at, &size);
	return call_answer(mprotect(at, size, arg[3] % 8));
}

static long advise(struct actor *actor, const uint64_t *arg)
{
	static const int advice[] = { MADV_DONTNEED, MADV_DOFORK,
				      MADV_FREE,     MADV_WILLNEED,
				      MADV_REMOVE,   MADV_POPULATE_WRITE };
	size_t size;
	char *at;

	(void)actor;
	part_of(arg, &at, &size);
	return call_answer(madvise(at, size, advice[arg[3] % 6]));
}

static long remap(struct actor *actor, const uint64_t *arg)
{
	size_t size = setup_of(arg[0])->mmap_size;
	bool moves = arg[2] % 2;

	(void)actor;
	return mremap(map_at(arg[0]), size, call_field(arg[1], size) % MAP_SPAN,
		      moves ? MREMAP_MAYMOVE | MREMAP_FIXED : 0,
		      map_at(arg[0] + 1)) == MAP_FAILED
		? -errno
		: 0;
}

/* The word at @offset, wherever that is. */
static void set_word(char *map, uint64_t offset, uint64_t value)
{
	char *at = map + offset % MAP_SPAN / 8 * 8;

	memory_copy(at, &value, sizeof(value));
}

static void or_word(char *map, uint64_t offset, uint64_t bits)
{
	char *at = map + offset % MAP_SPAN / 8 * 8;

	memory_or((uint64_t *)at, bits);
}

static void ring(char *map, const struct timerheap_setup *setup, uint32_t slot)
{
	or_word(map, setup->level0_off + slot / 64 * 8, 1ULL << slot % 64);
	or_word(map, setup->level1_off + slot / 4096 * 8,
		1ULL << slot / 64 % 64);
}

/* As the protocol has it, but for the kick. */
static long map_arm(struct actor *actor, const uint64_t *arg)
{
	const struct timerheap_setup *setup = setup_of(arg[0]);
	uint32_t first = call_field(arg[1], 0),
		 n = call_field(arg[2], 1) % 1000;
	uint64_t time = when(arg[3]);
	char *map = map_at(arg[0]);

	(void)actor;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = (first + i) % (setup->nslots | 1);
		uint64_t at = setup->slots_off + slot * 32ULL;

		set_word(map, at + 8, arg[4]);
		set_word(map, at + 24, arg[5]);
		/* One after the other, or all for the same time. */
		set_word(map, at, time + (arg[6] ? 0 : i));
		ring(map, setup, slot);
	}
	return 0;
}

static long map_bells(struct actor *actor, const uint64_t *arg)
{
	const struct timerheap_setup *setup = setup_of(arg[0]);
	uint64_t word = arg[1] % 400;

	(void)actor;
	or_word(map_at(arg[0]), setup->level0_off + word * 8, ~arg[2]);
	or_word(map_at(arg[0]), setup->level1_off + word / 64 * 8, ~arg[3]);
	return 0;
}

/* cq_head and lead_ns, or the kernel's own words beside them. */
static long map_header(struct actor *actor, const uint64_t *arg)
{
	char *map = map_at(arg[0]);
	uint32_t tail = 0;

	(void)actor;
	memory_copy(&tail, map + 8, sizeof(tail));
	if (arg[1])
		set_word(map, arg[1] % 128, arg[2]);
	else
		set_word(map, 64, arg[3] << 32 | (uint32_t)(tail - arg[2]));
	return 0;
}

static long map_scribble(struct actor *actor, const uint64_t *arg)
{
	const struct timerheap_setup *setup = setup_of(arg[0]);
	struct prng prng = { arg[1] };
	uint64_t size = setup->mmap_size | 8;

	(void)actor;
	for (uint64_t n = call_field(arg[2], 100) % 2000; n; n--)
		set_word(map_at(arg[0]), prng_below(&prng, size),
			 arg[3] ? prng_next(&prng) : when(prng_next(&prng)));
	return 0;
}

static long read_once(struct actor *actor, const uint64_t *arg)
{
	void *to = scratch_place(&actor->scratch[0], arg[1], "", 1);

	return TRY(actor,
		   read(file(arg[0]), to, call_field(arg[2], 320) % (1 << 20)));
}

/* More than one buffer; and without waiting, where the caller says so. */
static long read_vector(struct actor *actor, const uint64_t *arg)
{
	struct iovec iov[] = {
		{ scratch_place(&actor->scratch[0], arg[1], "", 1),
		  call_field(arg[2], 40) % 5000 },
		{ scratch_place(&actor->scratch[1], arg[3], "", 1),
		  call_field(arg[4], 40) % 5000 },
	};

	return TRY(
		actor,
		preadv2(file(arg[0]), iov, 2, -1, arg[5] % 2 ? RWF_NOWAIT : 0));
}

static long read_at(struct actor *actor, const uint64_t *arg)
{
	return TRY(actor,
		   pread(any_file(arg[0]), actor->scratch[0].base, 64,
			 arg[1] & INT64_MAX));
}

static long write_once(struct actor *actor, const uint64_t *arg)
{
	return TRY(actor,
		   write(any_file(arg[0]), actor->scratch[0].base,
			 call_field(arg[1], 32) % PAGE_SIZE));
}

static long poll_once(struct actor *actor, const uint64_t *arg)
{
	struct pollfd pollfd = { any_file(arg[0]), POLLIN | arg[1], 0 };

	(void)actor;
	return call_answer(poll(&pollfd, 1, arg[2] % 8));
}

static long epoll_once(struct actor *actor, const uint64_t *arg)
{
	struct epoll_event event = { .events = EPOLLIN | (arg[1] & EPOLLET) };

	epoll_ctl(actor->epoll, arg[3] % 2 ? EPOLL_CTL_DEL : EPOLL_CTL_ADD,
		  any_file(arg[0]), &event);
	return call_answer(epoll_wait(actor->epoll, &event, 1, arg[2] % 8));
}

static long set_blocking(struct actor *actor, const uint64_t *arg)
{
	(void)actor;
	return call_answer(
		fcntl(any_file(arg[0]), F_SETFL, arg[1] % 2 ? 0 : O_NONBLOCK));
}

static long duplicate(struct actor *actor, const uint64_t *arg)
{
	int old = any_file(arg[0]);
	uint64_t to = arg[0] % FILES + 1 + arg[1] % 2;

	(void)actor;
	return call_answer(dup3(old, old < timerfd(0) ? file(to) : timerfd(to),
				O_CLOEXEC));
}

static long close_file(struct actor *actor, const uint64_t *arg)
{
	(void)actor;
	return call_answer(close(any_file(arg[0])));
}

/* A child with the file, but not the mapping; it ends with this thread. */
static long fork_child(struct actor *actor, const uint64_t *arg)
{
	struct timerheap_expiry record;
	long pid = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);

	(void)actor;
	if (pid)
		return call_answer(pid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	map_queue(actor, arg);
	kick(actor, arg);
	set_word(map_at(arg[0]), 64, arg[6]);
	if (arg[7] % 2)
		read(file(arg[0]), &record, sizeof(record));
	syscall(SYS_exit_group, 0);
	return 0;
}

static long set_affinity(struct actor *actor, const uint64_t *arg)
{
	cpu_set_t set;

	(void)actor;
	CPU_ZERO(&set);
	CPU_SET(arg[0] % 2, &set);
	if (arg[1] % 2)
		CPU_SET(1, &set);
	return call_answer(sched_setaffinity(0, sizeof(set), &set));
}

/* This thread alone, and there is no way back. */
static long become_nobody(struct actor *actor, const uint64_t *arg)
{
	(void)actor;
	(void)arg;
	syscall(SYS_setgroups, 0, NULL);
	syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY);
	return call_answer(syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY));
}

static long interrupt(struct actor *actor, const uint64_t *arg)
{
	const struct actor *other = &actors[arg[0] % nactors];

	(void)actor;
	return call_answer(syscall(SYS_tgkill, getpid(), other->tid, SIGUSR1));
}

static long sleep_a_little(struct actor *actor, const uint64_t *arg)
{
	struct timespec ts = { 0, call_field(arg[0], 1000000) % MOMENT_NS };

	(void)actor;
	return call_answer(nanosleep(&ts, NULL));
}

static long set_online(struct actor *actor, const uint64_t *arg)
{
	(void)actor;
	return call_answer(pwrite(online_fd, arg[0] % 2 ? "1" : "0", 1, 0));
}

static long set_budget(struct actor *actor, const uint64_t *arg)
{
	char text[20];
	int n = sprintf(text, "%u", (unsigned int)call_field(arg[1], 1));

	(void)actor;
	return call_answer(pwrite(budget_fd, text, n, 0));
}

const struct op ops[] = {
	{ "open", 6, 2, ROW_OPEN, open_device },
	{ "setup", 12, 8, ROW_SETUP, set_up },
	{ "info", 6, 4, ROW_INFO, info },
	{ "kick", 12, 2, ROW_KICK, kick },
	{ "fsync", 4, 1, ROW_FSYNC, sync_file },
	{ "wait", 10, 6, ROW_WAIT, wait_for },
	{ "arm", 16, 8, ROW_ARM, arm },
	{ "cancel", 8, 6, ROW_CANCEL, cancel },
	{ "stats", 6, 5, ROW_STATS, stats },
	{ "cpu_stats", 6, 5, ROW_CPU_STATS, cpu_stats },
	{ "reset_stats", 4, 2, ROW_RESET_STATS, reset_stats },
	{ "reaped", 4, 2, ROW_REAPED, reaped },
	{ "inject", 6, 7, ROW_INJECT, inject },
	{ "unknown", 2, 4, ROW_UNKNOWN, unknown },
	{ "mmap", 8, 6, ROW_MMAP, map_queue },
	{ "munmap", 3, 3, ROW_NONE, unmap },
	{ "mprotect", 2, 4, ROW_NONE, protect },
	{ "madvise", 2, 4, ROW_NONE, advise },
	{ "mremap", 2, 3, ROW_NONE, remap },
	{ "map_arm", 14, 7, ROW_NONE, map_arm },
	{ "map_bells", 5, 4, ROW_NONE, map_bells },
	{ "map_header", 8, 4, ROW_NONE, map_header },
	{ "map_scribble", 5, 4, ROW_NONE, map_scribble },
	{ "read", 9, 3, ROW_READ, read_once },
	{ "preadv", 5, 6, ROW_READ, read_vector },
	{ "pread", 1, 2, ROW_PREAD, read_at },
	{ "write", 1, 2, ROW_WRITE, write_once },
	{ "poll", 4, 3, ROW_NONE, poll_once },
	{ "epoll", 4, 4, ROW_NONE, epoll_once },
	{ "blocking", 4, 2, ROW_NONE, set_blocking },
	{ "dup", 3, 2, ROW_NONE, duplicate },
	{ "close", 4, 1, ROW_NONE, close_file },
	{ "fork", 2, 8, ROW_NONE, fork_child },
	{ "affinity", 5, 2, ROW_NONE, set_affinity },
	{ "nobody", 2, 0, ROW_NONE, become_nobody },
	{ "signal", 3, 1, ROW_NONE, interrupt },
	{ "sleep", 4, 1, ROW_NONE, sleep_a_little },
	{ "timerfd", 8, 6, ROW_TIMERFD, make_timerfd },
	{ "settime", 14, 8, ROW_SETTIME, set_timerfd },
	{ "gettime", 5, 4, ROW_GETTIME, ask_timerfd },
	{ "set_ticks", 3, 3, ROW_SET_TICKS, set_ticks },
	{ "read_ticks", 8, 3, ROW_READ_TICKS, read_ticks },
	{ "fdinfo", 2, 1, ROW_NONE, read_fdinfo },
	{ "stray", 1, 2, ROW_UNKNOWN, stray },
	{ "clock", 1, 3, ROW_NONE, step_clock },
	{ "online", 1, 1, ROW_NONE, set_online },
	{ "budget", 2, 2, ROW_NONE, set_budget },
};

const unsigned int nops = sizeof(ops) / sizeof(ops[0]);
