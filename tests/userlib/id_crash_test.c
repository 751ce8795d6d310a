// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Power is lost, a process is killed, or the disk fails, at each write and each
 * flush in turn; then it starts again, with its clock set back, and fails in
 * the same way; and once more.  No number repeats.
 *
 * pwrite(), fdatasync() and fsync() of the library are those of a disk here
 * whose cache forgets: what was written is in the file only when it was
 * flushed, or as far as the failure lets it.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "id_suite.h"

#define BOOT_S 1700000000ULL
#define TICKS 400
#define AHEAD_NS (100 * MS)
#define MOST_OPERATIONS 60
#define MOST_IDS 40000

/* What becomes of the operation, and of what was written and not flushed. */
enum fate {
	NONE,
	/* the process ends there, and of the cache this is on the disk: */
	LOST,
	TORN_EARLY,
	TORN_LATE,
	WHOLE,
	/* the call fails */
	FAILED_LOST,
	FAILED_WHOLE,
	/* and so do all that follow */
	FAILED_FOR_GOOD,
	/* and the next write is torn as well, and the last */
	FAILED_TWICE,
	FATES
};

static struct {
	enum fate fate;
	unsigned int at;
	unsigned int operation;
	/* flushes say that they did, and did not */
	bool lies;
	int fd;
	off_t offset;
	uint8_t data[64];
	size_t length;
} disk;

/* Seen by all processes. */
static struct {
	bool reached;
	unsigned int count;
	uint64_t ids[MOST_IDS];
} * shared;

ssize_t __real_pwrite(int fd, const void *data, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_fsync(int fd);

static void apply(size_t from, size_t to)
{
	if (from < to &&
	    __real_pwrite(disk.fd, disk.data + from, to - from,
			  disk.offset + (off_t)from) < 0)
		abort();
	disk.length = 0;
}

/* What becomes of the cache; a record has its mark after 24 bytes. */
static void meet(enum fate fate)
{
	size_t length = disk.length;

	if (fate == WHOLE || fate == FAILED_WHOLE)
		apply(0, length);
	else if (fate == TORN_EARLY || fate == FAILED_TWICE)
		apply(0, length ? 24 : 0);
	else if (fate == TORN_LATE)
		apply(24, length);
	disk.length = 0;
}

/* Whether the call fails; or it does not return. */
static bool fail_here(void)
{
	unsigned int since = ++disk.operation - disk.at;

	if (!disk.at || disk.operation < disk.at)
		return false;
	shared->reached = true;
	if (since && disk.fate != FAILED_FOR_GOOD &&
	    (since != 2 || disk.fate != FAILED_TWICE))
		return false;
	meet(disk.fate);
	if (disk.fate < FAILED_LOST || (disk.fate == FAILED_TWICE && since))
		kill(getpid(), SIGKILL);
	errno = EIO;
	return true;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t at)
{
	if (n > sizeof(disk.data))
		abort();
	/* What was not flushed before this, and could still be lost. */
	if (!disk.lies)
		apply(0, disk.length);
	memcpy(disk.data, data, n);
	disk.length = n;
	disk.fd = fd;
	disk.offset = at;
	return fail_here() ? -1 : (ssize_t)n;
}

int __wrap_fdatasync(int fd)
{
	(void)fd;
	if (fail_here())
		return -1;
	if (!disk.lies)
		apply(0, disk.length);
	return 0;
}

int __wrap_fsync(int fd)
{
	(void)fd;
	return fail_here() ? -1 : 0;
}

static void take_some(struct thid_block *b, unsigned int n)
{
	uint64_t id;

	while (n-- && !thid_next(b, &id)) {
		if (shared->count == MOST_IDS)
			abort();
		shared->ids[shared->count++] = id;
	}
}

/* One life of a generator, by a wall that begins at @wall_ms. */
static void live(const char *directory, uint64_t wall_ms)
{
	struct thid_lease lease;
	struct thid_block b;
	struct thid_opts opts;
	struct thid *g;

	thid_opts_init(&opts);
	opts.lease = &lease;
	opts.ahead_ns = AHEAD_NS;
	opts.wall_ns = BOOT_S * SEC;
	if (thid_directory_open(&lease, directory, 3, 3))
		return;
	if (thid_open(&g, &opts))
		abort();
	thid_block_init(&b, g);
	for (uint64_t ms = wall_ms; ms < wall_ms + TICKS; ms++) {
		(void)thid_tick(g, ms * MS, BOOT_S * SEC);
		/* Of each tick the first numbers, which another life has too. */
		take_some(&b, 2);
	}
	thid_close(g);
}

static void run(const char *directory, uint64_t wall_ms)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		live(directory, wall_ms);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(status, 0);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned int repeated(void)
{
	unsigned int found = 0;

	qsort(shared->ids, shared->count, sizeof(uint64_t), by_value);
	for (unsigned int i = 1; i < shared->count; i++)
		found += shared->ids[i] == shared->ids[i - 1];
	return found;
}

/*
 * Three lives, each earlier by the wall; the second one fails at an operation
 * of its own.  How many numbers repeat.
 */
static unsigned int lives(enum fate fate, unsigned int first,
			  unsigned int second)
{
	char directory[] = "/tmp/thid-crash-XXXXXX", command[100];
	bool reached;

	assert_non_null(mkdtemp(directory));
	shared->count = 0;
	shared->reached = false;
	disk.fate = fate;
	disk.at = first;
	run(directory, 1000);
	reached = shared->reached;
	disk.at = second;
	run(directory, 970);
	shared->reached = reached;
	disk.at = 0;
	run(directory, 940);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
	return repeated();
}

static void expect_none(enum fate fate, unsigned int first, unsigned int second)
{
	assert_int_equal(lives(fate, first, second), 0);
	/* The last life, at least, had its numbers. */
	assert_true(shared->count >= 2 * TICKS);
}

static void at_each_operation(void **state)
{
	unsigned int at;

	(void)state;
	for (enum fate fate = LOST; fate < FATES; fate++) {
		shared->reached = true;
		for (at = 1; shared->reached; at++) {
			assert_in_range(at, 1, MOST_OPERATIONS);
			for (unsigned int second = 1; second <= 5; second++)
				expect_none(fate, at, second);
			expect_none(fate, at, at);
		}
		/* Eight marks or so, two operations each, and the directory. */
		assert_in_range(at, 15, MOST_OPERATIONS);
	}
}

/* With a disk that lies it finds those that repeat. */
static void it_would_find_one(void **state)
{
	unsigned int found = 0;

	(void)state;
	disk.lies = true;
	for (unsigned int at = 5; at < 15; at++)
		found += lives(LOST, at, at);
	disk.lies = false;
	assert_true(found > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_each_operation),
		TEST(it_would_find_one),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? 2 : RUN(tests);
}
