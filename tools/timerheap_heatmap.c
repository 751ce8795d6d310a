// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_heat.h"
#include "timerheap_tool.h"

static const struct {
	const char *ending;
	int (*write)(const struct heat_map *map, FILE *out);
} kinds[] = { { ".svg", heat_svg },
	      { ".html", heat_html },
	      { ".png", heat_png } };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Its index; KINDS: there is none for that name. */
static size_t kind_of(const char *path)
{
	const char *ending = path ? strrchr(path, '.') : NULL;
	size_t i = 0;

	while (i < KINDS && (!ending || strcmp(kinds[i].ending, ending)))
		i++;
	return i;
}

static void write_map(const struct heat_map *map, const char *path, size_t kind)
{
	FILE *out = fopen(path, "we");
	int rc;

	if (!out) {
		rc = -errno;
	} else {
		errno = 0;
		rc = kinds[kind].write(map, out);
		if (fclose(out) && !rc)
			rc = -errno;
	}
	if (!rc)
		return;
	fprintf(stderr, "timerheap: %s: %s\n", path,
		rc == -E2BIG
			? "too many CPUs for an image: make it .html, or of one, by --cpu"
			: strerror(-rc));
	exit(TOOL_FAILED);
}

static void load(struct heat_map *map, const char *path, int cpu, bool log)
{
	struct heat_entries entries = { .cpu = cpu };
	int rc;

	map->head = recording_read(path, heat_gather, &entries);
	rc = heat_count(map, &entries, log);
	free(entries.all);
	if (!rc)
		return;
	fprintf(stderr, "timerheap: %s: %s\n", path,
		rc == -E2BIG ? "it is of too many CPUs: choose one, by --cpu"
			: cpu < 0 ? "no timer expired"
				  : "no timer expired on that CPU");
	exit(TOOL_FAILED);
}

static int run(int argc, char **argv)
{
	struct heat_map map = { .count = 0 };
	struct tool_options opts;
	const char *path;
	size_t kind;

	path = tool_options_file(&tool_heatmap, "col", argc, argv, &opts);
	kind = kind_of(opts.output);
	if (kind == KINDS) {
		fprintf(stderr,
			"timerheap heatmap: -o: a name that ends in .svg, .html or .png\n");
		tool_bad_usage(&tool_heatmap);
	}
	load(&map, path, opts.cpu, opts.log);
	write_map(&map, opts.output, kind);
	heat_free(&map);
	return 0;
}

const struct tool_command tool_heatmap = {
	"heatmap",
	"Usage: timerheap heatmap [--log] [--cpu N] FILE -o x.svg|x.html|x.png\n"
	"Draw what timerheap record wrote: time across, lateness up, how many by colour; a\n"
	"panel for each CPU, with p50 and p99. It needs no module.\n"
	"\n"
	"  -o, --output PATH  as SVG, as a page for browsers with tips, or as PNG\n"
	"  --log              rows of a quarter of a power of two, not of 10 us\n"
	"  --cpu N            that CPU alone\n",
	run,
};
