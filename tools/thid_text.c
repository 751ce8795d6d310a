// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thid.h"

#define FIELDS 5

int thid_number_read(uint64_t *number, const char *text)
{
	int base = 10;
	char *end;

	if (!strncmp(text, "0x", 2)) {
		base = 16;
		text += 2;
	}
	/* Neither signs nor spaces, which strtoull() would take. */
	if (!*text ||
	    strspn(text,
		   base == 16 ? "0123456789abcdefABCDEF" : "0123456789") !=
		    strlen(text))
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, base);
	return errno ? -EINVAL : 0;
}

static int read_order(enum thid_order *order, const char *text)
{
	static const char *const orders[] = { "tcw:", "twc:", "wct:" };

	for (int i = 0; i < 3; i++)
		if (!strncmp(text, orders[i], 4)) {
			*order = (enum thid_order)i;
			return 0;
		}
	return -EINVAL;
}

static int read_fields(uint64_t *fields, char *text)
{
	for (int i = 0; i < FIELDS; i++) {
		char *field = strsep(&text, ",");

		if (!field || thid_number_read(&fields[i], field))
			return -EINVAL;
	}
	return text ? -EINVAL : 0;
}

static uint32_t bits(uint64_t number)
{
	return number <= 64 ? (uint32_t)number : 65;
}

int thid_layout_read(struct thid_layout *layout, const char *text)
{
	struct thid_layout l = { .size = sizeof(l) };
	uint64_t fields[FIELDS];
	char copy[128];

	if (!thid_layout_init(layout, text))
		return 0;
	if (read_order(&l.order, text) || strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text + 4);
	if (read_fields(fields, copy))
		return -EINVAL;
	l.time_bits = bits(fields[0]);
	l.counter_bits = bits(fields[1]);
	l.worker_bits = bits(fields[2]);
	l.unit_ns = fields[3];
	l.epoch_ns = fields[4];
	if (thid_layout_check(&l))
		return -EINVAL;
	*layout = l;
	return 0;
}

int thid_id_read(const struct thid_layout *layout, const char *text,
		 struct thid_parts *parts)
{
	uint8_t uuid[16];
	uint64_t id;
	int rc;

	if (layout->order == THID_UUID) {
		rc = thid_uuid_parse(text, uuid);
		return rc ? rc : thid_uuid_decode(layout, uuid, parts);
	}
	rc = thid_number_read(&id, text);
	return rc ? rc : thid_decode(layout, id, parts);
}
