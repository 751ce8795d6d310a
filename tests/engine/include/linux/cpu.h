/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_CPU_H
#define STANDIN_LINUX_CPU_H

void cpus_read_lock(void);
void cpus_read_unlock(void);

#endif
