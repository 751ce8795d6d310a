// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the generator asks of the system, apart from sleep. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include "id_gen.h"

#define NSEC_PER_SEC 1000000000ULL

static uint64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t thid__boot_ns(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

uint64_t thid__wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

void *thid__alloc(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (!madvise(memory, size, MADV_WIPEONFORK))
		return memory;
	munmap(memory, size);
	return NULL;
}

void thid__free(void *memory, size_t size)
{
	munmap(memory, size);
}

int thid__random(void *to, size_t size)
{
	ssize_t got;

	/* Up to 256 bytes come whole, and no signal interrupts them. */
	do {
		got = getrandom(to, size, 0);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : 0;
}
