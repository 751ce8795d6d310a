// SPDX-License-Identifier: LGPL-2.1-or-later
/* The heat map as a page, which shows its tips at once and beside the pointer. */
#include <errno.h>

#include "timerheap_heat.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<link rel=\"icon\" href=\"data:,\">\n"
	"<title>How late timers expired</title>\n"
	"<style>\n"
	"body{margin:0;background:#%06x;overflow-x:auto}\n"
	"svg{display:block;margin:auto;max-width:100%%;height:auto}\n"
	"#tip{position:fixed;padding:4px 8px;border-radius:4px;pointer-events:none;\n"
	"font:13px system-ui,sans-serif;max-width:20em;color:#%06x;background:#%06x}\n"
	"@media(prefers-color-scheme:dark){body{background:#%06x}\n"
	"#tip{color:#%06x;background:#%06x}}\n"
	"</style>\n";

/* The browser's own tips take a second each, and go after some. */
static const char tail[] =
	"<div id=\"tip\" role=\"tooltip\" hidden></div>\n"
	"<script>\n"
	"'use strict';\n"
	"const tip = document.getElementById('tip');\n"
	"const texts = new Map();\n"
	"for (const title of document.querySelectorAll('rect > title')) {\n"
	"	texts.set(title.parentNode, title.textContent);\n"
	"	title.remove();\n"
	"}\n"
	"function place(at, size, room) {\n"
	"	return Math.max(0, at + 14 + size <= room ? at + 14 : at - 14 - size) + 'px';\n"
	"}\n"
	"document.addEventListener('pointermove', function (event) {\n"
	"	const text = texts.get(event.target);\n"
	"	tip.hidden = !text;\n"
	"	if (!text)\n"
	"		return;\n"
	"	tip.textContent = text;\n"
	"	tip.style.left = place(event.clientX, tip.offsetWidth, innerWidth);\n"
	"	tip.style.top = place(event.clientY, tip.offsetHeight, innerHeight);\n"
	"});\n"
	"document.addEventListener('pointerleave', function () {\n"
	"	tip.hidden = true;\n"
	"});\n"
	"</script>\n"
	"</html>\n";

int heat_html(const struct heat_map *map, FILE *out)
{
	int rc;

	/* The tip is in the other colours. */
	fprintf(out, head, (unsigned int)heat_colour(HEAT_PAPER, false),
		(unsigned int)heat_colour(HEAT_TEXT, true),
		(unsigned int)heat_colour(HEAT_PAPER, true),
		(unsigned int)heat_colour(HEAT_PAPER, true),
		(unsigned int)heat_colour(HEAT_TEXT, false),
		(unsigned int)heat_colour(HEAT_PAPER, false));
	rc = heat_svg(map, out);
	fputs(tail, out);
	return ferror(out) ? -(errno ? errno : EIO) : rc;
}
