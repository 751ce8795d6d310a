/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_KTIME_H
#define STANDIN_LINUX_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

#define NSEC_PER_SEC 1000000000L
#define KTIME_MAX ((s64)(~0ULL >> 1))

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

/* Each waits while the clocks are being set, as the kernel's do. */
u64 ktime_get_ns(void);
u64 ktime_get_real_ns(void);
u64 ktime_get_boottime_ns(void);
u64 ktime_get_clocktai_ns(void);
u64 ktime_get_raw_ns(void);

#endif
