// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times on the command line of timerheap: whatever is given, it is refused with
 * a reason, or it is the time that another way of reading it has found.
 */
#include "fuzz.h"

#include <errno.h>

#include "timerheap_tool.h"

#define MOST 200

static const char *const pieces[] = { "0",  "1",  "5",	".",
				      "..", "ns", "us", "ms",
				      "s",  "+",  "-",	"18446744073",
				      "9",  " ",  "00", "m" };

/* Bytes below 16 are pieces, others stand for themselves. */
static void make_text(struct input *in, char *text)
{
	char *end = text;

	while (in->left && end - text < MOST - 20) {
		uint8_t byte = (uint8_t)input_take(in, 1);

		if (byte < 16)
			end = stpcpy(end, pieces[byte]);
		else
			*end++ = (char)byte;
	}
	*end = '\0';
}

static uint64_t unit_of(const char *name)
{
	if (!strcmp(name, "ns"))
		return 1;
	if (!strcmp(name, "us"))
		return 1000;
	if (!strcmp(name, "ms"))
		return 1000000;
	return strcmp(name, "s") ? 0 : 1000000000;
}

/* From the end of the fraction: nanoseconds are where its digits come out. */
static bool expect(const char *text, uint64_t *ns)
{
	size_t whole = strspn(text, "0123456789"), part = 0, i;
	const char *rest = text + whole;
	unsigned __int128 value = 0;
	uint64_t unit, place;

	if (whole && *rest == '.') {
		part = strspn(rest + 1, "0123456789");
		rest += part ? 1 + part : 0;
	}
	unit = unit_of(rest);
	if (!whole)
		return false;
	if (!*rest && !part && strspn(text, "0") == whole) {
		*ns = 0;
		return true;
	}
	for (i = 0; i < whole; i++)
		if ((value = value * 10 + (unsigned)(text[i] - '0')) >> 64)
			return false;
	value *= unit;
	for (i = 0, place = unit; i < part; i++) {
		unsigned int digit = (unsigned)(text[whole + 1 + i] - '0');

		place = place % 10 ? 0 : place / 10;
		if (digit && !place)
			return false;
		value += digit * place;
	}
	*ns = (uint64_t)value;
	return unit && !(value >> 64);
}

static void verify_time(const char *text)
{
	uint64_t got = 0, want = 0;
	const char *why = NULL;
	int rc = tool_time_parse(text, &got, &why);

	CHECK(rc == 0 || (rc == -EINVAL && why && *why));
	CHECK((rc == 0) == expect(text, &want));
	CHECK(rc || got == want);
}

static void verify_step(const char *text)
{
	const char *why = NULL;
	int64_t step = 0;
	uint64_t want = 0;
	int rc = tool_step_parse(text, &step, &why);
	bool good = (*text == '+' || *text == '-') && expect(text + 1, &want) &&
		want <= INT64_MAX;

	CHECK((rc == 0) == good);
	CHECK(rc || step == (*text == '-' ? -(int64_t)want : (int64_t)want));
	CHECK(!rc || (why && *why));
}

static void verify_range(const char *text)
{
	uint64_t least = 0, most = 0, want_least = 0, want_most = 0;
	const char *why = NULL, *dots = strstr(text, "..");
	int rc = tool_range_parse(text, &least, &most, &why);
	char first[MOST];

	CHECK(!rc || (why && *why));
	if (!dots) {
		CHECK((rc == 0) == expect(text, &want_most));
		CHECK(rc || (least == want_most && most == want_most));
		return;
	}
	memcpy(first, text, (size_t)(dots - text));
	first[dots - text] = '\0';
	/* Longer than any time that makes sense. */
	CHECK((rc == 0) ==
	      (dots - text < 64 && expect(first, &want_least) &&
	       expect(dots + 2, &want_most) && want_least <= want_most));
	CHECK(rc || (least == want_least && most == want_most));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char text[MOST];

	make_text(&in, text);
	verify_time(text);
	verify_step(text);
	verify_range(text);
	return 0;
}
