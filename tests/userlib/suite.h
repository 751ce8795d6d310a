/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every test here starts with. */
#ifndef SUITE_H
#define SUITE_H

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"

/* The same tests of what a program compiles in; inline_user.c. */
#ifdef INLINE
#define timerheap_arm user_arm
#define timerheap_cancel user_cancel
int user_arm(struct timerheap *th, uint32_t slot, uint64_t deadline_ns);
int user_cancel(struct timerheap *th, uint32_t slot);
#endif

#define TEST(name) cmocka_unit_test_setup(name, suite_setup)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

static inline int suite_setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static inline __u32 suite_alloc(struct timerheap *th, void *data)
{
	int slot = timerheap_slot_alloc(th, data);

	assert_true(slot >= 0);
	return (__u32)slot;
}

/* A tag to hand in as data. */
static inline void *tag(uintptr_t n)
{
	return (void *)n;
}

/* Reap into poisoned room for one; whether there was one. */
static inline bool suite_reap(struct timerheap *th, struct timerheap_event *ev)
{
	struct timerheap_event room[2], poison;
	int rc;

	memset(&poison, 0x5A, sizeof(poison));
	room[0] = poison;
	room[1] = poison;
	rc = timerheap_reap(th, room, 1);
	assert_in_range(rc, 0, 1);
	assert_memory_equal(&room[1], &poison, sizeof(poison));
	*ev = room[0];
	return rc;
}

static inline void suite_expect(struct timerheap *th, __u32 slot,
				__u64 deadline_ns)
{
	struct timerheap_event ev;

	assert_true(suite_reap(th, &ev));
	assert_int_equal(ev.slot, slot);
	assert_int_equal(ev.deadline_ns, deadline_ns);
}

static inline void suite_expect_none(struct timerheap *th)
{
	struct timerheap_event ev;

	assert_false(suite_reap(th, &ev));
}

#endif
