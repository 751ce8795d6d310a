// SPDX-License-Identifier: LGPL-2.1-or-later
/* What happens, as lines for people and for programs. */
#include "suite.h"

#include <stdio.h>

#include "thbeat_output.h"

static char *text;
static size_t length;

static struct thbeat_output open_output(bool json)
{
	struct thbeat_output out = { .json = json };

	free(text);
	text = NULL;
	out.file = open_memstream(&text, &length);
	assert_non_null(out.file);
	return out;
}

/* Without the time, which is as RFC 3339 has it. */
static const char *one_line(const struct thbeat_output *out)
{
	int year, month, day, hour, minute, second, ms, end = 0;
	char *newline;

	assert_int_equal(thbeat_output_flush(out), 0);
	assert_int_equal(fclose(out->file), 0);
	newline = strchr(text, '\n');
	assert_non_null(newline);
	assert_int_equal(newline[1], '\0');
	*newline = '\0';
	if (out->json)
		return text;
	sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day,
	       &hour, &minute, &second, &ms, &end);
	assert_int_equal(end, 25);
	assert_in_range(year, 2020, 9999);
	return text + end;
}

static const struct thb_event death = {
	.type = THB_EVENT_STATE,
	.from = THB_SUSPECT,
	.to = THB_DEAD,
	.cause = THB_SILENT,
	.node = UINT64_MAX,
	.incarnation = 1700000000000000001,
	.at_ns = 9876543210,
	.heard_ns = 8000000000,
};

static const struct thb_event away = {
	.type = THB_EVENT_AWAY,
	.at_ns = 5,
	.lost_ns = 5012345678,
};

static void for_people(void **state)
{
	struct thb_event heard = death;
	struct thbeat_output out = open_output(false);

	(void)state;
	thbeat_output_event(&out, &death);
	assert_string_equal(one_line(&out),
			    "node 18446744073709551615: suspect -> dead "
			    "(silent), last heard 1876 ms ago");
	out = open_output(false);
	thbeat_output_event(&out, &away);
	assert_string_equal(
		one_line(&out),
		"away for 5012 ms, which was given back to every peer");
	heard.from = THB_IDLE;
	heard.to = THB_ALIVE;
	heard.cause = THB_HEARD;
	heard.node = 3;
	out = open_output(false);
	thbeat_output_event(&out, &heard);
	assert_string_equal(one_line(&out), "node 3: idle -> alive (heard)");
	/* It never was. */
	heard = death;
	heard.heard_ns = 0;
	heard.node = 3;
	out = open_output(false);
	thbeat_output_event(&out, &heard);
	assert_string_equal(one_line(&out), "node 3: suspect -> dead (silent)");
	out = open_output(false);
	thbeat_output_say(&out, "x", json_pack("{s:i}", "n", 1), "%d of %s", 1,
			  "two");
	assert_string_equal(one_line(&out), "1 of two");
}

static void assert_text(const json_t *object, const char *name,
			const char *want)
{
	assert_string_equal(json_string_value(json_object_get(object, name)),
			    want);
}

static json_int_t number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* Numbers of 64 bits are strings, so that nobody rounds them. */
static void for_programs(void **state)
{
	struct thbeat_output out = open_output(true);
	json_t *line;

	(void)state;
	thbeat_output_event(&out, &death);
	line = json_loads(one_line(&out), 0, NULL);
	assert_non_null(line);
	assert_int_equal(json_object_size(line), 9);
	assert_int_equal(
		strlen(json_string_value(json_object_get(line, "time"))), 24);
	assert_text(line, "event", "state");
	assert_text(line, "node", "18446744073709551615");
	assert_text(line, "incarnation", "1700000000000000001");
	assert_text(line, "from", "suspect");
	assert_text(line, "to", "dead");
	assert_text(line, "cause", "silent");
	assert_int_equal(number(line, "at_ns"), 9876543210);
	assert_int_equal(number(line, "heard_ns"), 8000000000);
	json_decref(line);
	out = open_output(true);
	thbeat_output_event(&out, &away);
	line = json_loads(one_line(&out), 0, NULL);
	assert_text(line, "event", "away");
	assert_int_equal(number(line, "lost_ns"), 5012345678);
	assert_int_equal(number(line, "at_ns"), 5);
	json_decref(line);
	out = open_output(true);
	thbeat_output_say(&out, "stopped", NULL, "stopped");
	line = json_loads(one_line(&out), 0, NULL);
	assert_int_equal(json_object_size(line), 2);
	assert_text(line, "event", "stopped");
	json_decref(line);
}

static void a_full_disk(void **state)
{
	struct thbeat_output out = { .file = fopen("/dev/full", "w") };

	(void)state;
	assert_non_null(out.file);
	thbeat_output_event(&out, &death);
	assert_int_equal(thbeat_output_flush(&out), -ENOSPC);
	/* It is not forgotten. */
	assert_true(thbeat_output_flush(&out) < 0);
	fclose(out.file);
}

static int forget(void **state)
{
	(void)state;
	free(text);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(for_people),
		TEST(for_programs),
		TEST(a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
