/* SPDX-License-Identifier: GPL-2.0-only */
/* cmocka, and what it wants included before. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
