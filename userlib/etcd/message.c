// SPDX-License-Identifier: LGPL-2.1-or-later
/* etcd's messages, as its JSON gateway has them: keys and values in base64. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etcd.h"

#define MOST_TEXT 300

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* Of up to MOST_TEXT bytes. */
json_t *etcd_text(const char *text)
{
	char coded[MOST_TEXT / 3 * 4 + 8], *at = coded;
	size_t left = strlen(text);

	if (left > MOST_TEXT)
		return NULL;
	while (left) {
		size_t n = left < 3 ? left : 3;
		uint32_t bits = 0;

		for (size_t i = 0; i < 3; i++)
			bits = bits << 8 | (i < n ? (uint8_t)text[i] : 0);
		for (size_t i = 0; i < 4; i++)
			*at++ = i <= n ? digits[bits >> (18 - 6 * i) & 63]
				       : '=';
		text += n;
		left -= n;
	}
	*at = 0;
	return json_string(coded);
}

/* False: it is not base64, or longer than @size - 1. */
static bool decode(const char *coded, char *text, size_t size)
{
	uint32_t bits = 0;
	size_t n = 0;

	for (unsigned int i = 0; coded[i] && coded[i] != '='; i++) {
		const char *digit = strchr(digits, coded[i]);

		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if (i % 4 == 0)
			continue;
		if (n + 1 >= size)
			return false;
		text[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	text[n] = 0;
	return true;
}

int64_t etcd_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		return json_integer_value(value);
	return json_is_string(value)
		? strtoll(json_string_value(value), NULL, 10)
		: 0;
}

bool etcd_value_number(const json_t *kv, uint64_t *number)
{
	const char *coded = json_string_value(json_object_get(kv, "value"));
	char text[32], *end;

	if (!coded || !decode(coded, text, sizeof(text)) || text[0] < '0' ||
	    text[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !*end && !errno;
}

/* Fails as a whole when one of its parts did. */
static json_t *compare(const char *key, const char *target, const char *field,
		       int64_t revision)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, revision);
	return json_pack("{s:o, s:s, s:s, s:s}", "key", etcd_text(key),
			 "target", target, "result", "EQUAL", field, number);
}

static json_t *get(const char *key)
{
	return json_pack("{s:{s:o}}", "request_range", "key", etcd_text(key));
}

static json_t *put(const char *key, const char *value, int64_t lease)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, lease);
	return json_pack("{s:{s:o, s:o, s:s}}", "request_put", "key",
			 etcd_text(key), "value", etcd_text(value), "lease",
			 number);
}

json_t *etcd_take(const char *worker, const char *mark, int64_t lease)
{
	return json_pack("{s:[o], s:[o, o, o], s:[o, o]}", "compare",
			 compare(worker, "CREATE", "create_revision", 0),
			 "success", put(worker, "", lease), get(worker),
			 get(mark), "failure", get(worker), get(mark));
}

json_t *etcd_set(const char *worker, const char *mark, int64_t revision,
		 int64_t mark_revision, uint64_t mark_ns)
{
	char value[24];

	snprintf(value, sizeof(value), "%" PRIu64, mark_ns);
	return json_pack("{s:[o, o], s:[o, o, o], s:[o, o]}", "compare",
			 compare(worker, "CREATE", "create_revision", revision),
			 compare(mark, "MOD", "mod_revision", mark_revision),
			 "success", put(mark, value, 0), get(worker), get(mark),
			 "failure", get(worker), get(mark));
}

/* The only key that the answer number @at is about; NULL: there is none. */
static const json_t *found(const json_t *answer, size_t at)
{
	const json_t *responses = json_object_get(answer, "responses");
	const json_t *range = json_object_get(json_array_get(responses, at),
					      "response_range");

	return json_array_get(json_object_get(range, "kvs"), 0);
}

int etcd_read_state(const json_t *answer, struct etcd_state *state)
{
	size_t count = json_array_size(json_object_get(answer, "responses"));
	const json_t *worker, *mark;

	*state = (struct etcd_state){
		.succeeded = json_is_true(json_object_get(answer, "succeeded")),
		.revision = etcd_number(json_object_get(answer, "header"),
					"revision"),
	};
	if (count != (state->succeeded ? 3 : 2) || state->revision <= 0)
		return -EPROTO;
	worker = found(answer, count - 2);
	mark = found(answer, count - 1);
	state->created = etcd_number(worker, "create_revision");
	state->mark_revision = etcd_number(mark, "mod_revision");
	if (mark &&
	    (!state->mark_revision ||
	     !etcd_value_number(mark, &state->mark_ns)))
		return -EPROTO;
	return 0;
}
