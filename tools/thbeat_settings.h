/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library's settings, as keys of scenarios and of the service's files. */
#ifndef THBEAT_SETTINGS_H
#define THBEAT_SETTINGS_H

#include <timerheap/heartbeat.h>

#include "thbeat_ini.h"

/* As thbeat_ini_store(): of a monitor, and of how often a sender beats. */
int thbeat_settings_store(struct thbeat_ini *ini, struct thb_settings *set,
			  const char *name, const char *text);
int thbeat_pace_store(struct thbeat_ini *ini, struct thb_pace_settings *set,
		      const char *name, const char *text);

/* False: it is none. */
bool thbeat_settings_policy(struct thb_settings *set, const char *text);

/* What contradicts itself among values that are each within their range. */
const char *thbeat_settings_fault(const struct thb_settings *set);
/* The same; where the interval is fixed its bounds are made to fit. */
const char *thbeat_pace_fault(struct thb_pace_settings *set);

bool thbeat_settings_same(const struct thb_settings *a,
			  const struct thb_settings *b);
bool thbeat_pace_same(const struct thb_pace_settings *a,
		      const struct thb_pace_settings *b);

#endif
