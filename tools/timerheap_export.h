/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of timerheap export share. */
#ifndef TIMERHEAP_EXPORT_H
#define TIMERHEAP_EXPORT_H

#include <signal.h>

#include <timerheap/heartbeat.h>
#include <timerheap/id.h>

#include "page.h"
#include "thbeat_address.h"
#include "timerheap_tool.h"

#define EXPORT_VERSION 64

/**
 * struct export_page - what an application published
 * @name: of its object.
 * @kind: says which of the figures it is.
 * @written_ns: when, by CLOCK_REALTIME.
 */
struct export_page {
	char name[TIMERHEAP__PAGE_NAME];
	enum timerheap__page_kind kind;
	uint64_t written_ns;
	union {
		struct timerheap_stats queue;
		struct thb_monitor_stats monitor;
		struct thb_sender_stats sender;
		struct thid_stats ids;
	};
};

/**
 * struct export_pages - those of a directory or two
 * @pages: by name, all different.
 * @count: how many there are.
 * @stale: files whose process is gone,
 * @bad: and those that cannot be read, are no page, or one too many.
 * @pauses: made for pages that were being written.
 */
struct export_pages {
	struct export_page *pages;
	size_t count;
	unsigned int stale;
	unsigned int bad;
	unsigned int pauses;
};

/**
 * struct export_figures - what there is to be told
 * @up: whether the module could be asked; then
 * @version: of it, empty where it is not known,
 * @info: likewise,
 * @cpus: likewise.
 * @pages: of applications.
 */
struct export_figures {
	bool up;
	char version[EXPORT_VERSION];
	struct timerheap_info info;
	struct tool_snapshot cpus;
	struct export_pages pages;
};

/*
 * timerheap_pages.c.  Adds those of a directory, which need not be there; what
 * is left over from a process that is gone is removed, if that is allowed.
 */
void export_pages_add(struct export_pages *p, const char *directory);
void export_pages_free(struct export_pages *p);

/**
 * struct metric - a figure, and how Prometheus is told
 * @name: after the prefix.  Those of one name follow each other; the first one
 *	has the help.  It is a counter if it ends in _total.
 * @labels: of its own; NULL: none.
 * @help: a sentence.
 * @offset: in the figures, of a 64-bit number.
 * @ns: it is in nanoseconds, and told in seconds.
 * @summary: it is neither a counter nor a gauge, but a quantile.
 */
struct metric {
	const char *name;
	const char *labels;
	const char *help;
	size_t offset;
	bool ns;
	bool summary;
};

#define METRIC_LABEL 128

/* Whose figures these are: a label, with its value. */
struct metric_row {
	char label[METRIC_LABEL];
	const void *figures;
};

/* timerheap_metrics.c; text format 0.0.4 of Prometheus. */
void metric_head(FILE *out, const char *name, const char *type,
		 const char *help);
/* Nothing, if there are no rows. */
void metric_put(FILE *out, const char *prefix, const struct metric *metrics,
		size_t count, const struct metric_row *rows, size_t row_count);
/* Lateness, of struct timerheap_stats. */
void metric_lateness(FILE *out, const char *name, const struct metric_row *rows,
		     size_t row_count);
/* Exact, whatever the locale. */
void metric_seconds(FILE *out, int64_t ns);

/* timerheap_metrics_module.c */
void export_module(FILE *out, const struct export_figures *f);
void export_cpus(FILE *out, const struct tool_snapshot *cpus);
void export_queues(FILE *out, const struct export_pages *p);

/* timerheap_metrics_pages.c */
void export_pages(FILE *out, const struct export_pages *p);
/* Those of one kind, each with a label of that name; the caller's to free. */
struct metric_row *export_rows(const struct export_pages *p,
			       enum timerheap__page_kind kind,
			       const char *label, size_t *count);

/*
 * timerheap_collect.c: all of it as text, the caller's to free; NULL: there is no
 * memory.  Of the pages in @directory; NULL: where the library puts them.
 */
char *export_collect(const char *directory, size_t *length);

/* timerheap_http.c: serve it until a signal of @signals.  The exit status. */
int export_serve(const struct thbeat_address *at, const char *directory,
		 const sigset_t *signals);

#endif
