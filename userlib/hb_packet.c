// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <timerheap/heartbeat.h>

#include "hb_packet.h"

#define MAGIC 0x6862
#define LEAST_INTERVAL_US 100U
#define MOST_INTERVAL_US ((uint32_t)(THB_LONGEST_NS / 1000))
#define MOST_NS ((uint64_t)INT64_MAX)
#define HEALTH (THB_LIVE | THB_READY | THB_ABLE)

static void put(uint8_t *at, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *at++;
	return value;
}

static size_t whole_length(uint8_t key)
{
	return key ? THB__PACKET : THB__BODY;
}

size_t thb__packet_encode(const struct thb__packet *p, uint8_t *buffer)
{
	memset(buffer, 0, THB__BODY);
	put(buffer, MAGIC, 2);
	buffer[2] = THB__VERSION;
	buffer[3] = p->type;
	put(buffer + 4, whole_length(p->key), 2);
	buffer[6] = p->flags;
	buffer[7] = p->key;
	put(buffer + 8, p->node, 8);
	put(buffer + 16, p->incarnation, 8);
	put(buffer + 24, p->sequence, 8);
	put(buffer + 32, p->scheduled_ns, 8);
	put(buffer + 40, p->sent_ns, 8);
	put(buffer + 48, p->echo_ns, 8);
	put(buffer + 56, p->interval_us, 4);
	put(buffer + 60, p->rtt_us, 4);
	put(buffer + 64, p->hold_us, 4);
	put(buffer + 68, p->late_us, 4);
	put(buffer + 72, p->load_milli, 2);
	buffer[74] = p->health;
	put(buffer + 76, p->wire_ns, 4);
	return whole_length(p->key);
}

static void take_apart(struct thb__packet *p, const uint8_t *buffer)
{
	*p = (struct thb__packet){
		.type = buffer[3],
		.flags = buffer[6],
		.key = buffer[7],
		.health = buffer[74],
		.load_milli = (uint16_t)get(buffer + 72, 2),
		.interval_us = (uint32_t)get(buffer + 56, 4),
		.rtt_us = (uint32_t)get(buffer + 60, 4),
		.hold_us = (uint32_t)get(buffer + 64, 4),
		.late_us = (uint32_t)get(buffer + 68, 4),
		.wire_ns = (uint32_t)get(buffer + 76, 4),
		.node = get(buffer + 8, 8),
		.incarnation = get(buffer + 16, 8),
		.sequence = get(buffer + 24, 8),
		.scheduled_ns = get(buffer + 32, 8),
		.sent_ns = get(buffer + 40, 8),
		.echo_ns = get(buffer + 48, 8),
	};
}

/* What no sender of this version would say. */
static bool beat_is_strange(const struct thb__packet *p)
{
	return !p->incarnation || !p->sequence ||
		p->interval_us < LEAST_INTERVAL_US ||
		p->interval_us > MOST_INTERVAL_US || p->load_milli > 1000 ||
		p->health & ~HEALTH || p->flags & ~THB__FLAGS || p->echo_ns ||
		p->hold_us ||
		(p->flags & (THB__BYE | THB__PAUSE)) == (THB__BYE | THB__PAUSE);
}

static bool other_is_strange(const struct thb__packet *p)
{
	bool probe = p->type == THB__PROBE;

	if (probe ? p->hold_us || p->echo_ns : !p->incarnation)
		return true;
	return p->flags || p->interval_us || p->rtt_us || p->late_us ||
		p->wire_ns || p->load_milli || p->health || p->scheduled_ns;
}

static bool is_strange(const struct thb__packet *p)
{
	if (!p->node || p->incarnation > MOST_NS || p->sequence > MOST_NS ||
	    p->scheduled_ns > MOST_NS || p->sent_ns > MOST_NS ||
	    p->echo_ns > MOST_NS)
		return true;
	return p->type == THB__BEAT ? beat_is_strange(p) : other_is_strange(p);
}

int thb__packet_decode(struct thb__packet *p, const uint8_t *buffer,
		       size_t length)
{
	struct thb__packet got;

	if (length < 4)
		return -ENODATA;
	if (get(buffer, 2) != MAGIC)
		return -EBADMSG;
	if (buffer[2] != THB__VERSION)
		return -EPROTONOSUPPORT;
	if (length < THB__BODY || length < get(buffer + 4, 2))
		return -ENODATA;
	if (length > get(buffer + 4, 2))
		return -EMSGSIZE;
	take_apart(&got, buffer);
	if (length != whole_length(got.key) || got.type < THB__BEAT ||
	    got.type > THB__ANSWER || buffer[75])
		return -EBADMSG;
	if (is_strange(&got))
		return -ERANGE;
	*p = got;
	return 0;
}
