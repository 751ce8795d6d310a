// SPDX-License-Identifier: LGPL-2.1-or-later
/* Statistics pages: whose a file is, what is in it, and who shall not matter. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <timerheap/heartbeat.h>
#include <timerheap/id.h>

#include "fake_net.h"
#include "page.h"

static char directory[] = "/tmp/page-test-XXXXXX";
static char path[sizeof(directory) + 16];

static int setup(void **state)
{
	strcpy(strrchr(directory, '-'), "-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/market", directory);
	fake_net_reset();
	return suite_setup(state);
}

static int teardown(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static struct timerheap_page *open_page(void)
{
	struct timerheap_page *p = tag(1);

	assert_int_equal(timerheap_page_open(&p, "market", directory), 0);
	assert_non_null(p);
	return p;
}

static void expect_error(int error, const char *name, const char *where)
{
	struct timerheap_page *p = tag(1);

	assert_int_equal(timerheap_page_open(&p, name, where), error);
	assert_null(p);
}

/* Is removed before the next lock. */
static const char *unlink_first;

int __real_fcntl(int fd, int command, struct flock *lock);
int __wrap_fcntl(int fd, int command, struct flock *lock);

int __wrap_fcntl(int fd, int command, struct flock *lock)
{
	if (unlink_first)
		assert_int_equal(unlink(unlink_first), 0);
	unlink_first = NULL;
	return __real_fcntl(fd, command, lock);
}

struct page {
	struct timerheap__page_head head;
	char figures[TIMERHEAP__PAGE_MOST];
};

/* What others find. */
static void read_page(struct page *page, enum timerheap__page_kind kind,
		      const void *figures, size_t length)
{
	int fd = open(path, O_RDONLY);

	memset(page, 0x5A, sizeof(*page));
	assert_int_equal(read(fd, page, sizeof(*page)),
			 sizeof(page->head) + length);
	close(fd);
	assert_int_equal(page->head.magic, TIMERHEAP__PAGE_MAGIC);
	assert_int_equal(page->head.kind, kind);
	assert_int_equal(page->head.length, length);
	assert_int_equal(page->head.sum,
			 timerheap__page_sum(&page->head, page->figures));
	assert_memory_equal(page->figures, figures, length);
}

static void of_a_queue(void **state)
{
	struct timerheap_page *p = open_page();
	struct timerheap *th = fake_open(8, 4);
	struct timerheap_stats st;
	struct timespec now;
	struct page page;
	struct stat file;

	(void)state;
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, 0);
	assert_int_equal(file.st_mode & 0133, 0);
	assert_int_equal(timerheap_publish(th, p), 0);
	assert_int_equal(timerheap_stats(th, &st), 0);
	read_page(&page, TIMERHEAP__PAGE_QUEUE, &st, sizeof(st));
	clock_gettime(CLOCK_REALTIME, &now);
	assert_in_range(page.head.written_ns / 1000000000, now.tv_sec - 60,
			now.tv_sec);
	fake.fail[6] = -EIO;
	assert_int_equal(timerheap_publish(th, p), -EIO);
	timerheap_close(th);
	timerheap_page_close(p);
	assert_int_equal(access(path, F_OK), -1);
	timerheap_page_close(NULL);
}

static void of_a_monitor(void **state)
{
	struct timerheap_page *p = open_page();
	struct thb_monitor_stats st;
	struct thb_monitor *m;
	struct page page;

	(void)state;
	assert_int_equal(thb_monitor_open(&m, NULL), 0);
	assert_int_equal(thb_monitor_add(m, 7, NULL, 0, NULL), 0);
	assert_int_equal(thb_monitor_publish(m, p), 0);
	thb_monitor_stats(m, &st);
	assert_int_equal(st.states[THB_IDLE], 1);
	read_page(&page, TIMERHEAP__PAGE_MONITOR, &st, sizeof(st));
	thb_monitor_close(m);
	timerheap_page_close(p);
}

static void of_a_sender(void **state)
{
	struct timerheap_page *p = open_page();
	struct thb_sender_stats st;
	struct thb_sender_opts opts;
	struct thb_sender *s;
	struct page page;

	(void)state;
	thb_sender_opts_init(&opts);
	opts.node = 7;
	assert_int_equal(thb_sender_open(&s, &opts), 0);
	assert_int_equal(thb_sender_start(s), 0);
	assert_int_equal(thb_sender_publish(s, p), 0);
	thb_sender_stats(s, &st);
	assert_int_not_equal(st.incarnation, 0);
	read_page(&page, TIMERHEAP__PAGE_SENDER, &st, sizeof(st));
	thb_sender_close(s);
	timerheap_page_close(p);
}

static int extend(void *arg, uint64_t mark_ns)
{
	(void)arg;
	(void)mark_ns;
	return 0;
}

static void of_ids(void **state)
{
	const struct thid_lease lease = { .extend = extend };
	struct timerheap_page *p = open_page();
	struct thid_stats st;
	struct thid_opts opts;
	struct page page;
	struct thid *g;

	(void)state;
	thid_opts_init(&opts);
	opts.lease = &lease;
	assert_int_equal(thid_open(&g, &opts), 0);
	assert_int_equal(thid_tick(g, 1000, (int64_t)opts.wall_ns), 0);
	assert_int_equal(thid_publish(g, p), 0);
	thid_stats(g, &st);
	assert_int_equal(st.ticks, 1);
	read_page(&page, TIMERHEAP__PAGE_IDS, &st, sizeof(st));
	thid_close(g);
	timerheap_page_close(p);
}

/* Each bit of a page counts. */
static void sums(void **state)
{
	struct timerheap__page_head head = { .magic = TIMERHEAP__PAGE_MAGIC,
					     .kind = TIMERHEAP__PAGE_IDS,
					     .length = 16 };
	const size_t words = offsetof(struct timerheap__page_head, sum);
	uint8_t figures[16] = { 1, 2, 3 };
	uint64_t sum = timerheap__page_sum(&head, figures);

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(figures); bit++) {
		figures[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(timerheap__page_sum(&head, figures), sum);
		figures[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * words; bit++) {
		/* The length says how much that is. */
		if (bit / 8 / 4 == 3)
			continue;
		((uint8_t *)&head)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(timerheap__page_sum(&head, figures), sum);
		((uint8_t *)&head)[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(timerheap__page_sum(&head, figures), sum);
	/* .. and where it is. */
	memmove(figures + 8, figures, 8);
	memset(figures, 0, 8);
	assert_int_not_equal(timerheap__page_sum(&head, figures), sum);
}

static void names(void **state)
{
	char long_name[TIMERHEAP__PAGE_NAME + 1];
	static const char *const bad[] = { "",	       ".",   "..",   ".a",
					   "a/b",      "a b", "a\"b", "a\n",
					   "\xc3\xa4", "a\\" };
	struct timerheap_page *p;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		expect_error(-EINVAL, bad[i], directory);
	expect_error(-EINVAL, NULL, directory);
	memset(long_name, 'a', sizeof(long_name));
	long_name[TIMERHEAP__PAGE_NAME] = 0;
	expect_error(-EINVAL, long_name, directory);
	long_name[TIMERHEAP__PAGE_NAME - 1] = 0;
	assert_int_equal(timerheap_page_open(&p, long_name, directory), 0);
	timerheap_page_close(p);
	assert_int_equal(timerheap_page_open(&p, "A-z_0.9", directory), 0);
	timerheap_page_close(p);
	assert_int_equal(timerheap_page_open(NULL, "a", directory), -EINVAL);
	expect_error(-ENOENT, "a", "/tmp/none/there");
	expect_error(-ENOTDIR, "a", "/dev/null");
}

static void one_at_a_time(void **state)
{
	struct timerheap_page *p = open_page();
	int status;
	pid_t pid;

	(void)state;
	expect_error(-EBUSY, "market", directory);
	pid = fork();
	if (!pid) {
		struct timerheap_page *other;

		_exit(timerheap_page_open(&other, "market", directory) !=
		      -EBUSY);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), 0);
	timerheap_page_close(p);
	p = open_page();
	timerheap_page_close(p);
}

/* Who was killed leaves its figures, which are not the next one's. */
static void after_a_kill(void **state)
{
	struct timerheap *th = fake_open(8, 4);
	struct timerheap_page *p;
	struct stat file;
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		if (timerheap_page_open(&p, "market", directory) ||
		    timerheap_publish(th, p))
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(stat(path, &file), 0);
	assert_int_not_equal(file.st_size, 0);
	p = open_page();
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, 0);
	timerheap_page_close(p);
	timerheap_close(th);
}

/* Another one's page of that name is not touched. */
static void removed(void **state)
{
	struct timerheap_page *p = open_page(), *other;
	struct timerheap *th = fake_open(8, 4);

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(timerheap_publish(th, p), -ESTALE);
	other = open_page();
	timerheap_page_close(p);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(timerheap_publish(th, other), 0);
	timerheap_page_close(other);
	timerheap_close(th);
}

static void expect_contents(const char *file, const char *text)
{
	char read_back[16] = { 0 };
	int fd = open(file, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, read_back, sizeof(read_back) - 1),
			 strlen(text));
	assert_string_equal(read_back, text);
	close(fd);
}

/* What others may have put there, to have us write over what is ours. */
static void traps(void **state)
{
	char victim[sizeof(directory) + 16];
	int fd;

	(void)state;
	snprintf(victim, sizeof(victim), "%s/victim", directory);
	fd = open(victim, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(symlink("victim", path), 0);
	expect_error(-ELOOP, "market", directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(link(victim, path), 0);
	expect_error(-EPERM, "market", directory);
	assert_int_equal(unlink(path), 0);
	expect_contents(victim, "mine");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_error(-EPERM, "market", directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_error(-EISDIR, "market", directory);
	assert_int_equal(rmdir(path), 0);
}

/* As root alone can show it. */
static void of_another_user(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0666);

	(void)state;
	close(fd);
	if (chown(path, 65534, 65534)) {
		print_message("# only root can make it another user's\n");
		skip();
	}
	expect_error(-EPERM, "market", directory);
	assert_int_equal(unlink(path), 0);
}

/* Who is full of data kills nobody. */
static void no_room(void **state)
{
	const struct rlimit limit = { 1000, RLIM_INFINITY };
	struct timerheap_page *p = open_page();
	struct timerheap *th = fake_open(8, 4);
	struct rlimit old;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(timerheap_publish(th, p), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(timerheap_publish(th, p), 0);
	timerheap_close(th);
	timerheap_page_close(p);
}

/* Whoever cleans up holds the lock for a moment. */
static void a_cleaner(void **state)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT, 0600), status;
	struct timerheap_page *p;
	pid_t pid;

	(void)state;
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), 0);
	pid = fork();
	if (!pid) {
		usleep(3000);
		unlink(path);
		_exit(0);
	}
	close(fd);
	p = open_page();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(access(path, F_OK), 0);
	timerheap_page_close(p);
}

/* .. or is done with it between our opening the file and our lock. */
static void a_quick_cleaner(void **state)
{
	struct timerheap_page *p;

	(void)state;
	unlink_first = path;
	p = open_page();
	assert_null(unlink_first);
	assert_int_equal(access(path, F_OK), 0);
	timerheap_page_close(p);
}

#define PAGE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE_TEST(of_a_queue),
		PAGE_TEST(of_a_monitor),
		PAGE_TEST(of_a_sender),
		PAGE_TEST(of_ids),
		TEST(sums),
		PAGE_TEST(names),
		PAGE_TEST(one_at_a_time),
		PAGE_TEST(after_a_kill),
		PAGE_TEST(removed),
		PAGE_TEST(traps),
		PAGE_TEST(of_another_user),
		PAGE_TEST(no_room),
		PAGE_TEST(a_cleaner),
		PAGE_TEST(a_quick_cleaner),
	};

	return RUN(tests);
}
