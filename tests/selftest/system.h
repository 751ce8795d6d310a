/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system under the tests: time, CPUs, threads and processes, files.
 * What cannot fail on a sound system ends the case when it does.
 */
#ifndef SELFTEST_SYSTEM_H
#define SELFTEST_SYSTEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL

/* Longer than any delay of a busy emulated machine. */
#define PATIENCE_NS (20 * NSEC_PER_SEC)

uint64_t now_ns(clockid_t clock);
uint64_t mono_ns(void);
void sleep_until(clockid_t clock, uint64_t when);
void sleep_ms(unsigned int ms);

/* Waits until @held, which is evaluated again and again; its last value. */
#define WAIT_UNTIL(held)                                          \
	__extension__({                                           \
		uint64_t give_up_ = mono_ns() + PATIENCE_NS;      \
		bool held_;                                       \
		while (!(held_ = (held)) && mono_ns() < give_up_) \
			sleep_ms(1);                              \
		held_;                                            \
	})

/* Of the calling thread; all online CPUs for -1. */
void pin_to(int cpu);
int cpus_online(void);
/* A CPU other than @cpu that is online; skips the case if there is none. */
int other_cpu(int cpu);
/* Skips the case where an instruction does not take a nanosecond. */
void need_counted_time(int cpus);
/* The same on one CPU, for bounds that the kernel's checkers would break. */
void need_icount(void);
/* CPU hotplug; 0 or -errno. */
int set_online(int cpu, bool online);

pthread_t start_thread(void *(*fn)(void *), void *arg);
void join_thread(pthread_t thread);
/* In a child, which ends with the case at the latest; its exit status. */
pid_t start_child(void (*fn)(void *), void *arg);
int wait_child(pid_t pid);

/* 0 or -errno. */
int write_text(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The number that the file begins with, or -errno. */
long read_number(const char *path);
/* A line of /proc/meminfo, in kB. */
long read_meminfo(const char *name);

#define PAGE_SIZE 4096
#define KERNEL_ADDRESS ((void *)0xffff888000000000)
/* The last @inside bytes of a page, behind which nothing is mapped. */
char *map_edge(size_t inside);

/* A small generator of its own for each thread. */
struct prng {
	uint64_t state;
};
uint64_t prng_next(struct prng *prng);
/* 0 to @range - 1. */
uint64_t prng_below(struct prng *prng, uint64_t range);

#endif
