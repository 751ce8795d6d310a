// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two keys for each number.  PREFIX/worker/N is there while somebody has it: it
 * goes with the lease of etcd's.  PREFIX/mark/N stays: all times before that may
 * have been used.  It is only set by who has the number, in one transaction with
 * the proof of that, and whoever takes the number reads it in the transaction in
 * which it takes it.  So the next one starts after all that this one may use,
 * however long it was stopped or cut off, and whatever anybody's clock says.
 * That it stops in time, by its own clock, comes on top of that.
 *
 * A request that was not answered may still be carried out, at any time.  The
 * mark's revision is part of the proof, so that it does not undo a later one.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <timerheap/id_etcd.h>

#include "etcd.h"

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define MOST_NUMBER 65535U
#define MOST_PREFIX 200
#define MOST_URLS 4096
#define KEY 256
#define RETRIES 10

struct thid_etcd {
	struct etcd_http *http;
	int64_t lease;
	/* of the key PREFIX/worker/N, by which it is ours */
	int64_t revision;
	int64_t mark_revision;
	uint64_t margin_ns;
	uint64_t ttl_ns;
	uint64_t keep_ns;
	/* nobody answered: not before this, so that ticks are not held up */
	uint64_t retry_ns;
	/* read by any thread; 0: it is lost */
	uint64_t until_ns;
	char worker[KEY];
	char mark[KEY];
};

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void thid_etcd_opts_init(struct thid_etcd_opts *opts)
{
	*opts = (struct thid_etcd_opts){
		.size = sizeof(*opts),
		.endpoints = "http://127.0.0.1:2379",
		.prefix = "thid",
		.last = 1023,
		.ttl_s = 10,
		.margin_ms = 1000,
		.timeout_ms = 1000,
	};
}

static bool good(const struct thid_etcd_opts *o)
{
	return o->size == sizeof(*o) && o->endpoints && *o->endpoints &&
		strlen(o->endpoints) <= MOST_URLS && o->prefix &&
		strlen(o->prefix) <= MOST_PREFIX && o->first <= o->last &&
		o->last <= MOST_NUMBER && o->ttl_s >= 1 && o->ttl_s <= 3600 &&
		o->margin_ms < o->ttl_s * 500 && o->timeout_ms >= 10 &&
		o->timeout_ms <= 60000;
}

/* From before the request was sent: etcd counts from later on. */
static void live_until(struct thid_etcd *e, uint64_t asked_ns, int64_t ttl_s)
{
	e->ttl_ns = (uint64_t)ttl_s * NSEC_PER_SEC;
	e->keep_ns = asked_ns + e->ttl_ns / 3;
	__atomic_store_n(&e->until_ns, asked_ns + e->ttl_ns - e->margin_ns,
			 __ATOMIC_RELAXED);
}

static int lose(struct thid_etcd *e)
{
	__atomic_store_n(&e->until_ns, 0, __ATOMIC_RELAXED);
	return -ESTALE;
}

static uint64_t until(void *arg)
{
	struct thid_etcd *e = arg;

	return __atomic_load_n(&e->until_ns, __ATOMIC_RELAXED);
}

static int ask(struct thid_etcd *e, const char *path, json_t *body,
	       json_t **answer)
{
	int rc = etcd_http_post(e->http, path, body, answer);

	e->retry_ns = rc ? boot_ns() + e->ttl_ns / RETRIES : 0;
	return rc;
}

static int grant(struct thid_etcd *e, uint32_t ttl_s)
{
	uint64_t asked_ns = boot_ns();
	json_t *answer;
	int64_t ttl;
	int rc = ask(e, "/v3/lease/grant",
		     json_pack("{s:i}", "TTL", (int)ttl_s), &answer);

	if (rc)
		return rc;
	e->lease = etcd_number(answer, "ID");
	ttl = etcd_number(answer, "TTL");
	json_decref(answer);
	if (!e->lease || ttl < (int64_t)ttl_s)
		return -EPROTO;
	live_until(e, asked_ns, ttl);
	return 0;
}

static json_t *of_lease(const struct thid_etcd *e)
{
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)e->lease);
	return json_pack("{s:s}", "ID", number);
}

static int transact(struct thid_etcd *e, json_t *body, struct etcd_state *state)
{
	json_t *answer;
	int rc = ask(e, "/v3/kv/txn", body, &answer);

	if (rc)
		return rc;
	rc = etcd_read_state(answer, state);
	json_decref(answer);
	return rc;
}

/* The proof fails if it is not ours; or a set that nobody answered was done. */
static int set(struct thid_etcd *e, uint64_t mark_ns)
{
	struct etcd_state state;
	int rc;

	for (int i = 0; i < 2; i++) {
		rc = transact(e,
			      etcd_set(e->worker, e->mark, e->revision,
				       e->mark_revision, mark_ns),
			      &state);
		if (rc)
			return rc;
		if (state.created != e->revision)
			return lose(e);
		e->mark_revision = state.mark_revision;
		if (state.succeeded)
			return 0;
	}
	return -EPROTO;
}

static int extend(void *arg, uint64_t mark_ns)
{
	struct thid_etcd *e = arg;

	if (!e->until_ns)
		return -ESTALE;
	return boot_ns() < e->retry_ns ? -ETIMEDOUT : set(e, mark_ns);
}

static void revoke(struct thid_etcd *e)
{
	json_t *answer;

	if (e->lease &&
	    !etcd_http_post(e->http, "/v3/lease/revoke", of_lease(e), &answer))
		json_decref(answer);
}

static void close_all(struct thid_etcd *e)
{
	etcd_http_close(e->http);
	free(e);
}

/* What fails here ends by itself, with the time to live. */
static void end(void *arg, uint64_t mark_ns)
{
	struct thid_etcd *e = arg;

	if (e->until_ns) {
		if (mark_ns)
			(void)set(e, mark_ns);
		revoke(e);
	}
	close_all(e);
}

/* Whether the number is ours now. */
static int take(struct thid_etcd *e, const char *prefix, uint64_t number,
		uint64_t *mark_ns)
{
	struct etcd_state state;
	int rc;

	snprintf(e->worker, KEY, "%s/worker/%llu", prefix,
		 (unsigned long long)number);
	snprintf(e->mark, KEY, "%s/mark/%llu", prefix,
		 (unsigned long long)number);
	rc = transact(e, etcd_take(e->worker, e->mark, e->lease), &state);
	if (rc)
		return rc;
	if (!state.succeeded)
		return -EBUSY;
	e->revision = state.created;
	e->mark_revision = state.mark_revision;
	*mark_ns = state.mark_ns;
	return e->revision ? 0 : -EPROTO;
}

static int take_any(struct thid_etcd *e, const struct thid_etcd_opts *opts,
		    struct thid_lease *lease)
{
	uint64_t number = opts->first, mark_ns;
	int rc;

	do {
		rc = take(e, opts->prefix, number, &mark_ns);
	} while (rc == -EBUSY && number++ < opts->last);
	if (rc)
		return rc;
	*lease = (struct thid_lease){ .arg = e,
				      .worker = number,
				      .mark_ns = mark_ns,
				      .extend = extend,
				      .until = until,
				      .end = end };
	return 0;
}

int thid_etcd_open(struct thid_etcd **ep, struct thid_lease *lease,
		   const struct thid_etcd_opts *opts)
{
	struct thid_etcd *e;
	int rc;

	if (!ep)
		return -EINVAL;
	*ep = NULL;
	if (!opts || !good(opts))
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->margin_ns = opts->margin_ms * NSEC_PER_MSEC;
	rc = etcd_http_open(&e->http, opts->endpoints, opts->timeout_ms);
	if (rc) {
		free(e);
		return rc;
	}
	rc = grant(e, opts->ttl_s);
	if (!rc)
		rc = take_any(e, opts, lease);
	if (!rc) {
		*ep = e;
		return 0;
	}
	revoke(e);
	close_all(e);
	return rc;
}

/* The time to live that @answer grants, 0 if the lease is gone; or -EPROTO. */
static int64_t kept(const json_t *answer)
{
	const json_t *result = json_object_get(answer, "result");

	/* An error is of the member, and says nothing of the lease. */
	return result ? etcd_number(result, "TTL") : -EPROTO;
}

int thid_etcd_keep(struct thid_etcd *e)
{
	uint64_t now = boot_ns();
	json_t *answer;
	int64_t ttl;
	int rc;

	if (!e->until_ns)
		return -ESTALE;
	if (now < e->keep_ns)
		return 0;
	if (now < e->retry_ns)
		return -ETIMEDOUT;
	rc = ask(e, "/v3/lease/keepalive", of_lease(e), &answer);
	if (rc)
		return rc;
	ttl = kept(answer);
	json_decref(answer);
	if (ttl < 0)
		e->retry_ns = boot_ns() + e->ttl_ns / RETRIES;
	if (ttl <= 0)
		return ttl ? (int)ttl : lose(e);
	live_until(e, now, ttl);
	return 0;
}
