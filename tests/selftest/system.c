// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

uint64_t mono_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

void sleep_until(clockid_t clock, uint64_t when)
{
	struct timespec ts = { when / NSEC_PER_SEC, when % NSEC_PER_SEC };

	while (clock_nanosleep(clock, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

void sleep_ms(unsigned int ms)
{
	sleep_until(CLOCK_MONOTONIC, mono_ns() + ms * NSEC_PER_MSEC);
}

void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	else
		memset(&set, 0xff, sizeof(set));
	REQUIRE(!sched_setaffinity(0, sizeof(set), &set));
}

int cpus_online(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

int other_cpu(int cpu)
{
	if (cpus_online() < 2)
		skip("needs two CPUs");
	return cpu ? 0 : 1;
}

int set_online(int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	if (read_number(path) == online)
		return 0;
	return write_text(path, "%d", online);
}

/*
 * With one instruction a nanosecond a reading of the clock always takes the
 * same, once all that it needs has been touched, but for interrupts.
 */
static bool time_is_counted(void)
{
	uint64_t took[100];
	int same = 0;

	for (size_t i = 0; i < ARRAY_SIZE(took); i++) {
		took[i] = mono_ns();
		took[i] = mono_ns() - took[i];
	}
	for (size_t i = 50; i < ARRAY_SIZE(took); i++)
		same += took[i] == took[49] || took[i] == took[48];
	return same >= 40 && took[99] < 1000;
}

void need_counted_time(int cpus)
{
	if (cpus_online() != cpus || !time_is_counted())
		skip("needs a guest with --icount --cpus %d", cpus);
}

void need_icount(void)
{
	if (kernel_is_slow())
		skip("most of the time is that of the kernel's checkers");
	need_counted_time(1);
}

pthread_t start_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	REQUIRE_EQ(pthread_create(&thread, NULL, fn, arg), 0);
	return thread;
}

void join_thread(pthread_t thread)
{
	REQUIRE_EQ(pthread_join(thread, NULL), 0);
}

pid_t start_child(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fn(arg);
	_exit(0);
}

int wait_child(pid_t pid)
{
	int status;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int write_text(const char *path, const char *fmt, ...)
{
	char text[200];
	int fd, err = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

long read_number(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n < 0 ? -errno : strtol(text, NULL, 10);
}

long read_meminfo(const char *name)
{
	size_t length = strlen(name);
	FILE *f = fopen("/proc/meminfo", "re");
	long value = -1;
	char line[100];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, length) && line[length] == ':')
			value = atol(line + length + 1);
	if (f)
		fclose(f);
	REQUIRE(value >= 0);
	return value;
}

char *map_edge(size_t inside)
{
	char *pages = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(pages != MAP_FAILED);
	REQUIRE(!munmap(pages + PAGE_SIZE, PAGE_SIZE));
	return pages + PAGE_SIZE - inside;
}

/* splitmix64 (Steele, Lea and Flood, 2014) */
uint64_t prng_next(struct prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t prng_below(struct prng *prng, uint64_t range)
{
	return prng_next(prng) % range;
}
