// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

#include "thbeat_output.h"

#define MS 1000000U
#define STAMP 40

json_t *thbeat_output_long(uint64_t value)
{
	return json_sprintf("%" PRIu64, value);
}

/* As RFC 3339 has it. */
static void stamp(char text[STAMP])
{
	struct timespec now;
	struct tm tm;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	length = strftime(text, STAMP, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, STAMP - length, ".%03ldZ", now.tv_nsec / MS);
}

static void say_json(const struct thbeat_output *out, const char *event,
		     json_t *fields)
{
	char time[STAMP];
	json_t *line;

	stamp(time);
	line = json_pack("{s:s, s:s}", "time", time, "event", event);
	if (fields)
		json_object_update(line, fields);
	json_dumpf(line, out->file, JSON_COMPACT);
	fputc('\n', out->file);
	json_decref(line);
}

void thbeat_output_say(const struct thbeat_output *out, const char *event,
		       json_t *fields, const char *format, ...)
{
	char time[STAMP];
	va_list args;

	if (out->json) {
		say_json(out, event, fields);
	} else {
		stamp(time);
		fprintf(out->file, "%s ", time);
		va_start(args, format);
		vfprintf(out->file, format, args);
		va_end(args);
		fputc('\n', out->file);
	}
	json_decref(fields);
}

static json_t *state_fields(const struct thb_event *ev)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:I, s:I}", "node",
			 thbeat_output_long(ev->node), "incarnation",
			 thbeat_output_long(ev->incarnation), "from",
			 thb_state_name(ev->from), "to", thb_state_name(ev->to),
			 "cause", thb_cause_name(ev->cause), "at_ns",
			 (json_int_t)ev->at_ns, "heard_ns",
			 (json_int_t)ev->heard_ns);
}

static void say_state(const struct thbeat_output *out,
		      const struct thb_event *ev)
{
	char heard[60] = "";

	if (ev->to == THB_DEAD && ev->heard_ns)
		snprintf(heard, sizeof(heard),
			 ", last heard %" PRIu64 " ms ago",
			 (ev->at_ns - ev->heard_ns) / MS);
	thbeat_output_say(out, "state", state_fields(ev),
			  "node %" PRIu64 ": %s -> %s (%s)%s", ev->node,
			  thb_state_name(ev->from), thb_state_name(ev->to),
			  thb_cause_name(ev->cause), heard);
}

void thbeat_output_event(const struct thbeat_output *out,
			 const struct thb_event *ev)
{
	if (ev->type == THB_EVENT_STATE) {
		say_state(out, ev);
		return;
	}
	thbeat_output_say(
		out, "away",
		json_pack("{s:I, s:I}", "at_ns", (json_int_t)ev->at_ns,
			  "lost_ns", (json_int_t)ev->lost_ns),
		"away for %" PRIu64 " ms, which was given back to every peer",
		ev->lost_ns / MS);
}

int thbeat_output_flush(const struct thbeat_output *out)
{
	if (!fflush(out->file) && !ferror(out->file))
		return 0;
	return errno ? -errno : -EIO;
}
