// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The heat map as SVG, by itself or within a page of HTML.  It has the colours
 * that the reader prefers, and its tips in titles, which browsers show.
 */
#include <errno.h>

#include "timerheap_heat.h"

/* viridis, from where it stands out from the paper; light, and dark. */
static const uint32_t colours[HEAT_INKS][2] = {
	{ 0x55C667, 0x404788 },
	{ 0x29AF7F, 0x39568C },
	{ 0x1F968B, 0x2D708E },
	{ 0x287D8E, 0x238A8D },
	{ 0x33638D, 0x20A387 },
	{ 0x404788, 0x55C667 },
	{ 0x482677, 0xB8DE29 },
	{ 0x440154, 0xFDE725 },
	[HEAT_PAPER] = { 0xFFFFFF, 0x15171C },
	[HEAT_PLOT] = { 0xF4F5F7, 0x1D2026 },
	[HEAT_GRID] = { 0xD9DCE1, 0x343942 },
	[HEAT_TEXT] = { 0x1B1F24, 0xE6E8EB },
	[HEAT_MUTED] = { 0x555D68, 0xA3ABB6 },
	[HEAT_P50] = { 0xC2185B, 0xFF80AB },
	[HEAT_P99] = { 0xE65100, 0xFFB74D },
	[HEAT_LOST] = { 0xD32F2F, 0xFF5252 },
};

uint32_t heat_colour(enum heat_ink ink, bool dark)
{
	return colours[ink][dark];
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

static void put_rect(void *arg, enum heat_ink ink, double x, double y,
		     double width, double height, const char *tip)
{
	FILE *out = arg;

	fprintf(out,
		"<rect class=\"f%d\" x=\"%.6g\" y=\"%.6g\" width=\"%.6g\" height=\"%.6g\"",
		(int)ink, x, y, width, height);
	if (!tip) {
		fputs("/>\n", out);
		return;
	}
	fputs("><title>", out);
	put_escaped(out, tip);
	fputs("</title></rect>\n", out);
}

static void put_polyline(FILE *out, const char *kind, int ink,
			 const struct heat_point *points, unsigned int count)
{
	fprintf(out, "<polyline class=\"%s%d\" points=\"", kind, ink);
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "%s%.6g,%.6g", i ? " " : "", points[i].x,
			points[i].y);
	fputs("\"/>\n", out);
}

static void put_line(void *arg, enum heat_ink ink,
		     const struct heat_point *points, unsigned int count)
{
	put_polyline(arg, "e s", HEAT_PAPER, points, count);
	put_polyline(arg, "s", (int)ink, points, count);
}

static void put_text(void *arg, enum heat_ink ink, double x, double y,
		     enum heat_anchor anchor, bool bold, const char *text)
{
	static const char *const anchors[] = { "start", "middle", "end" };
	FILE *out = arg;

	fprintf(out,
		"<text class=\"f%d%s\" x=\"%.6g\" y=\"%.6g\" text-anchor=\"%s\">",
		(int)ink, bold ? " b" : "", x, y, anchors[anchor]);
	put_escaped(out, text);
	fputs("</text>\n", out);
}

static void put_colours(FILE *out, bool dark)
{
	for (int i = 0; i < HEAT_INKS; i++)
		fprintf(out, ".f%d{fill:#%06x}.s%d{stroke:#%06x}\n", i,
			(unsigned int)colours[i][dark], i,
			(unsigned int)colours[i][dark]);
}

int heat_svg(const struct heat_map *map, FILE *out)
{
	const struct heat_canvas canvas = { out, put_rect, put_line, put_text };
	unsigned int height = chart_height(map);

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" "
		"width=\"%d\" height=\"%u\" role=\"img\" "
		"aria-label=\"How late timers expired\">\n<style>\n"
		"text{font:12px system-ui,sans-serif}.b{font-weight:bold}\n"
		"polyline{fill:none;stroke-width:1.5;stroke-linejoin:round;pointer-events:none}\n"
		".e{stroke-width:4;stroke-opacity:.8}\n"
		"rect{shape-rendering:crispEdges}\n",
		CHART_WIDTH, height, CHART_WIDTH, height);
	put_colours(out, false);
	fputs("@media(prefers-color-scheme:dark){\n", out);
	put_colours(out, true);
	fputs("}\n</style>\n", out);
	chart_draw(map, &canvas);
	fputs("</svg>\n", out);
	return ferror(out) ? -(errno ? errno : EIO) : 0;
}
