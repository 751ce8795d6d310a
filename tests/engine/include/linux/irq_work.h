/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_IRQ_WORK_H
#define STANDIN_LINUX_IRQ_WORK_H

#include <linux/types.h>

struct irq_work {
	void (*func)(struct irq_work *work);
	/* the host's */
	struct irq_work *next;
	bool queued;
};

static inline void init_irq_work(struct irq_work *work,
				 void (*func)(struct irq_work *work))
{
	*work = (struct irq_work){ .func = func };
}

bool irq_work_queue(struct irq_work *work);
void irq_work_sync(struct irq_work *work);

#endif
