// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is asked of etcd, and what its answers mean. */
#include "id_suite.h"

#include "etcd/etcd.h"

static void texts(void **state)
{
	/* RFC 4648, section 10. */
	static const char *const vectors[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		json_t *text = etcd_text(vectors[i][0]);

		assert_string_equal(json_string_value(text), vectors[i][1]);
		json_decref(text);
	}
}

static bool number_of(const char *coded, uint64_t *number)
{
	json_t *kv = json_pack("{s:s}", "value", coded);
	bool is_one = etcd_value_number(kv, number);

	json_decref(kv);
	return is_one;
}

static void values(void **state)
{
	static const char *const bad[] = {
		"",
		"====",
		"LTE=",
		"IDE=",
		"MTJ4",
		"*TI=",
		"MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx",
		"MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"
		"MTIzNDU2Nzg5MA=="
	};
	uint64_t n = 7;
	json_t *kv;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(number_of(bad[i], &n));
	assert_true(number_of("MTI=", &n));
	assert_int_equal(n, 12);
	/* 18446744073709551615 */
	assert_true(number_of("MTg0NDY3NDQwNzM3MDk1NTE2MTU=", &n));
	assert_int_equal(n, UINT64_MAX);
	kv = json_pack("{s:i}", "value", 12);
	assert_false(etcd_value_number(kv, &n));
	json_decref(kv);
	assert_false(etcd_value_number(NULL, &n));
}

static void expect_text(json_t *json, const char *text)
{
	char *got = json_dumps(json, JSON_COMPACT);

	assert_string_equal(got, text);
	free(got);
	json_decref(json);
}

static void questions(void **state)
{
	(void)state;
	expect_text(etcd_take("foo", "fo", 5),
		    "{\"compare\":[{\"key\":\"Zm9v\",\"target\":\"CREATE\","
		    "\"result\":\"EQUAL\",\"create_revision\":\"0\"}],"
		    "\"success\":[{\"request_put\":{\"key\":\"Zm9v\","
		    "\"value\":\"\",\"lease\":\"5\"}},"
		    "{\"request_range\":{\"key\":\"Zm9v\"}},"
		    "{\"request_range\":{\"key\":\"Zm8=\"}}],"
		    "\"failure\":[{\"request_range\":{\"key\":\"Zm9v\"}},"
		    "{\"request_range\":{\"key\":\"Zm8=\"}}]}");
	expect_text(etcd_set("foo", "fo", 7, 8, 12),
		    "{\"compare\":[{\"key\":\"Zm9v\",\"target\":\"CREATE\","
		    "\"result\":\"EQUAL\",\"create_revision\":\"7\"},"
		    "{\"key\":\"Zm8=\",\"target\":\"MOD\","
		    "\"result\":\"EQUAL\",\"mod_revision\":\"8\"}],"
		    "\"success\":[{\"request_put\":{\"key\":\"Zm8=\","
		    "\"value\":\"MTI=\",\"lease\":\"0\"}},"
		    "{\"request_range\":{\"key\":\"Zm9v\"}},"
		    "{\"request_range\":{\"key\":\"Zm8=\"}}],"
		    "\"failure\":[{\"request_range\":{\"key\":\"Zm9v\"}},"
		    "{\"request_range\":{\"key\":\"Zm8=\"}}]}");
}

static int read_state(const char *text, struct etcd_state *state)
{
	json_t *answer = json_loads(text, 0, NULL);
	int rc;

	assert_non_null(answer);
	memset(state, 0x5A, sizeof(*state));
	rc = etcd_read_state(answer, state);
	json_decref(answer);
	return rc;
}

#define HEADER "{\"header\":{\"revision\":\"9\"},"
#define WORKER                                                      \
	"{\"response_range\":{\"kvs\":[{\"create_revision\":\"7\"," \
	"\"mod_revision\":\"7\"}],\"count\":\"1\"}}"
#define MARK                                                        \
	"{\"response_range\":{\"kvs\":[{\"create_revision\":\"4\"," \
	"\"mod_revision\":\"8\",\"value\":\"MTI=\"}],\"count\":\"1\"}}"
#define NOTHING "{\"response_range\":{}}"

static void answers(void **state)
{
	struct etcd_state s;

	(void)state;
	assert_int_equal(read_state(HEADER "\"succeeded\":true,\"responses\":["
					   "{\"response_put\":{}}," WORKER
					   "," MARK "]}",
				    &s),
			 0);
	assert_true(s.succeeded);
	assert_int_equal(s.created, 7);
	assert_int_equal(s.mark_revision, 8);
	assert_int_equal(s.mark_ns, 12);
	assert_int_equal(read_state(HEADER "\"responses\":[" NOTHING "," NOTHING
					   "]}",
				    &s),
			 0);
	assert_false(s.succeeded);
	assert_int_equal(s.created, 0);
	assert_int_equal(s.mark_revision, 0);
	assert_int_equal(s.mark_ns, 0);
}

static void not_understood(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		HEADER "\"responses\":[" WORKER "]}",
		HEADER "\"succeeded\":true,\"responses\":[" WORKER "," MARK
		       "]}",
		"{\"responses\":[" WORKER "," MARK "]}",
		HEADER "\"responses\":[" MARK "," WORKER "]}",
	};
	struct etcd_state s;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(read_state(bad[i], &s), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts),   TEST(values),	     TEST(questions),
		TEST(answers), TEST(not_understood),
	};

	return RUN(tests);
}
