/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_PVCLOCK_GTOD_H
#define STANDIN_LINUX_PVCLOCK_GTOD_H

#include <linux/notifier.h>

void pvclock_gtod_register_notifier(struct notifier_block *nb);
void pvclock_gtod_unregister_notifier(struct notifier_block *nb);

#endif
