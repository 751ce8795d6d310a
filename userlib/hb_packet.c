// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>

#include <timerheap/heartbeat.h>

#include "hb_packet.h"

#define MAGIC 0x6862
#define LEAST_INTERVAL_US 100U
#define MOST_INTERVAL_US ((uint32_t)(THB_LONGEST_NS / 1000))
#define MOST_LOAD 1000U
#define MOST_HEALTH (THB_LIVE | THB_READY | THB_ABLE)
/* Of the first byte of 64 bits: more than INT64_MAX. */
#define TOP 0x80U

/* Where each is. */
enum {
	VERSION = 2,
	TYPE = 3,
	LENGTH = 4,
	FLAGS = 6,
	KEY = 7,
	NODE = 8,
	INCARNATION = 16,
	SEQUENCE = 24,
	SCHEDULED_NS = 32,
	SENT_NS = 40,
	ECHO_NS = 48,
	INTERVAL_US = 56,
	RTT_US = 60,
	HOLD_US = 64,
	LATE_US = 68,
	LOAD_MILLI = 72,
	HEALTH = 74,
	ZERO = 75,
	WIRE_NS = 76,
};

/* Halves of halves: a compiler makes one load or store of that, and a swap. */
static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline uint64_t get64(const uint8_t *at)
{
	return (uint64_t)get32(at) << 32 | get32(at + 4);
}

static inline void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static inline void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)(value >> 32));
	put32(at + 4, (uint32_t)value);
}

static uint16_t whole_length(uint8_t key)
{
	return key ? THB__PACKET : THB__BODY;
}

size_t thb__packet_encode(const struct thb__packet *p, uint8_t *buffer)
{
	put16(buffer, MAGIC);
	buffer[VERSION] = THB__VERSION;
	buffer[TYPE] = p->type;
	put16(buffer + LENGTH, whole_length(p->key));
	buffer[FLAGS] = p->flags;
	buffer[KEY] = p->key;
	put64(buffer + NODE, p->node);
	put64(buffer + INCARNATION, p->incarnation);
	put64(buffer + SEQUENCE, p->sequence);
	put64(buffer + SCHEDULED_NS, p->scheduled_ns);
	put64(buffer + SENT_NS, p->sent_ns);
	put64(buffer + ECHO_NS, p->echo_ns);
	put32(buffer + INTERVAL_US, p->interval_us);
	put32(buffer + RTT_US, p->rtt_us);
	put32(buffer + HOLD_US, p->hold_us);
	put32(buffer + LATE_US, p->late_us);
	put16(buffer + LOAD_MILLI, p->load_milli);
	buffer[HEALTH] = p->health;
	buffer[ZERO] = 0;
	put32(buffer + WIRE_NS, p->wire_ns);
	return whole_length(p->key);
}

void thb__packet_take(struct thb__packet *p, const uint8_t *buffer)
{
	p->type = buffer[TYPE];
	p->flags = buffer[FLAGS];
	p->key = buffer[KEY];
	p->health = buffer[HEALTH];
	p->load_milli = get16(buffer + LOAD_MILLI);
	p->interval_us = get32(buffer + INTERVAL_US);
	p->rtt_us = get32(buffer + RTT_US);
	p->late_us = get32(buffer + LATE_US);
	p->wire_ns = get32(buffer + WIRE_NS);
	p->hold_us = get32(buffer + HOLD_US);
	p->node = get64(buffer + NODE);
	p->incarnation = get64(buffer + INCARNATION);
	p->sequence = get64(buffer + SEQUENCE);
	p->scheduled_ns = get64(buffer + SCHEDULED_NS);
	p->sent_ns = get64(buffer + SENT_NS);
	p->echo_ns = get64(buffer + ECHO_NS);
}

/* What no sender of this version would say. */
static bool beat_is_strange(const uint8_t *buffer)
{
	uint32_t interval_us = get32(buffer + INTERVAL_US);
	uint8_t flags = buffer[FLAGS];

	return !get64(buffer + INCARNATION) || !get64(buffer + SEQUENCE) ||
		interval_us < LEAST_INTERVAL_US ||
		interval_us > MOST_INTERVAL_US ||
		get16(buffer + LOAD_MILLI) > MOST_LOAD ||
		buffer[HEALTH] & ~MOST_HEALTH || flags & ~THB__FLAGS ||
		get64(buffer + ECHO_NS) || get32(buffer + HOLD_US) ||
		(flags & (THB__BYE | THB__PAUSE)) == (THB__BYE | THB__PAUSE);
}

static bool other_is_strange(const uint8_t *buffer)
{
	if (buffer[TYPE] == THB__PROBE
		    ? get32(buffer + HOLD_US) || get64(buffer + ECHO_NS)
		    : !get64(buffer + INCARNATION))
		return true;
	return buffer[FLAGS] || get32(buffer + INTERVAL_US) ||
		get32(buffer + RTT_US) || get32(buffer + LATE_US) ||
		get32(buffer + WIRE_NS) || get16(buffer + LOAD_MILLI) ||
		buffer[HEALTH] || get64(buffer + SCHEDULED_NS);
}

static bool is_strange(const uint8_t *buffer)
{
	unsigned int tops = buffer[INCARNATION] | buffer[SEQUENCE] |
		buffer[SCHEDULED_NS] | buffer[SENT_NS] | buffer[ECHO_NS];

	if (!get64(buffer + NODE) || tops & TOP)
		return true;
	return buffer[TYPE] == THB__BEAT ? beat_is_strange(buffer)
					 : other_is_strange(buffer);
}

int thb__packet_check(const uint8_t *buffer, size_t length)
{
	size_t said;

	if (length < LENGTH)
		return -ENODATA;
	if (get16(buffer) != MAGIC)
		return -EBADMSG;
	if (buffer[VERSION] != THB__VERSION)
		return -EPROTONOSUPPORT;
	if (length < THB__BODY)
		return -ENODATA;
	said = get16(buffer + LENGTH);
	if (length != said)
		return length < said ? -ENODATA : -EMSGSIZE;
	if (length != whole_length(buffer[KEY]) || buffer[TYPE] < THB__BEAT ||
	    buffer[TYPE] > THB__ANSWER || buffer[ZERO])
		return -EBADMSG;
	return is_strange(buffer) ? -ERANGE : buffer[KEY];
}

int thb__packet_decode(struct thb__packet *p, const uint8_t *buffer,
		       size_t length)
{
	int rc = thb__packet_check(buffer, length);

	if (rc < 0)
		return rc;
	thb__packet_take(p, buffer);
	return 0;
}
