/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The heat map: what is counted, and what it is drawn on. */
#ifndef TIMERHEAP_HEAT_H
#define TIMERHEAP_HEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "timerheap_recording.h"

#define HEAT_COLUMNS 220
#define HEAT_LEVELS 8

/**
 * struct heat_rows - what the rows of a map stand for
 * @log: a quarter of a power of two each; else 10 us each.
 * @first: the number of the lowest one, from 0.
 * @count: the highest one holds all that is later as well.
 */
struct heat_rows {
	bool log;
	unsigned int first;
	unsigned int count;
};

/* The least lateness of a row, of @rows->count as well. */
uint64_t heat_lower(const struct heat_rows *rows, unsigned int row);
unsigned int heat_row(const struct heat_rows *rows, uint64_t late_ns);
/* How many rows above the lowest edge, 0 to @rows->count. */
double heat_height(const struct heat_rows *rows, uint64_t late_ns);

/**
 * struct heat_column - a span of time on a CPU
 * @expiries: how many there were,
 * @p50_ns: and how late these were, exactly,
 * @p99_ns: if there were any.
 * @is_lost: some of the span are not in the recording.
 */
struct heat_column {
	uint64_t expiries;
	uint64_t p50_ns;
	uint64_t p99_ns;
	bool is_lost;
};

/**
 * struct heat_panel - a CPU
 * @cells: the rows of the first column, from the lowest, then the next one's.
 */
struct heat_panel {
	unsigned int cpu;
	uint64_t expiries;
	uint64_t lost;
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t max_ns;
	struct heat_column columns[HEAT_COLUMNS];
	uint32_t *cells;
};

/**
 * struct heat_map - a recording, counted
 * @head: the recording's.
 * @begin_ns: of the first column, by CLOCK_MONOTONIC.
 * @column_ns: how long one is.
 * @most: the largest cell.
 */
struct heat_map {
	struct recording_head head;
	struct heat_rows rows;
	uint64_t begin_ns;
	uint64_t column_ns;
	uint64_t expiries;
	uint64_t lost;
	uint32_t most;
	unsigned int count;
	struct heat_panel *panels;
};

/**
 * struct heat_entries - what is gathered of a recording
 * @cpu: of this CPU alone, unless it is -1.
 */
struct heat_entries {
	int cpu;
	size_t count;
	size_t room;
	struct recording_entry *all;
};

/* timerheap_heat.c.  heat_gather() is for recording_read(). */
void heat_gather(void *entries, const struct recording_entry *entry);
/* Sorts @entries.  0; -ENODATA there are none; -E2BIG too many CPUs. */
int heat_count(struct heat_map *map, struct heat_entries *entries, bool log);
void heat_free(struct heat_map *map);

/* What things are drawn in; each has a colour for light and one for dark. */
enum heat_ink {
	HEAT_FEW, /* and HEAT_LEVELS - 1 more, up to many */
	HEAT_PAPER = HEAT_FEW + HEAT_LEVELS,
	HEAT_PLOT,
	HEAT_GRID,
	HEAT_TEXT,
	HEAT_MUTED,
	HEAT_P50,
	HEAT_P99,
	HEAT_LOST,
	HEAT_INKS
};

/* 0xRRGGBB */
uint32_t heat_colour(enum heat_ink ink, bool dark);

struct heat_point {
	double x, y;
};

enum heat_anchor { HEAT_START, HEAT_MIDDLE, HEAT_END };

/**
 * struct heat_canvas - where it is drawn; y goes down
 * @rect: @tip: shown when pointed at; NULL: nothing is.
 * @line: with an edge, so that it stands out from what is below it.
 * @text: UTF-8 is not asked for.
 */
struct heat_canvas {
	void *arg;
	void (*rect)(void *arg, enum heat_ink ink, double x, double y,
		     double width, double height, const char *tip);
	void (*line)(void *arg, enum heat_ink ink,
		     const struct heat_point *points, unsigned int count);
	void (*text)(void *arg, enum heat_ink ink, double x, double y,
		     enum heat_anchor anchor, bool bold, const char *text);
};

/* timerheap_chart.c */
#define CHART_WIDTH 1000
/* Of the plot in each panel. */
#define CHART_CELL 4.0
#define CHART_LEFT 76.0
#define CHART_RIGHT (CHART_LEFT + HEAT_COLUMNS * CHART_CELL)
#define CHART_PLOT 220.0
unsigned int chart_height(const struct heat_map *map);
void chart_draw(const struct heat_map *map, const struct heat_canvas *canvas);

/* timerheap_axes.c, for a plot with that bottom. */
double chart_y(const struct heat_map *map, double bottom, uint64_t late_ns);
void axes_draw(const struct heat_map *map, const struct heat_canvas *canvas,
	       double bottom);

/*
 * timerheap_svg.c, timerheap_html.c, timerheap_png.c: the chart as a file that
 * needs no other.  0, or -errno.
 */
int heat_svg(const struct heat_map *map, FILE *out);
int heat_html(const struct heat_map *map, FILE *out);
int heat_png(const struct heat_map *map, FILE *out);

#endif
