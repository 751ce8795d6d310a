// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading statistics pages.  Who wrote them may be hostile: nothing that is no
 * plain file is opened for long, no name is taken that would need quotes, no
 * more is read than a page can have, and only numbers come out of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "timerheap_export.h"

#define MOST_PAGES 1000
#define MOST_FILES 10000
/*
 * One that is being written is whole again within microseconds; so many pauses in
 * all, that nobody makes a scrape take long by pages that never are.
 */
#define PAUSES 20
#define PAUSE_NS 1000000

enum found { GOOD, EMPTY, STALE, BAD };

/* Figures that the page's writer does not know are 0. */
static bool decode(struct export_page *page, const char *bytes, size_t length)
{
	static const size_t sizes[] = {
		[TIMERHEAP__PAGE_QUEUE] = sizeof(page->queue),
		[TIMERHEAP__PAGE_MONITOR] = sizeof(page->monitor),
		[TIMERHEAP__PAGE_SENDER] = sizeof(page->sender),
		[TIMERHEAP__PAGE_IDS] = sizeof(page->ids),
	};
	const char *figures = bytes + sizeof(struct timerheap__page_head);
	struct timerheap__page_head head;
	size_t size;

	if (length < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	if (head.magic != TIMERHEAP__PAGE_MAGIC ||
	    head.length > length - sizeof(head) ||
	    head.length % sizeof(uint64_t) ||
	    head.sum != timerheap__page_sum(&head, figures) ||
	    head.kind < TIMERHEAP__PAGE_QUEUE ||
	    head.kind > TIMERHEAP__PAGE_IDS)
		return false;
	size = sizes[head.kind];
	memset(&page->queue, 0, sizeof(page->queue));
	memcpy(&page->queue, figures, head.length < size ? head.length : size);
	page->kind = head.kind;
	page->written_ns = head.written_ns;
	return true;
}

static enum found read_once(int fd, struct export_page *page)
{
	char bytes[TIMERHEAP__PAGE_MOST];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	if (n == 0)
		return EMPTY;
	return n > 0 && decode(page, bytes, (size_t)n) ? GOOD : BAD;
}

static enum found read_page(int fd, struct export_page *page,
			    unsigned int *pauses)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	enum found found = read_once(fd, page);

	while (found == BAD && *pauses < PAUSES) {
		++*pauses;
		nanosleep(&pause, NULL);
		found = read_once(fd, page);
	}
	return found;
}

/* Its writer holds a lock; we only ask, as ours would keep others out. */
static bool has_writer(int fd)
{
	struct flock all = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &all) || all.l_type != F_UNLCK;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Unless a new writer has it, or it is not ours to remove. */
static void remove_stale(int directory, const char *name,
			 const struct stat *old)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd =
		openat(directory, name,
		       O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st, there;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && is_same(&st, old) &&
	    !fcntl(fd, F_OFD_SETLK, &all) &&
	    !fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) &&
	    is_same(&st, &there))
		(void)unlinkat(directory, name, 0);
	close(fd);
}

static enum found look_at(int directory, int fd, struct export_page *page,
			  unsigned int *pauses)
{
	enum found found;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return BAD;
	found = read_page(fd, page, pauses);
	if (has_writer(fd) || found == BAD)
		return found;
	/* What is no page is not removed, whoever named this directory. */
	if (found == GOOD)
		remove_stale(directory, page->name, &st);
	return STALE;
}

static enum found find(int directory, struct export_page *page,
		       unsigned int *pauses)
{
	int fd = openat(directory, page->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				O_CLOEXEC);
	enum found found;

	if (fd < 0)
		return errno == ENOENT ? EMPTY : BAD;
	found = look_at(directory, fd, page, pauses);
	close(fd);
	return found;
}

static bool has_name(const struct export_pages *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->pages[i].name, name))
			return true;
	return false;
}

static void add(struct export_pages *p, const struct export_page *page)
{
	struct export_page *more =
		realloc(p->pages, (p->count + 1) * sizeof(*more));

	tool_check(more ? 0 : -ENOMEM, "pages");
	p->pages = more;
	p->pages[p->count++] = *page;
}

static void look_for(struct export_pages *p, int directory, const char *name)
{
	struct export_page page;

	if (!timerheap__page_name(name) || p->count == MOST_PAGES ||
	    has_name(p, name)) {
		p->bad++;
		return;
	}
	strcpy(page.name, name);
	switch (find(directory, &page, &p->pauses)) {
	case GOOD:
		add(p, &page);
		break;
	case STALE:
		p->stale++;
		break;
	case BAD:
		p->bad++;
		break;
	case EMPTY:
		break;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct export_page *p = a, *q = b;

	return strcmp(p->name, q->name);
}

void export_pages_add(struct export_pages *p, const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir)
		return;
	for (int i = 0; i < MOST_FILES && (entry = readdir(dir)); i++)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			look_for(p, dirfd(dir), entry->d_name);
	closedir(dir);
	if (p->count)
		qsort(p->pages, p->count, sizeof(*p->pages), by_name);
}

void export_pages_free(struct export_pages *p)
{
	free(p->pages);
	*p = (struct export_pages){ .count = 0 };
}
