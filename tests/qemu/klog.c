// SPDX-License-Identifier: GPL-2.0-only
#include "klog.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEQ_PATH "/run/klog.seq"
#define ALLOW_PATH "/allow"
#define MAX_ALLOW 32
#define MAX_CONTEXT 60 /* lines shown after one that offends */
#define MAX_SHOWN 400
/* A report of a data race is held until it is complete. */
#define MAX_HELD 100
#define HOLD_TRIES 100
#define HOLD_PAUSE_MS 20
#define RACE_TITLE "BUG: KCSAN: "
#define RACE_END "========"

/* Each of these begins a report of its own. */
static const char *const offending[] = {
	"WARNING:",
	"BUG:",
	"BUG ", /* slub: "BUG kmalloc-64 (Tainted: ...): Poison overwritten" */
	"Oops",
	"Kernel panic",
	"general protection",
	"unable to handle",
	"INFO: task ",
	"INFO: trying to register non-static key",
	"soft lockup",
	"hard LOCKUP",
	"workqueue lockup",
	"detected stalls",
	"detected expedited stalls",
	"self-detected stall",
	"possible circular locking",
	"possible recursive locking",
	"possible irq lock inversion",
	"inconsistent lock state",
	"suspicious RCU usage",
	"sleeping function called from invalid context",
	"scheduling while atomic",
	"unreferenced object",
	"list_add corruption",
	"list_del corruption",
	"refcount_t",
	"detected buffer overflow",
	"memory exposure attempt",
	"memory overwrite attempt",
	"nobody cared",
	"page allocation failure",
	"vmalloc error",
	"ODEBUG: ",
	"KASAN: ",
	"KCSAN: ",
	"KFENCE: ",
	"UBSAN: ",
};

/* These continue a report, and offend only where they stand alone. */
static const char *const trailing[] = {
	"Call Trace:",
};

struct held_line {
	uint64_t usec;
	char *text;
};

struct checker {
	FILE *out;
	const char *prefix;
	regex_t allow[MAX_ALLOW];
	int nallow;
	int context; /* lines still to show */
	int shown;
	int tolerating; /* lines that may still belong to an allowed report */
	struct held_line held[MAX_HELD];
	int nheld;
	struct klog_result *res;
};

static bool contains_any(const char *line, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(line, list[i]))
			return true;
	return false;
}

#define CONTAINS_ANY(line, list) \
	contains_any(line, list, sizeof(list) / sizeof((list)[0]))

static bool allowed(const struct checker *c, const char *line)
{
	for (int i = 0; i < c->nallow; i++)
		if (!regexec(&c->allow[i], line, 0, NULL, 0))
			return true;
	return false;
}

static int load_allow(struct checker *c, const char *path)
{
	char line[1024];
	int err = 0;
	FILE *f;

	f = path ? fopen(path, "r") : NULL;
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[0])
			continue;
		if (c->nallow == MAX_ALLOW ||
		    regcomp(&c->allow[c->nallow], line,
			    REG_EXTENDED | REG_NOSUB)) {
			err = -EINVAL;
			break;
		}
		c->nallow++;
	}
	fclose(f);
	return err;
}

/* The kernel escapes the line breaks that some reports contain. */
static void strip_escaped_newlines(char *line)
{
	char *p;

	while ((p = strstr(line, "\\x0a")))
		memmove(p, p + 4, strlen(p + 4) + 1);
}

static void show(struct checker *c, uint64_t usec, const char *line)
{
	if (c->shown++ >= MAX_SHOWN)
		return;
	fprintf(c->out, "%s[%5" PRIu64 ".%06" PRIu64 "] %s\n", c->prefix,
		usec / 1000000, usec % 1000000, line);
}

static void check_line(struct checker *c, uint64_t usec, const char *line)
{
	bool first = CONTAINS_ANY(line, offending);
	bool offends = first || CONTAINS_ANY(line, trailing);

	if (first && allowed(c, line)) {
		c->res->tolerated++;
		c->tolerating = MAX_CONTEXT;
		c->context = 0;
		return;
	}
	if (c->tolerating && !first) {
		c->tolerating--;
		if (strstr(line, "---[ end trace"))
			c->tolerating = 0;
		return;
	}
	if (offends) {
		c->res->bad++;
		c->context = MAX_CONTEXT;
		c->tolerating = 0;
	}
	if (c->context) {
		show(c, usec, line);
		c->context--;
	}
	if (strstr(line, "---[ end trace"))
		c->context = 0;
}

/* As in "th_kick+0x1e/0x60 [timerheap]". */
static bool names_module(const char *line)
{
	const char *bracket = strstr(line, " [");

	return bracket && islower(bracket[2]) && strchr(bracket, ']');
}

/*
 * A data race between accesses of which no module was on the stack is the
 * kernel's own, and not what is tested.
 */
static void release_race(struct checker *c)
{
	bool ours = false;

	for (int i = 0; i < c->nheld; i++)
		ours |= names_module(c->held[i].text);
	if (!ours)
		c->res->foreign_races++;
	for (int i = 0; i < c->nheld; i++) {
		if (i || ours)
			check_line(c, c->held[i].usec, c->held[i].text);
		free(c->held[i].text);
	}
	c->nheld = 0;
}

static void hold_or_check_line(struct checker *c, uint64_t usec,
			       const char *line)
{
	bool begins = strstr(line, RACE_TITLE);
	bool ends = !strncmp(line, RACE_END, strlen(RACE_END));
	char *text;

	if (c->nheld && (begins || ends || c->nheld == MAX_HELD))
		release_race(c);
	if (!begins && !c->nheld) {
		check_line(c, usec, line);
		return;
	}
	text = strdup(line);
	if (text)
		c->held[c->nheld++] = (struct held_line){ usec, text };
	else
		check_line(c, usec, line);
}

/* A record reads "prio,seq,usec,flags[,...];text\n KEY=value\n...". */
static void check_record(struct checker *c, char *rec)
{
	char *text = strchr(rec, ';');
	uint64_t seq, usec;

	if (!text || sscanf(rec, "%*u,%" SCNu64 ",%" SCNu64, &seq, &usec) != 2)
		return;
	if (seq < c->res->next_seq)
		return;
	if (seq > c->res->next_seq) {
		c->res->bad++;
		show(c, usec,
		     "klog: records were overwritten before the check");
	}
	c->res->next_seq = seq + 1;
	*text++ = '\0';
	text[strcspn(text, "\n")] = '\0';
	strip_escaped_newlines(text);
	hold_or_check_line(c, usec, text);
}

int klog_check(uint64_t from_seq, const char *allow_path, const char *prefix,
	       FILE *out, struct klog_result *res)
{
	struct checker c = { .out = out, .prefix = prefix, .res = res };
	int fd, err, tries = HOLD_TRIES;
	char rec[8192];

	*res = (struct klog_result){ .next_seq = from_seq };
	err = load_allow(&c, allow_path);
	if (err)
		goto free_allow;
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto free_allow;
	}
	for (;;) {
		ssize_t n = read(fd, rec, sizeof(rec) - 1);

		if (n > 0) {
			rec[n] = '\0';
			check_record(&c, rec);
		} else if (n < 0 && errno == EPIPE) {
			continue; /* overwritten; the gap in seq tells */
		} else if (n < 0 && errno != EAGAIN) {
			err = -errno;
			break;
		} else if (c.nheld && tries--) {
			usleep(HOLD_PAUSE_MS * 1000);
		} else {
			break;
		}
	}
	if (c.nheld)
		release_race(&c);
	if (c.shown > MAX_SHOWN)
		fprintf(out, "%s... and %d lines more\n", prefix,
			c.shown - MAX_SHOWN);
	close(fd);
free_allow:
	while (c.nallow)
		regfree(&c.allow[--c.nallow]);
	return err;
}

int klog_main(void)
{
	struct klog_result res;
	uint64_t seq = 0;
	FILE *f;
	int err;

	f = fopen(SEQ_PATH, "r");
	if (f) {
		if (fscanf(f, "%" SCNu64, &seq) != 1)
			seq = 0;
		fclose(f);
	}
	err = klog_check(seq, ALLOW_PATH, "", stdout, &res);
	if (err) {
		fprintf(stderr, "klog: %s\n", strerror(-err));
		return 2;
	}
	f = fopen(SEQ_PATH, "w");
	if (!f || fprintf(f, "%" PRIu64 "\n", res.next_seq) < 0 || fclose(f)) {
		perror("klog: " SEQ_PATH);
		return 2;
	}
	return res.bad ? 1 : 0;
}
