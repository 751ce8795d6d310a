// SPDX-License-Identifier: LGPL-2.1-or-later
/* Layouts: what they may be, what follows from them, and numbers taken apart. */
#include "id_suite.h"

#define TWITTER_NS 1288834974657000000ULL
#define YEAR (365 * 86400ULL)

static struct thid_layout named(const char *name)
{
	struct thid_layout l;

	memset(&l, 0x5A, sizeof(l));
	assert_int_equal(thid_layout_init(&l, name), 0);
	assert_int_equal(l.size, sizeof(l));
	assert_int_equal(thid_layout_check(&l), 0);
	return l;
}

static void names(void **state)
{
	struct thid_layout l = { .time_bits = 77 };

	(void)state;
	assert_int_equal(thid_layout_init(&l, "sonnenblume"), -EINVAL);
	assert_int_equal(l.time_bits, 77);
	named("seconds");
	named("seconds-memory");
	named("snowflake");
	named("uuid7");
}

#define REJECTED(name, member, value)                                       \
	do {                                                                \
		struct thid_layout l_ = named(name);                        \
		struct thid_facts facts_ = { 1, 2, 3 };                     \
		l_.member = value;                                          \
		assert_int_equal(thid_layout_check(&l_), -EINVAL);          \
		assert_int_equal(thid_layout_facts(&l_, &facts_), -EINVAL); \
		assert_int_equal(facts_.ends_s, 2);                         \
	} while (0)
#define ACCEPTED(name, member, value)                        \
	do {                                                 \
		struct thid_layout l_ = named(name);         \
		l_.member = value;                           \
		assert_int_equal(thid_layout_check(&l_), 0); \
	} while (0)

static void within_bounds(void **state)
{
	(void)state;
	REJECTED("seconds", size, 8);
	REJECTED("seconds", order, THID_ORDERS);
	REJECTED("seconds", time_bits, 15);
	ACCEPTED("seconds", time_bits, 16);
	REJECTED("seconds", time_bits, 33);
	REJECTED("seconds", counter_bits, 0);
	ACCEPTED("seconds", counter_bits, 1);
	REJECTED("seconds", counter_bits, 17);
	REJECTED("seconds", worker_bits, 17);
	ACCEPTED("seconds", worker_bits, 0);
	REJECTED("seconds", unit_ns, 999);
	ACCEPTED("seconds", unit_ns, 1000);
	ACCEPTED("seconds", unit_ns, 3600 * SEC);
	REJECTED("seconds", unit_ns, 3600 * SEC + 1);
	ACCEPTED("seconds", epoch_ns, INT64_MAX);
	REJECTED("seconds", epoch_ns, 1ULL << 63);
	REJECTED("uuid7", epoch_ns, 1);
	REJECTED("uuid7", unit_ns, 1000);
	REJECTED("uuid7", counter_bits, 11);
	REJECTED("uuid7", time_bits, 47);
	ACCEPTED("uuid7", worker_bits, 32);
	REJECTED("uuid7", worker_bits, 33);
}

/* Positions of times and counters are numbers of 63 bits. */
static void room_for_positions(void **state)
{
	struct thid_layout l = named("seconds");

	(void)state;
	l.worker_bits = 0;
	l.time_bits = 31;
	l.counter_bits = 32;
	assert_int_equal(thid_layout_check(&l), 0);
	l.time_bits = 32;
	assert_int_equal(thid_layout_check(&l), -EINVAL);
	l.counter_bits = 1;
	l.time_bits = 62;
	assert_int_equal(thid_layout_check(&l), 0);
	l.time_bits = 63;
	assert_int_equal(thid_layout_check(&l), -EINVAL);
}

static void expect_facts(const char *name, uint64_t ids, uint64_t ends_s,
			 uint64_t sorted_ns)
{
	struct thid_layout l = named(name);
	struct thid_facts facts;

	assert_int_equal(thid_layout_facts(&l, &facts), 0);
	assert_int_equal(facts.ids_per_s, ids);
	assert_int_equal(facts.ends_s, ends_s);
	assert_int_equal(facts.sorted_ns, sorted_ns);
}

static void facts(void **state)
{
	(void)state;
	/* 2106-02-07 06:28:16 */
	expect_facts("seconds", 65536, 4294967296, 2 * SEC);
	expect_facts("seconds-memory", 65536, 4294967296, 0);
	/* 2^41 ms are 2199023255552: 2080-07-10 */
	expect_facts("snowflake", 4096000,
		     (1288834974657 + 2199023255552) / 1000, 2 * MS);
	expect_facts("uuid7", 4096000, 281474976710, 2 * MS);
}

static int text_at(const char *name, uint64_t wall_s, char *text)
{
	struct thid_layout l = named(name);

	memset(text, 'x', THID_TEXT);
	return thid_layout_text(&l, wall_s * SEC, text, THID_TEXT);
}

static void in_words(void **state)
{
	char text[THID_TEXT];

	(void)state;
	assert_int_equal(text_at("seconds", 1700000000, text), 0);
	assert_string_equal(text,
			    "time 32 bits of 1 s, counter 16, worker 16: 65536 "
			    "ids a second, sorted to 2 s, until 2106-02-07");
	assert_int_equal(text_at("seconds-memory", 1700000000, text), 0);
	assert_non_null(strstr(text, "sorted not at all,"));
	assert_int_equal(text_at("snowflake", 1700000000, text), 0);
	assert_non_null(strstr(text, "sorted to 2 ms, until 2080-07-10"));
	assert_int_equal(text_at("uuid7", 1700000000, text), 0);
	assert_non_null(strstr(text, "until 10889-08-02"));
}

static void last_year(void **state)
{
	const uint64_t end = 1ULL << 32;
	char text[THID_TEXT];

	(void)state;
	assert_int_equal(text_at("seconds", end - YEAR - 1, text), 0);
	assert_null(strstr(text, "within"));
	assert_int_equal(text_at("seconds", end - YEAR, text), 1);
	assert_non_null(strstr(text, ": within a year from now"));
	assert_int_equal(text_at("seconds", end - 1, text), 1);
	assert_int_equal(text_at("seconds", end, text), 1);
	assert_non_null(strstr(text, ": it has run out"));
}

/* Decode into poison: set when right, left alone when not. */
static int decode(const struct thid_layout *l, uint64_t id,
		  struct thid_parts *got)
{
	struct thid_parts poison;
	int rc;

	memset(&poison, 0x5A, sizeof(poison));
	*got = poison;
	rc = thid_decode(l, id, got);
	if (rc)
		assert_memory_equal(got, &poison, sizeof(poison));
	return rc;
}

static void expect_parts(const struct thid_parts *p, uint64_t time_ns,
			 uint64_t worker, uint64_t counter)
{
	assert_int_equal(p->time_ns, time_ns);
	assert_int_equal(p->worker, worker);
	assert_int_equal(p->counter, counter);
}

static void apart(void **state)
{
	struct thid_layout l = named("seconds");
	struct thid_parts p;

	(void)state;
	assert_int_equal(decode(&l, 0x123456789ABCDEF0, &p), 0);
	expect_parts(&p, 0x12345678 * SEC, 0xDEF0, 0x9ABC);
	assert_int_equal(p.time, 0x12345678);
	l = named("seconds-memory");
	assert_int_equal(decode(&l, 0x123456789ABCDEF0, &p), 0);
	expect_parts(&p, 0x9ABCDEF0 * SEC, 0x1234, 0x5678);
	/* A status of 2022-06-28 16:07:40.105, of machine 378. */
	l = named("snowflake");
	assert_int_equal(decode(&l, 1541815603606036480, &p), 0);
	expect_parts(&p, 1656432460105 * MS, 378, 0);
}

/* In memory: struct { uint32_t seconds; uint16_t counter, worker; }. */
static void in_memory(void **state)
{
	static const uint8_t bytes[8] = { 0x78, 0x56, 0x34, 0x12,
					  0xBC, 0x9A, 0xF0, 0xDE };
	struct thid_layout l = named("seconds-memory");
	struct thid_parts p;
	uint64_t id = 0;

	(void)state;
	for (int i = 8; i--;)
		id = id << 8 | bytes[i];
	assert_int_equal(decode(&l, id, &p), 0);
	expect_parts(&p, 0x12345678 * SEC, 0xDEF0, 0x9ABC);
}

static void not_of_the_layout(void **state)
{
	struct thid_layout l = named("snowflake");
	struct thid_parts p;

	(void)state;
	assert_int_equal(decode(&l, INT64_MAX, &p), 0);
	assert_int_equal(decode(&l, 1ULL << 63, &p), -ERANGE);
	l.unit_ns = 1;
	assert_int_equal(decode(&l, 1, &p), -EINVAL);
	l = named("uuid7");
	assert_int_equal(decode(&l, 1, &p), -EINVAL);
}

/* No unit of time is before its beginning, or it is beyond all numbers. */
static void long_after(void **state)
{
	struct thid_layout l = named("seconds");
	struct thid_parts p;

	(void)state;
	l.time_bits = 48;
	l.unit_ns = 3600 * SEC;
	l.worker_bits = 0;
	l.counter_bits = 15;
	l.epoch_ns = INT64_MAX;
	assert_int_equal(decode(&l, INT64_MAX, &p), 0);
	assert_int_equal(p.time_ns, UINT64_MAX);
	assert_int_equal(p.time, (1ULL << 48) - 1);
}

/* RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC. */
static const uint8_t vector[16] = { 0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0,
				    0x7C, 0xC3, 0x98, 0xC4, 0xDC, 0x0C,
				    0x0C, 0x07, 0x39, 0x8F };
static const char vector_text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

static void rfc_vector(void **state)
{
	struct thid_layout l = named("uuid7");
	char text[THID_UUID_TEXT + 1];
	struct thid_parts p;
	uint8_t uuid[16];

	(void)state;
	memset(text, 'x', sizeof(text));
	thid_uuid_text(vector, text);
	assert_string_equal(text, vector_text);
	assert_int_equal(text[THID_UUID_TEXT], 'x');
	assert_int_equal(thid_uuid_parse(text, uuid), 0);
	assert_memory_equal(uuid, vector, 16);
	assert_int_equal(
		thid_uuid_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", uuid),
		0);
	assert_memory_equal(uuid, vector, 16);
	assert_int_equal(thid_uuid_decode(&l, vector, &p), 0);
	/* rand_b is 0x18C4DC0C0C07398F, and its first 16 bits 0x6313. */
	expect_parts(&p, 1645557742 * SEC, 0x6313, 0xCC3);
}

/* Appendix A has versions 1, 4 and 6 as well; none of these is a time. */
static void other_uuids(void **state)
{
	static const char *const texts[] = {
		"C232AB00-9414-11EC-B3C8-9F6BDECED846",
		"919108f7-52d1-4320-9bac-f847db4148a8",
		"1EC9414C-232A-6B00-B3C8-9F6BDECED846",
		"017F22E2-79B0-7CC3-18C4-DC0C0C07398F",
		"017F22E2-79B0-7CC3-D8C4-DC0C0C07398F",
		"00000000-0000-0000-0000-000000000000",
	};
	struct thid_layout l = named("uuid7"), other = named("snowflake");
	struct thid_parts p, poison;
	uint8_t uuid[16];

	(void)state;
	memset(&poison, 0x5A, sizeof(poison));
	p = poison;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(thid_uuid_parse(texts[i], uuid), 0);
		assert_int_equal(thid_uuid_decode(&l, uuid, &p), -EBADMSG);
	}
	assert_int_equal(thid_uuid_decode(&other, vector, &p), -EINVAL);
	assert_memory_equal(&p, &poison, sizeof(p));
}

static void not_a_uuid(void **state)
{
	uint8_t uuid[16], poison[16];
	char text[40];

	(void)state;
	memset(poison, 0x5A, sizeof(poison));
	memcpy(uuid, poison, sizeof(uuid));
	for (size_t at = 0; at < sizeof(vector_text) - 1; at++) {
		memcpy(text, vector_text, sizeof(vector_text));
		text[at] = 'g';
		assert_int_equal(thid_uuid_parse(text, uuid), -EINVAL);
		text[at] = 0;
		assert_int_equal(thid_uuid_parse(text, uuid), -EINVAL);
	}
	snprintf(text, sizeof(text), "%s0", vector_text);
	assert_int_equal(thid_uuid_parse(text, uuid), -EINVAL);
	assert_memory_equal(uuid, poison, sizeof(uuid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),	  TEST(within_bounds), TEST(room_for_positions),
		TEST(facts),	  TEST(in_words),      TEST(last_year),
		TEST(apart),	  TEST(in_memory),     TEST(not_of_the_layout),
		TEST(long_after), TEST(rfc_vector),    TEST(other_uuids),
		TEST(not_a_uuid),
	};

	return RUN(tests);
}
