// SPDX-License-Identifier: LGPL-2.1-or-later
/* A program that has arming and cancelling compiled in. */
#include <timerheap/inline.h>

int user_arm(struct timerheap *th, uint32_t slot, uint64_t deadline_ns);
int user_cancel(struct timerheap *th, uint32_t slot);

int user_arm(struct timerheap *th, uint32_t slot, uint64_t deadline_ns)
{
	return timerheap_arm_inline(th, slot, deadline_ns);
}

int user_cancel(struct timerheap *th, uint32_t slot)
{
	return timerheap_cancel_inline(th, slot);
}
