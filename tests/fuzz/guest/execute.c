// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "execute.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

#define KCOV "/sys/kernel/debug/kcov"
/* How long threads have, and, once signals come, how long still. */
#define PATIENCE_MS 60
#define GRACE_MS 200
#define INTERRUPT_MS 10

static struct {
	int fd;
	uint64_t *area; /* a count, and so many addresses */
} covers[MAX_THREADS];

static struct scratch scratches[2 * MAX_THREADS];

/* In the program's process */
static struct actor actors[MAX_THREADS];
static const struct program *running;
static const char *running_line;
static sem_t go[MAX_THREADS], done;

static void open_cover(unsigned int i)
{
	size_t size = MAX_PCS * sizeof(uint64_t);
	int fd = open(KCOV, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, (unsigned long)MAX_PCS)) {
		perror("guestfuzz: " KCOV);
		exit(1);
	}
	covers[i].area =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* Out of the way of the numbers that programs use. */
	covers[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	close(fd);
	if (covers[i].area == MAP_FAILED || covers[i].fd < 0)
		abort();
}

static void do_nothing(int number)
{
	(void)number;
}

void execute_init(void)
{
	/* Without SA_RESTART: sleepers are to return. */
	struct sigaction action = { .sa_handler = do_nothing };

	for (unsigned int i = 0; i < MAX_THREADS; i++)
		open_cover(i);
	for (unsigned int i = 0; i < 2 * MAX_THREADS; i++)
		scratch_init(&scratches[i], i);
	calls_init();
	memory_catch_faults();
	sigaction(SIGUSR1, &action, NULL);
}

unsigned int execute_pcs(unsigned int thread, const uint64_t **pcs)
{
	uint64_t n = covers[thread].area[0];

	*pcs = covers[thread].area + 1;
	return n < MAX_PCS ? n : MAX_PCS - 1;
}

static void make_call(struct actor *actor, const struct call *call)
{
	const struct op *op = &ops[call->op];
	long ret;

	actor->fail = call->fail;
	ret = op->run(actor, call->arg);
	if (!ledger_note(op->row, ret)) {
		printf("wrong: %s answered %s (%ld), call %td: %s\n",
		       ledger_name(op->row),
		       ret < 0 ? strerrorname_np(-ret) : "success", ret,
		       call - running->calls, running_line);
		fflush(stdout);
		_exit(1);
	}
}

static void prepare(struct actor *actor)
{
	actor->tid = gettid();
	actor->epoll = epoll_create1(EPOLL_CLOEXEC);
	actor->fail_nth =
		open("/proc/thread-self/fail-nth", O_WRONLY | O_CLOEXEC);
	actor->scratch = &scratches[2 * actor->number];
	if (actor->epoll < 0 || actor->fail_nth < 0)
		abort();
	if (ioctl(covers[actor->number].fd, KCOV_ENABLE, KCOV_TRACE_PC))
		abort();
}

static void run_calls(struct actor *actor)
{
	unsigned int i;

	for (i = 0; !actor->number && i < running->serial; i++)
		make_call(actor, &running->calls[i]);
	if (!actor->number)
		for (i = 1; i < program_threads(running); i++)
			sem_post(&go[i]);
	for (i = running->serial; i < running->n; i++)
		if (running->calls[i].thread == actor->number)
			make_call(actor, &running->calls[i]);
}

static void *act(void *arg)
{
	struct actor *actor = arg;
	cpu_set_t all;

	prepare(actor);
	CPU_ZERO(&all);
	CPU_SET(0, &all);
	CPU_SET(1, &all);
	for (;;) {
		sem_post(&done);
		while (sem_wait(&go[actor->number]))
			;
		sched_setaffinity(0, sizeof(all), &all);
		run_calls(actor);
	}
	return NULL;
}

static bool wait_ms(sem_t *sem, unsigned int ms)
{
	struct timespec until;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	do {
		ret = sem_clockwait(sem, CLOCK_MONOTONIC, &until);
	} while (ret && errno == EINTR);
	return !ret;
}

void execute_start(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	sem_init(&done, 0, 0);
	for (unsigned int i = 0; i < MAX_THREADS; i++) {
		pthread_t thread;

		actors[i].number = i;
		sem_init(&go[i], 0, 0);
		if (pthread_create(&thread, NULL, act, &actors[i]))
			abort();
		while (sem_wait(&done))
			;
	}
	calls_set_actors(actors, MAX_THREADS);
}

/* What still sleeps after a while is interrupted. */
static bool all_end(unsigned int n)
{
	unsigned int ended = 0;

	while (ended < n && wait_ms(&done, PATIENCE_MS))
		ended++;
	for (int ms = 0; ended < n && ms < GRACE_MS; ms += INTERRUPT_MS) {
		for (unsigned int i = 0; i < n; i++)
			tgkill(getpid(), actors[i].tid, SIGUSR1);
		while (ended < n && wait_ms(&done, INTERRUPT_MS))
			ended++;
	}
	return ended == n;
}

bool execute(const struct program *program, const char *line)
{
	bool ended;

	running = program;
	running_line = line;
	for (unsigned int i = 0; i < MAX_THREADS; i++)
		covers[i].area[0] = 0;
	sem_post(&go[0]);
	ended = all_end(program_threads(program));
	calls_restore(program, ended);
	return ended && !program_has(program, "nobody");
}
