// SPDX-License-Identifier: GPL-2.0-only
/* The calls that the compiler makes for ThreadSanitizer; see lines.c. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lines.h"

#define LINE 64
/* Open addressing; far more than there are lines. */
#define SIZE (1U << 22)

struct entry {
	uintptr_t line;
	unsigned char by;
};

static struct entry table[SIZE];
static int recording = -1;
/* The stack is the thread's own, but may be another thread's later. */
static uintptr_t stack_low, stack_high;

static void note(const volatile void *p)
{
	uintptr_t at = (uintptr_t)p, line = at / LINE;
	size_t i = line * 0x9e3779b97f4a7c15 >> 42;

	if (recording < 0 || (at >= stack_low && at < stack_high))
		return;
	while (table[i].line && table[i].line != line)
		i = (i + 1) % SIZE;
	table[i].line = line;
	table[i].by |= (unsigned char)(1 << recording);
}

static void note_range(const volatile char *p, uintptr_t size)
{
	for (uintptr_t at = 0; at < size; at += LINE)
		note(p + at);
	if (size)
		note(p + size - 1);
}

void lines_record(unsigned int number)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	stack_low = here - (1 << 20);
	stack_high = here + (1 << 16);
	recording = (int)number;
}

void lines_stop(void)
{
	recording = -1;
}

void lines_forget(void)
{
	memset(table, 0, sizeof(table));
}

static size_t count(unsigned int mask)
{
	size_t found = 0;

	for (size_t i = 0; i < SIZE; i++)
		found += (table[i].by & mask) == mask;
	return found;
}

size_t lines_of(unsigned int number)
{
	return count(1U << number);
}

size_t lines_of_both(void)
{
	return count(3);
}

/* Names and arguments are the compiler's. */

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

void __tsan_read_range(void *p, uintptr_t size);
void __tsan_read_range(void *p, uintptr_t size)
{
	(void)p;
	(void)size;
}

void __tsan_write_range(void *p, uintptr_t size);
void __tsan_write_range(void *p, uintptr_t size)
{
	note_range(p, size);
}

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define ACCESS(size)                                \
	void __tsan_read##size(void *p);            \
	void __tsan_read##size(void *p)             \
	{                                           \
		(void)p;                            \
	}                                           \
                                                    \
	void __tsan_write##size(void *p);           \
	void __tsan_write##size(void *p)            \
	{                                           \
		note_range(p, size);                \
	}                                           \
                                                    \
	void __tsan_unaligned_read##size(void *p);  \
	void __tsan_unaligned_read##size(void *p)   \
	{                                           \
		(void)p;                            \
	}                                           \
                                                    \
	void __tsan_unaligned_write##size(void *p); \
	void __tsan_unaligned_write##size(void *p)  \
	{                                           \
		note_range(p, size);                \
	}

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

#define ATOMIC(bits, type)                                                     \
	type __tsan_atomic##bits##_load(const volatile type *p, int order);    \
	type __tsan_atomic##bits##_load(const volatile type *p, int order)     \
	{                                                                      \
		(void)order;                                                   \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                   \
	}                                                                      \
                                                                               \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order); \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order)  \
	{                                                                      \
		(void)order;                                                   \
		note(p);                                                       \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);                      \
	}                                                                      \
                                                                               \
	bool __tsan_atomic##bits##_compare_exchange_strong(                    \
		volatile type *p, type *seen, type v, int order, int fail);    \
	bool __tsan_atomic##bits##_compare_exchange_strong(                    \
		volatile type *p, type *seen, type v, int order, int fail)     \
	{                                                                      \
		(void)order;                                                   \
		(void)fail;                                                    \
		note(p);                                                       \
		return __atomic_compare_exchange_n(p, seen, v, false,          \
						   __ATOMIC_SEQ_CST,           \
						   __ATOMIC_SEQ_CST);          \
	}

#define UPDATE(bits, type, name, does)                                         \
	type __tsan_atomic##bits##_##name(volatile type *p, type v,            \
					  int order);                          \
	type __tsan_atomic##bits##_##name(volatile type *p, type v, int order) \
	{                                                                      \
		(void)order;                                                   \
		note(p);                                                       \
		return does(p, v, __ATOMIC_SEQ_CST);                           \
	}

#define ATOMICS(bits, type)                               \
	ATOMIC(bits, type)                                \
	UPDATE(bits, type, exchange, __atomic_exchange_n) \
	UPDATE(bits, type, fetch_add, __atomic_fetch_add) \
	UPDATE(bits, type, fetch_sub, __atomic_fetch_sub) \
	UPDATE(bits, type, fetch_or, __atomic_fetch_or)   \
	UPDATE(bits, type, fetch_and, __atomic_fetch_and)

ATOMICS(8, uint8_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
