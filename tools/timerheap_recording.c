// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "timerheap_recording.h"
#include "timerheap_tool.h"

#define MOST_SIZE 65536U

static_assert(sizeof(struct recording_head) == 200, "on the disk");
static_assert(sizeof(struct recording_entry) == 40, "on the disk");

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void recording_head_init(struct recording_head *head)
{
	struct utsname names;

	*head = (struct recording_head){
		.magic = RECORDING_MAGIC,
		.version = RECORDING_VERSION,
		.head_size = sizeof(*head),
		.entry_size = sizeof(struct recording_entry),
		.begin_ns = (uint64_t)clock_ns(CLOCK_MONOTONIC),
	};
	head->wall_offset_ns =
		clock_ns(CLOCK_REALTIME) - (int64_t)head->begin_ns;
	if (uname(&names))
		return;
	snprintf(head->host, sizeof(head->host), "%.63s", names.nodename);
	snprintf(head->kernel, sizeof(head->kernel), "%.63s", names.release);
}

static int put(FILE *out, const void *bytes, size_t size)
{
	return fwrite(bytes, size, 1, out) == 1 ? 0 : -(errno ? errno : EIO);
}

int recording_put_head(FILE *out, const struct recording_head *head)
{
	return put(out, head, sizeof(*head));
}

int recording_put(FILE *out, const struct recording_entry *entry)
{
	return put(out, entry, sizeof(*entry));
}

static int refuse(const char **why, const char *message)
{
	*why = message;
	return -EBADMSG;
}

/* 1; 0 at the end, of which @got says how much there was; or -errno. */
static int get(FILE *in, void *bytes, size_t size, size_t *got,
	       const char **why)
{
	*got = fread(bytes, 1, size, in);
	if (*got == size)
		return 1;
	if (!ferror(in))
		return 0;
	*why = strerror(errno);
	return -(errno ? errno : EIO);
}

/* Past what a later writer has more than this one knows. */
static int skip(FILE *in, size_t size, const char **why)
{
	uint8_t rest[512];
	size_t got;
	int rc = 1;

	for (; rc > 0 && size; size -= got)
		rc = get(in, rest, size < sizeof(rest) ? size : sizeof(rest),
			 &got, why);
	return rc;
}

static void clean(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static int check(const struct recording_head *head, const char **why)
{
	if (head->magic == __builtin_bswap64(RECORDING_MAGIC))
		return refuse(why, "it is of a machine of other byte order");
	if (head->magic != RECORDING_MAGIC)
		return refuse(why, "it is no recording of timerheap's");
	if (head->version != RECORDING_VERSION)
		return refuse(why, "a later timerheap wrote it; take that");
	if (head->head_size < sizeof(*head) || head->head_size > MOST_SIZE ||
	    head->entry_size < sizeof(struct recording_entry) ||
	    head->entry_size > MOST_SIZE)
		return refuse(why, "its head is damaged");
	return 0;
}

int recording_begin(struct recording *r, FILE *in, const char **why)
{
	size_t got;
	int rc;

	*r = (struct recording){ .in = in };
	errno = 0;
	rc = get(in, &r->head, sizeof(r->head), &got, why);
	if (rc < 0)
		return rc;
	if (!rc)
		return refuse(why, "it is no recording of timerheap's");
	rc = check(&r->head, why);
	if (rc)
		return rc;
	clean(r->head.host, sizeof(r->head.host));
	clean(r->head.kernel, sizeof(r->head.kernel));
	clean(r->head.module, sizeof(r->head.module));
	rc = skip(in, r->head.head_size - sizeof(r->head), why);
	if (!rc)
		return refuse(why, "its head is cut short");
	return rc < 0 ? rc : 0;
}

int recording_next(struct recording *r, struct recording_entry *entry,
		   const char **why)
{
	size_t got;
	int rc;

	errno = 0;
	rc = get(r->in, entry, sizeof(*entry), &got, why);
	if (rc > 0)
		rc = skip(r->in, r->head.entry_size - sizeof(*entry), why);
	if (!rc)
		r->cut_short = got > 0;
	if (rc > 0 && entry->kind >= RECORDING_KINDS)
		return refuse(why, "an entry of it is damaged");
	return rc;
}

static void __attribute__((noreturn)) give_up(const char *path, const char *why)
{
	fprintf(stderr, "timerheap: %s: %s\n", path, why);
	exit(TOOL_FAILED);
}

struct recording_head recording_read(
	const char *path,
	void (*each)(void *arg, const struct recording_entry *entry), void *arg)
{
	FILE *in = fopen(path, "re");
	struct recording_entry entry;
	struct recording r;
	const char *why = NULL;
	int rc;

	if (!in)
		give_up(path, strerror(errno));
	rc = recording_begin(&r, in, &why);
	while (!rc && (rc = recording_next(&r, &entry, &why)) > 0) {
		each(arg, &entry);
		rc = 0;
	}
	fclose(in);
	if (rc < 0)
		give_up(path, why);
	if (r.cut_short)
		fprintf(stderr, "timerheap: %s: its last entry is cut short\n",
			path);
	return r.head;
}
