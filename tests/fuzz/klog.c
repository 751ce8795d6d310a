// SPDX-License-Identifier: GPL-2.0-only
/*
 * What decides whether a kernel complained, on logs made of complaints,
 * traces, reports of data races and noise, in whatever order and cut wherever.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

static int fake_open(const char *path, int flags);
static ssize_t fake_read(int fd, void *to, size_t size);

#define open fake_open
#define read fake_read
#define close(fd) ((void)(fd))
#define usleep(us) ((void)(us))
#include "tests/qemu/klog.c"
#undef open
#undef read
#undef close

#define MOST_LINES 300
#define MOST_TEXT 600
#define FIRST_SEQ 5

static const char *const pieces[] = {
	"Call Trace:",
	"---[ end trace 0 ]---",
	"BUG: KCSAN: data-race in ",
	"==================",
	" th_kick+0x1e/0x60 [timerheap]",
	" [ffff] x [",
	"\\x0a",
	"\n KEY=Oops",
};

/* Plain words, so that the model needs no regular expressions. */
static const char *const tolerable[] = { "KASAN: ", "BUG", "soft lock", "W" };

static struct input in;
static uint64_t seq, expected;
static char *lines[MOST_LINES];
static int nlines;
static unsigned int gaps;
static int failure; /* what the log ends with */

static int fake_open(const char *path, int flags)
{
	CHECK(!strcmp(path, "/dev/kmsg"));
	CHECK(flags & O_NONBLOCK);
	return 3;
}

static void add_piece(char *text)
{
	uint8_t kind = (uint8_t)input_take(&in, 1);
	size_t length = strlen(text), n;

	if (kind < 64) {
		strcat(text,
		       offending[kind %
				 (sizeof(offending) / sizeof(offending[0]))]);
	} else if (kind < 128) {
		strcat(text,
		       pieces[kind % (sizeof(pieces) / sizeof(pieces[0]))]);
	} else {
		for (n = kind % 16; n; n--) {
			text[length] = (char)input_take(&in, 1);
			/* Others the kernel escapes. */
			if (text[length] < ' ' || text[length] > '~')
				text[length] = '?';
			length++;
		}
		text[length] = '\0';
	}
}

/* What a reader makes of it: up to the line's end, escapes taken out. */
static char *plain(const char *text)
{
	static const char escape[] = "\\x0a";
	char *out = calloc(1, strlen(text) + 1);
	size_t n = 0;

	for (; *text && *text != '\n'; text++) {
		out[n++] = *text;
		if (n >= 4 && !memcmp(out + n - 4, escape, 4)) {
			n -= 4;
			memset(out + n, 0, 4);
		}
	}
	return out;
}

/* The next record; -1: there is none, or not yet. */
static ssize_t fake_read(int fd, void *to, size_t size)
{
	uint8_t kind = (uint8_t)input_take(&in, 1);
	char text[MOST_TEXT] = "";
	unsigned int n = kind >> 3 & 3;

	CHECK(fd == 3);
	if (!in.left || nlines == MOST_LINES) {
		in.left = 0;
		errno = failure;
		return -1;
	}
	switch (kind & 7) {
	case 0: /* not a record */
		return snprintf(to, size, "%u,%u;WARNING:", kind, n);
	case 1: /* seen before, where there was a before */
		return snprintf(to, size, "6,%d,1,-;WARNING:\n",
				expected > FIRST_SEQ ? FIRST_SEQ : 0);
	case 2:
		seq += 1 + n;
		errno = EPIPE;
		if (n)
			return -1;
		break;
	default:
		break;
	}
	do
		add_piece(text);
	while (n--);
	lines[nlines++] = plain(text);
	gaps += seq != expected;
	expected = seq + 1;
	return snprintf(to, size, "6,%llu,%u,-%s;%s\n",
			(unsigned long long)seq++, kind,
			kind & 0x80 ? ",more=1" : "", text);
}

static bool contains(const char *line, const char *const *list, size_t n)
{
	while (n--)
		if (strstr(line, list[n]))
			return true;
	return false;
}

static bool is_race(const char *line)
{
	return strstr(line, "BUG: KCSAN: ");
}

static bool has_module(const char *line)
{
	const char *bracket = strstr(line, " [");

	if (!bracket || bracket[2] < 'a' || bracket[2] > 'z')
		return false;
	return strchr(bracket, ']');
}

/* The line after the report that begins at @from; whether a module is in it. */
static int end_of_race(int from, bool *ours)
{
	int i = from;

	*ours = false;
	do
		*ours |= has_module(lines[i++]);
	while (i < nlines && i < from + 100 && !is_race(lines[i]) &&
	       strncmp(lines[i], "========", 8));
	return i;
}

struct counts {
	unsigned int bad; /* for certain */
	unsigned int maybe; /* traces, which belong to something or do not */
	unsigned int tolerated;
	unsigned int foreign;
};

static void count_line(struct counts *counts, const char *line, uint8_t allow)
{
	static const char *const trace[] = { "Call Trace:" };
	bool allowed = false;
	size_t i;

	for (i = 0; i < 4; i++)
		allowed |= allow >> i & 1 && strstr(line, tolerable[i]);
	if (!contains(line, offending, sizeof(offending) / sizeof(*offending)))
		counts->maybe += contains(line, trace, 1);
	else if (allowed)
		counts->tolerated++;
	else
		counts->bad++;
}

static struct counts count(uint8_t allow)
{
	struct counts counts = { .bad = gaps };
	bool ours;
	int i = 0, end;

	while (i < nlines) {
		if (!is_race(lines[i])) {
			count_line(&counts, lines[i++], allow);
			continue;
		}
		end = end_of_race(i, &ours);
		counts.foreign += !ours;
		for (i += !ours; i < end; i++)
			count_line(&counts, lines[i], allow);
	}
	return counts;
}

/* A file that says what to allow, which @path is set to. */
static int allow_file(uint8_t allow, char *path, size_t size)
{
	int fd = memfd_create("allow", MFD_CLOEXEC), i;

	CHECK(fd >= 0);
	for (i = 0; i < 4; i++)
		if (allow >> i & 1)
			dprintf(fd, "%s%s\n", i & 1 ? "\n" : "", tolerable[i]);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct klog_result res;
	struct counts want;
	char path[64];
	FILE *out = fopen("/dev/null", "we");
	uint8_t allow;
	int fd, err;

	in = (struct input){ data, size };
	allow = (uint8_t)input_take(&in, 1);
	failure = allow & 0x80 ? EIO : EAGAIN;
	fd = allow_file(allow, path, sizeof(path));
	seq = FIRST_SEQ;
	expected = seq;
	gaps = 0;
	err = klog_check(FIRST_SEQ, allow & 15 ? path : NULL, "log: ", out,
			 &res);
	CHECK(err == (failure == EIO ? -EIO : 0));
	want = count(allow);
	CHECK(res.bad >= want.bad && res.bad <= want.bad + want.maybe);
	CHECK(res.bad || !want.maybe || want.tolerated);
	CHECK(res.tolerated == want.tolerated);
	CHECK(res.foreign_races == want.foreign);
	CHECK(res.next_seq == expected);
	while (nlines)
		free(lines[--nlines]);
	fclose(out);
	(close)(fd);
	return 0;
}
