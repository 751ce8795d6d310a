// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

long call_answer(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* What has not failed by then may be the writing of this itself. */
void call_set_fail_nth(const struct actor *actor, unsigned int number)
{
	char text[12];
	int n = sprintf(text, "%u", number);

	while (write(actor->fail_nth, text, n) != n)
		;
}

long call_place_file(long fd, int as)
{
	if (fd < 0)
		return fd;
	dup3(fd, as, O_CLOEXEC);
	close(fd);
	return 0;
}

uint64_t call_field(uint64_t arg, uint64_t normal)
{
	return arg ? arg - 1 : normal;
}

uint64_t call_now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void *call_place_sized(struct actor *actor, uint64_t where, uint64_t sizing,
		       const void *data, size_t known)
{
	static __thread char copy[2 * PAGE_SIZE];
	uint32_t size = known;
	uint64_t more = sizing / 8;

	memset(copy, 0, sizeof(copy));
	switch (sizing % 8) {
	case 1:
		size = known - 1 - more % known;
		break;
	case 2:
		copy[known + more % 64] = 1;
		size = known + 64;
		break;
	case 3:
		size = known + 1 + more % 100;
		break;
	case 4:
		size = PAGE_SIZE + more % 2;
		break;
	case 5:
		size = more;
		break;
	}
	memcpy(copy, data, known);
	memcpy(copy, &size, sizeof(size));
	if (size < known || size > PAGE_SIZE)
		size = known;
	return scratch_place(&actor->scratch[0], where, copy, size);
}
