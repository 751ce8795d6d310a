// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets: what is sent comes out, and what no sender sends does not. */
#include "hb_suite.h"

#include "hb_packet.h"

#define MOST ((uint64_t)INT64_MAX)

static const struct thb__packet beat = {
	.type = THB__BEAT,
	.flags = THB__ASK | THB__BYE,
	.health = THB_LIVE | THB_ABLE,
	.load_milli = 987,
	.interval_us = 0x01020304,
	.rtt_us = 0x11121314,
	.late_us = 0x21222324,
	.wire_ns = 0x91929394,
	.node = 0x3132333435363738,
	.incarnation = 0x4142434445464748,
	.sequence = 0x5152535455565758,
	.scheduled_ns = 0x6162636465666768,
	.sent_ns = 0x7172737475767778,
};

static const struct thb__packet probe = {
	.type = THB__PROBE,
	.node = 1,
	.sent_ns = 5,
};

static const struct thb__packet answer = {
	.type = THB__ANSWER,
	.node = 1,
	.incarnation = 2,
	.sent_ns = 3,
	.echo_ns = 4,
	.hold_us = 5,
};

/* Decode into poison: set when right, left alone when not. */
static int decode(const uint8_t *buffer, size_t length, struct thb__packet *got)
{
	struct thb__packet poison;
	uint8_t *copy = malloc(length);
	int rc;

	/* A block of its own, so that a byte too many is noticed. */
	assert_true(copy || !length);
	if (length)
		memcpy(copy, buffer, length);
	memset(&poison, 0x5A, sizeof(poison));
	*got = poison;
	rc = thb__packet_decode(got, copy, length);
	if (rc)
		assert_memory_equal(got, &poison, sizeof(poison));
	free(copy);
	return rc;
}

static int pass_on(const struct thb__packet *p)
{
	uint8_t buffer[THB__PACKET] = { 0 };
	struct thb__packet got;

	return decode(buffer, thb__packet_encode(p, buffer), &got);
}

static void expect_same(const struct thb__packet *a,
			const struct thb__packet *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->key, b->key);
	assert_int_equal(a->health, b->health);
	assert_int_equal(a->load_milli, b->load_milli);
	assert_int_equal(a->interval_us, b->interval_us);
	assert_int_equal(a->rtt_us, b->rtt_us);
	assert_int_equal(a->late_us, b->late_us);
	assert_int_equal(a->wire_ns, b->wire_ns);
	assert_int_equal(a->hold_us, b->hold_us);
	assert_int_equal(a->node, b->node);
	assert_int_equal(a->incarnation, b->incarnation);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->scheduled_ns, b->scheduled_ns);
	assert_int_equal(a->sent_ns, b->sent_ns);
	assert_int_equal(a->echo_ns, b->echo_ns);
}

static void there_and_back(void **state)
{
	const struct thb__packet *const all[] = { &beat, &probe, &answer };
	uint8_t buffer[THB__PACKET];
	struct thb__packet got;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		memset(buffer, 0xA5, sizeof(buffer));
		assert_int_equal(thb__packet_encode(all[i], buffer), THB__BODY);
		for (size_t k = THB__BODY; k < THB__PACKET; k++)
			assert_int_equal(buffer[k], 0xA5);
		assert_int_equal(decode(buffer, THB__BODY, &got), 0);
		expect_same(&got, all[i]);
	}
}

/* The layout is a promise to other versions: byte by byte. */
static void on_the_wire(void **state)
{
	static const uint8_t wire[THB__BODY] =
		"\x68\x62\x01\x01\x00\x50\x05\x00"
		"\x31\x32\x33\x34\x35\x36\x37\x38"
		"\x41\x42\x43\x44\x45\x46\x47\x48"
		"\x51\x52\x53\x54\x55\x56\x57\x58"
		"\x61\x62\x63\x64\x65\x66\x67\x68"
		"\x71\x72\x73\x74\x75\x76\x77\x78"
		"\x00\x00\x00\x00\x00\x00\x00\x00"
		"\x01\x02\x03\x04\x11\x12\x13\x14"
		"\x00\x00\x00\x00\x21\x22\x23\x24"
		"\x03\xDB\x05\x00\x91\x92\x93\x94";
	uint8_t buffer[THB__PACKET];

	(void)state;
	assert_int_equal(thb__packet_encode(&beat, buffer), THB__BODY);
	assert_memory_equal(buffer, wire, THB__BODY);
}

static void with_a_tag(void **state)
{
	struct thb__packet p = beat, got;
	uint8_t buffer[THB__PACKET] = { 0 };

	(void)state;
	p.key = 7;
	assert_int_equal(thb__packet_encode(&p, buffer), THB__PACKET);
	assert_int_equal(decode(buffer, THB__PACKET, &got), 0);
	assert_int_equal(got.key, 7);
	/* The key says that there is a tag, and the length agrees. */
	buffer[7] = 0;
	assert_int_equal(decode(buffer, THB__PACKET, &got), -EBADMSG);
}

static void cut_short_or_too_long(void **state)
{
	uint8_t buffer[THB__PACKET + 64] = { 0 };
	struct thb__packet p = beat, got;

	(void)state;
	for (p.key = 0; p.key < 2; p.key++) {
		size_t length = thb__packet_encode(&p, buffer);

		for (size_t n = 0; n < length; n++)
			assert_int_equal(decode(buffer, n, &got), -ENODATA);
		for (size_t n = length + 1; n <= sizeof(buffer); n++)
			assert_int_equal(decode(buffer, n, &got), -EMSGSIZE);
	}
}

/* A length that agrees with the datagram's, but with nothing else. */
static void length_of_its_own(void **state)
{
	uint8_t buffer[THB__PACKET + 64] = { 0 };
	struct thb__packet got;

	(void)state;
	thb__packet_encode(&beat, buffer);
	for (size_t n = THB__BODY + 1; n <= sizeof(buffer); n++) {
		buffer[5] = (uint8_t)n;
		assert_int_equal(decode(buffer, n, &got), -EBADMSG);
	}
}

/* One byte of a packet that is right, changed. */
static int with_byte(const struct thb__packet *p, size_t at, uint8_t value)
{
	uint8_t buffer[THB__PACKET] = { 0 };
	size_t length = thb__packet_encode(p, buffer);
	struct thb__packet got;

	buffer[at] = value;
	return decode(buffer, length, &got);
}

static void not_ours(void **state)
{
	(void)state;
	assert_int_equal(with_byte(&beat, 0, 0x69), -EBADMSG);
	assert_int_equal(with_byte(&beat, 1, 0x63), -EBADMSG);
	assert_int_equal(with_byte(&beat, 2, 0), -EPROTONOSUPPORT);
	assert_int_equal(with_byte(&beat, 2, 2), -EPROTONOSUPPORT);
	assert_int_equal(with_byte(&beat, 3, 0), -EBADMSG);
	assert_int_equal(with_byte(&beat, 3, 4), -EBADMSG);
	assert_int_equal(with_byte(&beat, 75, 1), -EBADMSG);
}

#define REJECTED(base, member, value)                    \
	do {                                             \
		struct thb__packet p_ = base;            \
		assert_int_equal(pass_on(&p_), 0);       \
		p_.member = value;                       \
		assert_int_equal(pass_on(&p_), -ERANGE); \
	} while (0)
#define ACCEPTED(base, member, value)              \
	do {                                       \
		struct thb__packet p_ = base;      \
		p_.member = value;                 \
		assert_int_equal(pass_on(&p_), 0); \
	} while (0)

static void beats_within_bounds(void **state)
{
	(void)state;
	REJECTED(beat, node, 0);
	REJECTED(beat, incarnation, 0);
	REJECTED(beat, incarnation, MOST + 1);
	REJECTED(beat, sequence, 0);
	REJECTED(beat, sequence, MOST + 1);
	REJECTED(beat, scheduled_ns, MOST + 1);
	REJECTED(beat, sent_ns, MOST + 1);
	REJECTED(beat, interval_us, 99);
	ACCEPTED(beat, interval_us, 100);
	ACCEPTED(beat, interval_us, 3600000000U);
	REJECTED(beat, interval_us, 3600000001U);
	ACCEPTED(beat, load_milli, 1000);
	REJECTED(beat, load_milli, 1001);
	REJECTED(beat, health, 8);
	REJECTED(beat, flags, 8);
	REJECTED(beat, flags, THB__BYE | THB__PAUSE);
	REJECTED(beat, echo_ns, 1);
	REJECTED(beat, hold_us, 1);
}

static void others_within_bounds(void **state)
{
	(void)state;
	ACCEPTED(probe, incarnation, 7);
	ACCEPTED(probe, sequence, MOST);
	ACCEPTED(answer, sequence, MOST);
	REJECTED(probe, hold_us, 1);
	REJECTED(probe, echo_ns, 1);
	REJECTED(probe, flags, THB__ASK);
	REJECTED(answer, incarnation, 0);
	REJECTED(answer, echo_ns, MOST + 1);
	REJECTED(answer, sequence, MOST + 1);
	REJECTED(answer, interval_us, 1000);
	REJECTED(answer, rtt_us, 1);
	REJECTED(answer, late_us, 1);
	REJECTED(answer, wire_ns, 1);
	REJECTED(answer, load_milli, 1);
	REJECTED(answer, health, 1);
	REJECTED(answer, scheduled_ns, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(there_and_back),	   TEST(on_the_wire),
		TEST(with_a_tag),	   TEST(cut_short_or_too_long),
		TEST(length_of_its_own),   TEST(not_ours),
		TEST(beats_within_bounds), TEST(others_within_bounds),
	};

	return RUN(tests);
}
