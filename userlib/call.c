// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

int timerheap__kick(struct timerheap *th)
{
	return timerheap__sys_kick(th->fd);
}

/* For those who trace; it kicks in the same call. */
int timerheap__reaped(struct timerheap *th, bool kick)
{
	return timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_REAPED,
				    kick ? th : NULL);
}

/* How many records the ring held in the end. */
int timerheap__wait(struct timerheap *th, __u32 min, __u64 deadline_ns)
{
	struct timerheap_wait wait = {
		.size = sizeof(wait),
		.min_expiries = min,
		.deadline_ns = deadline_ns,
	};
	int rc = timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_WAIT, &wait);

	return rc < 0 ? rc : (int)wait.ready;
}
