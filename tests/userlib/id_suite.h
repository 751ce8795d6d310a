/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the ID generator start with. */
#ifndef ID_SUITE_H
#define ID_SUITE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <timerheap/id.h>

#define TEST(name) cmocka_unit_test(name)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#define MS 1000000ULL
#define SEC 1000000000ULL

#endif
