// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A scenario file: sections [world] and [arm NAME], of lines "key = value".
 * Times take a unit: ns, us, ms, s, m, h, d; shares %; clocks ppm.
 */
#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "thbeat.h"

enum kind { NUMBER, TIME, SHARE, CLOCK, MILLI };

struct key {
	const char *name;
	enum kind kind;
	bool small; /* 32 bits */
	size_t offset;
	double least;
	double most;
};

#define WORLD(name, kind, least, most)                                      \
	{                                                                   \
#name, kind, false, offsetof(struct thbeat_scenario, name), \
			least, most                                         \
	}
#define WORLD_AS(text, member, kind, least, most)                            \
	{                                                                    \
		text, kind, false, offsetof(struct thbeat_scenario, member), \
			least, most                                          \
	}
#define ARM(text, member, kind, small, least, most)                            \
	{                                                                      \
		text, kind, small, offsetof(struct thbeat_arm, member), least, \
			most                                                   \
	}

#define LONGEST ((double)THB_LONGEST_NS)
#define YEAR (365 * 86400e9)

static const struct key world_keys[] = {
	WORLD(seed, NUMBER, 0, 9e15),
	WORLD(nodes, NUMBER, 1, THBEAT_NODES),
	WORLD_AS("duration", duration_ns, TIME, 1e9, YEAR),
	WORLD_AS("loss", loss_ppm, SHARE, 0, 1e6),
	WORLD_AS("duplicate", duplicate_ppm, SHARE, 0, 1e6),
	WORLD_AS("delay", delay_ns, TIME, 0, LONGEST),
	WORLD_AS("jitter", jitter_ns, TIME, 0, LONGEST),
	WORLD_AS("partition_every", partition_every_ns, TIME, 0, YEAR),
	WORLD_AS("partition", partition_ns, TIME, 0, YEAR),
	WORLD_AS("sender_clock", sender_ppb, CLOCK, -1e6, 1e6),
	WORLD_AS("monitor_clock", monitor_ppb, CLOCK, -1e6, 1e6),
	WORLD_AS("timer_late", timer_late_ns, TIME, 0, LONGEST),
	WORLD_AS("stall_every", stall_every_ns, TIME, 0, YEAR),
	WORLD_AS("stall", stall_ns, TIME, 0, LONGEST),
	WORLD(stall_room, NUMBER, 0, 1e9),
	WORLD_AS("kill_every", kill_every_ns, TIME, 0, YEAR),
	WORLD_AS("down", down_ns, TIME, 1, YEAR),
	WORLD_AS("load", load_milli, MILLI, 0, 1000),
};

static const struct key arm_keys[] = {
	ARM("allowance", set.allowance_ns, TIME, false, 0, LONGEST),
	ARM("least", set.least_ns, TIME, false, 0, LONGEST),
	ARM("most", set.most_ns, TIME, false, 0, LONGEST),
	ARM("rtt_a", set.rtt_a_milli, MILLI, true, 1, 1e5),
	ARM("rtt_b", set.rtt_b_milli, MILLI, true, 0, 1e5),
	ARM("phi", set.phi_milli, MILLI, true, 1000, 16000),
	ARM("phi_samples", set.phi_samples, NUMBER, true, 8, 1000),
	ARM("phi_deviation", set.phi_deviation_ns, TIME, false, 0, LONGEST),
	ARM("phi_pause", set.phi_pause_ns, TIME, false, 0, LONGEST),
	ARM("response", set.response_ns, TIME, false, 1, LONGEST),
	ARM("failures", set.failures, NUMBER, true, 1, 100),
	ARM("window", set.window, NUMBER, true, 1, 64),
	ARM("window_seen", set.window_seen, NUMBER, true, 0, 64),
	ARM("recover_beats", set.recover_beats, NUMBER, true, 1, 100),
	ARM("retry", set.retry_ns, TIME, false, 0, LONGEST),
	ARM("retry_most", set.retry_most_ns, TIME, false, 0, LONGEST),
	ARM("late", set.late_ns, TIME, false, 1000, LONGEST),
	ARM("interval", pace.base_ns, TIME, false, 1e5, LONGEST),
	ARM("interval_least", pace.least_ns, TIME, false, 1e5, LONGEST),
	ARM("interval_most", pace.most_ns, TIME, false, 1e5, LONGEST),
	ARM("interval_fixed", pace.fixed, NUMBER, true, 0, 1),
	ARM("ask_every", ask_every, NUMBER, false, 0, 1e6),
};

struct unit {
	const char *name;
	enum kind kind;
	double factor;
};

static const struct unit units[] = {
	{ "", NUMBER, 1 },     { "ns", TIME, 1 },      { "us", TIME, 1e3 },
	{ "ms", TIME, 1e6 },   { "s", TIME, 1e9 },     { "m", TIME, 60e9 },
	{ "h", TIME, 3600e9 }, { "d", TIME, 86400e9 }, { "%", SHARE, 1e4 },
	{ "ppm", CLOCK, 1e3 }, { "", MILLI, 1e3 },
};

struct reading {
	struct thbeat_scenario *s;
	FILE *file;
	int line;
	char *why;
	size_t size;
	bool failed;
};

/* The first complaint counts; what is quoted may be anything. */
static int complain(struct reading *r, const char *what, const char *name)
{
	char *c;

	if (!r->failed)
		snprintf(r->why, r->size, "line %d: %.40s: %s", r->line, name,
			 what);
	r->failed = true;
	for (c = r->why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return 0;
}

/* A decimal number and, but for 0, its unit. */
static bool parse(const char *text, enum kind kind, double *value)
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
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].kind == kind && !strcmp(end, units[i].name)) {
			*value *= units[i].factor;
			return true;
		}
	return false;
}

static int store(struct reading *r, const struct key *key, char *base,
		 const char *text)
{
	uint32_t small;
	int64_t large;
	double value;

	if (!parse(text, key->kind, &value))
		return complain(r, "not a value with its unit", text);
	if (key->kind == NUMBER && value != rint(value))
		return complain(r, "not a whole number", text);
	value = rint(value);
	if (value < key->least || value > key->most)
		return complain(r, "out of range", key->name);
	large = (int64_t)value;
	small = (uint32_t)large;
	if (key->small)
		memcpy(base + key->offset, &small, sizeof(small));
	else
		memcpy(base + key->offset, &large, sizeof(large));
	return 1;
}

static int find(struct reading *r, const struct key *keys, size_t count,
		void *base, const char *name, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(keys[i].name, name))
			return store(r, &keys[i], base, text);
	return complain(r, "no such key", name);
}

static void arm_init(struct thbeat_arm *arm, const char *name)
{
	*arm = (struct thbeat_arm){ .ask_every = 8 };
	snprintf(arm->name, sizeof(arm->name), "%s", name);
	thb_settings_init(&arm->set);
	thb_pace_init(&arm->pace);
	arm->pace.fixed = 1;
}

/* What fits into a column, and needs no encoding. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	for (const char *c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return length && length < THBEAT_NAME;
}

static struct thbeat_arm *arm_of(struct reading *r, const char *name)
{
	struct thbeat_scenario *s = r->s;

	for (unsigned int i = 0; i < s->arm_count; i++)
		if (!strcmp(s->arms[i].name, name))
			return &s->arms[i];
	if (s->arm_count == THBEAT_ARMS || !is_name(name)) {
		complain(r, "not a name, or one arm too many", name);
		return NULL;
	}
	arm_init(&s->arms[s->arm_count], name);
	return &s->arms[s->arm_count++];
}

static int set_policy(struct reading *r, struct thbeat_arm *arm,
		      const char *text)
{
	static const char *const names[THB_POLICIES] = { "fixed", "rtt",
							 "phi" };

	arm->naive = !strcmp(text, "naive");
	if (arm->naive)
		return 1;
	for (int i = 0; i < THB_POLICIES; i++)
		if (!strcmp(text, names[i])) {
			arm->set.policy = (enum thb_policy)i;
			return 1;
		}
	return complain(r, "not naive, fixed, rtt or phi", text);
}

static int on_line(void *user, const char *section, const char *name,
		   const char *text)
{
	struct reading *r = user;
	struct thbeat_arm *arm;

	if (r->failed)
		return 0;
	if (!strcmp(section, "world"))
		return find(r, world_keys,
			    sizeof(world_keys) / sizeof(*world_keys), r->s,
			    name, text);
	if (strncmp(section, "arm ", 4))
		return complain(r, "not [world] or [arm NAME]", section);
	arm = arm_of(r, section + 4);
	if (!arm)
		return 0;
	if (!strcmp(name, "policy"))
		return set_policy(r, arm, text);
	return find(r, arm_keys, sizeof(arm_keys) / sizeof(*arm_keys), arm,
		    name, text);
}

/* Without arms: each policy, as it is by default. */
static void default_arms(struct thbeat_scenario *s)
{
	static const char *const names[] = { "fixed", "rtt", "phi" };

	for (int i = 0; i < THB_POLICIES; i++) {
		arm_init(&s->arms[i], names[i]);
		s->arms[i].set.policy = (enum thb_policy)i;
	}
	s->arm_count = THB_POLICIES;
}

void thbeat_scenario_init(struct thbeat_scenario *s)
{
	*s = (struct thbeat_scenario){
		.seed = 1,
		.nodes = 20,
		.duration_ns = 24 * THBEAT_HOUR,
		.loss_ppm = 1000,
		.delay_ns = THBEAT_MS / 2,
		.jitter_ns = THBEAT_MS,
		.timer_late_ns = THBEAT_MS / 10,
		.stall_room = 5000,
		.kill_every_ns = 120 * THBEAT_SEC,
		.down_ns = 30 * THBEAT_SEC,
	};
	default_arms(s);
}

/* Bounds matter to an interval that adapts itself. */
static void widen(struct thb_pace_settings *pace)
{
	if (pace->fixed && pace->least_ns > pace->base_ns)
		pace->least_ns = pace->base_ns;
	if (pace->fixed && pace->most_ns < pace->base_ns)
		pace->most_ns = pace->base_ns;
}

static int check_arms(struct thbeat_scenario *s, char *why, size_t size)
{
	for (unsigned int i = 0; i < s->arm_count; i++) {
		widen(&s->arms[i].pace);
		if (thb_settings_check(&s->arms[i].set) ||
		    thb_pace_check(&s->arms[i].pace)) {
			snprintf(why, size,
				 "arm %s: its settings contradict each other",
				 s->arms[i].name);
			return -1;
		}
	}
	return 0;
}

/* For libinih, to which a line that is indented is a part of the one before. */
static char *next_line(char *text, int size, void *user)
{
	struct reading *r = user;
	char *line = fgets(text, size, r->file);

	if (!line)
		return NULL;
	r->line++;
	if (strlen(line) + 1 == (size_t)size && !strchr(line, '\n'))
		complain(r, "a line too long", line);
	memmove(line, line + strspn(line, " \t"),
		strlen(line + strspn(line, " \t")) + 1);
	return line;
}

int thbeat_scenario_read(struct thbeat_scenario *s, FILE *file, char *why,
			 size_t size)
{
	struct reading r = { .s = s, .file = file, .why = why, .size = size };
	int line;

	s->arm_count = 0;
	errno = 0;
	line = ini_parse_stream(next_line, &r, on_line, &r);
	if (ferror(file) || line < 0) {
		snprintf(why, size, "%s", strerror(errno ? errno : ENOMEM));
		return -1;
	}
	/* Of lines that are none, nobody told us. */
	if (line && (!r.failed || line < r.line)) {
		r.failed = false;
		r.line = line;
		complain(&r, "neither \"key = value\" nor [section]", "");
	}
	if (r.failed)
		return -1;
	if (!s->arm_count)
		default_arms(s);
	return check_arms(s, why, size);
}
