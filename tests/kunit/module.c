// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerheap_kunit.ko: the module's pure code, and its clock, tested where they
 * run.  Each *_test.c includes the file that it tests, so as to reach its
 * statics; nothing here needs timerheap.ko.
 */
#include <linux/module.h>

#include "../../module/params.h"

/* The only parameter that this code reads. */
bool th_require_reliable_tsc;

MODULE_DESCRIPTION("KUnit tests of timerheap");
MODULE_AUTHOR("The timerheap developers");
MODULE_LICENSE("GPL");
