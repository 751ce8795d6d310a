/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_STRING_H
#define STANDIN_LINUX_STRING_H

#include <string.h>

#endif
