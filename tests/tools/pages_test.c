// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading pages, those of the hostile among them. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool_suite.h"

#include "timerheap_export.h"

#define HEAD sizeof(struct timerheap__page_head)

static char directory[] = "/tmp/pages-test-XXXXXX";
static char path[sizeof(directory) + 16];
static struct export_pages pages;

/* A page as it should be, in memory. */
static struct {
	struct timerheap__page_head head;
	struct timerheap_stats figures;
	uint64_t more;
} made;

static int setup(void **state)
{
	(void)state;
	strcpy(strrchr(directory, '-'), "-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/market", directory);
	memset(&made, 0, sizeof(made));
	made.head.magic = TIMERHEAP__PAGE_MAGIC;
	made.head.kind = TIMERHEAP__PAGE_QUEUE;
	made.head.length = sizeof(made.figures);
	made.head.written_ns = 5;
	made.figures.stalls = 77;
	return 0;
}

static int teardown(void **state)
{
	char command[100];

	(void)state;
	export_pages_free(&pages);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

/* A file of that name whose writer lives, if @locked; the descriptor. */
static int put(const char *name, const void *bytes, size_t length, bool locked)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char file[sizeof(directory) + 80];
	int fd;

	snprintf(file, sizeof(file), "%s/%s", directory, name);
	fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	if (locked)
		assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), 0);
	return fd;
}

static int put_made(size_t length)
{
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	return put("market", &made, length, true);
}

static void look(size_t count, unsigned int stale, unsigned int bad)
{
	export_pages_free(&pages);
	export_pages_add(&pages, directory);
	assert_int_equal(pages.count, count);
	assert_int_equal(pages.stale, stale);
	assert_int_equal(pages.bad, bad);
}

static void a_page(void **state)
{
	struct timerheap_page *p;
	struct thid_stats st = { .borrowed = 12 };

	(void)state;
	look(0, 0, 0);
	assert_int_equal(timerheap_page_open(&p, "market", directory), 0);
	look(0, 0, 0);
	assert_int_equal(
		timerheap__page_write(p, TIMERHEAP__PAGE_IDS, &st, sizeof(st)),
		0);
	look(1, 0, 0);
	assert_string_equal(pages.pages[0].name, "market");
	assert_int_equal(pages.pages[0].kind, TIMERHEAP__PAGE_IDS);
	assert_int_equal(pages.pages[0].ids.borrowed, 12);
	assert_int_not_equal(pages.pages[0].written_ns, 0);
	timerheap_page_close(p);
	look(0, 0, 0);
}

static void in_order(void **state)
{
	struct timerheap_page *p[3];
	static const char *const names[] = { "b", "c", "a" };
	uint64_t word = 1;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			timerheap_page_open(&p[i], names[i], directory), 0);
		assert_int_equal(timerheap__page_write(p[i],
						       TIMERHEAP__PAGE_QUEUE,
						       &word, sizeof(word)),
				 0);
	}
	look(3, 0, 0);
	assert_string_equal(pages.pages[0].name, "a");
	assert_string_equal(pages.pages[2].name, "c");
	/* Labels are told apart by names: once more is too often. */
	export_pages_add(&pages, directory);
	assert_int_equal(pages.count, 3);
	assert_int_equal(pages.bad, 3);
	for (int i = 0; i < 3; i++)
		timerheap_page_close(p[i]);
}

/* Its process is gone: not shown, and removed. */
static void left_over(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		put_made(HEAD + sizeof(made.figures));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(access(path, F_OK), 0);
	look(0, 1, 0);
	assert_int_equal(access(path, F_OK), -1);
	look(0, 0, 0);
}

/* Who looks keeps no writer out: it takes no lock on what is in use. */
static void lock_is_left(void **state)
{
	int fd = put_made(HEAD + sizeof(made.figures));
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int other;

	(void)state;
	look(1, 0, 0);
	other = open(path, O_RDWR);
	assert_int_equal(fcntl(other, F_OFD_SETLK, &all), -1);
	close(fd);
	assert_int_equal(fcntl(other, F_OFD_SETLK, &all), 0);
	close(other);
}

/* What is no page stays, whatever directory somebody names. */
static void not_ours(void **state)
{
	(void)state;
	close(put("market", "precious", 8, false));
	look(0, 0, 1);
	assert_int_equal(access(path, F_OK), 0);
	close(put("market", "", 0, false));
	look(0, 1, 0);
	assert_int_equal(access(path, F_OK), 0);
}

/* .. and what is in a page counts as far as both know it. */
static void other_lengths(void **state)
{
	int fd;

	(void)state;
	made.head.length = sizeof(made.figures) + 8;
	made.figures.handovers = 99;
	made.more = 5;
	fd = put_made(sizeof(made));
	look(1, 0, 0);
	assert_int_equal(pages.pages[0].queue.handovers, 99);
	close(fd);
	made.head.length = offsetof(struct timerheap_stats, stalls) + 8;
	fd = put_made(HEAD + made.head.length);
	look(1, 0, 0);
	assert_int_equal(pages.pages[0].queue.stalls, 77);
	assert_int_equal(pages.pages[0].queue.handovers, 0);
	close(fd);
}

static void expect_bad(const char *what, size_t length)
{
	int fd = put("market", &made, length, true);

	print_message("# %s\n", what);
	look(0, 0, 1);
	close(fd);
}

static void damaged(void **state)
{
	const size_t size = HEAD + sizeof(made.figures);

	(void)state;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	expect_bad("cut in its head", HEAD - 1);
	expect_bad("cut", size - 8);
	made.figures.runs++;
	expect_bad("half written", size);
	made.figures.runs--;
	made.head.magic++;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	expect_bad("of another version", size);
	made.head.magic--;
	made.head.kind = TIMERHEAP__PAGE_IDS + 1;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	expect_bad("of no kind", size);
	made.head.kind = 0;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	expect_bad("of kind 0", size);
	made.head.kind = TIMERHEAP__PAGE_QUEUE;
	made.head.length = UINT32_MAX - 7;
	expect_bad("longer than it can be", size);
	made.head.length = sizeof(made.figures) + 8;
	expect_bad("longer than it is", size);
	made.head.length = 12;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	expect_bad("not of whole words", size);
}

/* A page that is not whole yet is waited for, but only so long for all. */
static void half_written(void **state)
{
	const size_t size = HEAD + sizeof(made.figures);
	int fds[100], status;
	char name[32];
	pid_t pid;

	(void)state;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	fds[0] = put("market", &made, size - 8, true);
	pid = fork();
	if (!pid) {
		usleep(3000);
		_exit(pwrite(fds[0], &made, size, 0) != (ssize_t)size);
	}
	look(1, 0, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[0]);
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "page-%d", i);
		fds[i] = put(name, &made, size - 8, true);
	}
	look(0, 0, 100);
	assert_int_equal(pages.pauses, 20);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
}

/* Whatever is in it, sanitizers have nothing to say. */
static void any_bytes(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < 300; i++) {
		uint32_t *words = (uint32_t *)(void *)&made;
		int fd;

		for (size_t w = 2; w < sizeof(made) / 4; w++)
			words[w] = random = random * 1664525 + 1013904223;
		made.head.kind %= 8;
		made.head.length %= i % 2 ? sizeof(made.figures) + 9 : 5000;
		if (made.head.length <= sizeof(made) - HEAD - 8)
			made.head.sum =
				timerheap__page_sum(&made.head, &made.figures);
		fd = put("market", &made, random % (sizeof(made) + 1), true);
		export_pages_free(&pages);
		export_pages_add(&pages, directory);
		assert_true(pages.count + pages.bad <= 1);
		close(fd);
	}
}

/* More than a page can have is not read. */
static void huge(void **state)
{
	int fd;

	(void)state;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	fd = put("market", &made, HEAD + sizeof(made.figures), true);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	look(1, 0, 0);
	assert_int_equal(pages.pages[0].queue.stalls, 77);
	close(fd);
}

/* Names that would need quotes, and what is no plain file. */
static void traps(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char file[sizeof(directory) + 80];
	int fd[4], s;

	(void)state;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	fd[0] = put("a\"} 1\nx{y=\"", &made, sizeof(made) - 8, true);
	fd[1] = put(".hidden", &made, sizeof(made) - 8, true);
	fd[2] = put("\xff", &made, sizeof(made) - 8, true);
	look(0, 0, 3);
	/* Of a page that is well. */
	fd[3] = put("real", &made, sizeof(made) - 8, true);
	assert_int_equal(symlink("real", path), 0);
	snprintf(file, sizeof(file), "%s/fifo", directory);
	assert_int_equal(mkfifo(file, 0600), 0);
	snprintf(file, sizeof(file), "%s/directory", directory);
	assert_int_equal(mkdir(file, 0700), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
		 directory);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof(address)),
			 0);
	look(1, 0, 7);
	close(s);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
}

static void too_many(void **state)
{
	struct rlimit old, limit;
	int fds[1003];
	char name[32];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = (struct rlimit){ 2048, old.rlim_max };
	if (old.rlim_cur < limit.rlim_cur)
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	made.head.length = 8;
	made.head.sum = timerheap__page_sum(&made.head, &made.figures);
	for (int i = 0; i < 1003; i++) {
		snprintf(name, sizeof(name), "page-%d", i);
		fds[i] = put(name, &made, HEAD + 8, true);
	}
	look(1000, 0, 3);
	for (int i = 0; i < 1003; i++)
		close(fds[i]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void no_directory(void **state)
{
	(void)state;
	export_pages_add(&pages, "/tmp/none/there");
	export_pages_add(&pages, "/dev/null");
	assert_int_equal(pages.count + pages.stale + pages.bad, 0);
}

#define PAGE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE_TEST(a_page),	 PAGE_TEST(in_order),
		PAGE_TEST(left_over),	 PAGE_TEST(lock_is_left),
		PAGE_TEST(not_ours),	 PAGE_TEST(other_lengths),
		PAGE_TEST(damaged),	 PAGE_TEST(half_written),
		PAGE_TEST(any_bytes),	 PAGE_TEST(huge),
		PAGE_TEST(traps),	 PAGE_TEST(too_many),
		PAGE_TEST(no_directory),
	};

	return RUN(tests);
}
