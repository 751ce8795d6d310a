// SPDX-License-Identifier: GPL-2.0-only
/*
 * IDs, layouts and what is stored of marks, as others may hand them in: an ID is
 * put together again as it was, and nothing is touched when it is refused.
 */
#include "fuzz.h"

#include <errno.h>
#include <strings.h>

#include "id_record.h"
#include "thid.h"

static bool is_poisoned(const void *at, size_t size)
{
	const uint8_t *bytes = at;

	while (size--)
		if (bytes[size] != 0xA5)
			return false;
	return true;
}

static const char *const names[] = { "seconds", "seconds-memory", "snowflake",
				     "uuid7" };

/* One with a name, or any. */
static struct thid_layout take_layout(struct input *in)
{
	struct thid_layout l;
	uint8_t how = (uint8_t)input_take(in, 1);

	CHECK(!thid_layout_init(&l, names[how % 4]));
	if (how < 64)
		return l;
	l.order = (enum thid_order)(input_take(in, 1) % 5);
	l.time_bits = (uint32_t)input_take(in, 1) % 70;
	l.counter_bits = (uint32_t)input_take(in, 1) % 40;
	l.worker_bits = (uint32_t)input_take(in, 1) % 40;
	l.unit_ns = input_number(in, 1000000);
	l.epoch_ns = input_number(in, INT64_MAX);
	return l;
}

/* What the header says. */
static bool is_fine(const struct thid_layout *l)
{
	uint32_t sum = l->time_bits + l->counter_bits + l->worker_bits;

	if (l->order == THID_UUID)
		return l->time_bits == 48 && l->counter_bits == 12 &&
			l->worker_bits <= 32 && l->unit_ns == 1000000 &&
			!l->epoch_ns;
	return l->order < THID_UUID && l->time_bits >= 16 &&
		l->time_bits <= 62 && l->counter_bits >= 1 &&
		l->counter_bits <= 32 && l->worker_bits <= 32 && sum <= 64 &&
		l->time_bits + l->counter_bits <= 63 && l->unit_ns >= 1000 &&
		l->unit_ns <= 3600000000000 && l->epoch_ns <= INT64_MAX;
}

static void verify_facts(const struct thid_layout *l)
{
	struct thid_facts facts;
	char text[THID_TEXT];

	memset(&facts, 0xA5, sizeof(facts));
	CHECK(thid_layout_facts(l, &facts) == (is_fine(l) ? 0 : -EINVAL));
	CHECK(is_fine(l) != is_poisoned(&facts, sizeof(facts)));
	CHECK((thid_layout_text(l, l->epoch_ns, text, sizeof(text)) >= 0) ==
	      is_fine(l));
	CHECK(!is_fine(l) || strlen(text) < sizeof(text) - 1);
}

/* Bit by bit, from the lowest field up. */
static uint64_t put_together(const struct thid_layout *l,
			     const struct thid_parts *p)
{
	switch (l->order) {
	case THID_TIME_COUNTER_WORKER:
		return (p->time << l->counter_bits | p->counter)
			<< l->worker_bits |
			p->worker;
	case THID_TIME_WORKER_COUNTER:
		return (p->time << l->worker_bits | p->worker)
			<< l->counter_bits |
			p->counter;
	default:
		return (p->worker << l->counter_bits | p->counter)
			<< l->time_bits |
			p->time;
	}
}

static void verify_time(const struct thid_layout *l, const struct thid_parts *p)
{
	unsigned __int128 ns =
		(unsigned __int128)p->time * l->unit_ns + l->epoch_ns;

	CHECK(p->time_ns == (ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns));
}

static void verify_number(const struct thid_layout *l, uint64_t id)
{
	uint32_t bits = l->time_bits + l->counter_bits + l->worker_bits;
	struct thid_parts p;
	int rc;

	memset(&p, 0xA5, sizeof(p));
	rc = thid_decode(l, id, &p);
	if (!is_fine(l) || l->order == THID_UUID)
		CHECK(rc == -EINVAL);
	else if (bits < 64 && id >> bits)
		CHECK(rc == -ERANGE);
	else
		CHECK(!rc && put_together(l, &p) == id);
	if (rc)
		CHECK(is_poisoned(&p, sizeof(p)));
	else
		verify_time(l, &p);
}

static void verify_uuid(const struct thid_layout *l, const uint8_t *uuid)
{
	bool ours = uuid[6] >> 4 == 7 && uuid[8] >> 6 == 2;
	uint64_t time = 0, counter = (uuid[6] & 15U) << 8 | uuid[7];
	struct thid_parts p;
	int rc;

	memset(&p, 0xA5, sizeof(p));
	rc = thid_uuid_decode(l, uuid, &p);
	if (!is_fine(l) || l->order != THID_UUID)
		CHECK(rc == -EINVAL);
	else
		CHECK(rc == (ours ? 0 : -EBADMSG));
	if (rc) {
		CHECK(is_poisoned(&p, sizeof(p)));
		return;
	}
	for (int i = 0; i < 6; i++)
		time = time << 8 | uuid[i];
	CHECK(p.time == time && p.counter == counter);
	CHECK(p.worker >> l->worker_bits == 0);
	verify_time(l, &p);
}

/* What is parsed is written as it was, but for capitals. */
static void verify_uuid_text(const char *text)
{
	char again[THID_UUID_TEXT];
	uint8_t uuid[16];

	memset(uuid, 0xA5, sizeof(uuid));
	if (thid_uuid_parse(text, uuid)) {
		CHECK(is_poisoned(uuid, sizeof(uuid)));
		return;
	}
	thid_uuid_text(uuid, again);
	CHECK(!strcasecmp(text, again));
}

static bool has_five(const char *text)
{
	int commas = 0;

	for (; *text; text++)
		commas += *text == ',';
	return commas == 4;
}

static void verify_text(const struct thid_layout *l, const char *text)
{
	struct thid_layout read;
	struct thid_parts p;
	uint64_t number;

	verify_uuid_text(text);
	memset(&read, 0xA5, sizeof(read));
	if (thid_layout_read(&read, text))
		CHECK(is_poisoned(&read, sizeof(read)));
	else
		CHECK(is_fine(&read) && (!strchr(text, ':') || has_five(text)));
	if (!thid_number_read(&number, text))
		verify_number(l, number);
	memset(&p, 0xA5, sizeof(p));
	if (thid_id_read(l, text, &p))
		CHECK(is_poisoned(&p, sizeof(p)));
}

/* A record is what was encoded, or it is damaged. */
static void verify_record(const uint8_t *bytes, size_t length)
{
	uint8_t again[THID__RECORD];
	struct thid__record r;
	enum thid__found found;

	memset(&r, 0xA5, sizeof(r));
	found = thid__record_decode(&r, bytes, length);
	if (found != THID__SOUND) {
		CHECK(is_poisoned(&r, sizeof(r)));
		return;
	}
	CHECK(length == THID__RECORD);
	thid__record_encode(&r, again);
	CHECK(!memcmp(bytes, again, length));
}

static void make_record(struct input *in)
{
	const struct thid__record r = { input_number(in, 7),
					input_number(in, 9),
					input_number(in, INT64_MAX) };
	uint8_t bytes[THID__RECORD];
	struct thid__record got;

	thid__record_encode(&r, bytes);
	CHECK(thid__record_decode(&got, bytes, sizeof(bytes)) == THID__SOUND);
	CHECK(!memcmp(&got, &r, sizeof(r)));
	while (in->left) {
		uint8_t at = (uint8_t)input_take(in, 1) % THID__RECORD;

		bytes[at] ^= (uint8_t)input_take(in, 1);
	}
	verify_record(bytes, sizeof(bytes));
}

/* As a text, in a block of its own, so that a byte too many is noticed. */
static void take_text(struct input *in, const struct thid_layout *l)
{
	char *text = malloc(in->left + 1);

	memcpy(text, in->data, in->left);
	text[in->left] = 0;
	verify_text(l, text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t what = (uint8_t)input_take(&in, 1) % 5;
	struct thid_layout l = take_layout(&in);
	uint8_t uuid[16] = { 0 };

	verify_facts(&l);
	if (what == 0) {
		verify_number(&l, input_number(&in, 1ULL << 63));
	} else if (what == 1) {
		memcpy(uuid, in.data, in.left < 16 ? in.left : 16);
		verify_uuid(&l, uuid);
	} else if (what == 2) {
		take_text(&in, &l);
	} else if (what == 3) {
		make_record(&in);
	} else {
		verify_record(in.data, in.left);
	}
	return 0;
}
