// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who may write into the directory of pages may be hostile to others there:
 * what is opened is no link, is the caller's own, and has no other name.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "page.h"

/* Times to try where another one cleans up, which takes microseconds. */
#define TRIES 10
#define PAUSE_NS 1000000
#define WORD sizeof(uint64_t)

struct timerheap_page {
	int directory;
	int fd;
	char name[TIMERHEAP__PAGE_NAME];
};

static const char name_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

bool timerheap__page_name(const char *name)
{
	size_t length = strspn(name, name_letters);

	return length && length < TIMERHEAP__PAGE_NAME && !name[length] &&
		*name != '.';
}

static uint64_t add_words(uint64_t sum, const void *words, size_t length)
{
	const char *at = words;

	for (size_t i = 0; i < length; i += WORD) {
		uint64_t word;

		memcpy(&word, at + i, WORD);
		sum = (sum ^ word) * 0x100000001B3;
	}
	return sum;
}

/* As FNV-1a (draft-eastlake-fnv), but of words. */
uint64_t timerheap__page_sum(const struct timerheap__page_head *head,
			     const void *figures)
{
	uint64_t sum = add_words(0xCBF29CE484222325, head,
				 offsetof(struct timerheap__page_head, sum));

	return add_words(sum, figures, head->length);
}

/* Where nobody made the system's directory, the user's own will do. */
static int open_default(void)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char path[4096];

	(void)mkdir(TIMERHEAP__PAGE_DIRECTORY, 0755);
	if (!runtime || *runtime != '/' ||
	    !faccessat(AT_FDCWD, TIMERHEAP__PAGE_DIRECTORY, W_OK | X_OK,
		       AT_EACCESS))
		return open(TIMERHEAP__PAGE_DIRECTORY,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/timerheap", runtime);
	(void)mkdir(path, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int lock(int fd)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(fd, F_OFD_SETLK, &all))
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

static bool is_ours(const struct timerheap_page *p)
{
	struct stat open, there;

	return !fstat(p->fd, &open) &&
		!fstatat(p->directory, p->name, &there, AT_SYMLINK_NOFOLLOW) &&
		open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

/* -EAGAIN: it was removed before it was locked. */
static int take(const struct timerheap_page *p)
{
	struct stat st;
	int rc;

	if (fstat(p->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink > 1)
		return -EPERM;
	rc = lock(p->fd);
	if (rc)
		return rc;
	if (!is_ours(p))
		return -EAGAIN;
	/* Figures of one who was killed. */
	return ftruncate(p->fd, 0) ? -errno : 0;
}

static int open_file(struct timerheap_page *p)
{
	int rc;

	p->fd = openat(p->directory, p->name,
		       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			       O_CLOEXEC,
		       0644);
	if (p->fd < 0)
		return -errno;
	rc = take(p);
	if (rc)
		close(p->fd);
	return rc;
}

static int open_patiently(struct timerheap_page *p)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int rc = open_file(p);

	for (int i = 1; i < TRIES && (rc == -EBUSY || rc == -EAGAIN); i++) {
		nanosleep(&pause, NULL);
		rc = open_file(p);
	}
	return rc == -EAGAIN ? -EBUSY : rc;
}

int timerheap_page_open(struct timerheap_page **pp, const char *name,
			const char *directory)
{
	struct timerheap_page *p;
	int rc;

	if (!pp)
		return -EINVAL;
	*pp = NULL;
	if (!name || !timerheap__page_name(name))
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	strcpy(p->name, name);
	p->directory = directory
		? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		: open_default();
	rc = p->directory < 0 ? -errno : open_patiently(p);
	if (!rc) {
		*pp = p;
		return 0;
	}
	if (p->directory >= 0)
		close(p->directory);
	free(p);
	return rc;
}

void timerheap_page_close(struct timerheap_page *p)
{
	if (!p)
		return;
	if (is_ours(p))
		(void)unlinkat(p->directory, p->name, 0);
	close(p->fd);
	close(p->directory);
	free(p);
}

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int timerheap__page_write(struct timerheap_page *p,
			  enum timerheap__page_kind kind, const void *figures,
			  size_t length)
{
	struct {
		struct timerheap__page_head head;
		char figures[TIMERHEAP__PAGE_MOST -
			     sizeof(struct timerheap__page_head)];
	} page = { .head = { .magic = TIMERHEAP__PAGE_MAGIC,
			     .kind = kind,
			     .length = (uint32_t)length,
			     .written_ns = wall_ns() } };
	size_t size = sizeof(page.head) + length;
	struct stat st;
	ssize_t n;

	memcpy(page.figures, figures, length);
	page.head.sum = timerheap__page_sum(&page.head, page.figures);
	n = pwrite(p->fd, &page, size, 0);
	if (n < 0 || fstat(p->fd, &st))
		return -errno;
	if (!st.st_nlink)
		return -ESTALE;
	return (size_t)n == size ? 0 : -ENOSPC;
}
