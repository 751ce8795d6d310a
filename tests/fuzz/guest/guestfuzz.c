// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzzer for /dev/timerheap, guided by the kernel's coverage: programs that
 * came by new places of the module are kept, and changed further.
 *
 * Output, to be read by tests/fuzz/guest/check: TAP, and
 *   program WORKER PROGRAM  before it is run
 *   progress ...
 *   wrong: ...              what made the run fail
 *   at OFFSET ...           places reached, in .text
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "execute.h"
#include "ledger.h"

#define WORKERS 3
#define MAX_CORPUS 2000
#define MAX_TEXT (1 << 20)
#define TEXT "/sys/module/timerheap/sections/.text"
#define FAULTS "/sys/kernel/debug/"
#define MAX_REPLAYED 5000
/* One process runs no more than so many, */
#define PROGRAMS 100
/* and none takes so long. */
#define HANG_MS 60000
#define PER_SECOND 15
#define MOST_TIMES 6
#define PROGRESS_S 5
/* Of workers that are to stop. */
#define STOP_S 90

static struct {
	atomic_bool stop;
	atomic_ulong died;
	atomic_ulong executions[WORKERS];
	atomic_uint corpus[WORKERS];
	atomic_uchar seen[MAX_TEXT]; /* by anyone */
} * shared;

static struct {
	unsigned int worker;
	struct program program;
} replayed[MAX_REPLAYED];
static unsigned int nreplayed;
static bool again; /* and again, and nothing else */

static unsigned int seconds = 60;
static uint64_t seed = 1;
static uint64_t text_base;

/* Of a worker, and of the processes that it has the programs run by */
static struct worker {
	unsigned int number;
	struct prng prng;
	unsigned int next; /* of those to repeat */
	struct program corpus[MAX_CORPUS];
	unsigned int ncorpus;
	bool seen[MAX_TEXT];
} * self;

/* Until it has left, since the kernel may not survive what comes now. */
static void announce(const char *line)
{
	static char text[MAX_LINE + 30];
	int n = snprintf(text, sizeof(text), "program %u %s\n", self->number,
			 line);

	if (write(STDOUT_FILENO, text, n) != n)
		_exit(1);
	tcdrain(STDOUT_FILENO);
}

/* Whether one of them is new. */
static bool count_pcs(unsigned int thread)
{
	const uint64_t *pcs;
	unsigned int n = execute_pcs(thread, &pcs);
	bool new = false;

	for (unsigned int i = 0; i < n; i++) {
		uint64_t offset = pcs[i] - text_base;

		if (offset >= MAX_TEXT || self->seen[offset])
			continue;
		self->seen[offset] = true;
		shared->seen[offset] = 1;
		new = true;
	}
	return new;
}

static void keep(const struct program *program)
{
	if (self->ncorpus < MAX_CORPUS)
		self->corpus[self->ncorpus++] = *program;
	else
		self->corpus[prng_below(&self->prng, MAX_CORPUS)] = *program;
}

static const struct program *any_kept(void)
{
	return &self->corpus[prng_below(&self->prng, self->ncorpus)];
}

static void next_program(struct program *program)
{
	if (!self->ncorpus || !prng_below(&self->prng, 4)) {
		program_new(program, &self->prng);
		return;
	}
	*program = *any_kept();
	program_mutate(program, any_kept(), &self->prng);
}

/* The worker's next of those that were read; false: there is none left. */
static bool next_replayed(struct program *program)
{
	unsigned int end = self->next + nreplayed;

	if (!again)
		end = nreplayed;
	while (self->next < end) {
		unsigned int at = self->next++ % nreplayed;

		if (replayed[at].worker % WORKERS != self->number)
			continue;
		*program = replayed[at].program;
		return true;
	}
	return false;
}

/* A process that runs programs as long as it is fit to; it has started. */
static _Noreturn void run_programs(void)
{
	execute_start();
	for (int i = 0; i < PROGRAMS && !shared->stop; i++) {
		static struct program program;
		static char line[MAX_LINE];
		bool fit, new = false;

		if (!next_replayed(&program)) {
			if (again)
				_exit(0);
			next_program(&program);
		}
		program_print(&program, line);
		announce(line);
		fit = execute(&program, line);
		for (unsigned int thread = 0; thread < MAX_THREADS; thread++)
			new |= count_pcs(thread);
		if (new)
			keep(&program);
		shared->corpus[self->number] = self->ncorpus;
		shared->executions[self->number]++;
		if (!fit)
			break;
	}
	_exit(0);
}

static void show_stacks(pid_t pid)
{
	char command[100];

	snprintf(command, sizeof(command),
		 "grep '' /proc/%d/task/*/stack /proc/%d/task/*/syscall", pid,
		 pid);
	fflush(stdout);
	if (system(command))
		printf("no stacks\n");
}

/* Whether it ended, or still gets on with programs. */
static bool gets_on(pid_t pid)
{
	struct pollfd pollfd = { .events = POLLIN };
	atomic_ulong *executions = &shared->executions[self->number];
	unsigned long before;
	int ended;

	pollfd.fd = syscall(SYS_pidfd_open, pid, 0);
	do {
		before = *executions;
		ended = poll(&pollfd, 1, HANG_MS);
	} while (!ended && *executions != before);
	close(pollfd.fd);
	return ended == 1;
}

static _Noreturn void work(unsigned int number)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self = mmap(NULL, sizeof(*self), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (self == MAP_FAILED)
		abort();
	self->number = number;
	self->prng.state = seed + number * 0x9e3779b9ULL;
	execute_init();
	while (!shared->stop) {
		int status;
		pid_t pid;

		fflush(stdout);
		pid = fork();

		if (!pid)
			run_programs();
		if (!gets_on(pid)) {
			printf("wrong: worker %u hangs\n", number);
			show_stacks(pid);
			break;
		}
		waitpid(pid, &status, 0);
		/*
		 * A signal that could not be delivered, since that copy was to
		 * fail, and what was written to memory that had just gone.
		 */
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
			shared->died++;
		else if (status) {
			printf("wrong: a program of worker %u ended with %#x\n",
			       number, status);
			break;
		}
	}
	fflush(stdout);
	_exit(!shared->stop);
}

static unsigned long executions(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < WORKERS; i++)
		n += shared->executions[i];
	return n;
}

static void print_progress(unsigned int after_s)
{
	unsigned int pcs = 0, kept = 0;

	for (unsigned int i = 0; i < WORKERS; i++)
		kept += shared->corpus[i];
	for (unsigned int i = 0; i < MAX_TEXT; i++)
		pcs += shared->seen[i];
	printf("progress %u s: %lu executions, %u places, %u programs kept\n",
	       after_s, executions(), pcs, kept);
	fflush(stdout);
}

static void print_places(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < MAX_TEXT; i++)
		if (shared->seen[i])
			printf("%s%x", n++ % 12 ? " " : "\nat ", i);
	printf("\n");
}

static bool kernel_complained(void)
{
	fflush(stdout);
	return system("klog") != 0;
}

/* Whether a worker ended by itself. */
static bool one_has_ended(struct pollfd *pidfds, unsigned int timeout_ms)
{
	return poll(pidfds, WORKERS, timeout_ms) > 0;
}

/* On a busy host it takes longer to run what a second is to run. */
static bool time_is_up(unsigned int s)
{
	return s >= MOST_TIMES * seconds ||
		(s >= seconds && executions() >= PER_SECOND * seconds);
}

/* Whether all was well until the time was up; then all have stopped. */
static bool watch(struct pollfd *pidfds)
{
	bool well = true;
	unsigned int s;

	for (s = 0; well && !time_is_up(s); s++) {
		if (one_has_ended(pidfds, 1000)) {
			printf("wrong: a worker has ended\n");
			well = false;
		}
		if (s % PROGRESS_S != PROGRESS_S - 1)
			continue;
		print_progress(s + 1);
		if (kernel_complained()) {
			printf("wrong: the kernel complained\n");
			well = false;
		}
	}
	shared->stop = true;
	for (unsigned int i = 0; i < WORKERS; i++) {
		int status;

		if (poll(&pidfds[i], 1, STOP_S * 1000) != 1) {
			printf("wrong: worker %u does not stop\n", i);
			return false;
		}
		waitpid(-1, &status, 0);
		well &= !status;
	}
	print_progress(s);
	if (shared->died > executions() / 10) {
		printf("wrong: %lu of them died\n", shared->died);
		return false;
	}
	return well && !kernel_complained();
}

static int write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	return f && fputs(text, f) >= 0 && !fclose(f) ? 0 : -1;
}

/* All kinds of failures can be had, and none of them is told of. */
static void prepare_faults(void)
{
	static const char *const kinds[] = { "failslab", "fail_page_alloc",
					     "fail_usercopy" };
	char path[100];

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), FAULTS "%s/verbose", kinds[i]);
		if (write_text(path, "0")) {
			perror(path);
			exit(1);
		}
	}
	if (write_text(FAULTS "failslab/ignore-gfp-wait", "N") ||
	    write_text(FAULTS "fail_page_alloc/ignore-gfp-wait", "N") ||
	    write_text(FAULTS "fail_page_alloc/ignore-gfp-highmem", "N") ||
	    write_text(FAULTS "fail_page_alloc/min-order", "0")) {
		perror("guestfuzz: ignore-gfp-wait");
		exit(1);
	}
}

static void read_text_base(void)
{
	FILE *f = fopen(TEXT, "re");
	unsigned long base;

	if (!f || fscanf(f, "%lx", &base) != 1 || !base) {
		perror("guestfuzz: " TEXT);
		exit(1);
	}
	text_base = base;
	fclose(f);
}

static void read_programs(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[MAX_LINE + 30];

	while (f && nreplayed < MAX_REPLAYED && fgets(line, sizeof(line), f)) {
		int at = 0;

		if (*line == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "program %u %n", &replayed[nreplayed].worker,
			   &at) < 1 ||
		    !at ||
		    !program_parse(&replayed[nreplayed].program, line + at)) {
			fprintf(stderr, "guestfuzz: not a program: %s\n", line);
			exit(2);
		}
		nreplayed++;
	}
	if (!nreplayed) {
		fprintf(stderr, "guestfuzz: %s: no programs\n", path);
		exit(2);
	}
	fclose(f);
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'n' },
		{ "seeds", required_argument, NULL, 'f' },
		{ "replay", required_argument, NULL, 'r' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 's')
			seconds = strtoul(optarg, NULL, 0);
		else if (option == 'n')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'f' || option == 'r') {
			read_programs(optarg);
			again = option == 'r';
		} else {
			exit(2);
		}
}

int main(int argc, char **argv)
{
	struct pollfd pidfds[WORKERS];
	int number = 0, failed = 0;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	read_options(argc, argv);
	read_text_base();
	prepare_faults();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	ledger_init();
	/* What was logged before is the boot's. */
	kernel_complained();
	for (unsigned int i = 0; i < WORKERS; i++) {
		pid_t pid = fork();

		if (!pid)
			work(i);
		pidfds[i].fd = syscall(SYS_pidfd_open, pid, 0);
		pidfds[i].events = POLLIN;
	}
	failed = !watch(pidfds);
	printf("%sok %d - programs run, and nothing wrong\n",
	       failed ? "not " : "", ++number);
	if (!again)
		ledger_report(number, &failed);
	print_places();
	fflush(stdout);
	return failed ? 1 : 0;
}
