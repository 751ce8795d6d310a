// SPDX-License-Identifier: LGPL-2.1-or-later
/* A scenario file: sections [world] and [arm NAME]. */
#include <stdlib.h>
#include <string.h>

#include "thbeat.h"
#include "thbeat_settings.h"

#define WORLD(name, unit, least, most) WORLD_AS(#name, name, unit, least, most)
#define WORLD_AS(text, member, unit, least, most)                             \
	{                                                                     \
		text, THBEAT_##unit, false,                                   \
			offsetof(struct thbeat_scenario, member), least, most \
	}

#define LONGEST ((double)THB_LONGEST_NS)
#define YEAR (365 * 86400e9)

static const struct thbeat_key world_keys[] = {
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

static const struct thbeat_key arm_keys[] = {
	{ "ask_every", THBEAT_NUMBER, false,
	  offsetof(struct thbeat_arm, ask_every), 0, 1e6 },
};

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

/* That of the section; a new one, if there is none of its name. */
static struct thbeat_arm *arm_of(struct thbeat_ini *ini)
{
	const char *name = ini->section + strlen("arm ");
	struct thbeat_scenario *s = ini->data;

	for (unsigned int i = 0; i < s->arm_count; i++)
		if (!strcmp(s->arms[i].name, name))
			return &s->arms[i];
	if (s->arm_count == THBEAT_ARMS || !is_name(name)) {
		thbeat_ini_complain(ini, "not a name, or one arm too many",
				    name);
		return NULL;
	}
	arm_init(&s->arms[s->arm_count], name);
	return &s->arms[s->arm_count++];
}

static bool on_section(struct thbeat_ini *ini)
{
	if (!strncmp(ini->section, "arm ", strlen("arm ")))
		return arm_of(ini);
	return !strcmp(ini->section, "world") ||
		thbeat_ini_complain(ini, "not [world] or [arm NAME]",
				    ini->section);
}

static bool set_policy(struct thbeat_ini *ini, struct thbeat_arm *arm,
		       const char *text)
{
	arm->naive = !strcmp(text, "naive");
	return arm->naive || thbeat_settings_policy(&arm->set, text) ||
		thbeat_ini_complain(ini, "not naive, fixed, rtt or phi", text);
}

static bool on_arm_key(struct thbeat_ini *ini, struct thbeat_arm *arm,
		       const char *name, const char *text)
{
	int rc;

	if (!strcmp(name, "policy"))
		return set_policy(ini, arm, text);
	rc = thbeat_settings_store(ini, &arm->set, name, text);
	if (rc < 0)
		rc = thbeat_pace_store(ini, &arm->pace, name, text);
	if (rc < 0)
		rc = thbeat_ini_store(ini, arm_keys, THBEAT_COUNT(arm_keys),
				      arm, name, text);
	return rc < 0 ? thbeat_ini_complain(ini, "no such key", name) : rc;
}

static bool on_key(struct thbeat_ini *ini, const char *name, const char *text)
{
	int rc;

	if (!*ini->section)
		return thbeat_ini_complain(ini, "before the first [section]",
					   name);
	if (strcmp(ini->section, "world"))
		return on_arm_key(ini, arm_of(ini), name, text);
	rc = thbeat_ini_store(ini, world_keys, THBEAT_COUNT(world_keys),
			      ini->data, name, text);
	return rc < 0 ? thbeat_ini_complain(ini, "no such key", name) : rc;
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

static int check_arms(struct thbeat_scenario *s, char *why, size_t size)
{
	for (unsigned int i = 0; i < s->arm_count; i++) {
		struct thbeat_arm *arm = &s->arms[i];
		const char *fault = thbeat_settings_fault(&arm->set);

		if (!fault)
			fault = thbeat_pace_fault(&arm->pace);
		if (fault) {
			snprintf(why, size, "arm %s: %s", arm->name, fault);
			return -1;
		}
	}
	return 0;
}

int thbeat_scenario_read(struct thbeat_scenario *s, FILE *file, char *why,
			 size_t size)
{
	struct thbeat_ini ini = {
		.on_section = on_section,
		.on_key = on_key,
		.data = s,
	};

	s->arm_count = 0;
	if (thbeat_ini_read(&ini, file, why, size))
		return -1;
	if (!s->arm_count)
		default_arms(s);
	return check_arms(s, why, size);
}
