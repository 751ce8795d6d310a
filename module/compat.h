/* SPDX-License-Identifier: GPL-2.0-only */
/* The newest kernel's names on older ones; the only place with versions. */
#ifndef TH_COMPAT_H
#define TH_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/timekeeping.h>
#include <linux/version.h>

/* Kernels from 6.13 to 7.1 are not tried; where it came is not known better. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
static inline void ktime_get_snapshot_id(clockid_t clockid,
					 struct system_time_snapshot *snapshot)
{
	ktime_get_snapshot(snapshot);
}

/* Their value: false, it has passed already, and nothing was started. */
#define hrtimer_start_range_ns_user(timer, expires, slack_ns, mode) \
	({ \
		hrtimer_start_range_ns(timer, expires, slack_ns, mode); \
		true; \
	})
#define alarm_start_timer(alarm, expires, relative) \
	({ \
		((relative) ? alarm_start_relative : alarm_start)(alarm, \
								  expires); \
		true; \
	})
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_dfl_wq	system_unbound_wq
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fn)(struct hrtimer *),
				 clockid_t clockid, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clockid, mode);
	timer->function = fn;
}

#define hrtimer_setup_sleeper_on_stack	hrtimer_init_sleeper_on_stack

/* What the function of an alarm returns. */
#define TH_ALARM_VERDICT	enum alarmtimer_restart
#define TH_ALARM_DONE		ALARMTIMER_NORESTART
#else
#define TH_ALARM_VERDICT	void
#define TH_ALARM_DONE
#endif

/* readv(2) shows which way timerfd's own descriptors are read. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define TH_TIMERFD_HAS_READ_ITER
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma,
				vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

#endif
