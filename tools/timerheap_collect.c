// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <time.h>

#include "timerheap_export.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * By a queue for each time: one that stays would keep the module from being
 * unloaded.
 */
static bool ask_module(struct export_figures *f)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th;

	opts.nslots = 1;
	if (timerheap_open(&th, &opts))
		return false;
	tool_check(timerheap_info(th, &f->info), "INFO");
	tool_snapshot_take(&f->cpus, th);
	tool_module_version(f->version, EXPORT_VERSION);
	timerheap_close(th);
	return true;
}

static void find_pages(struct export_pages *p, const char *directory)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[4096];

	if (directory) {
		export_pages_add(p, directory);
		return;
	}
	export_pages_add(p, TIMERHEAP__PAGE_DIRECTORY);
	if (!runtime || *runtime != '/')
		return;
	snprintf(path, sizeof(path), "%s/timerheap", runtime);
	export_pages_add(p, path);
}

static void put_all(FILE *out, struct export_figures *f, uint64_t began_ns)
{
	export_module(out, f);
	export_pages(out, &f->pages);
	metric_head(out, "timerheap_export_duration_seconds", "gauge",
		    "How long it took to collect all this.");
	fputs("timerheap_export_duration_seconds ", out);
	metric_seconds(out, (int64_t)(now_ns() - began_ns));
	fputc('\n', out);
}

char *export_collect(const char *directory, size_t *length)
{
	struct export_figures f = { .up = false };
	uint64_t began_ns = now_ns();
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	f.up = ask_module(&f);
	find_pages(&f.pages, directory);
	put_all(out, &f, began_ns);
	tool_snapshot_free(&f.cpus);
	export_pages_free(&f.pages);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
