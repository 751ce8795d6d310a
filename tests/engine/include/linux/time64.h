/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_TIME64_H
#define STANDIN_LINUX_TIME64_H

#include <linux/types.h>
#include <time.h>

#endif
