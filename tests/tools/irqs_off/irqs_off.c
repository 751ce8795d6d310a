// SPDX-License-Identifier: GPL-2.0-only
/* A driver as it should not be: a thread that turns interrupts off for 3 ms. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/module.h>

#define OFF_MS 3
#define PAUSE_MS 20

static struct task_struct *thread;

static int hold_interrupts(void *unused)
{
	while (!kthread_should_stop()) {
		unsigned long flags;

		local_irq_save(flags);
		mdelay(OFF_MS);
		local_irq_restore(flags);
		msleep(PAUSE_MS);
	}
	return 0;
}

static int __init irqs_off_init(void)
{
	thread = kthread_run(hold_interrupts, NULL, "irqs_off");
	return PTR_ERR_OR_ZERO(thread);
}

static void __exit irqs_off_exit(void)
{
	kthread_stop(thread);
}

module_init(irqs_off_init);
module_exit(irqs_off_exit);

MODULE_DESCRIPTION("Interrupts off, for a test");
MODULE_LICENSE("GPL");
