// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A worker's mark in a file with room for two records, far enough apart that no
 * write of a disk touches both.  The older of the two, or one that is not sound,
 * is written over; the other one stays until the new one is known to be on the
 * disk.  So whenever power is lost, the last mark that was confirmed is there,
 * or a later one.
 *
 * A write or a flush that failed leaves nobody knows what in its record, which
 * is then written again, as a whole: a second flush alone would say that all is
 * well, of data which the kernel has given up.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <timerheap/id.h>

#include "id_record.h"

#define APART 4096

struct directory {
	int fd;
	/* the record that is written next */
	unsigned int next;
	/* the last one that is known to be on the disk */
	struct thid__record record;
};

static int flush(int fd)
{
	return fdatasync(fd) ? -errno : 0;
}

static int write_record(const struct directory *d, const struct thid__record *r)
{
	uint8_t bytes[THID__RECORD];
	ssize_t n;

	thid__record_encode(r, bytes);
	n = pwrite(d->fd, bytes, sizeof(bytes), (off_t)d->next * APART);
	if (n < 0)
		return -errno;
	return n == sizeof(bytes) ? flush(d->fd) : -EIO;
}

/* Whoever makes the file anew would not see ours. */
static bool is_removed(const struct directory *d)
{
	struct stat st;

	return fstat(d->fd, &st) || !st.st_nlink;
}

static int extend(void *arg, uint64_t mark_ns)
{
	struct directory *d = arg;
	struct thid__record r = d->record;
	int rc;

	if (is_removed(d))
		return -ESTALE;
	r.sequence++;
	r.mark_ns = mark_ns;
	rc = write_record(d, &r);
	if (rc)
		return rc;
	d->record = r;
	d->next = !d->next;
	return 0;
}

static void end(void *arg, uint64_t mark_ns)
{
	struct directory *d = arg;

	/* If that fails, the last one holds, which is no earlier. */
	if (mark_ns < d->record.mark_ns)
		(void)extend(d, mark_ns);
	close(d->fd);
	free(d);
}

static enum thid__found read_record(const struct directory *d, unsigned int i,
				    struct thid__record *r)
{
	uint8_t bytes[THID__RECORD];
	ssize_t n = pread(d->fd, bytes, sizeof(bytes), (off_t)i * APART);

	if (n < 0)
		return THID__DAMAGED;
	return thid__record_decode(r, bytes, (size_t)n);
}

/* The newer of two sound records, or the only one. */
static int read_both(struct directory *d, uint64_t worker)
{
	enum thid__found found[2];
	struct thid__record r[2];
	unsigned int newer;

	for (unsigned int i = 0; i < 2; i++) {
		found[i] = read_record(d, i, &r[i]);
		if (found[i] == THID__SOUND && r[i].worker != worker)
			return -EBADMSG;
	}
	d->record.worker = worker;
	if (found[0] != THID__SOUND && found[1] != THID__SOUND)
		/* Damaged before there was a second one: it never held. */
		return found[1] == THID__EMPTY ? 0 : -EBADMSG;
	newer = found[0] != THID__SOUND ||
		(found[1] == THID__SOUND && r[1].sequence > r[0].sequence);
	d->record = r[newer];
	d->next = !newer;
	return 0;
}

static int lock(int fd)
{
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/* The file, ours alone and in the directory for good; or -errno. */
static int open_file(const char *directory, uint64_t worker)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, rc;
	char name[32];

	if (dir < 0)
		return -errno;
	snprintf(name, sizeof(name), "thid-%llu", (unsigned long long)worker);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	rc = fd < 0 ? -errno : lock(fd);
	if (!rc && fsync(dir))
		rc = -errno;
	close(dir);
	if (rc && fd >= 0)
		close(fd);
	return rc ? rc : fd;
}

static int open_worker(struct thid_lease *lease, const char *directory,
		       uint64_t worker)
{
	struct directory *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	rc = open_file(directory, worker);
	if (rc >= 0) {
		d->fd = rc;
		rc = read_both(d, worker);
		if (rc)
			close(d->fd);
	}
	if (rc) {
		free(d);
		return rc;
	}
	*lease = (struct thid_lease){ .arg = d,
				      .worker = worker,
				      .mark_ns = d->record.mark_ns,
				      .extend = extend,
				      .end = end };
	return 0;
}

int thid_directory_open(struct thid_lease *lease, const char *directory,
			uint64_t first, uint64_t last)
{
	int rc = -EINVAL;

	for (; first <= last; first++) {
		rc = open_worker(lease, directory, first);
		if (rc != -EBUSY || first == UINT64_MAX)
			break;
	}
	return rc;
}
