// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "thbeat_settings.h"

#define WORD 64U
#define LONGEST ((double)THB_LONGEST_NS)

#define SET(text, member, unit, small, least, most)                        \
	{                                                                  \
		text, THBEAT_##unit, small,                                \
			offsetof(struct thb_settings, member), least, most \
	}
#define PACE(text, member, unit, small, least, most)                       \
	{                                                                  \
		text, THBEAT_##unit, small,                                \
			offsetof(struct thb_pace_settings, member), least, \
			most                                               \
	}

static const struct thbeat_key settings_keys[] = {
	SET("allowance", allowance_ns, TIME, false, 0, LONGEST),
	SET("least", least_ns, TIME, false, 0, LONGEST),
	SET("most", most_ns, TIME, false, 0, LONGEST),
	SET("rtt_a", rtt_a_milli, MILLI, true, 1, 1e5),
	SET("rtt_b", rtt_b_milli, MILLI, true, 0, 1e5),
	SET("phi", phi_milli, MILLI, true, 1000, 16000),
	SET("phi_samples", phi_samples, NUMBER, true, 8, 1000),
	SET("phi_deviation", phi_deviation_ns, TIME, false, 0, LONGEST),
	SET("phi_pause", phi_pause_ns, TIME, false, 0, LONGEST),
	SET("response", response_ns, TIME, false, 1, LONGEST),
	SET("failures", failures, NUMBER, true, 1, 100),
	SET("window", window, NUMBER, true, 1, 64),
	SET("window_seen", window_seen, NUMBER, true, 0, 64),
	SET("recover_beats", recover_beats, NUMBER, true, 1, 100),
	SET("sequences", sequences, NUMBER, true, 64, 1024),
	SET("first", first_ns, TIME, false, 0, LONGEST),
	SET("retry", retry_ns, TIME, false, 0, LONGEST),
	SET("retry_most", retry_most_ns, TIME, false, 0, LONGEST),
	SET("late", late_ns, TIME, false, 1000, LONGEST),
};

static const struct thbeat_key pace_keys[] = {
	PACE("interval", base_ns, TIME, false, 1e5, LONGEST),
	PACE("interval_least", least_ns, TIME, false, 1e5, LONGEST),
	PACE("interval_most", most_ns, TIME, false, 1e5, LONGEST),
	PACE("interval_fixed", fixed, NUMBER, true, 0, 1),
	PACE("weight_load", load_milli, MILLI, true, 0, 1000),
	PACE("weight_rtt", rtt_milli, MILLI, true, 0, 1000),
	PACE("weight_loss", loss_milli, MILLI, true, 0, 1000),
	PACE("floor", floor_milli, MILLI, true, 1, 1000),
	PACE("gain", gain_milli, MILLI, true, 1, 1000),
};

int thbeat_settings_store(struct thbeat_ini *ini, struct thb_settings *set,
			  const char *name, const char *text)
{
	return thbeat_ini_store(ini, settings_keys, THBEAT_COUNT(settings_keys),
				set, name, text);
}

int thbeat_pace_store(struct thbeat_ini *ini, struct thb_pace_settings *set,
		      const char *name, const char *text)
{
	return thbeat_ini_store(ini, pace_keys, THBEAT_COUNT(pace_keys), set,
				name, text);
}

bool thbeat_settings_policy(struct thb_settings *set, const char *text)
{
	static const char *const names[THB_POLICIES] = { "fixed", "rtt",
							 "phi" };

	for (int i = 0; i < THB_POLICIES; i++)
		if (!strcmp(text, names[i])) {
			set->policy = (enum thb_policy)i;
			return true;
		}
	return false;
}

const char *thbeat_settings_fault(const struct thb_settings *set)
{
	if (set->least_ns > set->most_ns)
		return "least is more than most";
	if (set->window_seen > set->window)
		return "window_seen is more than window";
	if (set->sequences % WORD)
		return "sequences is no multiple of 64";
	if (set->retry_ns > set->retry_most_ns)
		return "retry is more than retry_most";
	return thb_settings_check(set) ? "its settings contradict each other"
				       : NULL;
}

/* Bounds matter to an interval that adapts itself. */
static void widen(struct thb_pace_settings *set)
{
	if (set->fixed && set->least_ns > set->base_ns)
		set->least_ns = set->base_ns;
	if (set->fixed && set->most_ns < set->base_ns)
		set->most_ns = set->base_ns;
}

const char *thbeat_pace_fault(struct thb_pace_settings *set)
{
	widen(set);
	if (set->base_ns < set->least_ns)
		return "interval is less than interval_least";
	if (set->base_ns > set->most_ns)
		return "interval is more than interval_most";
	return thb_pace_check(set) ? "its settings contradict each other"
				   : NULL;
}

bool thbeat_settings_same(const struct thb_settings *a,
			  const struct thb_settings *b)
{
	return a->policy == b->policy &&
		thbeat_ini_same(settings_keys, THBEAT_COUNT(settings_keys), a,
				b);
}

bool thbeat_pace_same(const struct thb_pace_settings *a,
		      const struct thb_pace_settings *b)
{
	return thbeat_ini_same(pace_keys, THBEAT_COUNT(pace_keys), a, b);
}
