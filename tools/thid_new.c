// SPDX-License-Identifier: LGPL-2.1-or-later
/* IDs on standard output, with ticks of the program's own. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <timerheap/timerheap.h>

#include "thid.h"

#define NSEC_PER_SEC 1000000000LL
#define BATCH 512

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/*
 * Ticks on the grid of units since the epoch; each tells its point of the grid,
 * not when the sleep before it ended.
 */
struct ticker {
	struct thid *g;
	int64_t due_ns;
	int64_t unit_ns;
	struct timerheap_page *page; /* NULL: nothing is published */
	int64_t published_ns;
};

/* Once a second; IDs matter more than that others see their number. */
static void publish(struct ticker *t)
{
	if (!t->page || t->due_ns < t->published_ns + NSEC_PER_SEC)
		return;
	(void)thid_publish(t->g, t->page);
	t->published_ns = t->due_ns;
}

static int tick(struct ticker *t)
{
	int64_t offset =
		read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);

	publish(t);
	return thid_tick(t->g, (uint64_t)t->due_ns, offset);
}

static int tick_first(struct ticker *t, const struct thid_layout *l)
{
	int64_t wall = read_clock(CLOCK_REALTIME) - (int64_t)l->epoch_ns;

	t->unit_ns = (int64_t)l->unit_ns;
	t->due_ns = read_clock(CLOCK_MONOTONIC);
	if (wall > 0 && wall % t->unit_ns < t->due_ns)
		t->due_ns -= wall % t->unit_ns;
	return tick(t);
}

static int tick_next(struct ticker *t)
{
	struct timespec ts;
	int rc;

	t->due_ns += t->unit_ns;
	ts.tv_sec = t->due_ns / NSEC_PER_SEC;
	ts.tv_nsec = t->due_ns % NSEC_PER_SEC;
	rc = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	return rc ? -rc : tick(t);
}

static int print_uuid(struct thid_block *b)
{
	char text[THID_UUID_TEXT];
	uint8_t uuid[16];
	int rc = thid_uuid_next(b, uuid);

	if (rc)
		return rc;
	thid_uuid_text(uuid, text);
	puts(text);
	return 1;
}

static int print_numbers(struct thid_block *b, uint64_t count, bool hex)
{
	uint64_t ids[BATCH];
	int n = thid_next_n(b, ids, count < BATCH ? (uint32_t)count : BATCH);

	for (int i = 0; i < n; i++)
		printf(hex ? "0x%016" PRIx64 "\n" : "%" PRIu64 "\n", ids[i]);
	return n;
}

static int print_all(struct ticker *t, const struct thid_request *request)
{
	uint64_t left = request->count;
	struct thid_block b;
	int rc = tick_first(t, &request->layout);

	thid_block_init(&b, t->g);
	while (!rc && left) {
		int n = request->layout.order == THID_UUID
			? print_uuid(&b)
			: print_numbers(&b, left, request->hex);

		if (n > 0)
			left -= (uint64_t)n;
		else
			rc = n == -EAGAIN ? tick_next(t) : n;
		if (ferror(stdout))
			break;
	}
	return rc;
}

static void say(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "thid: %s\n", line);
}

static int complain(const char *what, int rc)
{
	fprintf(stderr, "thid: %s: %s: %s\n", what, strerror(-rc),
		thid_advice(rc));
	return 1;
}

/* With all that is above it. */
static int make_directory(const char *path)
{
	char part[4096];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= length; i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		if (mkdir(part, 0755) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int with_lease(const struct thid_request *request,
		      const struct thid_lease *lease,
		      struct timerheap_page *page)
{
	struct ticker t = { .page = page };
	struct thid_opts opts;
	int rc;

	thid_opts_init(&opts);
	opts.layout = request->layout;
	opts.lease = lease;
	opts.log = say;
	rc = thid_open(&t.g, &opts);
	if (rc) {
		lease->end(lease->arg, lease->mark_ns);
		return complain("generator", rc);
	}
	rc = print_all(&t, request);
	thid_close(t.g);
	if (rc)
		return complain("generator", rc);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "thid: output: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}

static int complain_page(const char *name, int rc)
{
	fprintf(stderr, "thid: --publish %s: %s; %s\n", name, strerror(-rc),
		rc == -EINVAL ? "1 to 63 letters, digits and - _ ."
			: rc == -EBUSY
			? "another one publishes by this name: choose another"
			: "/run/timerheap is for members of the group timerheap; or set XDG_RUNTIME_DIR");
	return 1;
}

int thid_new(const struct thid_request *request)
{
	struct timerheap_page *page = NULL;
	struct thid_lease lease;
	int rc = make_directory(request->directory);

	if (!rc)
		rc = thid_directory_open(&lease, request->directory,
					 request->first, request->last);
	if (rc)
		return complain(request->directory, rc);
	if (request->publish)
		rc = timerheap_page_open(&page, request->publish, NULL);
	if (rc) {
		lease.end(lease.arg, lease.mark_ns);
		return complain_page(request->publish, rc);
	}
	rc = with_lease(request, &lease, page);
	timerheap_page_close(page);
	return rc;
}
