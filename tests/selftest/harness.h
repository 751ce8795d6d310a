/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every self-test is made of: cases that run in a process of their own,
 * checks that say what they saw, and one TAP line a case.
 *
 * A program exits with 0 when all of its cases passed, 1 when one failed, and
 * 77 when none could be run; arguments choose cases by name.
 */
#ifndef SELFTEST_HARNESS_H
#define SELFTEST_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct test_case {
	const char *name;
	void (*run)(void);
	unsigned int timeout_s; /* 0: DEFAULT_TIMEOUT_S */
};

#define CASE(fn)                       \
	{                              \
		.name = #fn, .run = fn \
	}
#define SLOW_CASE(fn, seconds)                                 \
	{                                                      \
		.name = #fn, .run = fn, .timeout_s = (seconds) \
	}
#define DEFAULT_TIMEOUT_S 60

/*
 * @restore, which may be NULL, runs after each case, whatever became of it,
 * to put back what the case changed in the system.
 */
int run_cases(int argc, char **argv, const struct test_case *cases, size_t n,
	      void (*restore)(void));

#define TEST_MAIN_RESTORE(cases, restore)                              \
	int main(int argc, char **argv)                                \
	{                                                              \
		return run_cases(argc, argv, cases, ARRAY_SIZE(cases), \
				 restore);                             \
	}
#define TEST_MAIN(cases) TEST_MAIN_RESTORE(cases, NULL)

/*
 * CHECK*: the case has failed when it does not hold, and goes on; the value is
 * whether it held.  REQUIRE*: the case ends there.  Any thread, and any
 * process that the case forked.
 */
bool check_true(bool held, const char *file, int line, const char *what);
bool check_equal(long long got, long long want, const char *file, int line,
		 const char *what);
bool check_order(bool held, uint64_t left, uint64_t right, const char *file,
		 int line, const char *what);
_Noreturn void end_case(void);

#define CHECK(held) check_true((held), __FILE__, __LINE__, #held)
#define CHECK_EQ(got, want)                                                  \
	check_equal((long long)(got), (long long)(want), __FILE__, __LINE__, \
		    #got)
#define CHECK_ORDER(left, op, right)                                  \
	__extension__({                                               \
		uint64_t left_ = (left), right_ = (right);            \
		check_order(left_ op right_, left_, right_, __FILE__, \
			    __LINE__, #left " " #op " " #right);      \
	})
#define REQUIRE(held)               \
	do {                        \
		if (!CHECK(held))   \
			end_case(); \
	} while (0)
#define REQUIRE_EQ(got, want)             \
	do {                              \
		if (!CHECK_EQ(got, want)) \
			end_case();       \
	} while (0)

/* A line of diagnosis. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The case cannot be run here. */
_Noreturn void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* How many checks of this case have failed. */
unsigned int failures(void);

/* Whether the kernel has checkers that make it many times slower. */
bool kernel_is_slow(void);
/*
 * @n, or less where the machine is slow: SCALE in the environment is a
 * percentage; without it, 20 on a slow kernel.
 */
unsigned long scaled(unsigned long n);

/* A pattern that no call leaves behind by itself. */
#define POISON_BYTE 0xa5
void poison_bytes(void *p, size_t size);
bool is_poison_bytes(const void *p, size_t size);
#define POISON(object) poison_bytes(&(object), sizeof(object))
#define IS_POISON(object) is_poison_bytes(&(object), sizeof(object))

#endif
