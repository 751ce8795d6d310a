// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where everything is on the heat map: a panel for each CPU, below a heading. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "demo.h"
#include "timerheap_heat.h"

#define HEADING 118.0
#define PANEL (CHART_PLOT + 78)
#define MARK 3.0
#define SWATCH 16.0

struct chart {
	const struct heat_map *map;
	const struct heat_canvas *to;
	/* the least count of each level; HEAT_LEVELS: more than there are */
	uint32_t level[HEAT_LEVELS + 1];
	/* of the plot that is drawn */
	double bottom;
};

unsigned int chart_height(const struct heat_map *map)
{
	return (unsigned int)(HEADING + PANEL * map->count);
}

static void rect(const struct chart *c, enum heat_ink ink, double x, double y,
		 double width, double height, const char *tip)
{
	c->to->rect(c->to->arg, ink, x, y, width, height, tip);
}

static void text(const struct chart *c, enum heat_ink ink, double x, double y,
		 enum heat_anchor anchor, const char *words)
{
	c->to->text(c->to->arg, ink, x, y, anchor, false, words);
}

static void heading(const struct chart *c, double x, double y,
		    const char *words)
{
	c->to->text(c->to->arg, HEAT_TEXT, x, y, HEAT_START, true, words);
}

/* Each level is so many times the one before. */
static void set_levels(struct chart *c)
{
	double all = log((double)c->map->most + 1);

	for (unsigned int i = 0; i < HEAT_LEVELS; i++)
		c->level[i] = (uint32_t)ceil(exp(all * i / HEAT_LEVELS) - 1e-9);
	c->level[HEAT_LEVELS] = c->map->most + 1;
}

static enum heat_ink ink_of(const struct chart *c, uint32_t count)
{
	unsigned int level = HEAT_LEVELS - 1;

	while (level && c->level[level] > count)
		level--;
	return (enum heat_ink)(HEAT_FEW + level);
}

static double seconds(uint64_t ns)
{
	return (double)ns / (double)DEMO_SEC;
}

/* So many that the ends of a column differ. */
static int time_digits(const struct heat_map *map)
{
	double digits = ceil(-log10(seconds(map->column_ns))) + 1;

	return digits > 0 ? (int)digits : 0;
}

static void tip_of(const struct heat_map *map, const struct heat_panel *p,
		   unsigned int column, unsigned int row, char *tip,
		   size_t size)
{
	uint32_t count = p->cells[column * map->rows.count + row];
	struct demo_text lower = demo_time(heat_lower(&map->rows, row));
	struct demo_text upper = demo_time(heat_lower(&map->rows, row + 1));
	bool is_last = row + 1 == map->rows.count;
	int digits = time_digits(map);

	snprintf(tip, size, "CPU %u: %s %s, %s%s%s late, %.*f s to %.*f s",
		 p->cpu, demo_count(count).text,
		 count == 1 ? "expiry" : "expiries", lower.text,
		 is_last ? " and more" : " to ", is_last ? "" : upper.text,
		 digits, seconds(map->column_ns) * column, digits,
		 seconds(map->column_ns) * (column + 1));
}

static void draw_column(const struct chart *c, const struct heat_panel *p,
			unsigned int column)
{
	const uint32_t *cells = p->cells + column * c->map->rows.count;
	double x = CHART_LEFT + column * CHART_CELL;
	double height = CHART_PLOT / c->map->rows.count;
	char tip[300];

	for (unsigned int row = 0; row < c->map->rows.count; row++) {
		if (!cells[row])
			continue;
		tip_of(c->map, p, column, row, tip, sizeof(tip));
		rect(c, ink_of(c, cells[row]), x,
		     c->bottom - (row + 1) * height, CHART_CELL, height, tip);
	}
	if (p->columns[column].is_lost)
		rect(c, HEAT_LOST, x, c->bottom - CHART_PLOT - MARK - 1,
		     CHART_CELL, MARK, "some expiries of this time were lost");
}

static uint64_t p50(const struct heat_column *column)
{
	return column->p50_ns;
}

static uint64_t p99(const struct heat_column *column)
{
	return column->p99_ns;
}

/* A line a stretch of columns that have any. */
static void draw_percentile(const struct chart *c, const struct heat_panel *p,
			    enum heat_ink ink,
			    uint64_t (*of)(const struct heat_column *column))
{
	struct heat_point points[HEAT_COLUMNS];
	unsigned int n = 0;

	for (unsigned int i = 0; i <= HEAT_COLUMNS; i++) {
		if (i < HEAT_COLUMNS && p->columns[i].expiries) {
			points[n].x = CHART_LEFT + (i + 0.5) * CHART_CELL;
			points[n++].y =
				chart_y(c->map, c->bottom, of(&p->columns[i]));
			continue;
		}
		if (n == 1) {
			points[1] = points[0];
			points[0].x -= CHART_CELL / 2;
			points[n++].x += CHART_CELL / 2;
		}
		if (n)
			c->to->line(c->to->arg, ink, points, n);
		n = 0;
	}
}

static void draw_panel(struct chart *c, const struct heat_panel *p, double top)
{
	char words[300];

	c->bottom = top + 26 + CHART_PLOT;
	snprintf(words, sizeof(words), "CPU %u", p->cpu);
	heading(c, CHART_LEFT, top + 14, words);
	snprintf(words, sizeof(words),
		 "%s expiries; late: p50 %s, p99 %s, max %s; %s lost",
		 demo_count(p->expiries).text, demo_time(p->p50_ns).text,
		 demo_time(p->p99_ns).text, demo_time(p->max_ns).text,
		 demo_count(p->lost).text);
	text(c, HEAT_MUTED, CHART_LEFT + 70, top + 14, HEAT_START, words);
	rect(c, HEAT_PLOT, CHART_LEFT, c->bottom - CHART_PLOT,
	     CHART_RIGHT - CHART_LEFT, CHART_PLOT, NULL);
	axes_draw(c->map, c->to, c->bottom);
	for (unsigned int i = 0; i < HEAT_COLUMNS; i++)
		draw_column(c, p, i);
	draw_percentile(c, p, HEAT_P99, p99);
	draw_percentile(c, p, HEAT_P50, p50);
}

static void draw_sample(const struct chart *c, enum heat_ink ink, double x,
			const char *words)
{
	const struct heat_point points[] = { { x, 96 }, { x + 24, 96 } };

	c->to->line(c->to->arg, ink, points, 2);
	text(c, HEAT_TEXT, x + 30, 100, HEAT_START, words);
}

static void draw_legend(const struct chart *c)
{
	char words[100];
	double x = CHART_LEFT;

	text(c, HEAT_MUTED, x, 78, HEAT_START, "expiries in a cell, at least:");
	for (unsigned int i = 0; i < HEAT_LEVELS; i++) {
		if (c->level[i] >= c->level[i + 1])
			continue;
		rect(c, (enum heat_ink)(HEAT_FEW + i), x, 88, SWATCH, SWATCH,
		     NULL);
		snprintf(words, sizeof(words), "%s",
			 demo_count(c->level[i]).text);
		text(c, HEAT_TEXT, x + SWATCH + 4, 100, HEAT_START, words);
		x += SWATCH + 18 + 7 * (double)strlen(words);
	}
	x = CHART_RIGHT - 330;
	draw_sample(c, HEAT_P50, x, "p50");
	draw_sample(c, HEAT_P99, x + 76, "p99 of a column");
	rect(c, HEAT_LOST, x + 230, 94, SWATCH, MARK, NULL);
	text(c, HEAT_TEXT, x + 252, 100, HEAT_START, "some are lost");
}

/* When the first column began, by the wall. */
static void wall_time(const struct heat_map *map, char *words, size_t size)
{
	time_t at =
		(time_t)((map->begin_ns + (uint64_t)map->head.wall_offset_ns) /
			 DEMO_SEC);
	struct tm tm;

	if (!gmtime_r(&at, &tm) ||
	    !strftime(words, size, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(words, size, "an unknown time");
}

static void draw_heading(const struct chart *c)
{
	const struct heat_map *map = c->map;
	char since[64], words[400];

	wall_time(map, since, sizeof(since));
	heading(c, CHART_LEFT, 28, "How late timers expired");
	snprintf(words, sizeof(words), "%s, Linux %s, timerheap %s",
		 map->head.host, map->head.kernel, map->head.module);
	text(c, HEAT_TEXT, CHART_LEFT + 190, 28, HEAT_START, words);
	snprintf(words, sizeof(words),
		 "Time since %s across, lateness up%s; %s expiries, %s lost",
		 since,
		 map->rows.log ? ", rows of a quarter of a power of two"
			       : ", rows of 10 us, the top one and more",
		 demo_count(map->expiries).text, demo_count(map->lost).text);
	text(c, HEAT_MUTED, CHART_LEFT, 50, HEAT_START, words);
}

void chart_draw(const struct heat_map *map, const struct heat_canvas *canvas)
{
	struct chart c = { .map = map, .to = canvas };

	set_levels(&c);
	rect(&c, HEAT_PAPER, 0, 0, CHART_WIDTH, chart_height(map), NULL);
	draw_heading(&c);
	draw_legend(&c);
	for (unsigned int i = 0; i < map->count; i++)
		draw_panel(&c, &map->panels[i], HEADING + PANEL * i);
}
