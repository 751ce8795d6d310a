/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_BUILD_BUG_H
#define STANDIN_LINUX_BUILD_BUG_H

#define BUILD_BUG_ON(condition) \
	_Static_assert(!(condition), "BUILD_BUG_ON: " #condition)

#endif
