/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_HRTIMER_H
#define STANDIN_LINUX_HRTIMER_H

#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/time64.h>

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };

enum hrtimer_mode {
	HRTIMER_MODE_ABS,
	HRTIMER_MODE_ABS_PINNED_HARD,
};

struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	clockid_t clockid;
	/* the host's */
	ktime_t expires;
	u64 late_ns; /* the interrupt comes so much later */
	int cpu;
	bool pinned;
	bool queued;
	bool running; /* its function is */
	struct hrtimer *next;
};

void hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*function)(struct hrtimer *timer),
		   clockid_t clockid, enum hrtimer_mode mode);
void hrtimer_start(struct hrtimer *timer, ktime_t expires,
		   enum hrtimer_mode mode);
int hrtimer_try_to_cancel(struct hrtimer *timer);

struct hrtimer_sleeper {
	struct hrtimer timer;
	struct task_struct *task;
};

void hrtimer_setup_sleeper_on_stack(struct hrtimer_sleeper *sleeper,
				    clockid_t clockid, enum hrtimer_mode mode);

void hrtimer_set_expires(struct hrtimer *timer, ktime_t expires);

static inline void hrtimer_sleeper_start_expires(
	struct hrtimer_sleeper *sleeper, enum hrtimer_mode mode)
{
	hrtimer_start(&sleeper->timer, sleeper->timer.expires, mode);
}

void hrtimer_cancel(struct hrtimer *timer);

static inline void destroy_hrtimer_on_stack(struct hrtimer *timer)
{
	(void)timer;
}

#endif
