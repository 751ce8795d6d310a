// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdbool.h>

#include "id_record.h"

/* "thidmark" */
#define MAGIC 0x746869646D61726BULL
#define SUM_AT 32

static void put(uint8_t *at, uint64_t value)
{
	for (int i = 8; i--; value >>= 8)
		at[i] = (uint8_t)value;
}

static uint64_t get(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

/* FNV-1a, 64 bits: draft-eastlake-fnv. */
static uint64_t checksum(const uint8_t *bytes)
{
	uint64_t sum = 0xCBF29CE484222325;

	for (int i = 0; i < SUM_AT; i++)
		sum = (sum ^ bytes[i]) * 0x100000001B3;
	return sum;
}

void thid__record_encode(const struct thid__record *r, uint8_t *bytes)
{
	put(bytes, MAGIC);
	put(bytes + 8, r->worker);
	put(bytes + 16, r->sequence);
	put(bytes + 24, r->mark_ns);
	put(bytes + SUM_AT, checksum(bytes));
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
	while (length--)
		if (bytes[length])
			return false;
	return true;
}

enum thid__found thid__record_decode(struct thid__record *r,
				     const uint8_t *bytes, size_t length)
{
	if (is_zero(bytes, length))
		return THID__EMPTY;
	if (length != THID__RECORD || get(bytes) != MAGIC ||
	    get(bytes + SUM_AT) != checksum(bytes))
		return THID__DAMAGED;
	*r = (struct thid__record){
		.worker = get(bytes + 8),
		.sequence = get(bytes + 16),
		.mark_ns = get(bytes + 24),
	};
	return THID__SOUND;
}
