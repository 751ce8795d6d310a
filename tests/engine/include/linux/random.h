/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_RANDOM_H
#define STANDIN_LINUX_RANDOM_H

#include <linux/types.h>

u64 get_random_u64(void);

#endif
