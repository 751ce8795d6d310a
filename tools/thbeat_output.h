/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens, a line each: for people, or as JSON objects. */
#ifndef THBEAT_OUTPUT_H
#define THBEAT_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <timerheap/heartbeat.h>

struct thbeat_output {
	FILE *file;
	bool json;
};

/*
 * Say that something happened: by @event and @fields to programs, which are
 * taken over and may be NULL, and by the text to people.  With the wall clock's
 * time before it.
 */
void thbeat_output_say(const struct thbeat_output *out, const char *event,
		       json_t *fields, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* An event of the monitor's. */
void thbeat_output_event(const struct thbeat_output *out,
			 const struct thb_event *ev);

/* Out with it: 0, or -errno if any of it could not be written. */
int thbeat_output_flush(const struct thbeat_output *out);

/* A number of 64 bits, which many programs cannot read as one. */
json_t *thbeat_output_long(uint64_t value);

#endif
