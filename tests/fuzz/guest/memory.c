// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Eight pages of a file, mapped twice: all of them for writing, then nothing;
 * and below, four for writing, four read-only, then nothing.
 */
#define PAGES 8
#define SIZE ((size_t)PAGES * PAGE_SIZE)
#define HALF (SIZE / 2)
#define BELOW 0x100000
#define HOLE 0x200000
#define SCRATCH_AT(i) ((char *)0x100000000000 + (i)*0x1000000ULL)
#define KERNEL_ADDRESS ((void *)0xffff888000000000)

static __thread sigjmp_buf fault;
static __thread volatile sig_atomic_t guarded;

static void map_file(char *at, size_t size, int prot, int fd, off_t offset)
{
	if (mmap(at, size, prot, MAP_SHARED | MAP_FIXED, fd, offset) != at)
		abort();
}

void scratch_init(struct scratch *scratch, unsigned int number)
{
	int fd = memfd_create("scratch", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, SIZE))
		abort();
	scratch->base = SCRATCH_AT(number);
	map_file(scratch->base, SIZE, PROT_READ | PROT_WRITE, fd, 0);
	map_file(scratch->base + BELOW, HALF, PROT_READ | PROT_WRITE, fd, 0);
	map_file(scratch->base + BELOW + HALF, HALF, PROT_READ, fd, HALF);
	close(fd);
}

bool memory_copy(void *to, const void *from, size_t size)
{
	if (sigsetjmp(fault, 0))
		return false;
	guarded = 1;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(to, from, size);
	atomic_signal_fence(memory_order_seq_cst);
	guarded = 0;
	return true;
}

bool memory_or(uint64_t *word, uint64_t bits)
{
	if (sigsetjmp(fault, 0))
		return false;
	guarded = 1;
	atomic_signal_fence(memory_order_seq_cst);
	__atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
	guarded = 0;
	return true;
}

void *scratch_place(const struct scratch *scratch, uint64_t where,
		    const void *data, size_t size)
{
	char *base = scratch->base;
	uint64_t more = where / 8;
	size_t inside = more % (size + 1);

	switch (where % 8) {
	case 1:
		return more % 2 ? KERNEL_ADDRESS : NULL;
	case 2: /* past the end of what is mapped */
		memcpy(base + SIZE - inside, data, inside);
		return base + SIZE - inside;
	case 3: /* from memory that can be written into some that cannot */
		memcpy(base + HALF - inside, data, size);
		return base + BELOW + HALF - inside;
	case 4:
		memcpy(base + HALF, data, size);
		return base + BELOW + HALF;
	case 5:
		return base + HOLE + more % PAGE_SIZE;
	case 6: /* in the shared memory itself */
		base = MAP_AT(more % MAPS) + more / MAPS % (2 * PAGE_SIZE);
		memory_copy(base, data, size);
		return base;
	case 7:
		base += more % PAGE_SIZE; /* misaligned */
		/* fallthrough */
	default:
		memcpy(base, data, size);
		return base;
	}
}

static void faulted(int number)
{
	if (guarded) {
		guarded = 0;
		siglongjmp(fault, 1);
	}
	/*
	 * It may not return: where a copy of rt_sigreturn(2) was made to fail,
	 * registers are half restored, and calls seem to answer what they did
	 * not.
	 */
	signal(number, SIG_DFL);
	raise(number);
}

void memory_catch_faults(void)
{
	struct sigaction action = {
		.sa_handler = faulted,
		.sa_flags = SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}
