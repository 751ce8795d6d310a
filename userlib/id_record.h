/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ID_RECORD_H
#define ID_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define THID__RECORD 40

/* A mark as it is stored. */
struct thid__record {
	uint64_t worker;
	uint64_t sequence;
	uint64_t mark_ns;
};

enum thid__found { THID__EMPTY, THID__DAMAGED, THID__SOUND };

void thid__record_encode(const struct thid__record *r, uint8_t *bytes);
/*
 * What @length bytes are: nothing was ever written there, or not all of it, or
 * a record.  Sets @r if that.
 */
enum thid__found thid__record_decode(struct thid__record *r,
				     const uint8_t *bytes, size_t length);

#endif
