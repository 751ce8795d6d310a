// SPDX-License-Identifier: LGPL-2.1-or-later
/* The heat map as PNG: light, and at twice the size, for sharp screens. */
#include <errno.h>

#include <cairo/cairo.h>

#include "timerheap_heat.h"

#define SCALE 2
/* cairo's images have no more lines. */
#define MOST_HEIGHT 32767

static void set_ink(cairo_t *cr, enum heat_ink ink, double alpha)
{
	uint32_t colour = heat_colour(ink, false);

	cairo_set_source_rgba(cr, (colour >> 16) / 255.0,
			      (colour >> 8 & 255) / 255.0,
			      (colour & 255) / 255.0, alpha);
}

static void paint_rect(void *arg, enum heat_ink ink, double x, double y,
		       double width, double height, const char *tip)
{
	cairo_t *cr = arg;

	(void)tip;
	set_ink(cr, ink, 1);
	/* Without seams between cells. */
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
	cairo_rectangle(cr, x, y, width, height);
	cairo_fill(cr);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

static void paint_line(void *arg, enum heat_ink ink,
		       const struct heat_point *points, unsigned int count)
{
	cairo_t *cr = arg;

	cairo_new_path(cr);
	for (unsigned int i = 0; i < count; i++)
		cairo_line_to(cr, points[i].x, points[i].y);
	set_ink(cr, HEAT_PAPER, 0.8);
	cairo_set_line_width(cr, 4);
	cairo_stroke_preserve(cr);
	set_ink(cr, ink, 1);
	cairo_set_line_width(cr, 1.5);
	cairo_stroke(cr);
}

static void paint_text(void *arg, enum heat_ink ink, double x, double y,
		       enum heat_anchor anchor, bool bold, const char *text)
{
	cairo_text_extents_t extents;
	cairo_t *cr = arg;

	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
			       bold ? CAIRO_FONT_WEIGHT_BOLD
				    : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, 12);
	cairo_text_extents(cr, text, &extents);
	if (anchor == HEAT_MIDDLE)
		x -= extents.x_advance / 2;
	else if (anchor == HEAT_END)
		x -= extents.x_advance;
	set_ink(cr, ink, 1);
	cairo_move_to(cr, x, y);
	cairo_show_text(cr, text);
}

static cairo_status_t write_png(void *arg, const unsigned char *data,
				unsigned int size)
{
	return fwrite(data, size, 1, arg) == 1 ? CAIRO_STATUS_SUCCESS
					       : CAIRO_STATUS_WRITE_ERROR;
}

static int paint(const struct heat_map *map, cairo_surface_t *surface,
		 FILE *out)
{
	cairo_t *cr = cairo_create(surface);
	const struct heat_canvas canvas = { cr, paint_rect, paint_line,
					    paint_text };
	cairo_status_t status;

	cairo_scale(cr, SCALE, SCALE);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	chart_draw(map, &canvas);
	status = cairo_status(cr);
	cairo_destroy(cr);
	if (!status)
		status = cairo_surface_write_to_png_stream(surface, write_png,
							   out);
	if (status == CAIRO_STATUS_WRITE_ERROR)
		return -(errno ? errno : EIO);
	return status ? -ENOMEM : 0;
}

int heat_png(const struct heat_map *map, FILE *out)
{
	unsigned int height = chart_height(map) * SCALE;
	cairo_surface_t *surface;
	int rc;

	if (height > MOST_HEIGHT)
		return -E2BIG;
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
					     CHART_WIDTH * SCALE, (int)height);
	rc = paint(map, surface, out);
	cairo_surface_destroy(surface);
	return rc;
}
