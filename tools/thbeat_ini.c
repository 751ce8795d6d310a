// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "thbeat_ini.h"

/* All of isspace() but the end of the line. */
#define BLANKS " \t\v\f\r"
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct unit {
	const char *name;
	enum thbeat_unit unit;
	double factor;
};

static const struct unit units[] = {
	{ "", THBEAT_NUMBER, 1 },     { "ns", THBEAT_TIME, 1 },
	{ "us", THBEAT_TIME, 1e3 },   { "ms", THBEAT_TIME, 1e6 },
	{ "s", THBEAT_TIME, 1e9 },    { "m", THBEAT_TIME, 60e9 },
	{ "h", THBEAT_TIME, 3600e9 }, { "d", THBEAT_TIME, 86400e9 },
	{ "%", THBEAT_SHARE, 1e4 },   { "ppm", THBEAT_CLOCK, 1e3 },
	{ "", THBEAT_MILLI, 1e3 },
};

/* What is quoted may be anything. */
bool thbeat_ini_complain(struct thbeat_ini *ini, const char *what,
			 const char *about)
{
	char *c;

	if (ini->failed)
		return false;
	ini->failed = ini->line;
	snprintf(ini->why, ini->size, "line %d: %.40s: %s", ini->line, about,
		 what);
	for (c = ini->why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return false;
}

/* A decimal number and, but for 0, its unit. */
static bool parse(const char *text, enum thbeat_unit unit, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(text, &end);
	if (end == text || errno ||
	    strspn(text, "+-.0123456789eE") < (size_t)(end - text))
		return false;
	end += strspn(end, " ");
	if (*value == 0 && !*end)
		return true;
	for (size_t i = 0; i < THBEAT_COUNT(units); i++)
		if (units[i].unit == unit && !strcmp(end, units[i].name)) {
			*value *= units[i].factor;
			return true;
		}
	return false;
}

static bool store(struct thbeat_ini *ini, const struct thbeat_key *key,
		  char *base, const char *text)
{
	uint32_t small;
	int64_t large;
	double value;

	if (!parse(text, key->unit, &value))
		return thbeat_ini_complain(ini, "not a value with its unit",
					   text);
	if (key->unit == THBEAT_NUMBER && value != rint(value))
		return thbeat_ini_complain(ini, "not a whole number", text);
	value = rint(value);
	if (value < key->least || value > key->most)
		return thbeat_ini_complain(ini, "out of range", key->name);
	large = (int64_t)value;
	small = (uint32_t)large;
	if (key->small)
		memcpy(base + key->offset, &small, sizeof(small));
	else
		memcpy(base + key->offset, &large, sizeof(large));
	return true;
}

int thbeat_ini_store(struct thbeat_ini *ini, const struct thbeat_key *keys,
		     size_t count, void *base, const char *name,
		     const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(keys[i].name, name))
			return store(ini, &keys[i], base, text);
	return -1;
}

bool thbeat_ini_same(const struct thbeat_key *keys, size_t count, const void *a,
		     const void *b)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp((const char *)a + keys[i].offset,
			   (const char *)b + keys[i].offset,
			   keys[i].small ? sizeof(uint32_t) : sizeof(uint64_t)))
			return false;
	return true;
}

/* Libinih tells of keys alone, not of a section that has none. */
static void look_for_section(struct thbeat_ini *ini, const char *line)
{
	size_t length = strcspn(line + 1, "]");

	if (ini->failed || *line != '[' || line[1 + length] != ']')
		return;
	memcpy(ini->section, line + 1, length);
	ini->section[length] = '\0';
	ini->on_section(ini);
}

/* For libinih, to which a line that is indented is a part of the one before. */
static char *next_line(char *text, int size, void *user)
{
	struct thbeat_ini *ini = user;
	const char *start = fgets(text, size, ini->file);

	if (!start)
		return NULL;
	ini->line++;
	if (strlen(text) + 1 == (size_t)size && !strchr(text, '\n'))
		thbeat_ini_complain(ini, "a line too long", text);
	if (ini->line == 1 &&
	    !strncmp(start, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		start += strlen(BYTE_ORDER_MARK);
	start += strspn(start, BLANKS);
	memmove(text, start, strlen(start) + 1);
	look_for_section(ini, text);
	return text;
}

static int on_key(void *user, const char *section, const char *name,
		  const char *text)
{
	struct thbeat_ini *ini = user;

	(void)section;
	return !ini->failed && ini->on_key(ini, name, text);
}

int thbeat_ini_read(struct thbeat_ini *ini, FILE *file, char *why, size_t size)
{
	int line;

	ini->file = file;
	ini->why = why;
	ini->size = size;
	ini->line = 0;
	ini->failed = 0;
	ini->section[0] = '\0';
	errno = 0;
	line = ini_parse_stream(next_line, ini, on_key, ini);
	if (ferror(file) || line < 0) {
		snprintf(why, size, "%s", strerror(errno ? errno : ENOMEM));
		return -1;
	}
	/* Of lines that are none, nobody told us. */
	if (line && (!ini->failed || line < ini->failed)) {
		ini->failed = 0;
		ini->line = line;
		thbeat_ini_complain(
			ini, "neither \"key = value\" nor [section]", "");
	}
	return ini->failed ? -1 : 0;
}
