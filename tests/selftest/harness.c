// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_SKIP 77
#define MAX_COMPLAINTS 20
#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define KCSAN "/sys/kernel/debug/kcsan"

/* Shared by all processes of a case. */
static struct {
	atomic_uint failures;
	atomic_uint complaints;
	char reason[160]; /* why it was skipped */
} * shared;

static void say(const char *prefix, const char *fmt, va_list ap)
{
	char line[400];
	int n = snprintf(line, sizeof(line), "%s", prefix);
	int m = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);

	n += m < (int)sizeof(line) - n - 1 ? m : (int)sizeof(line) - n - 2;
	line[n++] = '\n';
	/* In one piece, so that threads do not mix their lines. */
	if (write(STDOUT_FILENO, line, n) < 0)
		_exit(1);
}

static void print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("# ", fmt, ap);
	va_end(ap);
}

static bool failed(void)
{
	atomic_fetch_add(&shared->failures, 1);
	return atomic_fetch_add(&shared->complaints, 1) < MAX_COMPLAINTS;
}

bool check_true(bool held, const char *file, int line, const char *what)
{
	if (!held && failed())
		note("%s:%d: not true: %s", file, line, what);
	return held;
}

bool check_equal(long long got, long long want, const char *file, int line,
		 const char *what)
{
	if (got != want && failed())
		note("%s:%d: %s is %lld, not %lld", file, line, what, got,
		     want);
	return got == want;
}

bool check_order(bool held, uint64_t left, uint64_t right, const char *file,
		 int line, const char *what)
{
	if (!held && failed())
		note("%s:%d: not true: %s (%llu and %llu)", file, line, what,
		     (unsigned long long)left, (unsigned long long)right);
	return held;
}

void end_case(void)
{
	_exit(1);
}

unsigned int failures(void)
{
	return atomic_load(&shared->failures);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->reason, sizeof(shared->reason), fmt, ap);
	va_end(ap);
	_exit(EXIT_SKIP);
}

bool kernel_is_slow(void)
{
	return !access(KMEMLEAK, F_OK) || !access(KCSAN, F_OK);
}

static unsigned long scale_percent(void)
{
	const char *text = getenv("SCALE");

	if (text && atol(text) > 0)
		return atol(text);
	return kernel_is_slow() ? 20 : 100;
}

unsigned long scaled(unsigned long n)
{
	static atomic_ulong percent;

	if (!percent)
		percent = scale_percent();
	n = n * percent / 100;
	return n ? n : 1;
}

void poison_bytes(void *p, size_t size)
{
	memset(p, POISON_BYTE, size);
}

bool is_poison_bytes(const void *p, size_t size)
{
	const unsigned char *bytes = p;

	while (size--)
		if (*bytes++ != POISON_BYTE)
			return false;
	return true;
}

static void show_file(pid_t pid, const char *tid, const char *name)
{
	char path[100], text[2000], *line, *rest = text;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line)
			note("  %s %s: %s", tid, name, line);
}

/* Where the threads of a case are that did not end. */
static void show_threads(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		show_file(pid, entry->d_name, "syscall");
		show_file(pid, entry->d_name, "stack");
	}
	if (dir)
		closedir(dir);
}

static _Noreturn void run_child(const struct test_case *test)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	test->run();
	_exit(0);
}

/* The exit status of the case; what it left behind is gone. */
static int run_case(const struct test_case *test)
{
	int timeout_s = test->timeout_s ? test->timeout_s : DEFAULT_TIMEOUT_S;
	struct pollfd pollfd = { .events = POLLIN };
	int status, ended;
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_child(test);
	setpgid(pid, pid);
	pollfd.fd = syscall(SYS_pidfd_open, pid, 0);
	ended = poll(&pollfd, 1, timeout_s * 1000);
	if (ended != 1) {
		note("not done after %d s", timeout_s);
		show_threads(pid);
	}
	close(pollfd.fd);
	kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	if (ended != 1)
		return 1;
	if (WIFSIGNALED(status))
		note("killed by signal %d", WTERMSIG(status));
	if (failures())
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static bool chosen(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int run_cases(int argc, char **argv, const struct test_case *cases, size_t n,
	      void (*restore)(void))
{
	unsigned int count = 0, number = 0, failed_cases = 0, skipped = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < n; i++)
		count += chosen(argc, argv, cases[i].name);
	print("1..%u", count);
	for (size_t i = 0; i < n; i++) {
		int status;

		if (!chosen(argc, argv, cases[i].name))
			continue;
		status = run_case(&cases[i]);
		number++;
		if (status == EXIT_SKIP)
			print("ok %u - %s # SKIP %s", number, cases[i].name,
			      shared->reason);
		else
			print("%sok %u - %s", status ? "not " : "", number,
			      cases[i].name);
		skipped += status == EXIT_SKIP;
		failed_cases += status && status != EXIT_SKIP;
		if (restore)
			restore();
	}
	if (failed_cases || !count)
		return 1;
	return skipped == count ? EXIT_SKIP : 0;
}
