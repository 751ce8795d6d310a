// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of the failure detector, sound ones and such as were tampered with
 * anywhere: each is refused for the reason that a table says, with nothing
 * touched, or it is put together again, byte for byte.
 */
#include "fuzz.h"

#include <endian.h>
#include <errno.h>

#include "hb_monitor.h"

#define MOST 128
#define LONGEST_US 3600000000ULL

/* What a number at an offset may be, by type of packet. */
struct rule {
	const char *types; /* b: beat, p: probe, a: answer */
	unsigned int at;
	unsigned int bytes;
	uint64_t least;
	uint64_t most;
};

static const struct rule rules[] = {
	{ "b", 6, 1, 0, 7 },
	{ "pa", 6, 1, 0, 0 },
	{ "bpa", 8, 8, 1, UINT64_MAX },
	{ "ba", 16, 8, 1, INT64_MAX },
	{ "p", 16, 8, 0, INT64_MAX },
	{ "b", 24, 8, 1, INT64_MAX },
	{ "pa", 24, 8, 0, INT64_MAX },
	{ "b", 32, 8, 0, INT64_MAX },
	{ "pa", 32, 8, 0, 0 },
	{ "bpa", 40, 8, 0, INT64_MAX },
	{ "bp", 48, 8, 0, 0 },
	{ "a", 48, 8, 0, INT64_MAX },
	{ "b", 56, 4, 100, LONGEST_US },
	{ "pa", 56, 4, 0, 0 },
	{ "pa", 60, 4, 0, 0 },
	{ "bp", 64, 4, 0, 0 },
	{ "pa", 68, 4, 0, 0 },
	{ "b", 72, 2, 0, 1000 },
	{ "pa", 72, 2, 0, 0 },
	{ "b", 74, 1, 0, 7 },
	{ "pa", 74, 1, 0, 0 },
	{ "pa", 76, 4, 0, 0 },
};

static uint64_t read_number(const uint8_t *at, unsigned int bytes)
{
	uint8_t wide[8] = { 0 };
	uint64_t value;

	memcpy(wide + 8 - bytes, at, bytes);
	memcpy(&value, wide, 8);
	return be64toh(value);
}

static bool within_rules(const uint8_t *data)
{
	char type = " bpa"[data[3]];
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];
		uint64_t value = read_number(data + r->at, r->bytes);

		if (strchr(r->types, type) &&
		    (value < r->least || value > r->most))
			return false;
	}
	/* No beat is both the last one and the last before a pause. */
	return (data[6] & 3) != 3;
}

static int expected_error(const uint8_t *data, size_t length)
{
	size_t stated, whole;

	if (length < 4)
		return -ENODATA;
	if (data[0] != 'h' || data[1] != 'b')
		return -EBADMSG;
	if (data[2] != 1)
		return -EPROTONOSUPPORT;
	if (length < 80)
		return -ENODATA;
	stated = (size_t)read_number(data + 4, 2);
	if (length != stated)
		return length < stated ? -ENODATA : -EMSGSIZE;
	whole = data[7] ? 96 : 80;
	if (length != whole || data[3] < 1 || data[3] > 3 || data[75])
		return -EBADMSG;
	return within_rules(data) ? 0 : -ERANGE;
}

static void verify_fields(const struct thb__packet *p, const uint8_t *data)
{
	CHECK(p->type == data[3] && p->flags == data[6] && p->key == data[7]);
	CHECK(p->node == read_number(data + 8, 8));
	CHECK(p->incarnation == read_number(data + 16, 8));
	CHECK(p->sequence == read_number(data + 24, 8));
	CHECK(p->scheduled_ns == read_number(data + 32, 8));
	CHECK(p->sent_ns == read_number(data + 40, 8));
	CHECK(p->echo_ns == read_number(data + 48, 8));
	CHECK(p->interval_us == read_number(data + 56, 4));
	CHECK(p->rtt_us == read_number(data + 60, 4));
	CHECK(p->hold_us == read_number(data + 64, 4));
	CHECK(p->late_us == read_number(data + 68, 4));
	CHECK(p->wire_ns == read_number(data + 76, 4));
	CHECK(p->load_milli == read_number(data + 72, 2));
	CHECK(p->health == data[74]);
}

static bool is_poisoned(const struct thb__packet *p)
{
	const uint8_t *bytes = (const void *)p;
	size_t i;

	for (i = 0; i < sizeof(*p); i++)
		if (bytes[i] != 0xA5)
			return false;
	return true;
}

static void verify_decode(const uint8_t *data, size_t length, int want)
{
	uint8_t again[THB__PACKET] = { 0 };
	struct thb__packet p;

	memset(&p, 0xA5, sizeof(p));
	CHECK(thb__packet_decode(&p, data, length) == want);
	if (want) {
		CHECK(is_poisoned(&p));
		return;
	}
	verify_fields(&p, data);
	CHECK(thb__packet_encode(&p, again) == length);
	CHECK(!memcmp(again, data, 80));
}

/* A tag is right if its bytes are the key's number. */
static int verify_tag(void *arg, unsigned int key, const uint8_t *message,
		      size_t length, const uint8_t *tag)
{
	unsigned int *asked = arg;
	unsigned int i;

	++*asked;
	CHECK(message[7] == key && length == 80);
	for (i = 0; i < THB__TAG; i++)
		if (tag[i] != key)
			return -1;
	return 0;
}

static bool tag_is_right(const uint8_t *data)
{
	unsigned int i;

	for (i = 80; i < 96; i++)
		if (data[i] != data[7])
			return false;
	return true;
}

/* The tag is looked at last, and once; where none is wanted there is none. */
static void verify_open(const uint8_t *data, size_t length, bool keyed,
			int want)
{
	unsigned int asked = 0;
	const struct thb_auth auth = { .verify = keyed ? verify_tag : NULL,
				       .arg = &asked };
	struct thb__datagram d = { .length = length };
	struct thb__packet p;
	bool ask = !want && keyed && data[7];

	/* What does not fit, the socket cuts, and says so by the length. */
	memcpy(d.data, data, length < sizeof(d.data) ? length : sizeof(d.data));
	if (!want && keyed != (data[7] != 0))
		want = -EACCES;
	if (ask && !tag_is_right(data))
		want = -EACCES;
	memset(&p, 0xA5, sizeof(p));
	CHECK(thb__mail_open(&d, &auth, &p) == want);
	CHECK(asked == ask);
	CHECK(!want || is_poisoned(&p));
}

/* One that would be sound, had its numbers not been chosen so. */
static void make_packet(struct input *in, uint8_t *buffer)
{
	struct thb__packet p = {
		.type = (uint8_t)(1 + input_below(in, 3)),
		.key = (uint8_t)input_take(in, 1),
		.node = input_number(in, 1),
		.incarnation = input_number(in, INT64_MAX),
		.sent_ns = input_number(in, INT64_MAX),
	};

	if (p.type != THB__BEAT)
		p.sequence = p.incarnation;
	if (p.type == THB__ANSWER) {
		p.echo_ns = input_number(in, INT64_MAX);
		p.hold_us = (uint32_t)input_number(in, 1000);
	} else if (p.type == THB__BEAT) {
		p.flags = (uint8_t)input_take(in, 1) % 12;
		p.health = (uint8_t)input_take(in, 1) % 12;
		p.sequence = input_number(in, INT64_MAX);
		p.scheduled_ns = input_number(in, INT64_MAX);
		p.interval_us = (uint32_t)input_number(in, 100);
		p.load_milli = (uint16_t)input_number(in, 1000);
		p.rtt_us = (uint32_t)input_number(in, 1);
		p.late_us = (uint32_t)input_number(in, 1);
		p.wire_ns = p.late_us;
	}
	CHECK(thb__packet_encode(&p, buffer) == (p.key ? 96u : 80u));
	memset(buffer + 80, p.key, 16);
}

static size_t tamper(struct input *in, uint8_t *buffer, size_t length)
{
	uint8_t how = (uint8_t)input_take(in, 1);

	while (in->left) {
		uint8_t at = (uint8_t)input_take(in, 1) % MOST;

		buffer[at] = (uint8_t)input_take(in, 1);
	}
	if (how & 1)
		length = how / 2 % (MOST + 1);
	if (how & 0x80)
		buffer[5] = (uint8_t)length;
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t mode = (uint8_t)input_take(&in, 1);
	uint8_t buffer[MOST] = { 0 }, *exact;
	size_t length = in.left < MOST ? in.left : MOST;
	int want;

	if (mode & 2) {
		memcpy(buffer, in.data, length);
	} else {
		make_packet(&in, buffer);
		length = tamper(&in, buffer, buffer[7] ? 96 : 80);
	}
	exact = malloc(length);
	memcpy(exact, buffer, length);
	want = expected_error(exact, length);
	verify_decode(exact, length, want);
	verify_open(exact, length, mode & 1, want);
	free(exact);
	return 0;
}
