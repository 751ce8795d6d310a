/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_MM_H
#define STANDIN_LINUX_MM_H

/* For compat.h, which with this version needs nothing of it. */

#endif
