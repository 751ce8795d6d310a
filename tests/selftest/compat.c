// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device as a 32-bit program sees it.  It stands on its own, since a C
 * library for 32 bits is seldom at hand: no header but the ABI's, no library.
 */
#include <linux/timerheap.h>

#define SYS_EXIT 1
#define SYS_READ 3
#define SYS_WRITE 4
#define SYS_OPEN 5
#define SYS_IOCTL 54
#define SYS_MMAP2 192
#define O_RDWR 2
#define PROT_RW 3
#define MAP_SHARED 1

_Static_assert(sizeof(void *) == 4, "this is for 32 bits");
_Static_assert(sizeof(struct timerheap_header) == 128, "header");
_Static_assert(sizeof(struct timerheap_slot) == 32, "slot");
_Static_assert(sizeof(struct timerheap_expiry) == 32, "expiry");
_Static_assert(sizeof(struct timerheap_setup) == 56, "setup");
_Static_assert(sizeof(struct timerheap_info) == 104, "info");
_Static_assert(sizeof(struct timerheap_batch) == 24, "batch");
_Static_assert(sizeof(struct timerheap_arm) == 32, "arm");
_Static_assert(sizeof(struct timerheap_wait) == 24, "wait");
_Static_assert(sizeof(struct timerheap_stats) == 2584, "stats");
_Static_assert(sizeof(struct timerheap_inject) == 32, "inject");
#define ASSERT_AT(type, member, offset)                                       \
	_Static_assert(__builtin_offsetof(struct timerheap_##type, member) == \
			       (offset),                                      \
		       #member)
ASSERT_AT(header, wall_offset_ns, 16);
ASSERT_AT(header, cq_head, 64);
ASSERT_AT(setup, mmap_size, 48);
ASSERT_AT(info, counter_ppb, 48);
ASSERT_AT(info, inject_step_ns, 96);
ASSERT_AT(batch, entries, 16);
ASSERT_AT(wait, deadline_ns, 16);
ASSERT_AT(stats, expiries, 16);
ASSERT_AT(stats, hist, 144);
ASSERT_AT(inject, step_ns, 24);

static long syscall3(long number, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return ret;
}

/* The sixth argument is the page offset, 0; it goes in %ebp. */
static long map(long size, long fd)
{
	long ret;

	__asm__ volatile("push %%ebp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "int $0x80\n\t"
			 "pop %%ebp"
			 : "=a"(ret)
			 : "a"(SYS_MMAP2), "b"(0), "c"(size), "d"(PROT_RW),
			   "S"(MAP_SHARED), "D"(fd)
			 : "memory");
	return ret;
}

static void print(const char *text)
{
	long n = 0;

	while (text[n])
		n++;
	syscall3(SYS_WRITE, 1, (long)text, n);
}

static _Noreturn void leave(int status)
{
	for (;;)
		syscall3(SYS_EXIT, status, 0, 0);
}

static void require(int held, const char *what)
{
	if (held)
		return;
	print("# not true: ");
	print(what);
	print("\nnot ok 1 - with_32_bits\n");
	leave(1);
}

#define REQUIRE(held) require(held, #held)

static long call(long fd, unsigned long cmd, void *arg)
{
	return syscall3(SYS_IOCTL, fd, (long)cmd, (long)arg);
}

static struct timerheap_stats stats = { .size = sizeof(stats) };

static void exercise(long fd)
{
	struct timerheap_setup setup = {
		.size = sizeof(setup),
		.clockid = 1,
		.nslots = 100,
	};
	struct timerheap_arm arm = { .expires_ns = 5, .slot = 7 };
	struct timerheap_batch batch = {
		.size = sizeof(batch),
		.count = 1,
		.entries = (unsigned long)&arm,
	};
	struct timerheap_cancel cancel = { .slot = 8, .result = 9 };
	struct timerheap_wait wait = {
		.size = sizeof(wait),
		.min_expiries = 1,
		.deadline_ns = TIMERHEAP_NEVER,
	};
	struct timerheap_info info = { .size = sizeof(info) };
	volatile struct timerheap_header *header;
	struct timerheap_expiry e = { 0 };
	long base;

	REQUIRE(!call(fd, TIMERHEAP_IOC_INFO, &info));
	REQUIRE(info.abi_version == TIMERHEAP_ABI_VERSION);
	REQUIRE(!call(fd, TIMERHEAP_IOC_SETUP, &setup));
	base = map((long)setup.mmap_size, fd);
	REQUIRE((unsigned long)base < -4095UL);
	header = (void *)(base + setup.header_off);
	REQUIRE(header->next_event_ns == TIMERHEAP_NEVER);
	REQUIRE(!call(fd, TIMERHEAP_IOC_ARM, &batch));
	REQUIRE(batch.done == 1);
	REQUIRE(!call(fd, TIMERHEAP_IOC_WAIT, &wait));
	REQUIRE(wait.ready == 1);
	REQUIRE(header->cq_tail == 1);
	REQUIRE(syscall3(SYS_READ, fd, (long)&e, sizeof(e)) == sizeof(e));
	REQUIRE(e.slot == 7 && e.expires_ns == 5 && e.fired_ns > 5);
	REQUIRE(header->cq_head == 1);
	arm.slot = 8;
	arm.expires_ns = 1ULL << 60;
	REQUIRE(!call(fd, TIMERHEAP_IOC_ARM, &batch));
	batch.entries = (unsigned long)&cancel;
	REQUIRE(!call(fd, TIMERHEAP_IOC_CANCEL, &batch));
	REQUIRE(cancel.result == 1);
	REQUIRE(!call(fd, TIMERHEAP_IOC_KICK, 0));
	REQUIRE(!call(fd, TIMERHEAP_IOC_STATS, &stats));
	REQUIRE(stats.expiries == 1);
}

__attribute__((noreturn, used)) static void begin(void)
{
	long fd;

	print("1..1\n");
	fd = syscall3(SYS_OPEN, (long)"/dev/timerheap", O_RDWR, 0);
	REQUIRE(fd >= 0);
	exercise(fd);
	print("ok 1 - with_32_bits\n");
	leave(0);
}

/* The stack is aligned as the ABI has it at a call. */
__asm__(".globl _start\n"
	"_start:\n\t"
	"and $-16, %esp\n\t"
	"call begin\n");
