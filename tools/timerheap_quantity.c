// SPDX-License-Identifier: LGPL-2.1-or-later
/* Times as they are given on the command line; by exact arithmetic. */
#include <errno.h>
#include <string.h>

#include "timerheap_tool.h"

static const struct {
	const char *name;
	uint64_t ns;
} units[] = { { "ns", 1 },
	      { "us", 1000 },
	      { "ms", 1000000 },
	      { "s", 1000000000 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int refuse(const char **why, const char *message)
{
	*why = message;
	return -EINVAL;
}

/* 0: there is none of that name. */
static uint64_t unit_ns(const char *name)
{
	for (size_t i = 0; i < UNITS; i++)
		if (!strcmp(units[i].name, name))
			return units[i].ns;
	return 0;
}

/* The digits after the point, @count of them; @unit is a power of ten. */
static int add_fraction(const char *digits, size_t count, uint64_t unit,
			uint64_t *ns, const char **why)
{
	for (; count; count--, digits++) {
		uint64_t part = (uint64_t)(*digits - '0');

		if (unit < 10 && part)
			return refuse(why, "finer than a nanosecond");
		unit /= 10;
		if (__builtin_add_overflow(*ns, part * unit, ns))
			return refuse(why, "too long");
	}
	return 0;
}

int tool_time_parse(const char *text, uint64_t *ns, const char **why)
{
	const char *at = text, *fraction = NULL, *end;
	uint64_t whole = 0, unit;

	if (!is_digit(*at))
		return refuse(why, "it has to begin with a digit");
	for (; is_digit(*at); at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'),
					   &whole))
			return refuse(why, "too long");
	if (*at == '.') {
		fraction = ++at;
		while (is_digit(*at))
			at++;
		if (at == fraction)
			return refuse(why, "no digit after the point");
	}
	end = at;
	if (!*at) {
		*ns = 0;
		return whole || fraction
			? refuse(why, "its unit is missing: ns, us, ms or s")
			: 0;
	}
	unit = unit_ns(at);
	if (!unit)
		return refuse(why, "its unit is none of ns, us, ms and s");
	if (__builtin_mul_overflow(whole, unit, ns))
		return refuse(why, "too long");
	if (!fraction)
		return 0;
	return add_fraction(fraction, (size_t)(end - fraction), unit, ns, why);
}

int tool_range_parse(const char *text, uint64_t *least_ns, uint64_t *most_ns,
		     const char **why)
{
	const char *dots = strstr(text, "..");
	char first[64];
	int rc;

	if (!dots) {
		rc = tool_time_parse(text, least_ns, why);
		*most_ns = *least_ns;
		return rc;
	}
	if ((size_t)(dots - text) >= sizeof(first))
		return refuse(why, "too long");
	memcpy(first, text, (size_t)(dots - text));
	first[dots - text] = '\0';
	rc = tool_time_parse(first, least_ns, why);
	if (!rc)
		rc = tool_time_parse(dots + 2, most_ns, why);
	if (!rc && *least_ns > *most_ns)
		rc = refuse(why, "its end is before its beginning");
	return rc;
}

int tool_step_parse(const char *text, int64_t *step_ns, const char **why)
{
	uint64_t ns;
	int rc;

	if (*text != '+' && *text != '-')
		return refuse(why, "its sign is missing: + or -");
	rc = tool_time_parse(text + 1, &ns, why);
	if (rc)
		return rc;
	if (ns > INT64_MAX)
		return refuse(why, "too long");
	*step_ns = *text == '-' ? -(int64_t)ns : (int64_t)ns;
	return 0;
}
