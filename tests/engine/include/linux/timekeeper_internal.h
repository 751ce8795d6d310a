/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_TIMEKEEPER_INTERNAL_H
#define STANDIN_LINUX_TIMEKEEPER_INTERNAL_H

#include <linux/ktime.h>

struct timekeeper {
	ktime_t offs_real;
	ktime_t offs_boot;
	ktime_t offs_tai;
};

#endif
