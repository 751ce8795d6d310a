// SPDX-License-Identifier: LGPL-2.1-or-later
/* The axes of a panel of the heat map. */
#include <math.h>

#include "demo.h"
#include "timerheap_heat.h"

#define LABEL 14.0
/* Ten powers of two. */
#define FEW_ROWS 40
#define MOST_POWER_NS 1000000000000ULL

struct axes {
	const struct heat_map *map;
	const struct heat_canvas *to;
	double bottom;
};

double chart_y(const struct heat_map *map, double bottom, uint64_t late_ns)
{
	return bottom -
		heat_height(&map->rows, late_ns) * CHART_PLOT / map->rows.count;
}

static void rect(const struct axes *a, double x, double y, double width,
		 double height)
{
	a->to->rect(a->to->arg, HEAT_GRID, x, y, width, height, NULL);
}

static void text(const struct axes *a, double x, double y,
		 enum heat_anchor anchor, const char *words)
{
	a->to->text(a->to->arg, HEAT_MUTED, x, y, anchor, false, words);
}

/* 1, 2 or 5 and zeroes, so that there are at most @most of it in @whole. */
static double step_for(double whole, double most)
{
	double least = whole / most, ten = pow(10, floor(log10(least)));

	if (ten >= least)
		return ten;
	if (2 * ten >= least)
		return 2 * ten;
	return 5 * ten >= least ? 5 * ten : 10 * ten;
}

static void draw_times(const struct axes *a)
{
	double whole = (double)a->map->column_ns / 1e9 * HEAT_COLUMNS,
	       step = step_for(whole, 10);
	char words[32];

	for (unsigned int i = 0; i * step <= whole; i++) {
		double x = CHART_LEFT +
			(CHART_RIGHT - CHART_LEFT) * (i * step / whole);

		rect(a, x, a->bottom, 1, 5);
		snprintf(words, sizeof(words), "%.10g s", i * step);
		text(a, x, a->bottom + 18, HEAT_MIDDLE, words);
	}
}

/* With a label, unless it would touch the one at *@label, from which they go up. */
static void draw_lateness(const struct axes *a, uint64_t late_ns, double *label)
{
	double y = chart_y(a->map, a->bottom, late_ns);

	if (*label - y < LABEL)
		return;
	*label = y;
	rect(a, CHART_LEFT - 5, y, CHART_RIGHT - CHART_LEFT + 5, 1);
	text(a, CHART_LEFT - 9, y + 4, HEAT_END, demo_time(late_ns).text);
}

/* Powers of ten; 2 and 5 of them as well, where there is room. */
static void draw_powers(const struct axes *a, uint64_t low, uint64_t high)
{
	unsigned int most = a->map->rows.count > FEW_ROWS ? 1 : 3;
	static const unsigned int parts[] = { 1, 2, 5 };
	double label = a->bottom + LABEL;

	for (uint64_t ten = 1; ten <= high && ten <= MOST_POWER_NS; ten *= 10)
		for (unsigned int i = 0; i < most; i++) {
			uint64_t at = ten * parts[i];

			if (at >= low && at <= high)
				draw_lateness(a, at, &label);
		}
}

/* Where there are rows of equal height, at six edges or less. */
static void draw_latenesses(const struct axes *a)
{
	const struct heat_rows *rows = &a->map->rows;
	uint64_t high = heat_lower(rows, rows->count), step;
	double label = a->bottom + LABEL;

	if (rows->log) {
		draw_powers(a, heat_lower(rows, 0), high);
		return;
	}
	step = (uint64_t)step_for((double)high, 6);
	for (uint64_t at = 0; at <= high; at += step)
		draw_lateness(a, at, &label);
}

void axes_draw(const struct heat_map *map, const struct heat_canvas *canvas,
	       double bottom)
{
	const struct axes a = { map, canvas, bottom };

	draw_latenesses(&a);
	draw_times(&a);
}
