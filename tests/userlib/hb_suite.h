/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the failure detector's core start with. */
#ifndef HB_SUITE_H
#define HB_SUITE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <timerheap/heartbeat.h>

#define TEST(name) cmocka_unit_test(name)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#define US 1000ULL
#define MS 1000000ULL
#define SEC 1000000000ULL

#endif
