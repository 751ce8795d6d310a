/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_KERNEL_H
#define STANDIN_LINUX_KERNEL_H

/* What the kernel's own headers bring along by themselves. */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <errno.h>
#include <stdlib.h>

#include "host/warn.h"

struct vm_area_struct;

#define ERESTARTSYS 512
#define __user
#define container_of(p, type, member) \
	((type *)(void *)((char *)(p)-offsetof(type, member)))
/* A kernel's configuration is a variable of the simulated host. */
#define IS_ENABLED(option) (option)
#define CONFIG_PREEMPT_RT host_preempt_rt
#define CONFIG_PROVE_RAW_LOCK_NESTING false
extern bool host_preempt_rt;

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define WARN_ON_ONCE(condition) \
	((condition) ? host_warn(#condition), true : false)

#define pr_err(...) host_log(__VA_ARGS__)
#define pr_notice(...) host_log(__VA_ARGS__)
#define pr_warn_ratelimited(...) host_log(__VA_ARGS__)

#undef abs
#define abs(x) ((x) < 0 ? -(x) : (x))
#define clamp_t(type, value, low, high) \
	min_t(type, max_t(type, value, low), high)

#endif
