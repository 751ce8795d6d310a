/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_VERSION_H
#define STANDIN_LINUX_VERSION_H

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
/* New enough for all that compat.h would have to make up for. */
#define LINUX_VERSION_CODE KERNEL_VERSION(99, 0, 0)

#endif
