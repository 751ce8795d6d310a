// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MOST_TIMERS 1100000
#define MOST_SIZES 16
#define MOST_LISTS 2

static const char usage[] =
	"Usage: bench [--peers P,...] [--workloads W,...] [--n N,...]\n"
	"             [--mode icount|smp|native] [--cpus N] [--seconds S]\n"
	"       bench --list\n"
	"\n"
	"Runs each workload with each peer and each number of timers, one after\n"
	"the other, and prints a line of JSON for each figure. Progress, and why\n"
	"something was skipped, is on stderr. MODE labels the figures. Given\n"
	"twice, --peers and --workloads mean what is on both lists.\n"
	"\n"
	"Exit status: 0; 1 something failed; 2 usage.\n";

struct options {
	const char *peers[MOST_LISTS], *workloads[MOST_LISTS];
	uint32_t sizes[MOST_SIZES];
	int nsizes;
	const char *mode;
	unsigned int cpus;
	double seconds;
};

static bool failed;

/* Whether a list with commas has the name; no list has all. */
static bool has(const char *list, const char *name)
{
	size_t length = strlen(name);

	if (!list)
		return true;
	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ',') &&
		    (!at[length] || at[length] == ','))
			return true;
	return false;
}

static bool has_all(const char *const *lists, const char *name)
{
	for (int i = 0; i < MOST_LISTS; i++)
		if (!has(lists[i], name))
			return false;
	return true;
}

static void skip(const struct bench_run *run, const struct bench_workload *work,
		 const char *why)
{
	fprintf(stderr, "# skipped: %s %s n=%u: %s\n", work->name,
		run->peer->name, run->n, why);
}

/* Why it cannot be; NULL: it can. */
static const char *obstacle(const struct bench_run *run,
			    const struct bench_workload *work)
{
	const struct bench_peer *peer = run->peer;

	if (work->sleeps && !peer->sleep_until)
		return "it has no sleep of its own";
	if (work->expires && !peer->collect)
		return "nothing expires";
	if (peer->most && run->n > peer->most)
		return peer->why;
	if (work->most && run->n > work->most)
		return "no more than this workload is for";
	if ((uint64_t)peer->bytes * run->n > bench_available_bytes() / 8 * 7)
		return "more timers than the memory carries";
	return NULL;
}

/* In a process of its own, since a peer may fail in any way. */
static void run_one(const struct bench_run *run,
		    const struct bench_workload *work)
{
	const char *why = obstacle(run, work);
	int status;
	pid_t pid;

	if (why) {
		if (run->peer != &bench_nothing)
			skip(run, work, why);
		return;
	}
	fprintf(stderr, "# %s %s n=%u\n", work->name, run->peer->name, run->n);
	pid = fork();
	bench_check(pid >= 0, "fork");
	if (!pid) {
		bench_bind(0);
		/* Sleeps are late by 50 us otherwise. */
		prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
		bench_rest();
		work->run(run);
		exit(0);
	}
	bench_check(waitpid(pid, &status, 0) == pid, "waitpid");
	if (WIFEXITED(status) &&
	    (!WEXITSTATUS(status) || WEXITSTATUS(status) == 77))
		return;
	fprintf(stderr, "# failed: %s %s n=%u: status %#x\n", work->name,
		run->peer->name, run->n, (unsigned int)status);
	failed = true;
}

static void run_peers(const struct options *options,
		      const struct bench_workload *work, uint32_t n)
{
	struct bench_run run = {
		.n = n,
		.mode = options->mode,
		.cpus = options->cpus,
		.seconds = options->seconds > 0 ? options->seconds
						: work->seconds,
	};

	for (int i = 0; bench_peers[i]; i++) {
		run.peer = bench_peers[i];
		if (has_all(options->peers, run.peer->name) ||
		    run.peer == &bench_nothing)
			run_one(&run, work);
	}
}

static void run_all(const struct options *options)
{
	for (int i = 0; bench_workloads[i]; i++) {
		const struct bench_workload *work = bench_workloads[i];

		if (!has_all(options->workloads, work->name))
			continue;
		if (work->only) {
			run_peers(options, work, work->only);
			continue;
		}
		for (int k = 0; k < options->nsizes; k++)
			run_peers(options, work, options->sizes[k]);
	}
}

static void list(void)
{
	printf("peers:\n");
	for (int i = 0; bench_peers[i]; i++)
		printf("  %s\n", bench_peers[i]->name);
	printf("workloads:\n");
	for (int i = 0; bench_workloads[i]; i++)
		printf("  %-15s  %s\n", bench_workloads[i]->name,
		       bench_workloads[i]->what);
}

static bool parse_sizes(struct options *options, const char *text)
{
	char *end;

	for (options->nsizes = 0; options->nsizes < MOST_SIZES;
	     text = end + 1) {
		unsigned long n = strtoul(text, &end, 10);

		if (end == text || !n || n > MOST_TIMERS ||
		    (*end && *end != ','))
			return false;
		options->sizes[options->nsizes++] = (uint32_t)n;
		if (!*end)
			return true;
	}
	return false;
}

/* As many descriptors and signals as there may be timers. */
static void raise_limits(void)
{
	const struct rlimit most = { MOST_TIMERS, MOST_TIMERS };
	int fd = open("/proc/sys/fs/nr_open", O_WRONLY | O_CLOEXEC);

	/* Without the right to: the peer says what it could not have. */
	if (fd >= 0) {
		(void)!write(fd, "1100000", 7);
		close(fd);
	}
	(void)setrlimit(RLIMIT_NOFILE, &most);
	(void)setrlimit(RLIMIT_SIGPENDING, &most);
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "peers", required_argument, NULL, 'p' },
		{ "workloads", required_argument, NULL, 'w' },
		{ "n", required_argument, NULL, 'n' },
		{ "mode", required_argument, NULL, 'm' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = {
		.sizes = { 10000 },
		.nsizes = 1,
		.mode = "native",
		.cpus = 1,
	};
	bool valid = true;
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (name) {
		case 'p':
			options.peers[options.peers[0] != NULL] = optarg;
			break;
		case 'w':
			options.workloads[options.workloads[0] != NULL] =
				optarg;
			break;
		case 'n':
			valid &= parse_sizes(&options, optarg);
			break;
		case 'm':
			options.mode = optarg;
			break;
		case 'c':
			options.cpus = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 's':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'l':
			list();
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			valid = false;
		}
	}
	if (!valid || optind < argc || !options.cpus) {
		fputs(usage, stderr);
		return 2;
	}
	bench_by_cpu_time = !strcmp(options.mode, "native");
	raise_limits();
	run_all(&options);
	return failed;
}
