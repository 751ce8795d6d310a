/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_STDDEF_H
#define STANDIN_LINUX_STDDEF_H

#include_next <linux/stddef.h>
#include <stddef.h>

#endif
