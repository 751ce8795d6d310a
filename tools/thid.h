/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of thid share. */
#ifndef THID_H
#define THID_H

#include <stdbool.h>
#include <stdint.h>

#include <timerheap/id.h>

/* thid_text.c */

/*
 * A layout's name, or ORDER:TIME,COUNTER,WORKER,UNIT_NS,EPOCH_NS with ORDER one
 * of tcw, twc, wct and the other five numbers.  0, or -EINVAL.
 */
int thid_layout_read(struct thid_layout *layout, const char *text);
/* A number, in decimal or with 0x; nothing before or after.  0, or -EINVAL. */
int thid_number_read(uint64_t *number, const char *text);
/* An ID of the layout in any form, taken apart.  0, or as thid_decode(). */
int thid_id_read(const struct thid_layout *layout, const char *text,
		 struct thid_parts *parts);

/* thid_new.c */

struct thid_request {
	struct thid_layout layout;
	uint64_t count;
	/* the lowest and the highest number that will do */
	uint64_t first;
	uint64_t last;
	const char *directory;
	/* name of a statistics page; NULL: none */
	const char *publish;
	bool hex;
};

/* Prints them; says what went wrong.  An exit status. */
int thid_new(const struct thid_request *request);

#endif
