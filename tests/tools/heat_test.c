// SPDX-License-Identifier: LGPL-2.1-or-later
/* The heat map: each expiry is in its cell, and each cell in the picture. */
#include "tool_suite.h"

#include <errno.h>
#include <string.h>

#include "timerheap_heat.h"

#define US 1000ULL
#define MS 1000000ULL
#define BEGIN (7000 * MS)

static struct heat_entries entries;
static struct heat_map map;

static int init(void **state)
{
	(void)state;
	entries = (struct heat_entries){ .cpu = -1 };
	map = (struct heat_map){ .head.host = "<a> & b" };
	return 0;
}

static int drop(void **state)
{
	(void)state;
	free(entries.all);
	heat_free(&map);
	return 0;
}

static void add(unsigned int cpu, uint64_t at_ns, uint64_t late_ns,
		enum recording_kind kind)
{
	const struct recording_entry entry = {
		.at_ns = BEGIN + at_ns,
		.late_ns = late_ns,
		.cpu = (uint16_t)cpu,
		.kind = (uint8_t)kind,
	};

	heat_gather(&entries, &entry);
}

static uint64_t next_random(void)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005 + 1442695040888963407;
	return seed >> 33;
}

/* Latenesses of all sizes, on CPUs 3 and 5, out of order. */
static void add_many(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		add(next_random() % 2 ? 3 : 5, next_random() % (2000 * MS),
		    next_random() >> (next_random() % 31), RECORDING_EXPIRY);
	add(5, 1000 * MS, 7, RECORDING_LOST);
	add(5, 1001 * MS, 0, RECORDING_LOST);
}

static bool is_in(const struct recording_entry *e, const struct heat_panel *p,
		  unsigned int column, unsigned int row)
{
	const struct heat_rows *rows = &map.rows;
	bool is_last = row + 1 == rows->count;

	return e->kind == RECORDING_EXPIRY && e->cpu == p->cpu &&
		(e->at_ns - map.begin_ns) / map.column_ns == column &&
		(e->late_ns >= heat_lower(rows, row)) &&
		(is_last || e->late_ns < heat_lower(rows, row + 1));
}

static uint32_t counted(const struct heat_panel *p, unsigned int column,
			unsigned int row)
{
	uint32_t n = 0;

	for (size_t i = 0; i < entries.count; i++)
		n += is_in(&entries.all[i], p, column, row);
	return n;
}

static void verify_cells(void)
{
	uint64_t sum = 0;
	uint32_t most = 0;

	for (unsigned int i = 0; i < map.count; i++)
		for (unsigned int c = 0; c < HEAT_COLUMNS; c++)
			for (unsigned int r = 0; r < map.rows.count; r++) {
				const struct heat_panel *p = &map.panels[i];
				uint32_t n = p->cells[c * map.rows.count + r];

				assert_int_equal(n, counted(p, c, r));
				sum += n;
				most = n > most ? n : most;
			}
	assert_int_equal(sum, map.expiries);
	assert_int_equal(most, map.most);
}

static void cells(void **state)
{
	(void)state;
	add_many(500);
	assert_int_equal(heat_count(&map, &entries, false), 0);
	assert_int_equal(map.count, 2);
	assert_int_equal(map.panels[0].cpu, 3);
	assert_int_equal(map.expiries, 500);
	assert_int_equal(map.lost, 7);
	assert_int_equal(map.rows.count, 100);
	verify_cells();
}

static void cells_log(void **state)
{
	(void)state;
	add_many(500);
	assert_int_equal(heat_count(&map, &entries, true), 0);
	verify_cells();
}

static void rows(void **state)
{
	(void)state;
	for (int log = 0; log < 2; log++) {
		struct heat_rows r = { log, log ? 4 : 0, 100 };

		for (unsigned int i = 0; i < r.count; i++) {
			uint64_t lower = heat_lower(&r, i);
			uint64_t upper = heat_lower(&r, i + 1);

			assert_true(lower < upper);
			assert_int_equal(heat_row(&r, lower), i);
			assert_int_equal(heat_row(&r, upper - 1), i);
			assert_true(heat_height(&r, lower) == i);
			assert_true(heat_height(&r, (lower + upper) / 2) > i);
			assert_true(heat_height(&r, upper - 1) < i + 1);
		}
		assert_int_equal(heat_row(&r, UINT64_MAX), 99);
		assert_true(heat_height(&r, UINT64_MAX) == 100);
		assert_true(heat_height(&r, 0) == 0);
	}
	assert_int_equal(heat_lower(&(struct heat_rows){ 0, 0, 5 }, 3), 30000);
}

/* As many are at most as late: exactly. */
static void percentiles(void **state)
{
	const struct heat_panel *p;

	(void)state;
	for (unsigned int i = 200; i; i--)
		add(0, i * US, i * US, RECORDING_EXPIRY);
	add(0, 100 * MS, 7777, RECORDING_EXPIRY);
	add(0, 100 * MS, 5, RECORDING_LOST);
	assert_int_equal(heat_count(&map, &entries, false), 0);
	p = &map.panels[0];
	assert_int_equal(p->columns[0].expiries, 200);
	assert_int_equal(p->columns[0].p50_ns, 100 * US);
	assert_int_equal(p->columns[0].p99_ns, 198 * US);
	assert_false(p->columns[0].is_lost);
	assert_int_equal(p->columns[1].expiries, 0);
	assert_int_equal(p->columns[HEAT_COLUMNS - 1].p50_ns, 7777);
	assert_int_equal(p->columns[HEAT_COLUMNS - 1].p99_ns, 7777);
	assert_true(p->columns[HEAT_COLUMNS - 1].is_lost);
	assert_int_equal(p->p50_ns, 100 * US);
	assert_int_equal(p->p99_ns, 198 * US);
	assert_int_equal(p->max_ns, 200 * US);
	assert_int_equal(p->lost, 5);
}

static void extremes(void **state)
{
	(void)state;
	entries.cpu = 65535;
	add(65535, 0 - BEGIN, UINT64_MAX, RECORDING_EXPIRY);
	add(65535, UINT64_MAX - BEGIN, 0, RECORDING_EXPIRY);
	add(65535, 1, UINT64_MAX, RECORDING_LOST);
	add(65535, 1, UINT64_MAX, RECORDING_LOST);
	add(1, 1, 1, RECORDING_EXPIRY);
	assert_int_equal(heat_count(&map, &entries, true), 0);
	assert_int_equal(map.count, 1);
	assert_int_equal(map.expiries, 2);
	assert_true(map.lost == UINT64_MAX);
	assert_int_equal(map.panels[0].columns[0].expiries, 1);
	assert_int_equal(map.panels[0].columns[HEAT_COLUMNS - 1].expiries, 1);
}

static void none(void **state)
{
	(void)state;
	assert_int_equal(heat_count(&map, &entries, false), -ENODATA);
}

static void too_many(void **state)
{
	(void)state;
	for (unsigned int i = 0; i <= 1024; i++)
		add(i, 0, 1, RECORDING_EXPIRY);
	assert_int_equal(heat_count(&map, &entries, false), -E2BIG);
}

static char *written(int (*write)(const struct heat_map *map, FILE *out),
		     size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	assert_int_equal(write(&map, out), 0);
	fclose(out);
	return text;
}

static unsigned int occurrences(const char *text, const char *part)
{
	unsigned int n = 0;

	while ((text = strstr(text, part))) {
		text++;
		n++;
	}
	return n;
}

static void svg(void **state)
{
	unsigned int filled = 0;
	char *text, *html;
	size_t size;

	(void)state;
	add_many(300);
	assert_int_equal(heat_count(&map, &entries, true), 0);
	for (unsigned int i = 0; i < map.count; i++)
		for (unsigned int k = 0; k < HEAT_COLUMNS * map.rows.count; k++)
			filled += map.panels[i].cells[k] > 0;
	text = written(heat_svg, &size);
	assert_int_equal(occurrences(text, "expiries, ") - 1 +
				 occurrences(text, "1 expiry, "),
			 filled);
	assert_int_equal(occurrences(text, "were lost</title>"), 1);
	assert_contains(text, "&lt;a> &amp; b, Linux");
	assert_contains(text, ">CPU 5</text>");
	assert_contains(text, "@media(prefers-color-scheme:dark)");
	html = written(heat_html, &size);
	assert_contains(html, text);
	assert_contains(html, "role=\"tooltip\"");
	free(text);
	free(html);
}

static void png(void **state)
{
	unsigned char *bytes;
	size_t size;
	FILE *out;

	(void)state;
	add_many(300);
	assert_int_equal(heat_count(&map, &entries, false), 0);
	bytes = (void *)written(heat_png, &size);
	assert_in_range(size, 1000, 10000000);
	assert_memory_equal(bytes, "\x89PNG\r\n\x1A\n", 8);
	/* Width and height, in IHDR. */
	assert_int_equal(bytes[18] << 8 | bytes[19], 2 * CHART_WIDTH);
	assert_int_equal(bytes[22] << 8 | bytes[23], 2 * chart_height(&map));
	free(bytes);
	out = fopen("/dev/full", "w");
	assert_non_null(out);
	setbuf(out, NULL);
	assert_int_equal(heat_png(&map, out), -ENOSPC);
	fclose(out);
}

/* It keeps what it read until the end. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, init, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(cells),	   CASE(cells_log), CASE(rows),
		CASE(percentiles), CASE(extremes),  CASE(none),
		CASE(too_many),	   CASE(svg),	    CASE(png),
	};

	return RUN(tests);
}
