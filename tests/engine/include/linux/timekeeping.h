/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_TIMEKEEPING_H
#define STANDIN_LINUX_TIMEKEEPING_H

#include <linux/ktime.h>

#endif
