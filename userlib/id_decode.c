// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <string.h>

#include "id_layout.h"

static void take_apart(const struct thid_layout *l, uint64_t id,
		       struct thid_parts *parts)
{
	struct thid__shifts at = thid__shifts(l);

	parts->time = id >> at.time & thid__low(l->time_bits);
	parts->counter = id >> at.counter & thid__low(l->counter_bits);
	parts->worker = id >> at.worker & thid__low(l->worker_bits);
	parts->time_ns = thid__time_ns(l, parts->time);
}

int thid_decode(const struct thid_layout *l, uint64_t id,
		struct thid_parts *parts)
{
	uint32_t bits = l->time_bits + l->counter_bits + l->worker_bits;

	if (thid_layout_check(l) || l->order == THID_UUID)
		return -EINVAL;
	if (bits < 64 && id >> bits)
		return -ERANGE;
	take_apart(l, id, parts);
	return 0;
}

static uint64_t get(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

int thid_uuid_decode(const struct thid_layout *l, const uint8_t *uuid,
		     struct thid_parts *parts)
{
	uint64_t high = get(uuid), low = get(uuid + 8);

	if (thid_layout_check(l) || l->order != THID_UUID)
		return -EINVAL;
	if ((high & THID__VERSION_MASK) != THID__VERSION ||
	    (low & THID__VARIANT_MASK) != THID__VARIANT)
		return -EBADMSG;
	take_apart(l, high, parts);
	parts->worker = low >> thid__shifts(l).worker &
		thid__low(l->worker_bits);
	return 0;
}

/* Where a dash comes after so many of the 16 bytes. */
static int dash_after(int bytes)
{
	return bytes == 4 || bytes == 6 || bytes == 8 || bytes == 10;
}

void thid_uuid_text(const uint8_t *uuid, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (dash_after(i))
			*text++ = '-';
		*text++ = digits[uuid[i] >> 4];
		*text++ = digits[uuid[i] & 15];
	}
	*text = 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int thid_uuid_parse(const char *text, uint8_t *uuid)
{
	uint8_t bytes[16];

	for (int i = 0; i < 16; i++) {
		int high, low;

		if (dash_after(i) && *text++ != '-')
			return -EINVAL;
		high = digit(text[0]);
		low = high < 0 ? -1 : digit(text[1]);
		if (low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	memcpy(uuid, bytes, sizeof(bytes));
	return 0;
}
