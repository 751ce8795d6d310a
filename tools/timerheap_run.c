// SPDX-License-Identifier: LGPL-2.1-or-later
/* A program whose timerfds are timerheap's. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "timerheap_tool.h"

#define LIBRARY "libtimerheap-timerfd.so"

/* As of env(1) and nice(1). */
#define FAILED 125
#define CANNOT_RUN 126
#define NOT_FOUND 127

static void __attribute__((noreturn))
fail(int status, const char *what, const char *why)
{
	fprintf(stderr, "timerheap run: %s: %s\n", what, why);
	exit(status);
}

/* In ../lib, seen from this program, wherever the two were installed. */
static bool find_beside(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size);
	char *slash;

	if (n <= 0 || (size_t)n + sizeof("lib/" LIBRARY) >= size)
		return false;
	path[n] = '\0';
	for (int up = 0; up < 2; up++) {
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	strcpy(slash, "/lib/" LIBRARY);
	return !access(path, R_OK);
}

/* Else where the loader looks, which then also finds it by its name. */
static const char *find_library(char *path, size_t size)
{
	if (find_beside(path, size)) {
		if (!strpbrk(path, ": "))
			return path;
		fail(FAILED, path,
		     "LD_PRELOAD can have no path with a colon or a space: install elsewhere");
	}
	if (dlopen(LIBRARY, RTLD_LAZY))
		return LIBRARY;
	fail(FAILED, LIBRARY,
	     "neither in ../lib of this program nor where the loader looks: make install");
}

/*
 * After what is preloaded already: sanitizers insist on being first, and others
 * that wrap timerfd's calls expect to find the next ones behind them.
 */
static void preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	bool none = !others || !*others;
	char *value;

	if (asprintf(&value, "%s%s%s", none ? "" : others, none ? "" : ":",
		     library) < 0 ||
	    setenv("LD_PRELOAD", value, 1))
		fail(FAILED, "LD_PRELOAD", strerror(errno));
	free(value);
}

static int run(int argc, char **argv)
{
	struct tool_options opts;
	char path[PATH_MAX];
	int next = tool_options(&tool_run, "v", argc, argv, &opts);

	if (next == argc) {
		fputs("timerheap run: no program\n", stderr);
		tool_bad_usage(&tool_run);
	}
	preload(find_library(path, sizeof(path)));
	if (opts.verbose && setenv("TIMERHEAP_VERBOSE", "1", 1))
		fail(FAILED, "TIMERHEAP_VERBOSE", strerror(errno));
	execvp(argv[next], argv + next);
	fail(errno == ENOENT ? NOT_FOUND : CANNOT_RUN, argv[next],
	     strerror(errno));
}

const struct tool_command tool_run = {
	"run",
	"Usage: timerheap run [--verbose] [--] PROGRAM [ARGUMENT]...\n"
	"Run a program that uses timerfd on timerheap: with its statistics, and with the\n"
	"delays that were injected.  Where timerheap is not there or may not be opened, it\n"
	"runs on the kernel's own timerfd.\n"
	"\n"
	"  -v, --verbose  say so, once, on standard error\n"
	"\n"
	"It is for programs that are linked with the C library's timerfd_create(3) and the\n"
	"like, and for those they start; not for static ones.  See timerheap-run(1).\n"
	"\n"
	"Exit status: the program's; 125 it was not come to; 126 it could not be run; 127 it\n"
	"was not found; 2 usage.\n",
	run,
};
