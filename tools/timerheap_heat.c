// SPDX-License-Identifier: LGPL-2.1-or-later
/* A recording, counted by CPU, span of time and lateness. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_heat.h"
#include "timerheap_tool.h"

#define ROW_NS 10000
#define MOST_ROWS 100
/* A panel takes much more memory than the entry for which there is one. */
#define MOST_PANELS 1024
#define LEAST_ROWS 5
/* Of the module's histogram, whose buckets are eighths of a power of two. */
#define ROW_BUCKETS 2

static void *no_memory(void *memory)
{
	if (memory)
		return memory;
	fprintf(stderr, "timerheap: %s\n", strerror(ENOMEM));
	exit(TOOL_FAILED);
}

void heat_gather(void *arg, const struct recording_entry *entry)
{
	struct heat_entries *e = arg;

	if (e->cpu >= 0 && e->cpu != entry->cpu)
		return;
	if (e->count == e->room) {
		e->room = e->room ? 2 * e->room : 4096;
		e->all = no_memory(
			reallocarray(e->all, e->room, sizeof(*e->all)));
	}
	e->all[e->count++] = *entry;
}

static uint64_t row_number(bool log, uint64_t late_ns)
{
	return log ? timerheap_hist_bucket(late_ns) / ROW_BUCKETS
		   : late_ns / ROW_NS;
}

uint64_t heat_lower(const struct heat_rows *rows, unsigned int row)
{
	row += rows->first;
	return rows->log ? timerheap_hist_lower(row * ROW_BUCKETS)
			 : (uint64_t)row * ROW_NS;
}

unsigned int heat_row(const struct heat_rows *rows, uint64_t late_ns)
{
	uint64_t row = row_number(rows->log, late_ns);

	if (row < rows->first)
		return 0;
	row -= rows->first;
	return row < rows->count ? (unsigned int)row : rows->count - 1;
}

double heat_height(const struct heat_rows *rows, uint64_t late_ns)
{
	unsigned int row = heat_row(rows, late_ns);
	uint64_t lower = heat_lower(rows, row);
	uint64_t upper = heat_lower(rows, row + 1);

	if (late_ns <= lower)
		return row;
	if (late_ns >= upper)
		return row + 1;
	return row + (double)(late_ns - lower) / (double)(upper - lower);
}

/* So many as reach from the least lateness, or from 0, to the most. */
static struct heat_rows choose_rows(const struct heat_entries *e, bool log)
{
	struct heat_rows rows = { .log = log };
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < e->count; i++) {
		uint64_t row = row_number(log, e->all[i].late_ns);

		if (e->all[i].kind != RECORDING_EXPIRY)
			continue;
		least = row < least ? row : least;
		most = row > most ? row : most;
	}
	rows.first = log && least < most ? (unsigned int)least : 0;
	if (most > rows.first + MOST_ROWS - 1 && !log)
		most = rows.first + MOST_ROWS - 1;
	rows.count = (unsigned int)most - rows.first + 1;
	if (rows.count < LEAST_ROWS)
		rows.count = LEAST_ROWS;
	return rows;
}

static void choose_columns(struct heat_map *map, const struct heat_entries *e)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (size_t i = 0; i < e->count; i++) {
		uint64_t at = e->all[i].at_ns;

		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	map->begin_ns = first;
	map->column_ns = (last - first) / HEAT_COLUMNS + 1;
}

static unsigned int column_of(const struct heat_map *map, uint64_t at_ns)
{
	return (unsigned int)((at_ns - map->begin_ns) / map->column_ns);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By CPU, expiries before what was lost, by lateness. */
static int by_lateness(const void *left, const void *right)
{
	const struct recording_entry *a = left, *b = right;
	int order = compare_numbers(a->cpu, b->cpu);

	if (!order)
		order = compare_numbers(a->kind, b->kind);
	return order ? order : compare_numbers(a->late_ns, b->late_ns);
}

/* By time within that: of @width each, from @begin. */
struct span {
	uint64_t begin, width;
};

static int by_column(const void *left, const void *right, void *arg)
{
	const struct recording_entry *a = left, *b = right;
	const struct span *s = arg;
	int order = compare_numbers((a->at_ns - s->begin) / s->width,
				    (b->at_ns - s->begin) / s->width);

	return order ? order : by_lateness(a, b);
}

/* Of @count that are sorted: as many are at most as late. */
static uint64_t percentile(const struct recording_entry *sorted, uint64_t count,
			   unsigned int percent)
{
	uint64_t rank = (count * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0].late_ns;
}

static size_t expiries_first(const struct recording_entry *at, size_t count)
{
	size_t n = 0;

	while (n < count && at[n].kind == RECORDING_EXPIRY)
		n++;
	return n;
}

static void count_column(struct heat_map *map, struct heat_panel *p,
			 const struct recording_entry *at, size_t count)
{
	unsigned int column = column_of(map, at->at_ns);
	struct heat_column *c = &p->columns[column];
	uint32_t *cells = p->cells + (size_t)column * map->rows.count;

	c->expiries = expiries_first(at, count);
	c->is_lost = c->expiries < count;
	if (!c->expiries)
		return;
	c->p50_ns = percentile(at, c->expiries, 50);
	c->p99_ns = percentile(at, c->expiries, 99);
	for (size_t i = 0; i < c->expiries; i++) {
		uint32_t *cell = &cells[heat_row(&map->rows, at[i].late_ns)];

		if (++*cell > map->most)
			map->most = *cell;
	}
}

/* @at: the CPU's, by lateness; then by column. */
static void count_panel(struct heat_map *map, struct heat_panel *p,
			struct recording_entry *at, size_t count)
{
	struct span span = { map->begin_ns, map->column_ns };
	size_t end, i;

	p->cpu = at->cpu;
	p->cells = no_memory(calloc((size_t)HEAT_COLUMNS * map->rows.count,
				    sizeof(*p->cells)));
	p->expiries = expiries_first(at, count);
	if (p->expiries) {
		p->p50_ns = percentile(at, p->expiries, 50);
		p->p99_ns = percentile(at, p->expiries, 99);
		p->max_ns = at[p->expiries - 1].late_ns;
	}
	for (i = p->expiries; i < count; i++)
		if (__builtin_add_overflow(p->lost, at[i].late_ns, &p->lost))
			p->lost = UINT64_MAX;
	qsort_r(at, count, sizeof(*at), by_column, &span);
	for (i = 0; i < count; i = end) {
		unsigned int column = column_of(map, at[i].at_ns);

		for (end = i + 1; end < count; end++)
			if (column_of(map, at[end].at_ns) != column)
				break;
		count_column(map, p, at + i, end - i);
	}
}

static size_t same_cpu(const struct heat_entries *e, size_t first)
{
	size_t n = first;

	while (n < e->count && e->all[n].cpu == e->all[first].cpu)
		n++;
	return n - first;
}

int heat_count(struct heat_map *map, struct heat_entries *e, bool log)
{
	size_t n;

	if (!e->count)
		return -ENODATA;
	map->rows = choose_rows(e, log);
	choose_columns(map, e);
	qsort(e->all, e->count, sizeof(*e->all), by_lateness);
	for (size_t i = 0; i < e->count; i += n) {
		struct heat_panel *p;

		if (map->count == MOST_PANELS)
			return -E2BIG;
		n = same_cpu(e, i);
		map->panels = no_memory(reallocarray(
			map->panels, map->count + 1, sizeof(*map->panels)));
		p = &map->panels[map->count++];
		*p = (struct heat_panel){ .cpu = 0 };
		count_panel(map, p, e->all + i, n);
		map->expiries += p->expiries;
		if (__builtin_add_overflow(map->lost, p->lost, &map->lost))
			map->lost = UINT64_MAX;
	}
	return 0;
}

void heat_free(struct heat_map *map)
{
	for (unsigned int i = 0; i < map->count; i++)
		free(map->panels[i].cells);
	free(map->panels);
}
