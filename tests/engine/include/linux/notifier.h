/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_NOTIFIER_H
#define STANDIN_LINUX_NOTIFIER_H

#define NOTIFY_OK 1

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action,
			     void *data);
};

#endif
