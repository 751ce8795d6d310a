/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of sections with lines "key = value", as thbeat(1) describes them. */
#ifndef THBEAT_INI_H
#define THBEAT_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* As long as libinih takes them. */
#define THBEAT_LINE 200

/* What a value's unit can be; it is kept in 1, ns, 10^-6, 10^-9 and 10^-3. */
enum thbeat_unit {
	THBEAT_NUMBER,
	THBEAT_TIME,
	THBEAT_SHARE,
	THBEAT_CLOCK,
	THBEAT_MILLI
};

/**
 * struct thbeat_key - where a value goes
 * @name: of the key.
 * @unit: of its value.
 * @small: it is of 32 bits, not of 64.
 * @offset: in the structure that it is a member of.
 * @least: its bounds, as it is kept
 * @most: there.
 */
struct thbeat_key {
	const char *name;
	enum thbeat_unit unit;
	bool small;
	size_t offset;
	double least;
	double most;
};

#define THBEAT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/**
 * struct thbeat_ini - a file that is being read
 * @on_section: called for each section, be it empty,
 * @on_key: and for each key in one that was none's fault.  They return false
 *	when they complained, which ends it.
 * @data: theirs.
 * @section: the one that the line is in; empty before the first.
 * @line: its number.
 *
 * The rest is the reader's.
 */
struct thbeat_ini {
	bool (*on_section)(struct thbeat_ini *ini);
	bool (*on_key)(struct thbeat_ini *ini, const char *name,
		       const char *text);
	void *data;
	char section[THBEAT_LINE];
	int line;

	FILE *file;
	char *why;
	size_t size;
	int failed; /* the line of the first complaint; 0: there is none */
};

/*
 * 0, or -1 and @why says what is wrong, and in which line if it is one's fault.
 */
int thbeat_ini_read(struct thbeat_ini *ini, FILE *file, char *why, size_t size);

/* The first complaint about a line counts.  False. */
bool thbeat_ini_complain(struct thbeat_ini *ini, const char *what,
			 const char *about);

/* Store the value of a key that is in the table: 1, 0 it complained; else -1. */
int thbeat_ini_store(struct thbeat_ini *ini, const struct thbeat_key *keys,
		     size_t count, void *base, const char *name,
		     const char *text);

/* Whether two structures have the same values for all keys. */
bool thbeat_ini_same(const struct thbeat_key *keys, size_t count, const void *a,
		     const void *b);

#endif
