// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "id_layout.h"

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_USEC 1000ULL
#define MOST_UNIT_NS (3600 * NSEC_PER_SEC)
/* 2010-11-04 01:42:54.657 UTC, of the first Snowflake. */
#define TWITTER_NS (1288834974657 * NSEC_PER_MSEC)

__extension__ typedef unsigned __int128 wide;

static const struct {
	const char *name;
	struct thid_layout layout;
} named[] = {
	{ "seconds",
	  { sizeof(struct thid_layout), THID_TIME_COUNTER_WORKER, 32, 16, 16,
	    NSEC_PER_SEC, 0 } },
	{ "seconds-memory",
	  { sizeof(struct thid_layout), THID_WORKER_COUNTER_TIME, 32, 16, 16,
	    NSEC_PER_SEC, 0 } },
	{ "snowflake",
	  { sizeof(struct thid_layout), THID_TIME_WORKER_COUNTER, 41, 12, 10,
	    NSEC_PER_MSEC, TWITTER_NS } },
	{ "uuid7",
	  { sizeof(struct thid_layout), THID_UUID, 48, 12, 16, NSEC_PER_MSEC,
	    0 } },
};

int thid_layout_init(struct thid_layout *layout, const char *name)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (!strcmp(named[i].name, name)) {
			*layout = named[i].layout;
			return 0;
		}
	return -EINVAL;
}

static bool is_uuid7(const struct thid_layout *l)
{
	return l->time_bits == 48 && l->counter_bits == 12 &&
		l->unit_ns == NSEC_PER_MSEC && !l->epoch_ns;
}

int thid_layout_check(const struct thid_layout *l)
{
	bool good = l->size == sizeof(*l) &&
		(unsigned int)l->order < THID_ORDERS && l->time_bits >= 16 &&
		l->time_bits <= 62 && l->counter_bits >= 1 &&
		l->counter_bits <= 32 && l->time_bits + l->counter_bits <= 63 &&
		l->worker_bits <= 32 && l->unit_ns >= NSEC_PER_USEC &&
		l->unit_ns <= MOST_UNIT_NS && l->epoch_ns <= INT64_MAX;

	if (!good)
		return -EINVAL;
	if (l->order == THID_UUID)
		return is_uuid7(l) ? 0 : -EINVAL;
	return l->time_bits + l->counter_bits + l->worker_bits <= 64 ? 0
								     : -EINVAL;
}

static uint64_t saturated(wide value)
{
	return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

uint64_t thid__time_ns(const struct thid_layout *l, uint64_t time)
{
	return saturated((wide)time * l->unit_ns + l->epoch_ns);
}

int thid_layout_facts(const struct thid_layout *l, struct thid_facts *facts)
{
	int rc = thid_layout_check(l);
	wide end;

	if (rc)
		return rc;
	end = ((wide)l->unit_ns << l->time_bits) + l->epoch_ns;
	*facts = (struct thid_facts){
		.ids_per_s = (NSEC_PER_SEC << l->counter_bits) / l->unit_ns,
		.ends_s = saturated(end / NSEC_PER_SEC),
		.sorted_ns = l->order == THID_WORKER_COUNTER_TIME
			? 0
			: 2 * l->unit_ns,
	};
	return 0;
}

/* A day, or a year where there is no calendar for it. */
static void write_day(uint64_t at_s, char *text, size_t size)
{
	time_t at = (time_t)at_s;
	struct tm day;

	if (at_s <= INT64_MAX && gmtime_r(&at, &day) && day.tm_year < 1000000)
		strftime(text, size, "%Y-%m-%d", &day);
	else
		snprintf(text, size, "long after us");
}

static void write_span(uint64_t ns, char *text, size_t size)
{
	if (ns % NSEC_PER_SEC == 0)
		snprintf(text, size, "%llu s",
			 (unsigned long long)(ns / NSEC_PER_SEC));
	else
		snprintf(text, size, "%g ms",
			 (double)ns / (double)NSEC_PER_MSEC);
}

static const char *ending(uint64_t now_s, uint64_t ends_s)
{
	if (now_s >= ends_s)
		return ": it has run out";
	return ends_s - now_s <= THID__YEAR_S ? ": within a year from now" : "";
}

int thid_layout_text(const struct thid_layout *l, uint64_t wall_ns, char *text,
		     size_t size)
{
	char day[32], unit[32], sorted[32] = "not at all";
	struct thid_facts facts;
	const char *end;
	int rc = thid_layout_facts(l, &facts);

	if (rc)
		return rc;
	end = ending(wall_ns / NSEC_PER_SEC, facts.ends_s);
	write_day(facts.ends_s, day, sizeof(day));
	write_span(l->unit_ns, unit, sizeof(unit));
	if (facts.sorted_ns)
		write_span(facts.sorted_ns, sorted, sizeof(sorted));
	snprintf(
		text, size,
		"time %u bits of %s, counter %u, worker %u: %llu ids a second, sorted %s%s, until %s%s",
		l->time_bits, unit, l->counter_bits, l->worker_bits,
		(unsigned long long)facts.ids_per_s,
		facts.sorted_ns ? "to " : "", sorted, day, end);
	return *end != 0;
}

struct thid__shifts thid__shifts(const struct thid_layout *l)
{
	switch (l->order) {
	case THID_TIME_COUNTER_WORKER:
		return (struct thid__shifts){
			.time = l->counter_bits + l->worker_bits,
			.counter = l->worker_bits,
		};
	case THID_TIME_WORKER_COUNTER:
		return (struct thid__shifts){
			.time = l->counter_bits + l->worker_bits,
			.worker = l->counter_bits,
		};
	case THID_WORKER_COUNTER_TIME:
		return (struct thid__shifts){
			.counter = l->time_bits,
			.worker = l->time_bits + l->counter_bits,
		};
	default:
		/* Of the high half; the worker is in the low one. */
		return (struct thid__shifts){
			.time = 16,
			.worker = 62 - l->worker_bits,
		};
	}
}
