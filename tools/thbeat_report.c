// SPDX-License-Identifier: LGPL-2.1-or-later
/* What came of each arm, side by side or for programs. */
#include <inttypes.h>

#include "thbeat.h"

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static double an_hour(const struct thbeat_result *r, uint64_t count)
{
	return (double)count * (double)THBEAT_HOUR / (double)r->duration_ns;
}

static double a_second(const struct thbeat_result *r)
{
	return (double)r->messages * 1e9 / (double)r->duration_ns;
}

static void row(FILE *out, const char *title, const struct thbeat_scenario *s,
		const struct thbeat_result *results,
		void (*cell)(FILE *out, const struct thbeat_result *r))
{
	fprintf(out, "%-24s", title);
	for (unsigned int i = 0; i < s->arm_count; i++)
		cell(out, &results[i]);
	fputc('\n', out);
}

#define CELL(name, format, value)                                  \
	static void name(FILE *out, const struct thbeat_result *r) \
	{                                                          \
		fprintf(out, " %14" format, value);                \
	}

CELL(died, PRIu64, r->died)
CELL(found, PRIu64, r->found)
CELL(missed, PRIu64, r->missed)
CELL(still_open, PRIu64, r->open)
CELL(p50, ".1f", ms(r->p50_ns))
CELL(p99, ".1f", ms(r->p99_ns))
CELL(most, ".1f", ms(r->max_ns))
CELL(false_deaths, PRIu64, r->false_deaths)
CELL(false_rate, ".4f", an_hour(r, r->false_deaths))
CELL(suspicions, ".4f", an_hour(r, r->suspicions))
CELL(cut_off, PRIu64, r->cut_off)
CELL(away, PRIu64, r->away)
CELL(away_ms, ".0f", ms(r->away_ns))
CELL(messages, ".1f", a_second(r))

void thbeat_report(FILE *out, const struct thbeat_scenario *s,
		   const struct thbeat_result *results)
{
	fprintf(out, "%-24s", "");
	for (unsigned int i = 0; i < s->arm_count; i++)
		fprintf(out, " %14s", s->arms[i].name);
	fputc('\n', out);
	row(out, "deaths", s, results, died);
	row(out, "  found", s, results, found);
	row(out, "  missed", s, results, missed);
	row(out, "  open in the end", s, results, still_open);
	row(out, "  after, ms: p50", s, results, p50);
	row(out, "             p99", s, results, p99);
	row(out, "             max", s, results, most);
	row(out, "false deaths", s, results, false_deaths);
	row(out, "  an hour", s, results, false_rate);
	row(out, "suspicions an hour", s, results, suspicions);
	row(out, "cut off", s, results, cut_off);
	row(out, "away", s, results, away);
	row(out, "  for ms", s, results, away_ms);
	row(out, "messages a second", s, results, messages);
}

static void put_name(FILE *out, const char *name)
{
	fputs("{\"arm\":\"", out);
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			fputc('\\', out);
		fputc(*name, out);
	}
	fputs("\",", out);
}

static void put(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "\"%s\":%" PRIu64 ",", name, value);
}

void thbeat_json(FILE *out, const struct thbeat_scenario *s,
		 const struct thbeat_result *results)
{
	fprintf(out, "{\"seed\":%" PRIu64 ",\"arms\":[", s->seed);
	for (unsigned int i = 0; i < s->arm_count; i++) {
		const struct thbeat_result *r = &results[i];

		if (i)
			fputc(',', out);
		put_name(out, s->arms[i].name);
		put(out, "died", r->died);
		put(out, "found", r->found);
		put(out, "missed", r->missed);
		put(out, "open", r->open);
		put(out, "detection_p50_ns", r->p50_ns);
		put(out, "detection_p99_ns", r->p99_ns);
		put(out, "detection_max_ns", r->max_ns);
		put(out, "false_deaths", r->false_deaths);
		put(out, "suspicions", r->suspicions);
		put(out, "cut_off", r->cut_off);
		put(out, "away", r->away);
		put(out, "away_ns", r->away_ns);
		put(out, "duration_ns", r->duration_ns);
		fprintf(out, "\"messages\":%" PRIu64 "}", r->messages);
	}
	fputs("]}\n", out);
}
