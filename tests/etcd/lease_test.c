// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Leases of a server that is there: ETCD_ENDPOINTS says where.  Requests may be
 * held up on their way, or their answers lost.
 */
#include "id_suite.h"

#include <sched.h>
#include <time.h>

#include <timerheap/id_etcd.h>

#include "etcd/etcd.h"

#define NOBODY "http://127.0.0.1:1"

int __real_etcd_http_post(struct etcd_http *h, const char *path, json_t *body,
			  json_t **answer);
int __wrap_etcd_http_post(struct etcd_http *h, const char *path, json_t *body,
			  json_t **answer);

static enum { PASS, LOSE_ANSWER, HOLD_BACK, LOSE_ALL, NO_LEADER } way;
static json_t *held;

int __wrap_etcd_http_post(struct etcd_http *h, const char *path, json_t *body,
			  json_t **answer)
{
	if (way == PASS)
		return __real_etcd_http_post(h, path, body, answer);
	if (way == NO_LEADER) {
		json_decref(body);
		*answer = json_pack("{s:{s:i}}", "error", "http_code", 503);
		return 0;
	}
	if (way == HOLD_BACK)
		held = body;
	else if (way == LOSE_ALL)
		json_decref(body);
	else if (!__real_etcd_http_post(h, path, body, answer))
		json_decref(*answer);
	return -ETIMEDOUT;
}

static void ask(const char *path, json_t *body)
{
	struct etcd_http *h;
	json_t *answer;

	assert_int_equal(etcd_http_open(&h, getenv("ETCD_ENDPOINTS"), 5000), 0);
	assert_int_equal(__real_etcd_http_post(h, path, body, &answer), 0);
	json_decref(answer);
	etcd_http_close(h);
}

static int open_one(struct thid_etcd **e, struct thid_lease *lease,
		    const char *prefix)
{
	struct thid_etcd_opts opts;

	thid_etcd_opts_init(&opts);
	opts.endpoints = getenv("ETCD_ENDPOINTS");
	opts.prefix = prefix;
	opts.first = 3;
	opts.last = 4;
	opts.ttl_s = 600;
	opts.timeout_ms = 5000;
	return thid_etcd_open(e, lease, &opts);
}

static void marks_and_numbers(void **state)
{
	struct thid_lease a, b, c;
	struct thid_etcd *e;

	(void)state;
	assert_int_equal(open_one(&e, &a, "marks"), 0);
	assert_int_equal(a.worker, 3);
	assert_int_equal(a.mark_ns, 0);
	assert_int_equal(a.extend(a.arg, 100), 0);
	assert_int_equal(a.extend(a.arg, 200), 0);
	assert_int_equal(open_one(&e, &b, "marks"), 0);
	assert_int_equal(b.worker, 4);
	assert_int_equal(open_one(&e, &c, "marks"), -EBUSY);
	assert_null(e);
	assert_int_equal(open_one(&e, &c, "others"), 0);
	assert_int_equal(c.worker, 3);
	c.end(c.arg, 0);
	a.end(a.arg, 150);
	assert_int_equal(open_one(&e, &a, "marks"), 0);
	assert_int_equal(a.worker, 3);
	assert_int_equal(a.mark_ns, 150);
	a.end(a.arg, 150);
	b.end(b.arg, 0);
}

/* The key goes, as when the time to live is over. */
static void drop(const char *worker)
{
	ask("/v3/kv/deleterange", json_pack("{s:o}", "key", etcd_text(worker)));
}

static void lost(void **state)
{
	struct thid_lease a, b;
	struct thid_etcd *ea, *eb;

	(void)state;
	assert_int_equal(open_one(&ea, &a, "lost"), 0);
	assert_int_equal(a.extend(a.arg, 100), 0);
	assert_true(a.until(a.arg) > 0);
	drop("lost/worker/3");
	assert_int_equal(open_one(&eb, &b, "lost"), 0);
	assert_int_equal(b.worker, 3);
	assert_int_equal(b.mark_ns, 100);
	assert_int_equal(b.extend(b.arg, 200), 0);
	assert_int_equal(a.extend(a.arg, 300), -ESTALE);
	assert_int_equal(a.until(a.arg), 0);
	assert_int_equal(thid_etcd_keep(ea), -ESTALE);
	a.end(a.arg, 90);
	b.end(b.arg, 200);
	assert_int_equal(open_one(&eb, &b, "lost"), 0);
	assert_int_equal(b.mark_ns, 200);
	b.end(b.arg, 200);
}

/* Twice, since it waits a while before it asks anew. */
static int extend_soon(struct thid_lease *lease, uint64_t mark_ns)
{
	const struct timespec pause = { 0, 10000000 };
	int rc;

	while ((rc = lease->extend(lease->arg, mark_ns)) == -ETIMEDOUT)
		nanosleep(&pause, NULL);
	return rc;
}

static int open_short(struct thid_etcd **e, struct thid_lease *lease)
{
	struct thid_etcd_opts opts;

	thid_etcd_opts_init(&opts);
	opts.endpoints = getenv("ETCD_ENDPOINTS");
	opts.prefix = "short";
	opts.first = opts.last = 5;
	opts.timeout_ms = 5000;
	return thid_etcd_open(e, lease, &opts);
}

static void an_answer_is_lost(void **state)
{
	struct thid_lease a;
	struct thid_etcd *e;

	(void)state;
	assert_int_equal(open_short(&e, &a), 0);
	assert_int_equal(a.extend(a.arg, 100), 0);
	way = LOSE_ANSWER;
	assert_int_equal(a.extend(a.arg, 200), -ETIMEDOUT);
	way = PASS;
	assert_int_equal(extend_soon(&a, 300), 0);
	a.end(a.arg, 250);
	assert_int_equal(open_short(&e, &a), 0);
	assert_int_equal(a.mark_ns, 250);
	a.end(a.arg, 250);
}

/* A set that is carried out after a later one does not undo it. */
static void a_set_comes_late(void **state)
{
	struct thid_lease a;
	struct thid_etcd *e;

	(void)state;
	assert_int_equal(open_short(&e, &a), 0);
	assert_int_equal(a.extend(a.arg, 1000), 0);
	way = HOLD_BACK;
	assert_int_equal(a.extend(a.arg, 1100), -ETIMEDOUT);
	way = PASS;
	assert_int_equal(extend_soon(&a, 1200), 0);
	ask("/v3/kv/txn", held);
	/* As one that was killed: its key goes, its mark stays. */
	drop("short/worker/5");
	way = LOSE_ALL;
	a.end(a.arg, 1);
	way = PASS;
	assert_int_equal(open_short(&e, &a), 0);
	assert_int_equal(a.mark_ns, 1200);
	a.end(a.arg, 1200);
}

/* Between two signs of life it returns 0, and does not ask. */
static int keep_until(struct thid_etcd *e, const struct thid_lease *lease,
		      uint64_t until_ns)
{
	const struct timespec pause = { 0, 10000000 };
	int rc;

	while (!(rc = thid_etcd_keep(e)) &&
	       lease->until(lease->arg) == until_ns)
		nanosleep(&pause, NULL);
	return rc;
}

/* That a member has no leader does not say whose the number is. */
static void an_error_is_no_loss(void **state)
{
	struct thid_lease a;
	struct thid_etcd *e;
	uint64_t until_ns;

	(void)state;
	assert_int_equal(open_short(&e, &a), 0);
	until_ns = a.until(a.arg);
	way = NO_LEADER;
	assert_int_equal(keep_until(e, &a, until_ns), -EPROTO);
	way = PASS;
	assert_int_equal(a.until(a.arg), until_ns);
	/* It does not ask at once again. */
	assert_int_equal(keep_until(e, &a, until_ns), -ETIMEDOUT);
	while (keep_until(e, &a, until_ns) == -ETIMEDOUT)
		sched_yield();
	assert_true(a.until(a.arg) > until_ns);
	a.end(a.arg, 0);
}

static void nobody_answers(void **state)
{
	struct thid_lease lease;
	struct thid_etcd_opts opts;
	struct thid_etcd *e;
	char both[200];

	(void)state;
	thid_etcd_opts_init(&opts);
	opts.endpoints = NOBODY;
	opts.prefix = "nobody";
	assert_int_equal(thid_etcd_open(&e, &lease, &opts), -ETIMEDOUT);
	assert_null(e);
	/* But if one of them does. */
	snprintf(both, sizeof(both), NOBODY ",%s", getenv("ETCD_ENDPOINTS"));
	opts.endpoints = both;
	assert_int_equal(thid_etcd_open(&e, &lease, &opts), 0);
	assert_int_equal(lease.worker, 0);
	lease.end(lease.arg, 0);
}

static void options(void **state)
{
	struct thid_lease lease;
	struct thid_etcd *e;

	(void)state;
#define REJECTED(member, value)                                                \
	do {                                                                   \
		struct thid_etcd_opts opts_;                                   \
		thid_etcd_opts_init(&opts_);                                   \
		opts_.endpoints = NOBODY;                                      \
		opts_.member = value;                                          \
		e = (void *)1;                                                 \
		assert_int_equal(thid_etcd_open(&e, &lease, &opts_), -EINVAL); \
		assert_null(e);                                                \
	} while (0)
	REJECTED(size, 1);
	REJECTED(endpoints, NULL);
	REJECTED(endpoints, "");
	REJECTED(prefix, NULL);
	REJECTED(first, 1024);
	REJECTED(last, 65536);
	REJECTED(ttl_s, 0);
	REJECTED(ttl_s, 3601);
	REJECTED(margin_ms, 5000);
	REJECTED(timeout_ms, 9);
	REJECTED(timeout_ms, 60001);
	assert_int_equal(thid_etcd_open(NULL, &lease, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options),
		TEST(marks_and_numbers),
		TEST(lost),
		TEST(an_answer_is_lost),
		TEST(a_set_comes_late),
		TEST(an_error_is_no_loss),
		TEST(nobody_answers),
	};

	if (!getenv("ETCD_ENDPOINTS"))
		return 2;
	return RUN(tests);
}
