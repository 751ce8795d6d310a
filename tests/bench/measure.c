// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define PAGE 4096

bool bench_by_cpu_time;

void bench_die(const char *what, int error)
{
	fprintf(stderr, "bench: %s%s%s\n", what, error ? ": " : "",
		error ? strerror(error) : "");
	exit(1);
}

void bench_skip(const char *why)
{
	fprintf(stderr, "# skipped: %s\n", why);
	exit(77);
}

void bench_check(bool ok, const char *what)
{
	if (!ok)
		bench_die(what, errno);
}

void *bench_alloc(uint64_t count, uint64_t size)
{
	volatile char *memory = calloc(count, size);

	bench_check(memory, "memory");
	for (uint64_t i = 0; i < count * size; i += PAGE)
		memory[i] = 0;
	return (void *)memory;
}

uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * BENCH_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t bench_busy_ns(void)
{
	struct timespec ts;

	if (!bench_by_cpu_time)
		return bench_now();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * BENCH_SEC + (uint64_t)ts.tv_nsec;
}

/*
 * Its own figure has nanoseconds and leaves interrupts out.  The file lists all
 * timers that are armed, each at the cost of all before it: read it when few
 * are.
 */
uint64_t bench_idle_ns(void)
{
	FILE *file = fopen("/proc/timer_list", "r");
	int cpu = -1, here = sched_getcpu();
	unsigned long long idle, sum = 0;
	char line[256];

	if (!file)
		bench_skip("/proc/timer_list cannot be read");
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "cpu: %d", &cpu);
		if (cpu != here)
			continue;
		/* As io_uring has it, idle with somebody waiting for it. */
		if (sscanf(line, " .idle_sleeptime : %llu", &idle) == 1 ||
		    sscanf(line, " .iowait_sleeptime: %llu", &idle) == 1)
			sum += idle;
	}
	fclose(file);
	if (!sum)
		bench_skip("/proc/timer_list has no idle_sleeptime");
	return sum;
}

/* The sum of all lines like this in a file. */
static uint64_t sum_of(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	unsigned long long value, sum = 0;
	char line[256];

	bench_check(file, path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			sum += value;
	fclose(file);
	return sum;
}

/* What CPUs keep for themselves is free, but MemFree leaves it out. */
uint64_t bench_free_bytes(void)
{
	return sum_of("/proc/meminfo", "MemFree: %llu kB") * 1024 +
		sum_of("/proc/zoneinfo", " count: %llu") * PAGE;
}

uint64_t bench_available_bytes(void)
{
	return sum_of("/proc/meminfo", "MemAvailable: %llu kB") * 1024;
}

void bench_trace(bool on)
{
	int fd;

	if (!getenv("BENCH_TRACE"))
		return;
	fd = open("/sys/kernel/tracing/tracing_on", O_WRONLY | O_CLOEXEC);
	bench_check(fd >= 0 && write(fd, on ? "1" : "0", 1) == 1, "tracing_on");
	close(fd);
}

void bench_rest(void)
{
	usleep(50000);
}

void bench_bind(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	bench_check(!sched_setaffinity(0, sizeof(set), &set), "affinity");
}

/* Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014. */
uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void bench_result(const struct bench_run *run, const char *workload,
		  const char *unit, double value)
{
	printf("{\"workload\":\"%s\",\"peer\":\"%s\",\"n\":%u,\"cpus\":%u,"
	       "\"mode\":\"%s\",\"unit\":\"%s\",\"value\":%.6g}\n",
	       workload, run->peer->name, run->n, run->cpus, run->mode, unit,
	       value);
	fflush(stdout);
}

void bench_cost(const struct bench_run *run, const char *workload, double ns)
{
	bool counted = !strcmp(run->mode, "icount");

	bench_result(run, workload, counted ? "instructions" : "ns", ns);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void bench_percentiles(const struct bench_run *run, const char *workload,
		       uint64_t *values, uint32_t count)
{
	static const struct {
		const char *name;
		double share;
	} figures[] = {
		{ "p50", .5 },
		{ "p99", .99 },
		{ "p99.9", .999 },
		{ "max", 1 },
	};
	char name[64];

	qsort(values, count, sizeof(*values), by_value);
	for (int i = 0; i < 4; i++) {
		/* The nearest rank. */
		uint32_t rank = (uint32_t)ceil(figures[i].share * count);

		snprintf(name, sizeof(name), "%s_%s", workload,
			 figures[i].name);
		bench_result(run, name, "ns", (double)values[rank - 1]);
	}
}
