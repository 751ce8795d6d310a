/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_WORKQUEUE_H
#define STANDIN_LINUX_WORKQUEUE_H

#include <linux/types.h>

/* What is checked every few seconds is not simulated. */
#define HZ 250
#define system_dfl_wq NULL
#define system_unbound_wq NULL

struct work_struct {
	void (*func)(struct work_struct *work);
};

struct delayed_work {
	struct work_struct work;
};

#define DECLARE_DELAYED_WORK(name, function) \
	struct delayed_work name = { { function } }

static inline void queue_delayed_work(void *queue, struct delayed_work *work,
				      unsigned long delay)
{
	(void)queue;
	(void)work;
	(void)delay;
}

static inline void cancel_delayed_work_sync(struct delayed_work *work)
{
	(void)work;
}

#endif
