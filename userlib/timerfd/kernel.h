/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls as the C library's syscall(2) makes them, which is replaced. */
#ifndef TIMERFD_KERNEL_H
#define TIMERFD_KERNEL_H

#include <errno.h>

#if defined(__x86_64__)

static inline long kernel_answer(long number, const long arg[6])
{
	register long r10 __asm__("r10") = arg[3];
	register long r8 __asm__("r8") = arg[4];
	register long r9 __asm__("r9") = arg[5];
	long answer;

	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "0"(number), "D"(arg[0]), "S"(arg[1]), "d"(arg[2]),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return answer;
}

#elif defined(__aarch64__)

static inline long kernel_answer(long number, const long arg[6])
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = arg[0];
	register long x1 __asm__("x1") = arg[1];
	register long x2 __asm__("x2") = arg[2];
	register long x3 __asm__("x3") = arg[3];
	register long x4 __asm__("x4") = arg[4];
	register long x5 __asm__("x5") = arg[5];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "timerheap is for x86-64 and arm64"
#endif

/* Its value, or -1 and errno. */
static inline long kernel_call(long number, const long arg[6])
{
	long answer = kernel_answer(number, arg);

	if ((unsigned long)answer < -4095UL)
		return answer;
	errno = (int)-answer;
	return -1;
}

#endif
