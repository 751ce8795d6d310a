/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_NOSPEC_H
#define STANDIN_LINUX_NOSPEC_H

#define array_index_nospec(index, size) (index)

#endif
