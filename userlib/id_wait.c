// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "id_gen.h"

int thid__wait(uint32_t *turn, uint32_t seen)
{
	if (!syscall(SYS_futex, turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0))
		return 0;
	return errno == EAGAIN ? 0 : -errno;
}

void thid__wake(uint32_t *turn)
{
	syscall(SYS_futex, turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
